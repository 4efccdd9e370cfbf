import Foundation
import IR

@testable import GuestPowerPC

/// Where the recorder's program keeps code and data (Guests/vectors.c).
enum Layout {
  static let code: UInt32 = 0x2000_0000, codeSize: UInt32 = 0x1000
  static let start: UInt32 = 0x2000_0800
  static let memory: UInt32 = 0x3000_0000, memorySize = 0x2000
  static let trap: UInt32 = 0x7fe0_0008
}

/// A processor with two pages of memory and a page of code, full of traps but for the words
/// under test.
final class InstructionMachine {
  let state: UnsafeMutablePointer<PowerPCState>
  let memory: UnsafeMutablePointer<UInt8>
  private let pageFlags: UnsafeMutablePointer<UInt8>
  var words: [UInt32] = []
  /// The supervisor and its surroundings, in system mode.
  private(set) var supervisor: Supervisor?
  private(set) var surroundings: TestSurroundings?

  /// A processor of a machine, as after a reset.
  convenience init(system processor: Processor) {
    self.init()
    state.pointee.msr = 0
    let surroundings = TestSurroundings()
    self.surroundings = surroundings
    supervisor = Supervisor(processor: processor, state: state, surroundings: surroundings)
    state.pointee.nip = Layout.start
  }

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: PowerPCState())
    memory = .allocate(capacity: Layout.memorySize)
    memory.initialize(repeating: 0, count: Layout.memorySize)
    pageFlags = calloc(1 << 20, 1).assumingMemoryBound(to: UInt8.self)
    for page in 0..<Layout.memorySize / 4096 { pageFlags[Int(Layout.memory >> 12) + page] = 3 }
    state.pointee.memoryBase = UInt64(UInt(bitPattern: memory)) &- UInt64(Layout.memory)
    state.pointee.pageFlags = UInt64(UInt(bitPattern: pageFlags))
    // A 7400, as the recorder's. Cases name VSCR unless it is zero.
    state.pointee.vscr = 0
    // As Linux's programs run.
    state.pointee.msr = MSR.FE0 | MSR.FE1
    state.pointee.pvr = 0xc0209
  }

  deinit {
    state.deallocate()
    memory.deallocate()
    free(pageFlags)
  }

  var env: UnsafeMutableRawPointer { UnsafeMutableRawPointer(state) + PowerPCState.envOffset }

  /// The word at an address of the code page.
  func word(at address: UInt32) -> UInt32? {
    guard address &- Layout.code < Layout.codeSize else { return nil }
    let index = Int(address &- Layout.start) / 4
    return address >= Layout.start && index < words.count ? words[index] : Layout.trap
  }

  /// The code page, for translation; the machine must outlive it.
  var code: CodeSource {
    CodeSource(context: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())) {
      context, address in
      let machine = Unmanaged<InstructionMachine>.fromOpaque(context).takeUnretainedValue()
      return machine.word(at: address).map(UInt64.init) ?? 1 << 32
    }
  }

  // MARK: Fields by name

  /// The names of all registers of a case.
  static let names: [String] =
    (0..<32).map { "r\($0)" } + ["cr", "xer", "lr", "ctr", "fpscr"] + (0..<32).map { "f\($0)" }
    + ["vscr"] + (0..<32).flatMap { ["v\($0)h", "v\($0)l"] }

  /// The further registers of a case in system mode.
  static let systemNames: [String] =
    ["msr", "dar", "changed"] + (0..<16).map { "sr\($0)" }
    + [18, 22, 25, 26, 27, 272, 273, 528, 529, 980, 1008, 1009, 1017].map { "spr\($0)" }

  /// Registers of the supervisor by name.
  private subscript(supervisor name: Substring) -> UInt32? {
    get {
      let state = state.pointee
      switch name {
      case "msr": return state.msr
      case "dar": return state.dar
      case "pending": return state.pendingInterrupts
      case "changed": return state.contextChanged == 0 ? 0 : 1
      case "spr22": return surroundings?.decrementer
      default:
        if name.hasPrefix("spr") { return Int(name.dropFirst(3)).map { state.spr[$0] } }
        return name.hasPrefix("sr") ? Int(name.dropFirst(2)).map { state.sr[$0] } : nil
      }
    }
    set {
      let value = newValue ?? 0
      switch name {
      case "msr": state.pointee.msr = value
      case "dar": state.pointee.dar = value
      case "pending": state.pointee.pendingInterrupts = value
      case "changed": state.pointee.contextChanged = value
      case "spr22": surroundings?.decrementer = value
      case _ where name.hasPrefix("spr"): state.pointee.spr[Int(name.dropFirst(3))!] = value
      default: state.pointee.sr[Int(name.dropFirst(2))!] = value
      }
    }
  }

  /// The register of a name.
  subscript(name: Substring) -> UInt64 {
    get {
      if let word = self[supervisor: name] { return UInt64(word) }
      return switch name {
      case "cr": UInt64(state.pointee.packedCR)
      case "xer": UInt64(state.pointee.packedXER)
      case "lr": UInt64(state.pointee.lr)
      case "ctr": UInt64(state.pointee.ctr)
      case "fpscr": UInt64(state.pointee.fpscr)
      case "vscr": UInt64(state.pointee.vscr)
      case _ where name.first == "v": state.pointee.vr[Self.half(name)]
      case _ where name.first == "f": state.pointee.fpr[Int(name.dropFirst())!]
      default: UInt64(state.pointee.gpr[Int(name.dropFirst())!])
      }
    }
    set {
      let word = UInt32(truncatingIfNeeded: newValue)
      if self[supervisor: name] != nil {
        self[supervisor: name] = word
        return
      }
      switch name {
      case "cr": state.pointee.packedCR = word
      case "xer": state.pointee.packedXER = word
      case "lr": state.pointee.lr = word
      case "ctr": state.pointee.ctr = word
      case "fpscr": state.pointee.fpscr = word
      case "vscr": state.pointee.vscr = word
      case _ where name.first == "v": state.pointee.vr[Self.half(name)] = newValue
      case _ where name.first == "f": state.pointee.fpr[Int(name.dropFirst())!] = newValue
      default: state.pointee.gpr[Int(name.dropFirst())!] = word
      }
    }
  }

  /// Which of the halves of vector registers has a name: `v3l` the seventh, `v3h` the eighth.
  private static func half(_ name: Substring) -> Int {
    2 * Int(name.dropFirst().dropLast())! + (name.last == "h" ? 1 : 0)
  }

  /// All registers and the memory, by name.
  var snapshot: [String: UInt64] {
    let names = supervisor == nil ? Self.names : Self.names + Self.systemNames
    var fields = Dictionary(uniqueKeysWithValues: names.map { ($0, self[$0[...]]) })
    for eight in stride(from: 0, to: Layout.memorySize, by: 8) {
      if UnsafeRawPointer(memory + eight).load(as: UInt64.self) == 0 { continue }
      for n in eight..<eight + 8 where memory[n] != 0 {
        fields["m" + hex(Layout.memory + UInt32(n))] = UInt64(memory[n])
      }
    }
    return fields
  }

  /// Sets a field of a case: `r3=5`, `m30000010=0102`.
  func set(_ name: Substring, _ value: Substring) {
    forEachField(name, value) { name, value in
      if name.first == "m" && name != "msr" {
        memory[Int(UInt32(name.dropFirst(), radix: 16)! - Layout.memory)] = UInt8(value)
      } else {
        self[name] = value
      }
    }
  }
}

