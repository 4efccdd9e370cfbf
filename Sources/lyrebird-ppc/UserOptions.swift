import Debugging
import GuestPowerPC
import HostX64
import LinuxUser
import Options
import Translation

/// What the command line and the environment ask for.
struct UserOptions {
  /// What the guest's process is told.
  var linux = LinuxOptions()
  /// `-cpu`.
  var processor = Processor.named("750") ?? Processor.all[0]
  /// `-B`: the host address of guest address 0.
  var base: UInt?
  /// `-R`: bytes of guest address space.
  var reservedSize: UInt64?
  /// `-tb-size`, in bytes.
  var codeBufferSize = 64 << 20
  /// `-one-insn-per-tb`.
  var singleInstructions = false
  /// `-without`.
  var techniques = Techniques()
  /// `-host-features`.
  var features = Features.detect()
  /// `-E` and `-U`, in order: "NAME=VALUE" sets, "NAME" removes.
  var environmentChanges: [String] = []
  /// `-d`, `-dfilter`, `-D`.
  var logItems: LogItems = []
  var logFilter = DebugFilter()
  var logFile: String?
  /// Continue the log instead of starting it anew: after `execve`.
  var appendsLog = false
  /// The guest's program and its arguments, the program's name first.
  var command: [String] = []
}

extension UserOptions {
  /// The program's name in messages.
  static let name = "lyrebird-ppc"
  /// What `-version` prints.
  static let version = "lyrebird-ppc version 0.1.0\n"
  /// Before the names of environment variables.
  static let prefix = "LYREBIRD_"

  /// Reads the environment, then the arguments, which override it.
  /// - Parameters:
  ///   - arguments: without the name of this program.
  ///   - environment: "NAME=VALUE" strings.
  init(arguments: [String], environment: [String]) throws(OptionStop) {
    linux.sysroot = "/usr/powerpc-linux-gnu"
    try read(environment)
    var index = 0
    while index < arguments.count, arguments[index].hasPrefix("-"), arguments[index] != "-" {
      let text = arguments[index]
      let name = text.dropFirst(text.hasPrefix("--") ? 2 : 1)
      index += 1
      // "--" ends the options.
      if text == "--" { break }
      guard let row = OptionRow.named(name) else {
        throw .error("\(Self.name): unknown option '\(name)'")
      }
      var value = ""
      if row.argument != nil {
        guard index < arguments.count else {
          throw .error("\(Self.name): missing argument for option '\(name)'")
        }
        value = arguments[index]
        index += 1
      }
      try apply(row, value)
    }
    command = Array(arguments[index...])
    if command.isEmpty { throw .error("\(Self.name): no user program specified") }
  }

  private mutating func read(_ environment: [String]) throws(OptionStop) {
    for text in environment where text.hasPrefix(Self.prefix) {
      let name = text.dropFirst(Self.prefix.count).prefix { $0 != "=" }
      guard let row = OptionRow.all.first(where: { $0.variable == String(name) }) else { continue }
      try apply(row, String(text.dropFirst(Self.prefix.count + name.count + 1)))
    }
  }

  /// Obeys an option, and keeps it for the programs that the guest starts.
  private mutating func apply(_ row: OptionRow, _ value: String) throws(OptionStop) {
    try row.apply(&self, value)
    if row.isInherited {
      linux.inheritedArguments.append("-" + row.names[0])
      if row.argument != nil { linux.inheritedArguments.append(value) }
    }
  }

  /// AT_PLATFORM by processor (Linux, arch/powerpc: cputable).
  private static let platforms: [(prefix: String, platform: String)] = [
    ("603", "ppc603"), ("604", "ppc604"), ("7400", "ppc7400"), ("7410", "ppc7400"),
    ("744", "ppc7450"), ("745", "ppc7450"), ("74", "ppc750"), ("75", "ppc750"),
  ]

  /// What the guest's process is told, with what the processor's model adds.
  func complete() -> LinuxOptions {
    var result = linux
    let row = Self.platforms.first { processor.name.hasPrefix($0.prefix) }
    result.platform = row?.platform ?? result.platform
    result.processorName = String(processor.name.prefix { $0 != "_" })
    result.processorVersion = processor.version
    if processor.features.contains(.vector) {
      result.hardwareCapabilities |= LinuxOptions.hasVectors
    }
    result.tracesSystemCalls = logItems.contains(.systemCalls)
    if logFile != nil { result.inheritedArguments.append("-append-log") }
    return result
  }
}
