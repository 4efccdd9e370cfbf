import Boards
import Debugging
import GuestPowerPC
import IR
import Machine
import Translation

/// Connects the log with everything of a machine that has something to tell.
final class SystemLog {
  private var file: LogFile
  private(set) var items: LogItems
  private let filter: DebugFilter
  private let emulator: SystemEmulator
  /// The translator's observer, which it does not keep alive itself.
  private var translation: TranslationLog?
  private let normal: TranslationLimits

  /// Opens the file and starts logging.
  init(_ options: SystemOptions, _ emulator: SystemEmulator) throws(LogError) {
    self.emulator = emulator
    filter = options.logFilter
    items = options.logItems
    normal = emulator.translator.limits
    if let template = options.logFile {
      file = try LogFile(template: template)
    } else {
      file = LogFile()
    }
    TraceEvent.output = { [unowned self] name, arguments in
      file.write("\(name) \(arguments)\n")
    }
    connect()
  }

  /// Logs other items from now on.
  func setItems(_ items: LogItems) {
    self.items = items
    connect()
  }

  /// Sends the log to another file from now on.
  func setFile(_ template: String) throws(LogError) {
    let new = try LogFile(template: template)
    file.flush()
    file = new
    connect()
  }

  private func connect() {
    let translator = emulator.translator
    let supervisor = emulator.supervisor
    translation = nil
    if !items.isDisjoint(with: .translation) {
      translation = TranslationLog(
        translator, items: items, filter: filter, file: file, symbols: SymbolTable()
      ) { _, includesFloatingPoint, text in
        supervisor.appendDump(includesFloatingPoint: includesFloatingPoint, to: &text.bytes)
      }
    }
    translator.observer = translation
    translator.limits.chains = normal.chains && !items.contains(.withoutChaining)
    let logsExceptions = items.contains(.exceptions)
    supervisor.onException = { [unowned self] exception, nip, error in
      if logsExceptions { file.write(ExceptionText.line(exception, at: nip, error: error)) }
      emulator.traceException(exception, at: nip)
    }
    let isTold = !items.isDisjoint(with: [.guestErrors, .unimplemented])
    supervisor.log = isTold ? { [unowned self] in file.write($0 + "\n") } : nil
    emulator.bus.onUnassigned =
      items.contains(.guestErrors) ? { [unowned self] in reportUnassigned($0, $1, $2) } : nil
  }

  /// Writes what the guest does wrong, if that is asked for.
  func guestError(_ text: String) {
    if items.contains(.guestErrors) { file.write(text + "\n") }
  }

  private func reportUnassigned(_ address: UInt64, _ size: Int, _ isWrite: Bool) {
    let place = String(address, radix: 16)
    file.write(
      "Invalid \(isWrite ? "write" : "read") at addr 0x\(place), size \(size), region '(null)', "
        + "reason: rejected\n")
  }

  /// The machine is about to be reset.
  func resetting() {
    guard items.contains(.reset) else { return }
    var text = LogText()
    text.put("CPU Reset (CPU 0)\n")
    emulator.supervisor.appendDump(
      includesFloatingPoint: items.contains(.floatingPoint), to: &text.bytes)
    file.write(text)
  }

  /// Writes out what waits.
  func flush() { file.flush() }
}
