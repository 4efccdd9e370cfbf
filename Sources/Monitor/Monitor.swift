import Machine

/// The human monitor: commands in, text out, in QEMU's form.
///
/// One object serves one terminal. It runs on the machine's thread, where the character port calls
/// it.
public final class Monitor {
  /// The machine under it.
  public let machine: any MonitoredMachine
  /// The trace events that it lists and switches.
  public let traceEvents: TraceEvents
  /// This program's version, such as `0.1.0`.
  public let version: String
  let editor: LineEditor
  private let port: any CharacterPort
  private var lastFormat = MemoryFormat()
  private var hasGreeted = false
  private var hasFocus = true
  private var hasQuit = false

  /// - Parameters:
  ///   - port: where keys come from and text goes.
  ///   - version: this program's version.
  public init(
    _ machine: any MonitoredMachine, on port: any CharacterPort, traceEvents: TraceEvents,
    version: String
  ) {
    self.machine = machine
    self.port = port
    self.traceEvents = traceEvents
    self.version = version
    editor = LineEditor(prompt: "(qemu) ") { [port] in Self.send($0, to: port) }
    editor.onLine = { [unowned self] in
      execute($0)
      if !hasQuit && hasFocus { editor.showPrompt() }
    }
    editor.complete = { [unowned self] in Completion(self).find($0) }
  }

  /// Lets keys in, and greets; for a terminal that is shared, only when it gets the keyboard.
  /// - Parameter isShared: whether someone else has the keyboard at first.
  public func start(isShared: Bool = false) {
    hasFocus = !isShared
    port.capacity = { 256 }
    port.onReceive = { [unowned self] bytes in
      for byte in bytes where !hasQuit { editor.take(byte) }
    }
    if !isShared { greet() }
  }

  /// Someone has connected: greets anew.
  public func opened() {
    editor.clear()
    hasGreeted = false
    if hasFocus { greet() }
  }

  /// The keyboard has come, or gone to another user of the terminal.
  public func setFocus(_ focus: Bool) {
    guard focus != hasFocus else { return }
    hasFocus = focus
    if focus { greet() } else { print("\n") }
  }

  private func greet() {
    if !hasGreeted { print("Lyrebird \(version) monitor - type 'help' for more information\n") }
    hasGreeted = true
    editor.showPrompt()
  }

  /// Prints text; line feeds become the terminal's.
  public func print(_ text: String) { Self.send(Array(text.utf8), to: port) }

  private static func send(_ text: [UInt8], to port: any CharacterPort) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count + 16)
    for byte in text {
      if byte == 10 { bytes.append(13) }
      bytes.append(byte)
    }
    if !bytes.isEmpty { port.send(bytes) }
  }

  // MARK: Commands

  /// Does one line.
  public func execute(_ line: String) {
    let text = Array(line.utf8)
    var position = 0
    guard let command = find(text, &position, in: MonitorCommand.all, before: "") else { return }
    let typed = String(decoding: text[..<position], as: UTF8.self)
    var name = typed.drop { $0.isWhitespace }
    while name.last?.isWhitespace == true { name.removeLast() }
    do throws(MonitorError) {
      let arguments = try CommandArguments(
        text, at: position, for: command.arguments, of: command.names.joined(separator: "|"),
        last: &lastFormat, register: { [machine] in machine.register($0) })
      do throws(MonitorError) { try command.action(self, arguments) } catch {
        print("\(error)\n")
      }
    } catch {
      print("\(error)\nTry \"help \(name)\" for more information\n")
    }
  }

  /// The command whose name stands in a line, going into the subcommands of `info`.
  /// - Parameter position: where the name begins; moved behind it.
  private func find(
    _ text: [UInt8], _ position: inout Int, in table: [MonitorCommand], before: String
  ) -> MonitorCommand? {
    while position < text.count, Expression.isBlank(text[position]) { position += 1 }
    let start = position
    while position < text.count, text[position] != UInt8(ascii: "/"),
      !Expression.isBlank(text[position])
    { position += 1 }
    if position == start { return nil }
    let name = String(decoding: text[start..<position], as: UTF8.self)
    guard let command = table.first(where: { $0.names.contains(name) }) else {
      // QEMU names the rest of the line with it for a subcommand.
      let rest = String(decoding: text[start...], as: UTF8.self)
      print("unknown command: '\(before)\(before.isEmpty ? name : rest)'\n")
      return nil
    }
    guard !command.subcommands.isEmpty else { return command }
    let before = before + name + " "
    var behind = position
    if let inner = find(text, &behind, in: command.subcommands, before: before) {
      position = behind
      return inner
    }
    let isAlone = text[position...].allSatisfy(Expression.isBlank)
    if isAlone { printHelp(command.subcommands, before: before) }
    return nil
  }

  /// One line of help for each command of a table.
  func printHelp(_ table: [MonitorCommand], before: String) {
    print(table.map { before + $0.helpLine }.joined())
  }

  /// What has the monitor's keys ended.
  func endSession() { hasQuit = true }
}
