import Devices
import EngineSupport
import Foundation
import GuestPowerPC
import HostX64
import Machine
import Synchronization
import Translation

@testable import Boards

/// A machine of a board for guests that know no bounds, with what watches over them: time that
/// the test moves on, exit requests from another thread, and memory beside the machine's that no
/// guest may change.
final class WildMachine {
  let machine: MacMachine
  private let clock: Clock
  private let fences: [PhysicalMemory]
  private let romImage: [UInt8]
  static let memorySize = 8 << 20
  /// Where the windows of mac-io, of the display and of the other cards are mapped at first.
  static let macIO: UInt32 = 0x8080_0000
  static let frame: UInt32 = 0x8200_0000
  static let cards: UInt32 = 0x8400_0000

  init(
    _ board: Board, power: MacMachine.Configuration.Power, processor: String? = nil,
    disk: (any Storage)? = nil
  ) throws {
    HostProcess.prepareThread()
    let first = try PhysicalMemory(size: 1 << 20)
    let firmware = try Self.firmware()
    var wanted = MacMachine.Configuration(
      board: board, processor: Processor.named(processor ?? board.defaultProcessor)!,
      memorySize: Self.memorySize, boot: BootWishes(firmware: firmware))
    wanted.codeBufferSize = 4 << 20
    wanted.power = power
    wanted.networkCards = [.init(board.networkCard)]
    wanted.hasUSB = true
    wanted.drives = [
      0: ATADisk(storage: disk ?? MemoryStorage(sectors: 256)),
      2: ATAPICDROM(medium: MemoryStorage(sectors: 256)),
    ]
    let time = TimeBox()
    clock = Clock {
      time.now += 40; return time.now
    }
    self.time = time
    machine = try MacMachine(
      wanted, clock: clock, host: X64Host(features: .detect(), guestMemory: .paged))
    fences = [first, try PhysicalMemory(size: 1 << 20)]
    for fence in fences { memset(fence.start, 0xa5, fence.size) }
    romImage = Self.rom(of: machine)
    mapCards()
  }

  private final class TimeBox { var now: Int64 = 0 }
  private let time: TimeBox

  /// A file of a MiB whose vectors skip the instruction that they were entered for.
  private static func firmware() throws -> String {
    let path = NSTemporaryDirectory() + "lyrebird-wild-\(getpid()).rom"
    if FileManager.default.fileExists(atPath: path) { return path }
    var words = [UInt32](repeating: 0x4c00_0064, count: 1 << 18)
    for vector in stride(from: 0x100, through: 0x1400, by: 0x100) {
      for (n, word) in WildProgram.skippingHandler.enumerated() { words[vector / 4 + n] = word }
    }
    let data = words.flatMap { word in (0..<4).map { UInt8(word >> (24 - 8 * $0) & 0xff) } }
    try Data(data).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Gives every card its first addresses.
  func mapCards() {
    var next = Self.cards
    for bus in machine.parts.buses {
      for device in bus.devices {
        let configuration = device.configuration
        for number in 0..<6 {
          let place =
            device is MacIO ? Self.macIO : device is VGA && number == 0 ? Self.frame : next
          configuration.write(0x10 + 4 * number, 4, place)
          next &+= 0x10_0000
        }
        configuration.write(0x04, 2, 7)
      }
    }
  }

  // MARK: Running

  /// Runs translated code for a part of a second, unless it stops by itself.
  func run(microseconds: UInt64) throws {
    HostProcess.prepareThread()
    WildWatch.shared.start(machine.emulator.exitRequest, microseconds: microseconds)
    defer { WildWatch.shared.stop() }
    try machine.emulator.run()
  }

  /// Moves time on, and does what is due.
  func advance(_ nanoseconds: Int64) {
    time.now += nanoseconds
    clock.runTimers()
    machine.clearRequest()
  }

  private static func rom(of machine: MacMachine) -> [UInt8] {
    for range in machine.bus.ranges where range.isReadOnly {
      guard case .memory(let memory, _, _) = range.window.content else { continue }
      return memory.bytes(at: 0, count: memory.size)
    }
    return []
  }

  /// What is wrong with memory that no guest may change; empty if nothing is.
  func problems() -> [String] {
    var list: [String] = []
    for (n, fence) in fences.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: fence.start, count: fence.size)
      if bytes.contains(where: { $0 != 0xa5 }) { list.append("fence \(n) was written") }
    }
    if Self.rom(of: machine) != romImage { list.append("the ROM was written") }
    return list + wrongWords()
  }

  /// Words of page tables that lead to anything but memory of the machine, or for stores to ROM or
  /// to pages of code.
  private func wrongWords() -> [String] {
    // A byte for each page of the arena: whether memory is there, and whether it is writable.
    var kinds = [UInt8](repeating: 0, count: 1 << 20)
    let arena = PhysicalArena.base!
    for range in machine.bus.ranges {
      guard let start = range.host else { continue }
      let first = Int((UInt(bitPattern: start) - arena) >> 12)
      for page in first..<first + Int(range.size >> 12) { kinds[page] = range.isReadOnly ? 1 : 3 }
    }
    let memory = machine.emulator.memory
    let table = UnsafePointer<UInt64>(
      bitPattern: UInt(memory.spaces.table(memory.dataSpace)))!
    var list: [String] = []
    var n = 0
    while n < 2 << 20 {
      let word = table[n]
      if word != 0 {
        let page = UInt64(n & 0xf_ffff)
        let host = UInt(truncatingIfNeeded: word &- 1 &+ page << 12) &- arena
        let wanted: UInt8 = n < 1 << 20 ? 1 : 2
        if host >> 32 != 0 || host & 0xfff != 0 || kinds[Int(host >> 12)] & wanted == 0 {
          list.append("page \(String(page, radix: 16)) leads to \(String(host, radix: 16))")
        }
      }
      n += 1
    }
    return list
  }
}

