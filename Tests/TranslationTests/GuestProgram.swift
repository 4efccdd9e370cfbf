import EngineSupport
import Foundation
import HostX64
import IR
import Translation

@testable import GuestPowerPC

/// A guest program in memory of its own, on a translator of its own.
final class GuestProgram {
  static let code: UInt32 = 0x2000_0000, codeSize = 1 << 20
  static let data: UInt32 = 0x5000_0000, dataSize = 1 << 23
  /// Nothing is ever mapped here.
  static let nowhere: UInt32 = 0x7000_0000
  /// The word that ends a program.
  static let trap: UInt32 = 0x7fe0_0008

  let space: GuestSpace
  let host: HostMachine
  private let state: UnsafeMutablePointer<PowerPCState>
  private let pageFlags: UnsafeMutablePointer<UInt8>

  init(
    codeBufferSize: Int = 1 << 20, instructions: Int = 64, chains: Bool = true,
    atZero: Bool = true, features: Features = .detect(), interprets: Bool = false
  ) throws {
    space = (atZero ? GuestSpace.atZero : nil) ?? GuestSpace.elsewhere!
    space.map(Self.code, size: Self.codeSize)
    space.map(Self.data, size: Self.dataSize)
    host = try HostMachine(
      .init(
        space: space, features: features, instructions: instructions, chains: chains,
        codeBufferSize: codeBufferSize, interprets: interprets),
      guestFeatures: [.floatingGraphics])
    state = .allocate(capacity: 1)
    state.initialize(to: PowerPCState())
    state.pointee.memoryBase = UInt64(space.base)
    pageFlags = calloc(1 << 20, 1).assumingMemoryBound(to: UInt8.self)
    for page in 0..<Self.dataSize >> 12 { pageFlags[Int(Self.data >> 12) + page] = 3 }
    state.pointee.pageFlags = UInt64(UInt(bitPattern: pageFlags))
    nip = Self.code
    let code = space.host(Self.code)
    host.fetch = { address in
      guard address &- Self.code < Self.codeSize else { return nil }
      let place = UnsafeRawPointer(code) + Int(address - Self.code)
      return UInt32(bigEndian: place.load(as: UInt32.self))
    }
    for n in 0..<Self.codeSize / 4 { set(Self.code + UInt32(4 * n), Self.trap) }
  }

  deinit {
    space.unmap(Self.code, size: Self.codeSize)
    space.unmap(Self.data, size: Self.dataSize)
    state.deallocate()
    free(pageFlags)
  }

  var translator: Translator { host.translator }
  var env: UnsafeMutableRawPointer { UnsafeMutableRawPointer(state) + PowerPCState.envOffset }

  /// The program counter, and the other registers.
  var nip: UInt32 {
    get { state.pointee.nip }
    set { state.pointee.nip = newValue }
  }
  subscript(gpr number: Int) -> UInt32 {
    get { state.pointee.gpr[number] }
    set { state.pointee.gpr[number] = newValue }
  }
  subscript(fpr number: Int) -> UInt64 {
    get { state.pointee.fpr[number] }
    set { state.pointee.fpr[number] = newValue }
  }
  var registers: PowerPCState {
    get { state.pointee }
    set { state.pointee = newValue }
  }

  /// Registers as before anything ran.
  var blankRegisters: PowerPCState {
    var registers = PowerPCState()
    registers.memoryBase = state.pointee.memoryBase
    registers.pageFlags = state.pointee.pageFlags
    registers.nip = Self.code
    return registers
  }

  /// Says in the page flags, which helpers and translated code look at, what a page holds.
  func setPageFlags(_ address: UInt32, _ flags: UInt8) { pageFlags[Int(address >> 12)] = flags }

  /// Puts a word into guest memory, without telling the translator.
  func set(_ address: UInt32, _ word: UInt32) {
    UnsafeMutableRawPointer(space.host(address)).storeBytes(of: word.bigEndian, as: UInt32.self)
  }

  /// The word in guest memory.
  func word(_ address: UInt32) -> UInt32 {
    UInt32(bigEndian: UnsafeRawPointer(space.host(address)).load(as: UInt32.self))
  }

  /// Assembles lines at an address; labels are lines that end in a colon, and stand in branches
  /// in the place of displacements.
  ///
  /// - Returns: the addresses of the labels.
  @discardableResult
  func assemble(_ text: String, at start: UInt32 = GuestProgram.code) -> [String: UInt32] {
    let lines = text.split { $0 == "\n" || $0 == ";" }
      .map { $0.trimmingCharacters(in: .whitespaces) }
    var labels: [String: UInt32] = [:]
    var address = start
    for line in lines {
      if line.hasSuffix(":") { labels[String(line.dropLast())] = address } else { address += 4 }
    }
    address = start
    for line in lines where !line.hasSuffix(":") {
      var parts = line.split(separator: " ")
      if let last = parts.last, let target = labels[String(last)] {
        parts[parts.count - 1] = "\(Int(target) - Int(address))"
      }
      guard let word = TestAssembler.assemble(parts.joined(separator: " ")) else {
        preconditionFailure("cannot assemble \(line)")
      }
      set(address, word)
      address += 4
    }
    return labels
  }

  /// Runs from the program counter.
  func run(from address: UInt32? = nil, milliseconds: Int = 3_000) throws -> Ending {
    if let address { nip = address }
    return try host.run(env, milliseconds: milliseconds)
  }

  /// Tells the translator that code has changed.
  func changed(_ range: Range<UInt32>) { translator.invalidate(range, env) }

  /// How a program that reached its trap ends.
  static let ended = Ending.exception(PowerPCException.trap.rawValue)

  /// Runs a body while no other machine of the process runs.
  static func alone<T>(_ body: () throws -> sending T) throws -> T {
    try HostProcess.lock.withLock { _ in try body() }
  }
}

/// SplitMix64 (Steele, Lea, Flood, 2014): the same numbers every time.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
