/// The names that the log prints for the constants of `bswap` and `mb`.
enum ConstantNames {
  /// What a byte swap of a narrow value may assume and must deliver: TCG's flags.
  ///
  /// Bit 0: the input is zero-extended. Bit 1: so is the result. Bit 2: the result is
  /// sign-extended.
  static let byteSwaps: [(flags: UInt32, text: String)] = [
    (1, "iz"), (2, "oz"), (3, "iz,oz"), (4, "os"), (5, "iz,os"),
  ]

  /// Which accesses a barrier keeps in order, in the order of the log: TCG's bits.
  static let orders: [(flag: UInt32, text: String)] = [
    (1, "rr"), (4, "rw"), (2, "wr"), (8, "ww"),
  ]

  /// Bits 4 and 5 of a barrier: its kind.
  static let barrierKinds = ["none", "acq", "rel", "seq"]

  /// The text of a byte swap's flags, if they have one.
  static func byteSwap(_ flags: UInt32) -> String? {
    byteSwaps.first { $0.flags == flags }?.text
  }

  /// The text of a barrier: `seq:all`, `acq:rr+rw`.
  static func barrier(_ bits: UInt32) -> String {
    let kind = barrierKinds[Int(bits >> 4 & 3)]
    let named = orders.filter { bits & $0.flag != 0 }.map(\.text)
    let kept = named.isEmpty ? "none" : named.count == 4 ? "all" : named.joined(separator: "+")
    return "\(kind):\(kept)"
  }

  /// The bits of a barrier from its text, nil if there is none such.
  static func barrier(_ text: Substring) -> UInt32? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = barrierKinds.firstIndex(of: String(parts[0])) else {
      return nil
    }
    var bits = UInt32(kind) << 4
    if parts[1] == "none" { return bits }
    if parts[1] == "all" { return bits | 15 }
    for name in parts[1].split(separator: "+", omittingEmptySubsequences: false) {
      guard let order = orders.first(where: { $0.text == name }) else { return nil }
      bits |= order.flag
    }
    return bits
  }
}
