/// What `-d` can ask for, by QEMU's names.
public struct LogItems: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt32
  /// The items of some bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Host code of each new block.
  public static let hostCode = LogItems(rawValue: 1 << 0)
  /// Guest code of each new block.
  public static let guestCode = LogItems(rawValue: 1 << 1)
  /// Ops as the guest's front end made them.
  public static let ops = LogItems(rawValue: 1 << 2)
  /// Ops after all passes.
  public static let optimizedOps = LogItems(rawValue: 1 << 3)
  /// Ops before indirect lowering: accepted, and empty, for there are no indirect globals.
  public static let indirectOps = LogItems(rawValue: 1 << 4)
  /// Exceptions.
  public static let exceptions = LogItems(rawValue: 1 << 5)
  /// Each block that is entered.
  public static let execution = LogItems(rawValue: 1 << 6)
  /// Registers before each block that is entered.
  public static let registers = LogItems(rawValue: 1 << 7)
  /// Floating-point registers as well.
  public static let floatingPoint = LogItems(rawValue: 1 << 8)
  /// The work of the memory management unit: nothing in user mode.
  public static let memoryManagement = LogItems(rawValue: 1 << 9)
  /// Registers before a reset of the processor: nothing in user mode.
  public static let reset = LogItems(rawValue: 1 << 10)
  /// What is not implemented.
  public static let unimplemented = LogItems(rawValue: 1 << 11)
  /// What the guest should not have done.
  public static let guestErrors = LogItems(rawValue: 1 << 12)
  /// The guest's memory map when the program starts.
  public static let pages = LogItems(rawValue: 1 << 13)
  /// No chaining, so that every block that runs is logged.
  public static let withoutChaining = LogItems(rawValue: 1 << 14)
  /// System calls.
  public static let systemCalls = LogItems(rawValue: 1 << 15)

  /// One item: its name for `-d`, what it is, and what `-d help` says of it.
  public struct Row: Sendable {
    /// The name that `-d` takes.
    public let name: String
    /// The item.
    public let item: LogItems
    /// One line of help.
    public let help: String
  }

  /// All items, in the order of QEMU's list.
  public static let rows: [Row] = [
    Row(name: "out_asm", item: .hostCode, help: "show generated host code for each new block"),
    Row(name: "in_asm", item: .guestCode, help: "show guest code for each new block"),
    Row(name: "op", item: .ops, help: "show ops for each new block"),
    Row(name: "op_opt", item: .optimizedOps, help: "show ops after optimization and liveness"),
    Row(name: "op_ind", item: .indirectOps, help: "accepted: there is no indirect lowering"),
    Row(name: "int", item: .exceptions, help: "show exceptions in short form"),
    Row(name: "exec", item: .execution, help: "show each block before it is entered (long)"),
    Row(name: "cpu", item: .registers, help: "show registers before a block is entered (long)"),
    Row(name: "fpu", item: .floatingPoint, help: "floating-point registers with 'cpu' as well"),
    Row(name: "mmu", item: .memoryManagement, help: "accepted: there is nothing to show"),
    Row(name: "cpu_reset", item: .reset, help: "show registers before a reset of the processor"),
    Row(name: "unimp", item: .unimplemented, help: "show what is not implemented"),
    Row(name: "guest_errors", item: .guestErrors, help: "show what the guest does wrong"),
    Row(name: "page", item: .pages, help: "show the memory map when the program starts"),
    Row(
      name: "nochain", item: .withoutChaining,
      help: "do not chain blocks, so that 'exec' and 'cpu' show every one"),
    Row(name: "strace", item: .systemCalls, help: "show each system call and its result"),
  ]

  /// The items of a list such as `in_asm,op`; `all` and `none` are items too.
  public init(list: String) throws(LogError) {
    var items: LogItems = []
    for name in list.split(separator: ",") {
      switch name {
      case "all": items = LogItems(Self.rows.map(\.item))
      case "none": items = []
      default:
        guard let row = Self.rows.first(where: { $0.name == name }) else {
          throw .item(String(name))
        }
        items.insert(row.item)
      }
    }
    self = items
  }

  /// What `-d help` prints.
  public static var help: String {
    var text = LogText()
    text.put("Log items (comma separated):\n")
    for row in rows + [
      Row(name: "all", item: [], help: "all of these"), Row(name: "none", item: [], help: "none"),
    ] {
      text.put(row.name, width: 15)
      text.put(" \(row.help)\n")
    }
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// The items that need the translator's attention.
  public static let translation: LogItems = [
    .hostCode, .guestCode, .ops, .optimizedOps, .execution, .registers,
  ]
}
