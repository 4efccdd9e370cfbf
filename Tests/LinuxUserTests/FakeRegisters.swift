import Memory
import Testing

@testable import LinuxUser

/// The registers of no processor: plain storage.
final class FakeRegisters: GuestRegisters {
  var general = [UInt32](repeating: 0, count: 32)
  var floating = [UInt64](repeating: 0, count: 32)
  var vectors = [(high: UInt64, low: UInt64)](repeating: (0, 0), count: 32)
  var nip: UInt32 = 0
  var lr: UInt32 = 0
  var ctr: UInt32 = 0
  var xer: UInt32 = 0
  var cr: UInt32 = 0
  var msr: UInt32 = 0x6940
  var fpscr: UInt32 = 0
  var hasVectors = false
  var vscr: UInt32 = 0
  var vrsave: UInt32 = 0
  var reservationIsClear = false

  func gpr(_ index: Int) -> UInt32 { general[index] }
  func setGPR(_ index: Int, _ value: UInt32) { general[index] = value }
  func fpr(_ index: Int) -> UInt64 { floating[index] }
  func setFPR(_ index: Int, _ bits: UInt64) { floating[index] = bits }
  func vr(_ index: Int) -> (high: UInt64, low: UInt64) { vectors[index] }
  func setVR(_ index: Int, _ value: (high: UInt64, low: UInt64)) { vectors[index] = value }
  func setSummaryOverflow(_ isSet: Bool) {
    cr = cr & ~0x1000_0000 | (isSet ? 0x1000_0000 : 0)
  }
  func clearReservation() { reservationIsClear = true }

  /// Everything that a signal frame keeps, as numbers.
  var snapshot: [UInt64] {
    general.map(UInt64.init) + floating + vectors.flatMap { [$0.high, $0.low] }
      + [nip, lr, ctr, xer, cr, fpscr, vscr, vrsave].map(UInt64.init)
  }

  func randomize(_ random: inout Random) {
    for index in 0..<32 {
      if index != 1 { general[index] = UInt32(truncatingIfNeeded: random.next()) }
      floating[index] = random.next()
      vectors[index] = (random.next(), random.next())
    }
    lr = UInt32(truncatingIfNeeded: random.next())
    ctr = UInt32(truncatingIfNeeded: random.next())
    xer = UInt32(truncatingIfNeeded: random.next())
    cr = UInt32(truncatingIfNeeded: random.next())
    fpscr = UInt32(truncatingIfNeeded: random.next())
    vscr = UInt32(truncatingIfNeeded: random.next())
    vrsave = UInt32(truncatingIfNeeded: random.next())
  }
}

/// A repeatable sequence (xorshift64*).
struct Random: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed | 1 }
  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }
}

/// A process without a program: 64 KiB of memory, a stack, and system calls by hand.
final class Bench {
  let space: UserAddressSpace
  let process: LinuxProcess
  let registers = FakeRegisters()
  /// 64 KiB of readable and writable memory.
  let data: UInt32
  private(set) var logged: [String] = []

  init(_ options: LinuxOptions = LinuxOptions()) throws {
    space = try UserAddressSpace()
    process = LinuxProcess(space, options)
    let flags = MapFlags.private | MapFlags.anonymous
    data = try space.map(0, 0x1_0000, protection: 3, flags: flags)
    let stack = try space.map(0, 0x2_0000, protection: 3, flags: flags)
    registers.general[1] = stack + 0x1_ff00
    process.diesOfSignals = false
    try process.installVirtualObject()
    // Worker threads block most signals: start like a program, with none blocked.
    call(174, 2, put([0, 0], at: 0), 0, 8)
    process.log = { [weak self] in self?.logged.append($0) }
  }

  var copy: GuestCopy { GuestCopy(space) }

  /// Makes a system call; a failure is its negative error number.
  @discardableResult
  func call(_ number: Int, _ arguments: UInt32...) -> Int {
    registers.general[0] = UInt32(number)
    for index in 0..<6 {
      registers.general[3 + index] = index < arguments.count ? arguments[index] : 0
    }
    process.handleSystemCall(registers)
    let value = Int(registers.general[3])
    return registers.cr & 0x1000_0000 != 0 ? -value : value
  }

  /// Stores a string at an offset of `data`; its address.
  func put(_ string: String, at offset: UInt32) -> UInt32 {
    _ = copy.writeBytes(data + offset, Array(string.utf8) + [0])
    return data + offset
  }

  /// Stores words at an offset of `data`; its address.
  func put(_ words: [UInt32], at offset: UInt32) -> UInt32 {
    for (index, word) in words.enumerated() {
      _ = copy.writeWord(data + offset + 4 * UInt32(index), word)
    }
    return data + offset
  }

  func word(_ address: UInt32) -> UInt32 { copy.readWord(address) ?? 0xdead_dead }

  func text(_ address: UInt32) -> String {
    guard case .success(let bytes) = copy.readCString(address) else { return "?" }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The tests share the process's signals and its low 4 GiB: one at a time.
@Suite(.serialized) enum LinuxUserTests {}
