/// Bits of a page's flags, as the runtime keeps them (`PowerPCState.pageFlags`).
public enum GuestPageFlag {
  /// Loads, and stores, are allowed.
  public static let readable: UInt8 = 1, writable: UInt8 = 2
  /// Translations were made from the page; and they check their code themselves.
  public static let code: UInt8 = 0x10, rewritten: UInt8 = 0x80
}

/// A string of bytes in guest memory, which lies on two pages at most.
private struct GuestString {
  let state: UnsafeMutablePointer<PowerPCState>
  let address: UInt32, count: Int
  let isStore: Bool

  /// The number of bytes on the first page.
  private var firstCount: Int { min(count, 0x1000 - Int(address & 0xfff)) }

  /// Moves the bytes between guest memory and `place`, which has room for them; an exception if they
  /// cannot all be accessed: DAR and DSISR say more.
  func move(_ place: UnsafeMutablePointer<UInt8>) -> UInt64 {
    let parts = [(0, firstCount), (firstCount, count - firstCount)].filter { $0.1 > 0 }
    for (offset, _) in parts where !isAllowed(address &+ UInt32(offset)) { return fault(offset) }
    if isStore && count > 0 { Reservation.touch(state, address, count) }
    for (offset, count) in parts {
      let start = UInt(state.pointee.memoryBase) &+ UInt(address &+ UInt32(offset))
      guard let guest = UnsafeMutablePointer<UInt8>(bitPattern: start) else { return fault(offset) }
      let isDone =
        isStore ? copy(guest, place + offset, count) : copy(place + offset, guest, count)
      if !isDone { return fault(offset) }
    }
    return 0
  }

  private func isAllowed(_ address: UInt32) -> Bool {
    guard let flags = UnsafePointer<UInt8>(bitPattern: UInt(state.pointee.pageFlags)) else {
      return true
    }
    let flag = flags[Int(address >> 12)]
    let unprotected = GuestPageFlag.writable | GuestPageFlag.code
    return isStore
      ? flag & unprotected == GuestPageFlag.writable : flag & GuestPageFlag.readable != 0
  }

  /// A page that may be accessed may still have nothing behind it, such as a file's end.
  private func copy(
    _ to: UnsafeMutablePointer<UInt8>, _ from: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    guard let copy = state.pointee.faultTolerantCopy else {
      to.update(from: from, count: count)
      return true
    }
    return copy(to, from, count) == 0
  }

  private func fault(_ offset: Int) -> UInt64 {
    state.pointee.dar = address &+ UInt32(offset)
    state.pointee.dsisr = isStore ? DataFault.store : 0
    return UInt64(PowerPCException.dataStorage.rawValue)
  }
}

/// `lswx`: the form is invalid if a register of the address is among those loaded.
func moveStringInIndexed(
  _ env: UnsafeMutableRawPointer, _ address: UInt64, _ bytes: UInt64, _ registers: UInt64
) -> UInt64 {
  if isInvalidStringLoad(bytes, registers) { return UInt64(PowerPCException.illegal.rawValue) }
  return moveStringIn(env, address, bytes, registers)
}

/// Whether `lswx` loads a register of its address: bytes, and the word's register fields.
func isInvalidStringLoad(_ bytes: UInt64, _ registers: UInt64) -> Bool {
  let fields = Int(registers)
  let (first, base, index) = (fields >> 10 & 31, fields >> 5 & 31, fields & 31)
  let count = (Int(bytes & 0x7f) + 3) / 4
  return (base != 0 && (base - first) & 31 < count) || (index - first) & 31 < count
}

/// `lswi`, `lswx`: bytes fill registers from the left, the last is filled up with zeros.
func moveStringIn(
  _ env: UnsafeMutableRawPointer, _ address: UInt64, _ bytes: UInt64, _ registers: UInt64
) -> UInt64 {
  let state = stateOf(env)
  let count = Int(bytes & 0x7f)
  let string = GuestString(
    state: state, address: UInt32(truncatingIfNeeded: address), count: count, isStore: false)
  return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { buffer in
    guard let place = buffer.baseAddress else { return 0 }
    let outcome = string.move(place)
    guard outcome == 0 else { return outcome }
    var word: UInt32 = 0
    for n in 0..<count {
      let shift = UInt32(24 - n % 4 * 8)
      word = (n % 4 == 0 ? 0 : word) | UInt32(place[n]) << shift
      if n % 4 == 3 || n == count - 1 {
        state.pointee.gpr[(Int(registers >> 10) + n / 4) & 31] = word
      }
    }
    return 0
  }
}

/// `stswi`, `stswx`: the bytes of registers from the left.
func moveStringOut(
  _ env: UnsafeMutableRawPointer, _ address: UInt64, _ bytes: UInt64, _ registers: UInt64
) -> UInt64 {
  let state = stateOf(env)
  let count = Int(bytes & 0x7f)
  let string = GuestString(
    state: state, address: UInt32(truncatingIfNeeded: address), count: count, isStore: true)
  return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { buffer in
    guard let place = buffer.baseAddress else { return 0 }
    for n in 0..<count {
      let word = state.pointee.gpr[(Int(registers >> 10) + n / 4) & 31]
      place[n] = UInt8(truncatingIfNeeded: word >> UInt32(24 - n % 4 * 8))
    }
    return string.move(place)
  }
}