/// A disk in memory.
final class MemoryStorage: Storage {
  let sectorCount: UInt64
  let isReadOnly = false
  private var bytes: [UInt8]

  init(sectors: UInt64) {
    sectorCount = sectors
    bytes = [UInt8](repeating: 0, count: Int(sectors) * 512)
  }

  func read(_ sector: UInt64, count: Int, into target: UnsafeMutableRawBufferPointer) -> Bool {
    guard sector + UInt64(count) <= sectorCount else { return false }
    let first = Int(sector) * 512
    bytes.withUnsafeBytes {
      target.copyMemory(from: .init(rebasing: $0[first..<first + count * 512]))
    }
    return true
  }

  func write(_ sector: UInt64, count: Int, from source: UnsafeRawBufferPointer) -> Bool {
    guard sector + UInt64(count) <= sectorCount else { return false }
    let first = Int(sector) * 512
    bytes.withUnsafeMutableBytes {
      UnsafeMutableRawBufferPointer(rebasing: $0[first..<first + count * 512])
        .copyMemory(from: .init(rebasing: source[..<(count * 512)]))
    }
    return true
  }

  func flush() -> Bool { true }
}

/// Ends runs of translated code, each after its time; aborts the process, telling which run it
/// was, if one does not see its exit request.
final class WildWatch: Sendable {
  static let shared = WildWatch()
  private let request = Atomic<UInt>(0)
  private let deadline = Atomic<UInt64>(0)
  /// What is running, for the message.
  let seed = Atomic<UInt64>(0)

  private init() {
    var thread = pthread_t()
    pthread_create(&thread, nil, { _ in WildWatch.shared.watch() }, nil)
  }

  private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

  func start(_ place: UnsafeMutablePointer<UInt32>, microseconds: UInt64) {
    deadline.store(Self.now + microseconds * 1000, ordering: .releasing)
    request.store(UInt(bitPattern: place), ordering: .releasing)
  }

  func stop() { request.store(0, ordering: .releasing) }

  private func watch() -> UnsafeMutableRawPointer? {
    while true {
      usleep(100)
      let place = request.load(ordering: .acquiring)
      let end = deadline.load(ordering: .acquiring)
      guard place != 0, Self.now > end else { continue }
      UnsafeMutablePointer<UInt32>(bitPattern: place)?.pointee = 1
      if Self.now > end + 10_000_000_000 {
        let number = seed.load(ordering: .acquiring)
        FileHandle.standardError.write(
          Data("seed \(number): the guest does not see its exit request\n".utf8))
        abort()
      }
    }
  }
}
