/// What a byte of the page flags says about a page of 4 KiB.
private enum PageFlag {
  static let readable: UInt8 = 1, writable: UInt8 = 2, code: UInt8 = 8
}

/// Checks that bytes of guest memory can be accessed from Swift without a fault.
///
/// - Returns: nil if they can; otherwise the first byte's address that cannot.
private func firstInaccessible(
  _ state: UnsafeMutablePointer<PowerPCState>, _ address: UInt32, _ count: Int, store: Bool
) -> UInt32? {
  guard count > 0, let flags = UnsafePointer<UInt8>(bitPattern: UInt(state.pointee.pageFlags))
  else { return nil }
  let last = address &+ UInt32(truncatingIfNeeded: count - 1)
  for at in [address, last] {
    let flag = flags[Int(at >> 12)]
    let isAllowed =
      store
      ? flag & (PageFlag.writable | PageFlag.code) == PageFlag.writable
      : flag & PageFlag.readable != 0
    if !isAllowed { return at == address ? at : at & ~0xfff }
  }
  return nil
}

/// The host address of a byte of guest memory.
private func host(_ state: UnsafeMutablePointer<PowerPCState>, _ address: UInt32)
  -> UnsafeMutablePointer<UInt8>
{
  UnsafeMutablePointer(bitPattern: UInt(state.pointee.memoryBase) &+ UInt(address))!
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
  let start = UInt32(truncatingIfNeeded: address), count = Int(bytes & 0x7f)
  if let bad = firstInaccessible(state, start, count, store: false) {
    state.pointee.dar = bad
    return UInt64(PowerPCException.dataStorage.rawValue)
  }
  var word: UInt32 = 0
  for n in 0..<count {
    let byte = host(state, start &+ UInt32(n)).pointee
    let shift = UInt32(24 - n % 4 * 8)
    word = n % 4 == 0 ? UInt32(byte) << 24 : word | UInt32(byte) << shift
    if n % 4 == 3 || n == count - 1 {
      state.pointee.gpr[(Int(registers >> 10) + n / 4) & 31] = word
    }
  }
  return 0
}

/// `stswi`, `stswx`: the bytes of registers from the left.
func moveStringOut(
  _ env: UnsafeMutableRawPointer, _ address: UInt64, _ bytes: UInt64, _ registers: UInt64
) -> UInt64 {
  let state = stateOf(env)
  let start = UInt32(truncatingIfNeeded: address), count = Int(bytes & 0x7f)
  if let bad = firstInaccessible(state, start, count, store: true) {
    state.pointee.dar = bad
    return UInt64(PowerPCException.dataStorage.rawValue)
  }
  for n in 0..<count {
    let word = state.pointee.gpr[(Int(registers >> 10) + n / 4) & 31]
    host(state, start &+ UInt32(n)).pointee = UInt8(
      truncatingIfNeeded: word >> UInt32(24 - n % 4 * 8))
  }
  return 0
}
