import Debugging
import GuestPowerPC
import HostX64
import LinuxUser
import Options

/// One option: its names, its argument, its environment variable, what it does.
struct OptionRow: Sendable {
  /// The names without dashes; one or two dashes may stand before each.
  let names: [String]
  /// What the help calls the argument; nil for none.
  let argument: String?
  /// The environment variable behind `LYREBIRD_`, nil for none.
  let variable: String?
  /// One line of help.
  let help: String
  /// Whether a program that the guest starts gets the option too.
  let isInherited: Bool
  /// Does what the option says; the second argument is the option's own.
  let apply: @Sendable (inout UserOptions, String) throws(OptionStop) -> Void

  init(
    _ names: [String], _ argument: String? = nil, _ variable: String? = nil, _ help: String,
    inherited: Bool = false,
    _ apply: @escaping @Sendable (inout UserOptions, String) throws(OptionStop) -> Void
  ) {
    self.names = names
    self.argument = argument
    self.variable = variable
    self.help = help
    isInherited = inherited
    self.apply = apply
  }

  /// The option with a name.
  static func named(_ name: Substring) -> OptionRow? {
    all.first { $0.names.contains(String(name)) }
  }

  /// Every option, in the order of QEMU's help.
  static let all = general + process + debugging

  private static let general: [OptionRow] = [
    OptionRow(["h", "help"], nil, nil, "print this help") { (_, _) throws(OptionStop) in
      throw .answer(OptionHelp.text)
    },
    OptionRow(["version"], nil, "VERSION", "display version information and exit") {
      (_, _) throws(OptionStop) in throw .answer(UserOptions.version)
    },
  ]

  private static let process: [OptionRow] = [
    OptionRow(
      ["L"], "path", "LD_PREFIX", "set the elf interpreter prefix to 'path'", inherited: true
    ) { $0.linux.sysroot = $1 },
    OptionRow(
      ["s"], "size", "STACK_SIZE", "set the stack size to 'size' bytes", inherited: true
    ) { (options, text) throws(OptionStop) in
      guard let size = OptionNumber.size(text), size > 0, size <= 1 << 31 else {
        throw .error(OptionValue.bad("s", text))
      }
      options.linux.stackSize = UInt32(size)
    },
    OptionRow(
      ["cpu"], "model", "CPU", "select CPU (-cpu help for list)", inherited: true,
      OptionValue.setProcessor),
    OptionRow(
      ["E"], "var=value", "SET_ENV", "sets targets environment variable (see below)"
    ) { (options, text) throws(OptionStop) in
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let place = part.firstIndex(of: "="), place != part.startIndex else {
          throw .error(OptionValue.bad("E", text))
        }
        options.environmentChanges.append(String(part))
      }
    },
    OptionRow(
      ["U"], "var", "UNSET_ENV", "unsets targets environment variable (see below)"
    ) { (options, text) throws(OptionStop) in
      for part in text.split(separator: ",") {
        guard !part.contains("=") else { throw .error(OptionValue.bad("U", text)) }
        options.environmentChanges.append(String(part))
      }
    },
    OptionRow(["0"], "argv0", "ARGV0", "forces target process argv[0] to be 'argv0'") {
      $0.linux.argumentZero = $1
    },
    OptionRow(["exec-name"], "name", nil, "what the guest is to know the program's file as") {
      $0.linux.executedName = $1
    },
    OptionRow(["r"], "uname", "UNAME", "set uname release string to 'uname'", inherited: true) {
      $0.linux.release = $1
    },
    OptionRow(
      ["B"], "address", "GUEST_BASE", "set guest_base address to 'address'", inherited: true
    ) { (options, text) throws(OptionStop) in
      guard let base = OptionNumber.whole(text) else {
        throw .error(OptionValue.bad("B", text))
      }
      options.base = UInt(base)
    },
    OptionRow(
      ["R"], "size", "RESERVED_VA", "reserve 'size' bytes for guest virtual address space",
      inherited: true
    ) { (options, text) throws(OptionStop) in
      guard let size = OptionNumber.size(text), size & 4095 == 0, size <= 1 << 32 else {
        throw .error("\(UserOptions.name): Invalid reserved va: \(text)")
      }
      options.reservedSize = size == 0 ? nil : size
    },
  ]

  private static let debugging: [OptionRow] = [
    OptionRow(
      ["d"], "item[,...]", "LOG",
      "enable logging of specified items (use '-d help' for a list of items)", inherited: true,
      OptionValue.setLogItems),
    OptionRow(
      ["dfilter"], "range[,...]", "DFILTER", "filter logging based on address range",
      inherited: true
    ) { (options, text) throws(OptionStop) in
      do throws(LogError) { options.logFilter = try DebugFilter(list: text) } catch {
        throw .error("\(UserOptions.name): \(error)")
      }
    },
    OptionRow(
      ["D"], "logfile", "LOG_FILENAME", "write logs to 'logfile' (default stderr)",
      inherited: true
    ) { $0.logFile = $1 },
    OptionRow(["p"], "pagesize", "PAGESIZE", "accepted: the page size is the host's") {
      (_, text) throws(OptionStop) in
      guard let size = OptionNumber.whole(text), size > 0, size & (size - 1) == 0 else {
        throw .error("\(UserOptions.name): page size must be a power of two")
      }
    },
    OptionRow(
      ["one-insn-per-tb", "singlestep"], nil, "ONE_INSN_PER_TB",
      "run with one guest instruction per block", inherited: true
    ) { (options, _) in options.singleInstructions = true },
    OptionRow(["strace"], nil, "STRACE", "log system calls", inherited: true) { (options, _) in
      options.logItems.insert(.systemCalls)
    },
    OptionRow(
      ["seed"], "seed", "RAND_SEED", "Seed for pseudo-random number generator", inherited: true
    ) { (options, text) throws(OptionStop) in
      guard let seed = OptionNumber.whole(text) else {
        throw .error("\(UserOptions.name): Invalid seed number: \(text)")
      }
      options.linux.seed = seed
    },
    OptionRow(
      ["tb-size"], "MiB", "TB_SIZE", "set the size of the code buffer", inherited: true
    ) { (options, text) throws(OptionStop) in
      guard let size = OptionNumber.whole(text), (1...1024).contains(size) else {
        throw .error("\(UserOptions.name): Invalid code buffer size: \(text) (1 to 1024 MiB)")
      }
      options.codeBufferSize = Int(size) << 20
    },
    OptionRow(
      ["host-features"], "list", "HOST_FEATURES",
      "host extensions to use: names, '-name' to leave one out, 'none'", inherited: true,
      OptionValue.setFeatures),
    OptionRow(
      ["without"], "list", "WITHOUT", "techniques of the translator to leave out, by name",
      inherited: true, OptionValue.setTechniques),
    OptionRow(["append-log"], nil, nil, "with -D: keep what the log file holds") {
      (options, _) in options.appendsLog = true
    },
  ]
}