/// The single fields that `name=value` stands for: memory is one byte each, vector registers are
/// two halves.
func forEachField(_ name: Substring, _ value: Substring, _ body: (Substring, UInt64) -> Void) {
  if name.first == "v", name != "vscr" {
    body(name + "h", UInt64("0" + value.dropLast(16), radix: 16)!)
    return body(name + "l", UInt64(value.suffix(16), radix: 16)!)
  }
  guard name.first == "m", name != "msr" else { return body(name, UInt64(value, radix: 16)!) }
  let address = UInt32(name.dropFirst(), radix: 16)!
  for (n, at) in stride(from: 0, to: value.count, by: 2).enumerated() {
    let digits = value.dropFirst(at).prefix(2)
    body("m" + hex(address + UInt32(n)), UInt64(digits, radix: 16)!)
  }
}

/// How a run on an engine ended.
struct Outcome: Equatable {
  /// The instruction that ended it.
  var nip: UInt32
  /// The signal that Linux sends for it, without SIG.
  var signal: String
  /// The first guest address that could not be accessed.
  var address: UInt32?
}

/// Guest memory of a machine, for the interpreter.
struct MachineMemory: InterpreterMemory {
  let machine: InstructionMachine

  private func index(_ address: UInt32, _ count: Int) -> Int? {
    let index = Int(address &- Layout.memory)
    return index + count <= Layout.memorySize ? index : nil
  }

  /// The first address outside of an access that is not all inside.
  private func outside(_ address: UInt32) -> UInt32 {
    address &- Layout.memory < Layout.memorySize
      ? Layout.memory + UInt32(Layout.memorySize) : address
  }

  func read(_ address: UInt32, into bytes: UnsafeMutableRawBufferPointer) -> UInt32? {
    guard let index = index(address, bytes.count) else { return outside(address) }
    bytes.copyMemory(
      from: UnsafeRawBufferPointer(start: machine.memory + index, count: bytes.count))
    return nil
  }

  func write(_ address: UInt32, from bytes: UnsafeRawBufferPointer) -> UInt32? {
    guard let index = index(address, bytes.count) else { return outside(address) }
    UnsafeMutableRawPointer(machine.memory + index)
      .copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    return nil
  }
}

/// The signal for an exception.
func signal(of exception: UInt32) -> String {
  switch PowerPCException(rawValue: exception) {
  case .trap: "TRAP"
  case .illegal, .privileged: "ILL"
  case .floatingPoint: "FPE"
  case .alignment: "BUS"
  case .floatingPointUnavailable: "FPU"
  case .vectorUnavailable: "VPU"
  case .trace: "TRACE"
  case .systemCall: "SYSCALL"
  case .dataStorage, .instructionStorage: "SEGV"
  default: "exception \(hex(exception))"
  }
}

/// What is optional.
let allFeatures: Feature = [
  .vector,
  .floatingGraphics, .dataCacheBlockAllocate, .floatingSquareRoot, .floatingRound,
  .softwareTLB, .tlbInvalidateAll,
]
