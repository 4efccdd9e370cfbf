import Options

/// `-machine`.
struct MachineOptions: Equatable {
  /// One kind of machine.
  struct Kind: Equatable {
    /// The name that `-machine` takes.
    let name: String
    /// What `-machine help` says.
    let help: String
    /// Properties besides those that every machine has.
    let properties: [String]
    /// Bytes of memory that it can have.
    let maximumMemory: UInt64
    /// What is said if it is to have more; the argument is MiB.
    let tooMuchMemory: @Sendable (UInt64) -> String

    static func == (a: Kind, b: Kind) -> Bool { a.name == b.name }
  }

  /// The machines, the default first.
  static let kinds = [
    Kind(
      name: "g3beige", help: "Heathrow based PowerMAC (default)", properties: [],
      maximumMemory: 2047 << 20,
      tooMuchMemory: { "Too much memory for this machine: \($0) MB, maximum 2047 MB" }),
    Kind(
      name: "mac99", help: "Mac99 based PowerMAC", properties: ["via"],
      maximumMemory: 2 << 30,
      tooMuchMemory: { _ in "RAM size more than 2 GiB is not supported" }),
  ]

  /// What attaches the keyboard and the power switch of a mac99.
  enum PowerController: String, CaseIterable {
    case cuda, pmu
    case pmuADB = "pmu-adb"
  }

  /// Which machine.
  var kind = kinds[0]
  /// `graphics=`.
  var hasGraphics = true
  /// `via=`; nil for the machine's own.
  var powerController: PowerController?
  /// `usb=` or `-usb`; nil for the machine's own.
  var hasUSB: Bool?
}

extension SystemOptions {
  /// Properties that every machine has and that change nothing here.
  private static let idle = [
    "dump-guest-core", "mem-merge", "suppress-vmdesc", "kernel-irqchip", "memory-encryption",
    "confidential-guest-support", "hmat", "nvdimm", "dumpdtb",
  ]

  /// `-machine`, after all of them: of several values the last counts.
  mutating func completeMachine() throws(SystemProblem) {
    for part in machineParts where part.key == "type" {
      guard let kind = MachineOptions.kinds.first(where: { $0.name == part.value }) else {
        throw SystemProblem(
          "unsupported machine type\nUse -machine help to list supported machines")
      }
      machine.kind = kind
    }
    for part in machineParts where part.key != "type" { try setProperty(part) }
    if processorCount != 1 {
      throw SystemProblem(
        "Invalid SMP CPUs \(processorCount). The max CPUs supported by machine "
          + "'\(machine.kind.name)' is 1")
    }
    if let size = memorySize, size > machine.kind.maximumMemory {
      throw SystemProblem(machine.kind.tooMuchMemory(size >> 20))
    }
  }

  private mutating func setProperty(_ part: KeyedOptions.Part) throws(SystemProblem) {
    let (key, value) = (part.key, part.value)
    switch key {
    case "graphics": machine.hasGraphics = try Self.flag(key, value)
    case "usb": machine.hasUSB = try Self.flag(key, value)
    case "firmware": firmware = value
    case "kernel": kernel = value
    case "initrd": initialRAMDisk = value
    case "append": kernelArguments = value
    case "accel":
      guard value.split(separator: ":").contains("tcg") else {
        throw SystemProblem("invalid accelerator \(value)")
      }
    case "via" where machine.kind.properties.contains(key):
      guard let controller = MachineOptions.PowerController(rawValue: value) else {
        throw SystemProblem("Invalid via value\nValid values are cuda, pmu, pmu-adb.")
      }
      machine.powerController = controller
    default:
      guard Self.idle.contains(key) else {
        throw SystemProblem("Property '\(machine.kind.name)-machine.\(key)' not found")
      }
    }
  }

  private static func flag(_ key: String, _ value: String) throws(SystemProblem) -> Bool {
    guard let flag = OptionNumber.flag(value) else {
      throw SystemProblem("Parameter '\(key)' expects 'on' or 'off'")
    }
    return flag
  }
}
