import IR
import Machine
import Optimizer
import Translation

@testable import GuestPowerPC

/// A processor that is slow and simple: one instruction after the other, as ops by the
/// interpreter, with address translation after the Programming Environments Manual, chapter 7, by
/// code that the emulator shares nothing with. 750, no devices, clocks that stand still.
final class ReferenceProcessor: ProcessorSurroundings {
  let state: UnsafeMutablePointer<PowerPCState>
  private(set) var supervisor: Supervisor!
  var memory: [UInt8]
  var timeBase: UInt64 = 0
  var decrementer: UInt32 = .max
  /// The segment registers that count: those of the last context synchronization.
  private var segments = [UInt32](repeating: 0, count: 16)
  private let guest: PowerPCGuest
  private let block: Block
  private let record = CodeRecord()
  private let fetched = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  /// Why the last access was refused.
  fileprivate var reason: UInt32 = 0

  enum Access { case fetch, load, store }
  enum Place: Equatable { case physical(UInt32), refused(UInt32) }

  init(memorySize: Int, _ processor: Processor) {
    state = .allocate(capacity: 1)
    state.initialize(to: PowerPCState())
    memory = [UInt8](repeating: 0, count: memorySize)
    guest = PowerPCGuest(system: processor)
    block = Block(names: guest.names)
    supervisor = Supervisor(processor: processor, state: state, surroundings: self)
  }

  deinit {
    state.deallocate()
    record.deallocate()
    fetched.deallocate()
    block.deallocate()
  }

  func physicalWord(_ address: UInt32) -> UInt32? {
    guard Int(address) + 4 <= memory.count else { return nil }
    return (0..<4).reduce(0) { $0 << 8 | UInt32(memory[Int(address) + $1]) }
  }

  func setPhysicalWord(_ address: UInt32, _ value: UInt32) {
    guard Int(address) + 4 <= memory.count else { return }
    for n in 0..<4 { memory[Int(address) + n] = UInt8(value >> (24 - 8 * n) & 0xff) }
  }

  func translationsChanged(_ what: TranslationChange) {}

  func breakpointsChanged() {}

  func modeChanged() { for n in 0..<16 { segments[n] = state.pointee.sr[n] } }

  // MARK: Address translation

  func place(_ address: UInt32, _ access: Access) -> Place {
    let machineState = state.pointee.msr
    if machineState & (access == .fetch ? 0x20 : 0x10) == 0 { return .physical(address) }
    let isUser = machineState & 0x4000 != 0
    let storeBit: UInt32 = access == .store ? 0x0200_0000 : 0
    for pair in 0..<4 {
      let upper = state.pointee.spr[(access == .fetch ? 528 : 536) + 2 * pair]
      let lower = state.pointee.spr[(access == .fetch ? 529 : 537) + 2 * pair]
      let length = upper >> 2 & 0x7ff
      if upper & (isUser ? 1 : 2) == 0 || (address >> 17 ^ upper >> 17) & ~length != 0 { continue }
      if lower & 3 == 0 || access == .store && lower & 3 != 2 {
        return .refused(0x0800_0000 | storeBit)
      }
      return .physical((lower >> 17 | address >> 17 & length) << 17 | address & 0x1_ffff)
    }
    let segment = segments[Int(address >> 28)]
    if segment >> 31 == 1 {
      return .refused(access == .fetch ? 0x1000_0000 : 0x0400_0000 | storeBit)
    }
    if access == .fetch && segment & 0x1000_0000 != 0 { return .refused(0x1000_0000) }
    return search(address, access, segment, isUser)
  }

