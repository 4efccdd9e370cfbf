import CSys
import Memory

/// A word of the guest's that futex(2) changes, and what the bits of one with an owner mean
/// (linux/futex.h).
struct FutexWord {
  let space: UserAddressSpace
  let address: UInt32

  /// FUTEX_TID_MASK: the number of the thread that owns it.
  static let owner: UInt32 = 0x3fff_ffff
  /// FUTEX_OWNER_DIED: whether its owner ended without giving it back.
  static let ownerDied: UInt32 = 0x4000_0000
  /// FUTEX_WAITERS: whether somebody waits for it.
  static let waiters: UInt32 = 0x8000_0000

  init(_ space: UserAddressSpace, _ address: UInt32) {
    (self.space, self.address) = (space, address)
  }

  /// Replaces the word by a function of it, all at once.
  ///
  /// An error of the function's counts only if the word is still the same: whether an owner lives is
  /// asked after the word was read, and by then it may have given the lock back and ended (the kernel's
  /// `handle_exit_race`).
  /// - Returns: the value before.
  @discardableResult
  func change(_ function: (UInt32) throws(Errno) -> UInt32) throws(Errno) -> UInt32 {
    guard address & 3 == 0 else { throw .invalid }
    while true {
      guard let old = GuestCopy(space).readWord(address) else { throw .fault }
      let new: UInt32
      do { new = try function(old) } catch {
        if GuestCopy(space).readWord(address) == old { throw error }
        continue
      }
      guard space.isAccessible(address, 4, .writable) else { throw .fault }
      space.prepareForWrite(address, 4)
      let place = space.host(address).assumingMemoryBound(to: UInt32.self)
      if csys_compare_exchange(place, old.bigEndian, new.bigEndian) != 0 { return old }
    }
  }
}
