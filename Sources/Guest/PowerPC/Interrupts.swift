/// The interrupt inputs of a processor; their waiting requests are taken in this order.
public enum InterruptLine: UInt32, CaseIterable, Sendable {
  /// Soft reset (SRESET): an edge.
  case reset
  /// Machine check (MCP): an edge.
  case machineCheck
  /// System management interrupt (SMI): a level.
  case systemManagement
  /// External interrupt (INT): a level.
  case external
  /// The decrementer has passed below zero: an edge.
  case decrementer

  fileprivate var bit: UInt32 { 1 << rawValue }
  /// Whether the request ends when it is taken, not when the line falls.
  fileprivate var isEdge: Bool { self != .external && self != .systemManagement }

  fileprivate var exception: PowerPCException {
    switch self {
    case .reset: .systemReset
    case .machineCheck: .machineCheck
    case .systemManagement: .systemManagement
    case .external: .external
    case .decrementer: .decrementer
    }
  }
}

extension Supervisor {
  /// Raises or lowers an interrupt input. Lowering one that counts by its edge takes the request
  /// back if it was not taken yet.
  public func setLine(_ line: InterruptLine, _ level: Bool) {
    waiting = level ? waiting | line.bit : waiting & ~line.bit
    state.pointee.pendingInterrupts = waiting
    requestIfDeliverable()
  }

  /// Whether an interrupt waits that would be taken now.
  public var hasDeliverableInterrupt: Bool { next != nil }

  /// The first waiting interrupt that MSR lets in.
  private var next: InterruptLine? {
    if waiting == 0 { return nil }
    let msr = state.pointee.msr
    return InterruptLine.allCases.first { line in
      guard waiting & line.bit != 0 else { return false }
      return line == .reset || line == .machineCheck || msr & MSR.EE != 0
    }
  }

  /// Makes translated code leave at the next block head if there is something to deliver.
  func requestIfDeliverable() {
    if waiting != 0 && next != nil { state.pointee.exitRequest = 1 }
  }

  /// Takes the first waiting interrupt that MSR lets in, at the program counter.
  /// A processor that is checkstopped takes none.
  /// - Returns: whether there was one.
  @discardableResult public func deliverInterrupt() -> Bool {
    guard !isCheckstopped, let line = next else { return false }
    if line.isEdge {
      waiting &= ~line.bit
      state.pointee.pendingInterrupts = waiting
    }
    isHalted = false
    // SRR1 bit 12: the machine check came by its pin.
    let reason: UInt32 = line == .machineCheck ? 0x0008_0000 : 0
    takeException(line.exception, nip: state.pointee.nip, srr1: reason)
    return true
  }
}
