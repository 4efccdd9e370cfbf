import Glibc
import Synchronization

/// The host addresses that all `PhysicalMemory` lies in, with nothing accessible around them.
///
/// Translated code adds a guest address and a displacement to a page's word of the page table
/// without checking whether the sum wraps at 4 GiB. So 4 GiB to both sides of the arena there is
/// never anything: such an access faults, and is made again slowly. Nor is there anything in the
/// host's lowest 8 GiB, where an access without a word may go.
///
/// Reserved once: 12 GiB of addresses, of which the memory occupies 4 GiB at most, and those 8.
public enum PhysicalArena {
  private static let gibibyte: UInt = 1 << 30
  /// Bytes that memories may occupy together.
  public static let size: UInt = 4 * gibibyte
  private static let start: UInt? = {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let low = UnsafeMutableRawPointer(bitPattern: lowest)
    // MAP_FIXED_NOREPLACE is 0x100000.
    let below = mmap(low, Int(8 * gibibyte - lowest), PROT_NONE, flags | 0x10_0000, -1, 0)
    guard below == low else { return nil }
    let place = mmap(nil, Int(12 * gibibyte), PROT_NONE, flags, -1, 0)
    guard let place, place != MAP_FAILED else { return nil }
    return UInt(bitPattern: place)
  }()

  /// vm.mmap_min_addr of an ordinary host.
  private static let lowest: UInt = 0x1_0000

  /// The first address of the arena, or nil if the host has no room for it.
  public static var base: UInt? { start.map { $0 + 4 * gibibyte } }

  /// The free runs of the arena, as offsets.
  private static let free = Mutex<[Range<UInt>]>([0..<size])

  /// Takes a run of pages; nil if there is none so long.
  static func take(_ bytes: UInt) -> UnsafeMutableRawPointer? {
    guard let base, let first = free.withLock({ takeRun(of: bytes, from: &$0) }) else { return nil }
    let place = mmap(
      UnsafeMutableRawPointer(bitPattern: base + first), Int(bytes), PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0)
    guard let place, place != MAP_FAILED else { return nil }
    return place
  }

  private static func takeRun(of bytes: UInt, from free: inout [Range<UInt>]) -> UInt? {
    guard let n = free.firstIndex(where: { UInt($0.count) >= bytes }) else { return nil }
    let first = free[n].lowerBound
    free[n] = first + bytes..<free[n].upperBound
    if free[n].isEmpty { free.remove(at: n) }
    return first
  }

  private static func giveBack(_ run: Range<UInt>, to free: inout [Range<UInt>]) {
    free.append(run)
    free.sort { $0.lowerBound < $1.lowerBound }
    for n in stride(from: free.count - 1, to: 0, by: -1)
    where free[n - 1].upperBound == free[n].lowerBound {
      free[n - 1] = free[n - 1].lowerBound..<free[n].upperBound
      free.remove(at: n)
    }
  }

  /// Gives a run back: its addresses are inaccessible again.
  static func giveBack(_ place: UnsafeMutableRawPointer, _ bytes: UInt) {
    guard let base else { return }
    _ = mmap(
      place, Int(bytes), PROT_NONE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0)
    let first = UInt(bitPattern: place) - base
    free.withLock { giveBack(first..<first + bytes, to: &$0) }
  }
}
