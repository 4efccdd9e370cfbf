import IR

/// How several iterations of a loop are done at once, in the lanes of vectors: as one step that the
/// guest cannot tell from doing them one by one.
///
/// All loads come first, then the operations, a look at all results, and the stores; registers and the
/// record of the last operation are what the last iteration leaves. Until the first store nothing has
/// changed, so that the step is given up for the loop's own instructions, which begin with the same
/// iteration:
/// - if a result is so great or small that exceptions or the guest's rules matter (`SuspectResult`);
/// - if an access faults: the stores are within one page, so that the first faults or none;
/// - if a store might change what is loaded, too few iterations are left, or no operation has been
///   inexact yet (a step given up must not leave the host's mark of that).
///
/// Memory is weakly consistent: other processors may see loads and stores of different addresses in any
/// order (Power ISA, Book II, 1.7.1).
struct LanePlan {
  /// A vector, by number in `vectors`.
  enum Vector {
    /// A register's number in every lane.
    case splat(Int)
    /// Numbers one behind the other.
    case load(LoopBody.Place)
    /// Of an operation, whose operands are other vectors.
    case operation(LaneOperation, [Int])
  }

  /// Where a value is.
  struct Lane {
    var vector: Int
    /// Counted as memory is: the lowest address is 0.
    var number: Int
  }

  let body: LoopBody
  let lanes: FloatLanes
  /// How many iterations are done at once.
  let iterations: Int
  /// Whether vectors are of 256 bits; else of 128.
  private(set) var isWide = false
  /// In the order in which they are made: operands first.
  private(set) var vectors: [Vector] = []
  private(set) var stores: [(place: LoopBody.Place, vector: Int)] = []
  private(set) var places: [Int: Lane] = [:]
  private var known: [[Int]: Int] = [:]

  /// The most bytes that a step stores.
  private static let width = 256

  /// - Parameter instructions: mnemonics and words, without the branch that closes the loop.
  init?(_ instructions: [(mnemonic: String, word: UInt32)]) {
    var body = LoopBody()
    func follow() -> Bool { instructions.allSatisfy { body.follow($0.mnemonic, $0.word) } }
    guard follow(), let lanes = body.lanes, !body.stores.isEmpty, body.last != nil else {
      return nil
    }
    let bytes = body.stores.count * body.size
    guard let count = [32, 16, 8, 4, 2, 1].first(where: { Self.fits($0 * bytes) }) else {
      return nil
    }
    for _ in 1..<count where !follow() { return nil }
    self.body = body
    self.lanes = lanes
    iterations = count
    guard arrange(isWide: true) || arrange(isWide: false) else { return nil }
  }

  private static func fits(_ bytes: Int) -> Bool { bytes <= width && bytes % 16 == 0 }

  /// The bytes that are stored.
  var bytes: Int { body.stores.count * body.size }

  /// The lanes of a vector.
  private var count: Int { lanes.count * (isWide ? 2 : 1) }

  /// The number that ops have for a lane: within each 128 bits the first is the last.
  func laneNumber(_ lane: Lane) -> Int {
    let last = lanes.count - 1
    return lane.number & ~last | last - lane.number & last
  }

  private mutating func arrange(isWide: Bool) -> Bool {
    self.isWide = isWide
    (vectors, stores, places, known) = ([], [], [:], [:])
    return bytes % (count * body.size) == 0 && placeStores() && coversAll()
  }

  /// The stores must be one behind the other.
  private mutating func placeStores() -> Bool {
    let sorted = body.stores.sorted { $0.place.displacement < $1.place.displacement }
    let first = sorted[0].place
    for (n, store) in sorted.enumerated() {
      guard store.place.base == first.base,
        store.place.displacement == first.displacement + n * body.size
      else { return false }
    }
    for n in stride(from: 0, to: sorted.count, by: count) {
      guard let vector = vector(of: sorted[n..<n + count].map(\.value)) else { return false }
      stores.append((sorted[n].place, vector))
    }
    return true
  }

  /// The vector of the values, one for each lane; nil if they are of different kinds.
  private mutating func vector(of group: [Int]) -> Int? {
    if let vector = known[group] { return vector }
    guard let made = made(of: group) else { return nil }
    let number = vectors.count
    vectors.append(made)
    known[group] = number
    for (n, value) in group.enumerated() where value >= LoopBody.registers {
      places[value] = Lane(vector: number, number: n)
    }
    return number
  }

  /// How the vector of the values is made.
  private mutating func made(of group: [Int]) -> Vector? {
    switch body.values[group[0]] {
    case .before(let register):
      return group.allSatisfy { $0 == group[0] } ? .splat(register.number) : nil
    case .loaded(let place):
      for (n, value) in group.enumerated() {
        guard case .loaded(let other) = body.values[value], other.base == place.base,
          other.displacement == place.displacement + n * body.size
        else { return nil }
      }
      return .load(place)
    case .result(let operation, let operands):
      var groups = operands.map { _ in [Int]() }
      for value in group {
        guard case .result(let other, let inputs) = body.values[value],
          other.helper == operation.helper
        else { return nil }
        for n in groups.indices { groups[n].append(inputs[n]) }
      }
      let inputs = groups.compactMap { vector(of: $0) }
      return inputs.count == groups.count ? .operation(operation, inputs) : nil
    }
  }

  /// Whether every load and operation is in a lane, for none may be left out; and in single precision
  /// what registers hold afterwards.
  private func coversAll() -> Bool {
    let registers = LoopBody.registers
    return (registers..<body.values.count).allSatisfy { places[$0] != nil }
      && (lanes == .doubles
        || (0..<registers).allSatisfy { body.floats[$0] >= registers || body.floats[$0] == $0 })
  }

  /// Whether a value is no NaN where the step is done: no result is, and so no operand.
  func isNumber(_ value: Int) -> Bool {
    isResult(value)
      || body.values.contains {
        if case .result(_, let operands) = $0 { operands.contains(value) } else { false }
      }
  }

  private func isResult(_ value: Int) -> Bool {
    if case .result = body.values[value] { true } else { false }
  }

  /// The operation last done, and its operands, by their numbers among the values.
  var last: (operation: LaneOperation, operands: [Int]) {
    guard let last = body.last, case .result(let operation, let operands) = body.values[last]
    else { preconditionFailure("a loop without operations is none") }
    return (operation, operands)
  }

  /// What is loaded by way of a register: the lowest displacement, and the number of bytes.
  func windows() -> [(base: GPR, first: Int, bytes: Int)] {
    var ranges: [GPR: (Int, Int)] = [:]
    for case .loaded(let place) in body.values {
      let (first, end) = ranges[place.base] ?? (.max, .min)
      ranges[place.base] = (
        min(first, place.displacement), max(end, place.displacement + body.size)
      )
    }
    return ranges.sorted { $0.key.number < $1.key.number }.map {
      (base: $0.key, first: $0.value.0, bytes: $0.value.1 - $0.value.0)
    }
  }
}
