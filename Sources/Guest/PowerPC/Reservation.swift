import CSys

/// Reservations where several processors run at the same time (Power ISA, Book II, 1.7.3).
///
/// Each line of memory has a version, which every `stwcx.` that finds its reservation changes: a word
/// that has its old value back is not taken for one that was left alone. Lines share versions, which
/// makes a store fail now and then without need, as the architecture allows.
///
/// Stores of other kinds look at bit 31 of the version: `lwarx` sets it, and has a fence if it was not
/// set (`line_watch`). Where it is set, a store clears it and changes the version before it happens
/// (`line_touch`), unless the reservation is the processor's own. Who stores because of something that
/// it read from the processor with the reservation finds the bit set, for the host's loads and stores
/// are seen in order. A misaligned store breaks the reservation of its first byte's line.
public enum Reservation {
  /// Number of versions: words at `PowerPCState.lineVersions`.
  public static let versionCount = 1 << countShift
  static let countShift = 12
  /// A line's size is two to the power of this.
  static let lineShift = 5

  /// Breaks the reservations of lines, before a helper stores to them (`line_touch`).
  static func touch(
    _ state: UnsafeMutablePointer<PowerPCState>, _ first: UInt32, _ count: Int
  ) {
    for line in first >> UInt32(lineShift)...(first &+ UInt32(count - 1)) >> UInt32(lineShift) {
      guard let version = version(state, line << UInt32(lineShift)) else { continue }
      csys_touch_line(version)
    }
  }

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
