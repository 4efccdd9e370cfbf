import GuestPowerPC
import Machine

extension TraceEvent {
  /// A block is translated; a block is entered.
  static let translateBlock = TraceEvent("translate_block")
  static let execBlock = TraceEvent("exec_tb")
  /// An exception is taken, data and instruction storage with their registers.
  static let exception = TraceEvent("ppc_excp_print")
  static let dataStorage = TraceEvent("ppc_excp_dsi")
  static let instructionStorage = TraceEvent("ppc_excp_isi")
  static let invalidInstruction = TraceEvent("ppc_excp_inval")
  /// The time base is read, written; the decrementer likewise, and it passes zero.
  static let timeBaseLoad = TraceEvent("ppc_tb_load")
  static let timeBaseStore = TraceEvent("ppc_tb_store")
  static let decrementerLoad = TraceEvent("ppc_decr_load")
  static let decrementerStore = TraceEvent("ppc_decr_store")
  static let decrementerException = TraceEvent("ppc_decr_excp")
  /// A pin of the processor changes.
  static let pinSet = TraceEvent("ppc_irq_set")
}

/// The trace events of the processor and its translator.
public let processorTraceEvents: [TraceEvent] = [
  .translateBlock, .execBlock, .exception, .dataStorage, .instructionStorage,
  .invalidInstruction, .timeBaseLoad, .timeBaseStore, .decrementerLoad, .decrementerStore,
  .decrementerException, .pinSet,
]

/// Numbers as QEMU's trace events print them.
func hexadecimal(_ value: UInt64, digits: Int = 1) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

extension SystemEmulator {
  /// Tells the trace events of an exception that is about to be taken.
  public func traceException(_ exception: PowerPCException, at nip: UInt32) {
    if TraceEvent.exception.isEnabled {
      let line = ExceptionText.line(exception, at: nip)
      let name = line.split(separator: " ").dropFirst(5).first.map { String($0) } ?? ""
      TraceEvent.exception(name)
    }
    switch exception {
    case .dataStorage:
      TraceEvent.dataStorage(
        "DSI exception: DSISR=0x\(hexadecimal(UInt64(state.pointee.dsisr))) "
          + "DAR=0x\(hexadecimal(UInt64(state.pointee.dar)))")
    case .instructionStorage:
      TraceEvent.instructionStorage(
        "ISI exception: msr=0x\(hexadecimal(UInt64(state.pointee.msr), digits: 16)), "
          + "nip=0x\(hexadecimal(UInt64(nip), digits: 16))")
    case .illegal:
      TraceEvent.invalidInstruction(
        "Invalid instruction at 0x\(hexadecimal(UInt64(nip), digits: 8))")
    default: break
    }
  }
}
