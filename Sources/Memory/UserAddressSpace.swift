import CSys
import Glibc

/// The 4 GiB address space of a user-mode guest.
///
/// Guest address `a` is host address `base + a`. The whole range, with a guard of 64 KiB at either
/// side, is reserved from the start, so that nothing of the host's is ever in it; what the guest
/// has not mapped is a host mapping without access. The lowest and highest 64 KiB never get one.
public final class UserAddressSpace {
  /// Host address of guest address 0.
  public let base: UInt
  /// One byte for each guest page: the raw value of its `PageFlags`.
  public let pages: UnsafeMutablePointer<UInt8>
  /// The first guest address that cannot be mapped.
  public let limit: UInt32
  /// The search for a free range goes downwards from here.
  public var searchTop: UInt32
  /// Where the heap begins; 0 before a program is loaded.
  public private(set) var heapStart: UInt32 = 0
  /// Where the heap ends now.
  public internal(set) var heapEnd: UInt32 = 0
  /// The stack: the one mapping that grows downwards.
  public var stack: Range<UInt32> = 0..<0
  /// The most bytes that may be mapped (RLIMIT_AS).
  public var sizeLimit = UInt64.max
  /// The most mappings that the guest's process may have.
  public lazy var mappingLimit = Self.hostLimit()
  /// No more mappings than these are there now, as far as is known.
  var mostMappingsNow = reservedMappings
  /// Whether there may be fewer.
  var mayHaveFewerMappings = true
  /// Called before code in a range of guest addresses changes or vanishes.
  public var onCodeChanged: ((Range<UInt32>) -> Void)?
  /// `(to, from, count)`: copies bytes, and returns 1 when a fault ended it; nil if there is none.
  public var faultTolerantCopy:
    (@convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Int32)?
  /// How often the guest has written to pages of code, by address.
  var rewrites: [UInt32: Int] = [:]
  /// How often a translation found another word than the one it was made from, by address.
  var wordChanges: [UInt32: Int] = [:]
  /// No page from here up to `searchTop` is free: where the search for a place starts.
  var firstCandidate: Int

  /// Guest addresses below this one are never mapped (vm.mmap_min_addr of an ordinary kernel).
  public static let lowest: UInt32 = 0x1_0000
  /// Guest addresses from this one up are never mapped.
  public static let highest: UInt32 = 0xffff_0000
  /// The end of the guest's ordinary address space: TASK_SIZE of a 32-bit PowerPC kernel.
  public static let taskSize: UInt32 = 0xc000_0000
  static let guardSize: UInt = 0x1_0000

  /// Reserves the guest's addresses.
  /// - Parameters:
  ///   - requestedBase: host address of guest address 0; nil takes 0 if the host's low 4 GiB are
  ///     free, and any other place if not.
  ///   - size: bytes of guest address space to offer (`-R`), nil for all.
  /// - Throws: the host's error, if no reservation can be had there.
  public init(requestedBase: UInt? = nil, size: UInt64? = nil) throws(Errno) {
    base = try Self.reserve(requestedBase)
    let end = min(size ?? UInt64(Self.highest), UInt64(Self.highest)) & ~4095
    guard end > UInt64(Self.lowest) &+ 0x10_0000 else { throw .invalid }
    limit = UInt32(truncatingIfNeeded: end)
    searchTop = min(limit, Self.taskSize)
    firstCandidate = Int(searchTop >> Page.shift)
    let flags = mmap(
      nil, Page.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let flags, flags != MAP_FAILED else { throw .noMemory }
    pages = flags.assumingMemoryBound(to: UInt8.self)
  }

  deinit {
    let start = base == 0 ? Self.guardSize : base &- Self.guardSize
    let end = base &+ (1 << 32) &+ Self.guardSize
    munmap(UnsafeMutableRawPointer(bitPattern: start), Int(end &- start))
    munmap(pages, Page.count)
  }

  private static func reserve(_ requestedBase: UInt?) throws(Errno) -> UInt {
    let whole: UInt = 1 << 32
    if requestedBase ?? 0 == 0, reserve(at: guardSize, whole) { return 0 }
    if let requestedBase {
      guard requestedBase >= 2 &* guardSize, requestedBase & 4095 == 0,
        requestedBase < 1 << 46, reserve(at: requestedBase &- guardSize, whole &+ 2 &* guardSize)
      else { throw .invalid }
      return requestedBase
    }
    let place = mmap(
      nil, Int(whole &+ 2 &* guardSize), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
      -1, 0)
    guard let place, place != MAP_FAILED else { throw .noMemory }
    return UInt(bitPattern: place) &+ guardSize
  }

  private static func reserve(at address: UInt, _ size: UInt) -> Bool {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | CSys.MAP_FIXED_NOREPLACE
    let wanted = UnsafeMutableRawPointer(bitPattern: address)
    let place = mmap(wanted, Int(size), PROT_NONE, flags, -1, 0)
    guard place != MAP_FAILED else { return false }
    if place == wanted { return true }
    munmap(place, Int(size))
    return false
  }

  /// The host address of a guest address.
  @inlinable
  public func host(_ address: UInt32) -> UnsafeMutableRawPointer {
    // Reckoned from page 1 so that guest address 0 at base 0, never mapped, is total too.
    UnsafeMutableRawPointer(bitPattern: 4096).unsafelyUnwrapped
      .advanced(by: Int(bitPattern: base &+ UInt(address) &- 4096))
  }

  /// What is known of the page that holds an address.
  @inlinable
  public func flags(at address: UInt32) -> PageFlags {
    PageFlags(rawValue: pages[Int(address >> 12)])
  }

  /// Whether every byte of a range may be accessed so, by the guest's protections.
  /// An empty range always may.
  @inlinable
  public func isAccessible(_ address: UInt32, _ count: UInt32, _ access: PageFlags) -> Bool {
    if count == 0 { return true }
    let last = UInt64(address) &+ UInt64(count) &- 1
    guard last < 1 << 32 else { return false }
    let wanted = access.rawValue
    for page in Int(address >> 12)...Int(last >> 12) where pages[page] & wanted != wanted {
      return false
    }
    return true
  }

  /// Sets where the heap begins; it is empty then. Rounded up to a page.
  public func setHeapStart(_ address: UInt32) {
    heapStart = UInt32(truncatingIfNeeded: Page.roundUp(UInt64(address)))
    heapEnd = heapStart
  }

  /// Leaves room for a stack below the end of the address space and starts the search for free
  /// ranges there, as Linux does: at least 128 MiB, at most five sixths of the whole.
  public func setStackRoom(_ size: UInt32) {
    let top = min(limit, Self.taskSize)
    let room = min(max(size, 128 << 20), top / 6 &* 5)
    searchTop = (top &- room) & ~Page.mask
    firstCandidate = Int(searchTop >> Page.shift)
  }
}
