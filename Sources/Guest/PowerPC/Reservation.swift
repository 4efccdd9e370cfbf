import CSys

/// Reservations where several processors run at the same time (Power ISA, Book II, 1.7.3).
///
/// Each line of memory has a version, which every `stwcx.` that finds its reservation changes: a word
/// that has its old value back is not taken for one that was left alone. Lines share versions, which
/// makes a store fail now and then without need, as the architecture allows. Stores of other kinds do
/// not change versions: they break a reservation if they leave another value.
public enum Reservation {
  /// Number of versions: words at `PowerPCState.lineVersions`.
  public static let versionCount = 1 << 12
  /// A line's size is two to the power of this.
  static let lineShift = 5

  /// The version of the line at an address.
  @inline(__always)
  private static func version(
    _ state: UnsafeMutablePointer<PowerPCState>, _ address: UInt32
  ) -> UnsafeMutablePointer<UInt32>? {
    let number = Int(address >> UInt32(lineShift)) & (versionCount - 1)
    return UnsafeMutablePointer<UInt32>(bitPattern: UInt(state.pointee.lineVersions))
      .map { $0 + number }
  }

  /// The helper: stores a word if the reservation, which is one of this address, still holds.
  static let store: HelperNumber.Function = { env, address, word, _ in
    let state = stateOf(env)
    let address = UInt32(truncatingIfNeeded: address)
    let place = UnsafeMutablePointer<UInt32>(
      bitPattern: UInt(state.pointee.memoryBase) &+ UInt(address))
    let guarded = UnsafeMutablePointer<csys_guarded>(bitPattern: UInt(state.pointee.guarded))
    guard let place, let guarded, let version = version(state, address) else { return 2 }
    return UInt64(
      csys_store_conditional(
        guarded, version, state.pointee.reserveVersion, place,
        state.pointee.reserveValue.bigEndian, UInt32(truncatingIfNeeded: word).bigEndian))
  }
}
