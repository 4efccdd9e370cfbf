/// String instructions in system mode: memory is reached by address translation, a byte at a time.
extension Supervisor {
  /// `lswi`, `lswx`. Nothing has changed when it faults.
  /// - Returns: 0, or the number of the exception to raise, DAR and DSISR being set.
  func loadString(_ address: UInt64, _ bytes: UInt64, _ registers: UInt64) -> UInt64 {
    let start = UInt32(truncatingIfNeeded: address), count = Int(bytes & 0x7f)
    var words = InlineArray<32, UInt32>(repeating: 0)
    for n in 0..<count {
      let at = start &+ UInt32(n)
      guard let place = place(at, .load) else { return fault(at, .load) }
      let byte = (surroundings.physicalWord(place & ~3) ?? 0) >> Self.shift(place) & 0xff
      words[n / 4] |= byte << UInt32(24 - n % 4 * 8)
    }
    for n in 0..<(count + 3) / 4 {
      state.pointee.gpr[(Int(registers >> 10 & 31) + n) & 31] = words[n]
    }
    return 0
  }

  /// `stswi`, `stswx`. Nothing has changed when it faults.
  func storeString(_ address: UInt64, _ bytes: UInt64, _ registers: UInt64) -> UInt64 {
    let start = UInt32(truncatingIfNeeded: address), count = Int(bytes & 0x7f)
    for n in 0..<count where place(start &+ UInt32(n), .store) == nil {
      return fault(start &+ UInt32(n), .store)
    }
    for n in 0..<count {
      guard let place = place(start &+ UInt32(n), .store),
        let old = surroundings.physicalWord(place & ~3)
      else { continue }
      let register = state.pointee.gpr[(Int(registers >> 10 & 31) + n / 4) & 31]
      let byte = register >> UInt32(24 - n % 4 * 8) & 0xff
      let shift = Self.shift(place)
      surroundings.setPhysicalWord(place & ~3, old & ~(0xff << shift) | byte << shift)
    }
    return 0
  }

  private static func shift(_ address: UInt32) -> UInt32 { 24 - 8 * (address & 3) }

  /// The physical address of a byte of memory that may be accessed.
  private func place(_ effective: UInt32, _ access: Access) -> UInt32? {
    guard case .page(let physical, _, _, _, _) = translate(effective, access) else { return nil }
    let place = physical | effective & 0xfff
    return surroundings.physicalWord(place & ~3) == nil ? nil : place
  }

  /// The exception for a byte that cannot be accessed. Devices do not take strings: alignment.
  private func fault(_ effective: UInt32, _ access: Access) -> UInt64 {
    state.pointee.dar = effective
    guard case .fault(let exception, let bits) = translate(effective, access) else {
      return UInt64(PowerPCException.alignment.rawValue)
    }
    if exception == .dataStorage { state.pointee.dsisr = bits } else { missBits = bits }
    return UInt64(exception.rawValue)
  }
}
