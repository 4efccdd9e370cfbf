import Boards
import Debugging
import HostIO
import Monitor
import Options

/// What the command line asks for, each option as QEMU understands it.
struct SystemOptions {
  /// `-machine`.
  var machine = MachineOptions()
  /// `-cpu`; nil for the machine's own.
  var processor: String?
  /// `-m`, in bytes; nil for the machine's own.
  var memorySize: UInt64?
  /// `-bios`.
  var firmware: String?
  /// `-L`, in order: where firmware is looked for.
  var searchPaths: [String] = []
  /// `-kernel`, `-initrd`, `-append`.
  var kernel: String?
  var initialRAMDisk: String?
  var kernelArguments: String?
  /// The disks, where they are attached.
  var drives: [DriveOptions] = []
  /// `-snapshot`: writes go to a temporary file.
  var isSnapshot = false
  /// `-boot`.
  var boot = BootOptions()
  /// `-nographic`.
  var isNographic = false
  /// `-nodefaults`: no devices that were not asked for.
  var hasDefaults = true
  /// `-vga`: whether there is a VGA card; nil for the machine's own.
  var hasVGA: Bool?
  /// `-g`: the resolution that the firmware sets.
  var resolution: Resolution?
  /// `-serial`, in order; nil for `none`.
  var serials: [CharacterSpecification?] = []
  /// `-monitor` and `-mon`, in order; nil for `none`.
  var monitors: [CharacterSpecification?] = []
  /// `-parallel`, in order: no machine has a parallel port.
  var parallels: [CharacterSpecification?] = []
  /// `-chardev`.
  var characterDevices: [CharacterSpecification] = []
  /// `-net`, `-nic`, `-netdev`.
  var networks = NetworkOptions()
  /// `-rtc`.
  var clock = ClockOptions()
  /// `-icount`; nil for virtual time that follows the host's.
  var instructionCount: InstructionCountOptions?
  /// `-S`: the processor waits for `cont`.
  var startsPaused = false
  /// `-no-reboot`: a reset ends the program.
  var endsAtReset = false
  /// `-no-shutdown`: a machine that is switched off waits.
  var staysAtShutdown = false
  /// `-name`.
  var name: String?
  /// `-uuid`: 36 characters.
  var uuid: String?
  /// `-prom-env`, in order: NAME=VALUE.
  var firmwareVariables: [String] = []
  /// `-d`, `-dfilter`, `-D`, `-trace`.
  var logItems: LogItems = []
  var logFilter = DebugFilter()
  var logFile: String?
  var trace = TraceOptions()
  /// `-trace help`: the names of all events are to be printed, and nothing else done.
  var listsTraceEvents = false
  /// `-accel tcg,tb-size=`: bytes of translated code; nil for the default.
  var codeBufferSize: Int?
  /// `-singlestep`.
  var singleInstructions = false
  /// `-pidfile`.
  var pidFile: String?
  /// `-daemonize`.
  var daemonizes = false
  /// Warnings for standard error.
  var warnings: [String] = []

  // What is put together at the end.
  var machineParts: [KeyedOptions.Part] = []
  var driveRequests: [DriveRequest] = []
  var deviceRequests: [DeviceRequest] = []
  var processorCount: UInt64 = 1
}

/// `-g`.
struct Resolution: Equatable {
  let width, height, depth: Int
}

/// `-boot`.
struct BootOptions: Equatable {
  /// The letters of the devices in order; nil for the firmware's own.
  var order: String?
  /// The order for the first boot alone.
  var once: String?
  /// Whether the firmware asks.
  var hasMenu = false
}

/// `-rtc`.
struct ClockOptions: Equatable {
  /// What the machine's clock shows when it is switched on.
  enum Base: Equatable {
    case utc, localTime
    /// Seconds since 1970.
    case time(Int64)
  }
  var base = Base.utc
  /// `clock=vm`: it follows virtual time.
  var followsVirtualTime = false
}

/// `-icount`.
struct InstructionCountOptions: Equatable {
  /// An instruction takes two to this power nanoseconds; nil for `auto`.
  var shift: Int?
  /// Whether the processor waits for the host's time.
  var sleeps = true
  /// Whether virtual time is held near the host's.
  var aligns = false
}

extension SystemOptions {
  /// The program's name in messages.
  static let program = "lyrebird-system-ppc"
  /// What the monitor and `-version` say.
  static let versionNumber = "0.1.0"

  /// Where the log goes, trace events and all: `-trace file=` is another `-D`; nil for standard
  /// error.
  var logPath: String? { trace.file ?? logFile }

  /// Reads the command line.
  /// - Parameter arguments: without the name of this program.
  init(arguments: [String]) throws(OptionStop) {
    var index = 0
    while index < arguments.count {
      let text = arguments[index]
      index += 1
      guard text.hasPrefix("-") else {
        driveRequests.append(DriveRequest(context: text, file: text, index: 0))
        continue
      }
      let name = text.dropFirst(text.hasPrefix("--") ? 2 : 1)
      guard let row = SystemOptionRow.named(name) else {
        throw .error("\(Self.program): \(text): invalid option")
      }
      guard row.argument != nil else {
        try apply(row, "", context: text)
        continue
      }
      guard index < arguments.count else {
        throw .error("\(Self.program): \(text): requires an argument")
      }
      try apply(row, arguments[index], context: "\(text) \(arguments[index])")
      index += 1
    }
    try complete()
  }

  private mutating func apply(
    _ row: SystemOptionRow, _ value: String, context: String
  ) throws(OptionStop) {
    do { try row.apply(&self, value, context) } catch {
      switch error {
      case let stop as OptionStop: throw stop
      case let problem as SystemProblem: throw .error("\(Self.program): \(problem.text)")
      default: throw .error("\(Self.program): \(context): \(error)")
      }
    }
  }

  /// Puts together what needs more than one option.
  private mutating func complete() throws(OptionStop) {
    do throws(SystemProblem) {
      try completeMachine()
      try completeDrives()
      if hasDefaults && !networks.isGiven { networks.addDefaults() }
      let board = Board.named(machine.kind.name)
      warnings += try networks.complete(model: board?.networkCard ?? .ne2000)
      if kernel == nil {
        if initialRAMDisk != nil {
          throw SystemProblem("-initrd only allowed with -kernel option")
        }
        if kernelArguments != nil {
          throw SystemProblem("-append only allowed with -kernel option")
        }
      }
    } catch { throw .error("\(Self.program): \(error.text)") }
  }
}

/// What is wrong, in QEMU's words, where QEMU does not name the option.
struct SystemProblem: Error {
  let text: String
  init(_ text: String) { self.text = text }
}
