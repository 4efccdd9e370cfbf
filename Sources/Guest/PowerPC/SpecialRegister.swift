/// A special-purpose register: one row of what the user's manuals list.
struct SpecialRegister: Sendable {
  /// Who may do what: the manuals' "user" and "supervisor" access.
  struct Access: OptionSet, Sendable {
    let rawValue: UInt8
    static let userRead = Access(rawValue: 1), userWrite = Access(rawValue: 2)
    static let supervisorRead = Access(rawValue: 4), supervisorWrite = Access(rawValue: 8)
    /// Both states, both ways.
    static let user: Access = [.userRead, .userWrite, .supervisor]
    /// Both states, reading only.
    static let userReadOnly: Access = [.userRead, .supervisorRead]
    static let supervisor: Access = [.supervisorRead, .supervisorWrite]
    static let supervisorReadOnly: Access = [.supervisorRead]
    static let supervisorWriteOnly: Access = [.supervisorWrite]
  }

  /// Where the contents are and what a change does.
  enum Kind: UInt8, Sendable {
    /// Fields of the state with a name.
    case xer, lr, ctr, dar, pvr, vrsave
    /// The clock's registers, which the surroundings keep.
    case timeBaseLower, timeBaseUpper, decrementer
    /// A word in `PowerPCState.spr`, and no more.
    case storage
    /// A word in `PowerPCState.spr`; the supervisor is told of what is written.
    case watched
    /// What user programs see of the register whose number is 16 higher.
    case userCopy
  }

  let number: Int
  /// The manual's name.
  let name: StaticString
  let kind: Kind
  let access: Access
  /// The processors that have it.
  let families: ProcessorFamilies
  /// The bits that keep what is written; the others read as zero.
  let writable: UInt32

  init(
    _ number: Int, _ name: StaticString, _ kind: Kind = .storage, _ access: Access = .supervisor,
    on families: ProcessorFamilies = .all, writable: UInt32 = .max
  ) {
    (self.number, self.name, self.kind, self.access) = (number, name, kind, access)
    (self.families, self.writable) = (families, writable)
  }

  /// The registers of a family.
  static func all(of family: ProcessorFamily) -> [SpecialRegister] {
    specialRegisters.filter { $0.families.contains(ProcessorFamilies(family)) }
  }
}

/// The registers of one family as translation looks them up: an entry for every number.
struct SpecialRegisterTable {
  /// What an entry says; `isPresent` is false where there is no register.
  struct Entry {
    var isPresent = false
    var kind = SpecialRegister.Kind.storage
    var access: SpecialRegister.Access = []
    var writable: UInt32 = 0
  }

  private let entries: UnsafeMutablePointer<Entry>

  init(_ family: ProcessorFamily) {
    entries = .allocate(capacity: 1024)
    entries.initialize(repeating: Entry(), count: 1024)
    for register in SpecialRegister.all(of: family) {
      entries[register.number] = Entry(
        isPresent: true, kind: register.kind, access: register.access,
        writable: register.writable)
    }
  }

  func deallocate() { entries.deallocate() }

  /// - Parameter number: 0 to 1023.
  subscript(number: Int) -> Entry { entries[number & 1023] }
}

/// Numbers of the special-purpose registers that the processor itself works with.
enum SPR {
  static let DSISR = 18, DAR = 19, DEC = 22, SDR1 = 25, SRR0 = 26, SRR1 = 27
  static let SPRG0 = 272, EAR = 282, TBL = 284, TBU = 285
  /// The first upper BAT of each four pairs.
  static let IBAT0U = 528, DBAT0U = 536, IBAT4U = 560, DBAT4U = 568
  static let DMISS = 976, DCMP = 977, HASH1 = 978, HASH2 = 979
  static let IMISS = 980, ICMP = 981, RPA = 982
  static let HID0 = 1008, IABR = 1010, HID2 = 1011, DABR = 1013
}