  private func search(
    _ address: UInt32, _ access: Access, _ segment: UInt32, _ isUser: Bool
  ) -> Place {
    let storeBit: UInt32 = access == .store ? 0x0200_0000 : 0
    let page = address >> 12 & 0xffff
    let name = segment & 0xff_ffff
    let table = state.pointee.spr[25]
    let primary = name & 0x7_ffff ^ page
    for secondary in [0, 1] as [UInt32] {
      let hash = secondary == 0 ? primary : ~primary & 0x7_ffff
      let upper = (table >> 16) | (hash >> 10 & table & 0x1ff)
      for entry in 0..<UInt32(8) {
        let at = upper << 16 | (hash & 0x3ff) << 6 | entry << 3
        let wanted = 1 << 31 | name << 7 | secondary << 6 | page >> 10
        guard physicalWord(at) == wanted, let second = physicalWord(at + 4) else { continue }
        if access == .fetch && second & 8 != 0 { return .refused(0x1000_0000) }
        let key = segment & (isUser ? 0x2000_0000 : 0x4000_0000) != 0
        let mayLoad = !(key && second & 3 == 0)
        let mayStore = second & 3 == 2 || !key && second & 3 < 2
        if access == .store ? !mayStore : !mayLoad { return .refused(0x0800_0000 | storeBit) }
        let used = second | 0x100 | (access == .store ? 0x80 : 0)
        if used != second { setPhysicalWord(at + 4, used) }
        return .physical(second & 0xffff_f000 | address & 0xfff)
      }
    }
    return .refused(0x4000_0000 | storeBit)
  }

  // MARK: Execution

  private var source: CodeSource {
    CodeSource(context: fetched) { context, _ in UInt64(context.load(as: UInt32.self)) }
  }

  /// Executes instructions until the processor sleeps.
  /// - Returns: whether it does.
  func run(limit: Int) -> Bool {
    for _ in 0..<limit {
      if supervisor.isHalted { return true }
      let at = state.pointee.nip
      switch place(at, .fetch) {
      case .refused(let bits): supervisor.takeException(.instructionStorage, nip: at, srr1: bits)
      case .physical(let address):
        guard let word = physicalWord(address) else { return false }
        fetched.pointee = word
        step(at)
      }
    }
    return false
  }

  private func step(_ at: UInt32) {
    let env = UnsafeMutableRawPointer(state) + PowerPCState.envOffset
    block.clear()
    _ = guest.translate(
      into: block, at: at, key: guest.key(env), from: source,
      limits: TranslationLimits(instructions: 1, chains: false), record: record)
    var interpreter = Interpreter(block, env: env, floatStatus: guest.layout.floatStatus)
    var memory = ReferenceMemory(processor: self)
    switch interpreter.run(memory: &memory) {
    case .goto_tb(_, let target), .call_tb(_, let target, _, _), .goto_ptr(let target),
      .call_ptr(let target, _, _):
      state.pointee.nip = target
    case .ret_ptr(let target): state.pointee.nip = target & ~3
    case .exit_tb(ExitKind.exception.rawValue, let payload):
      supervisor.raise(payload == .max ? state.pointee.exitPayload : payload)
    case .exit_tb: break
    case .fault(let address, let instruction):
      state.pointee.nip = instruction
      supervisor.takeException(.dataStorage, nip: instruction, dar: address, dsisr: reason)
    case .misaligned(let address, let instruction):
      supervisor.takeException(.alignment, nip: instruction, dar: address)
    case .invalid(let op): preconditionFailure("op \(op) at \(at)")
    }
  }
}

/// Memory by translated addresses, byte by byte.
private struct ReferenceMemory: InterpreterMemory {
  let processor: ReferenceProcessor

  /// The physical addresses of an access, or the first address that is refused.
  private func places(
    _ address: UInt32, _ count: Int, _ access: ReferenceProcessor.Access
  ) -> (places: [Int], refused: UInt32?) {
    var list: [Int] = []
    for n in 0..<UInt32(count) {
      switch processor.place(address &+ n, access) {
      case .physical(let place): list.append(Int(place))
      case .refused(let bits):
        processor.reason = bits
        return ([], address &+ n)
      }
    }
    return (list, nil)
  }

  func read(_ address: UInt32, into bytes: UnsafeMutableRawBufferPointer) -> UInt32? {
    let (places, refused) = places(address, bytes.count, .load)
    if let refused { return refused }
    for (n, place) in places.enumerated() {
      bytes[n] = place < processor.memory.count ? processor.memory[place] : 0
    }
    return nil
  }

  func write(_ address: UInt32, from bytes: UnsafeRawBufferPointer) -> UInt32? {
    let (places, refused) = places(address, bytes.count, .store)
    if let refused { return refused }
    for (n, place) in places.enumerated() where place < processor.memory.count {
      processor.memory[place] = bytes[n]
    }
    return nil
  }
}
