import CSys
import Glibc

/// 4 GiB of guest addresses in this process, with guards, of which nothing is mapped at first.
public final class GuestSpace: Sendable {
  /// Host address of guest address 0.
  public let base: UInt
  private static let guardSize: UInt = 0x1_0000

  /// The space whose guest addresses are host addresses; nil where the host's low 4 GiB are taken.
  public static let atZero = GuestSpace(atZero: true)
  /// A space somewhere else, reached through the GS segment.
  public static let elsewhere = GuestSpace(atZero: false)

  private init?(atZero: Bool) {
    let size = 1 << 32 + Int(atZero ? Self.guardSize : 2 * Self.guardSize)
    let wanted = UnsafeMutableRawPointer(bitPattern: atZero ? Self.guardSize : 0)
    let flags =
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (atZero ? CSys.MAP_FIXED_NOREPLACE : 0)
    let bytes = atZero ? size - Int(Self.guardSize) : size
    let place = mmap(wanted, bytes, PROT_NONE, flags, -1, 0)
    guard let place, place != MAP_FAILED else { return nil }
    base = atZero ? 0 : UInt(bitPattern: place) &+ Self.guardSize
    if atZero && place != wanted { return nil }
  }

  /// The host address of a guest address.
  public func host(_ address: UInt32) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutablePointer(bitPattern: base &+ UInt(address)).unsafelyUnwrapped
  }

  /// Maps zeroed memory, which can be read and written; whole pages.
  public func map(_ address: UInt32, size: Int) {
    let place = mmap(
      host(address), size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
    precondition(place != MAP_FAILED, "no memory for a guest")
  }

  /// Undoes `map`: an access is a fault again, as the other tests of the process expect.
  public func unmap(_ address: UInt32, size: Int) {
    let place = mmap(
      host(address), size, PROT_NONE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0)
    precondition(place != MAP_FAILED, "a guest's memory cannot be unmapped")
  }
}
