/// Registers by the names that the monitor's expressions take.
extension Supervisor {
  /// The value of a register by its lower-case name (`r1`, `f2`, `sr3`, `nip`, `srr0`), integers
  /// widened with their sign; nil if there is none.
  public func value(ofRegister name: String) -> Int64? {
    if let word = word(ofRegister: name) { return Int64(Int32(bitPattern: word)) }
    if let number = Self.number(in: name, after: "f", below: 32) {
      return Int64(bitPattern: state.pointee.fpr[number])
    }
    return nil
  }

  private func word(ofRegister name: String) -> UInt32? {
    if let number = Self.number(in: name, after: "r", below: 32) {
      return state.pointee.gpr[number]
    }
    if let number = Self.number(in: name, after: "sr", below: 16) {
      return state.segment(number)
    }
    switch name {
    case "nip", "pc": return state.pointee.nip
    case "lr": return state.pointee.lr
    case "ctr": return state.pointee.ctr
    case "cr", "ccr": return state.pointee.packedCR
    case "xer": return state.pointee.packedXER
    case "msr": return state.pointee.msr
    case "fpscr": return state.pointee.fpscr
    case "tbl": return UInt32(truncatingIfNeeded: surroundings.timeBase)
    case "tbu": return UInt32(truncatingIfNeeded: surroundings.timeBase >> 32)
    case "dec", "decr": return surroundings.decrementer
    case "pvr": return state.pointee.pvr
    case "dar": return state.pointee.dar
    case "vrsave": return state.pointee.vrsave
    default: return storedRegister(name)
    }
  }

  private func storedRegister(_ name: String) -> UInt32? {
    let wanted = name.uppercased()
    let row = SpecialRegister.all(of: family).first { $0.name.description == wanted }
    return row.map { state.special($0.number & 1023) }
  }

  /// The number behind a letter: `r17`.
  private static func number(in name: String, after prefix: String, below limit: Int) -> Int? {
    guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)),
      (0..<limit).contains(number)
    else { return nil }
    return number
  }
}
