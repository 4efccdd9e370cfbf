@testable import GuestPowerPC

/// A machine around a processor: 16 MiB of memory for page tables at `base`, clocks that stand
/// still, and a list of what it was told.
final class TestSurroundings: ProcessorSurroundings {
  static let base: UInt32 = 0x0f00_0000
  private var words: [UInt32: UInt32] = [:]
  var timeBase: UInt64 = 0
  var decrementer: UInt32 = 0
  private(set) var changes: [TranslationChange] = []
  private(set) var modeChanges = 0

  func physicalWord(_ address: UInt32) -> UInt32? {
    address &- Self.base < 0x0100_0000 ? words[address] ?? 0 : nil
  }
  func setPhysicalWord(_ address: UInt32, _ value: UInt32) { words[address] = value }
  func translationsChanged(_ what: TranslationChange) { changes.append(what) }
  func modeChanged() { modeChanges += 1 }
  func breakpointsChanged() {}

  func forget() {
    changes = []
    modeChanges = 0
  }
}

/// A processor with its supervisor, outside of any engine.
final class SupervisorMachine {
  let state: UnsafeMutablePointer<PowerPCState>
  let surroundings = TestSurroundings()
  let supervisor: Supervisor
  private(set) var messages: [String] = []

  init(_ name: String = "750") {
    state = .allocate(capacity: 1)
    state.initialize(to: PowerPCState())
    supervisor = Supervisor(
      processor: Processor.named(name)!, state: state, surroundings: surroundings)
    surroundings.forget()
    supervisor.log = { [unowned self] in messages.append($0) }
  }

  deinit { state.deallocate() }

  /// Writes a page table entry for an address whose VSID is the low bits of its segment register.
  /// - group: the address of the group; entry: 0 to 7.
  func setEntry(group: UInt32, _ entry: UInt32 = 0, first: UInt32, second: UInt32) {
    surroundings.setPhysicalWord(group + 8 * entry, first)
    surroundings.setPhysicalWord(group + 8 * entry + 4, second)
  }

  /// A page that `translate` finds, by the parts that matter to most tests.
  func page(_ effective: UInt32, _ access: Access) -> (physical: UInt32, isWritable: Bool)? {
    guard
      case .page(let physical, _, let isWritable, _, _) = supervisor.translate(effective, access)
    else { return nil }
    return (physical, isWritable)
  }
}
