import IR

/// What a loop of floating point does in several iterations, found by following its registers: which
/// numbers it loads, computes and stores, as a graph, and what its registers hold afterwards.
///
/// Loops that do anything but load, add, multiply and store numbers of one precision, and count, are
/// none.
struct LoopBody {
  /// An address: what a general register holds before the first iteration, and a displacement.
  struct Place: Hashable {
    var base: GPR
    var displacement: Int
  }

  /// What a floating-point register holds.
  enum Value {
    /// What another held before the first iteration.
    case before(FPR)
    case loaded(Place)
    /// Of an operation, whose operands are other values.
    case result(LaneOperation, [Int])
  }

  /// The number of registers of each kind.
  static let registers = 32
  /// Every value, by number: first those of the registers before.
  private(set) var values: [Value] = (0..<registers).map { .before(FPR($0)) }
  /// What the registers hold now: of the floating-point ones the numbers of values.
  private(set) var floats = Array(0..<registers)
  private(set) var general = (0..<registers).map { Place(base: GPR($0), displacement: 0) }
  private(set) var stores: [(place: Place, value: Int)] = []
  /// The operation last done.
  private(set) var last: Int?
  /// What numbers it loads and stores; nil before the first.
  private(set) var lanes: FloatLanes?

  /// The bytes of a number.
  var size: Int { lanes == .doubles ? 8 : 4 }

  /// Follows an instruction other than the branch that closes the loop.
  /// - Returns: false if that is none that this loop can have.
  mutating func follow(_ mnemonic: String, _ word: UInt32) -> Bool {
    let i = D(word)
    switch mnemonic {
    case "addi":
      guard i.RA.number != 0 else { return false }
      general[i.RT.number] = place(i)
      return true
    case "ori": return word == Self.nop
    case "fmr[.]":
      floats[i.FRT.number] = floats[X(word).FRB.number]
      return word & 1 == 0
    default: break
    }
    if let access = Self.accesses[mnemonic] { return follow(access, i) }
    guard let operation = LaneOperation.all[mnemonic], word & 1 == 0, operation.lanes == lanes
    else {
      return false
    }
    let operands = operation.operands(A(word)).map { floats[$0.number] }
    floats[i.FRT.number] = values.count
    last = values.count
    values.append(.result(operation, operands))
    return true
  }

  private static let nop: UInt32 = 0x6000_0000

  /// A load or store, by its mnemonic.
  private struct Access {
    var lanes: FloatLanes, stores: Bool, updates: Bool
  }

  private static let accesses: [String: Access] = {
    var all: [String: Access] = [:]
    for (letter, lanes) in [("s", FloatLanes.singles), ("d", .doubles)] {
      for updates in [false, true] {
        let suffix = letter + (updates ? "u" : "")
        all["lf" + suffix] = Access(lanes: lanes, stores: false, updates: updates)
        all["stf" + suffix] = Access(lanes: lanes, stores: true, updates: updates)
      }
    }
    return all
  }()

  private mutating func follow(_ access: Access, _ i: D) -> Bool {
    guard i.RA.number != 0, lanes == nil || lanes == access.lanes else { return false }
    lanes = access.lanes
    let place = place(i)
    if access.stores {
      stores.append((place, floats[i.FRS.number]))
    } else {
      // The loop's loads may all be made before its stores.
      guard !stores.contains(where: { overlaps($0.place, place) }) else { return false }
      floats[i.FRT.number] = values.count
      values.append(.loaded(place))
    }
    if access.updates { general[i.RA.number] = place }
    return true
  }

  private func place(_ i: D) -> Place {
    var place = general[i.RA.number]
    place.displacement += i.D
    return place
  }

  /// Whether two accesses by one register have a byte in common. (What others have is asked when the
  /// loop runs.)
  private func overlaps(_ a: Place, _ b: Place) -> Bool {
    a.base == b.base && abs(a.displacement - b.displacement) < size
  }
}

/// An operation that is done in several lanes at once.
struct LaneOperation {
  /// The operation of one lane, and which of the host's does it.
  var helper: HelperNumber, opcode: Opcode
  var lanes: FloatLanes
  /// Whether FRB is negated before, and the result after it.
  var turnsAddend = false, turnsResult = false
  /// The operands in the order of the helper.
  var operands: @Sendable (A) -> [FPR]

  /// By mnemonic.
  static let all: [String: LaneOperation] = {
    var all: [String: LaneOperation] = [:]
    let product: @Sendable (A) -> [FPR] = { [$0.FRA, $0.FRC, $0.FRB] }
    let simple: [(String, HelperNumber, HelperNumber, Opcode, @Sendable (A) -> [FPR])] = [
      ("fadd", .fadd, .fadds, .fadd_lanes, { [$0.FRA, $0.FRB] }),
      ("fsub", .fsub, .fsubs, .fsub_lanes, { [$0.FRA, $0.FRB] }),
      ("fmul", .fmul, .fmuls, .fmul_lanes, { [$0.FRA, $0.FRC] }),
      ("fmadd", .fmadd, .fmadds, .fma_lanes, product),
      ("fmsub", .fmsub, .fmsubs, .fma_lanes, product),
      ("fnmadd", .fnmadd, .fnmadds, .fma_lanes, product),
      ("fnmsub", .fnmsub, .fnmsubs, .fma_lanes, product),
    ]
    for (name, double, single, opcode, operands) in simple {
      for lanes in FloatLanes.allCases {
        all[lanes == .doubles ? name + "[.]" : name + "s[.]"] = LaneOperation(
          helper: lanes == .doubles ? double : single, opcode: opcode, lanes: lanes,
          turnsAddend: name.hasSuffix("msub"), turnsResult: name.hasPrefix("fn"),
          operands: operands)
      }
    }
    return all
  }()
}
