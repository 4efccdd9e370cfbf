/// What is known of one guest page of 4096 bytes.
public struct PageFlags: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// The flags of some bits.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Loads are allowed. Set whenever any access is, as on the classic PowerPC MMU.
  public static let readable = PageFlags(rawValue: 1)
  /// Stores are allowed by the guest's own protection.
  public static let writable = PageFlags(rawValue: 2)
  /// Instructions may be fetched.
  public static let executable = PageFlags(rawValue: 4)
  /// The guest has mapped something here, be it without any access.
  public static let mapped = PageFlags(rawValue: 8)
  /// Translations were made from this page; the host page is read-only meanwhile.
  public static let code = PageFlags(rawValue: 16)
  /// Backed by no file: an allowed access cannot fault.
  public static let anonymous = PageFlags(rawValue: 32)
  /// MAP_SHARED.
  public static let shared = PageFlags(rawValue: 64)
  /// The guest has often rewritten code here: translations check their code themselves, and the
  /// page is not write-protected for them.
  public static let rewritten = PageFlags(rawValue: 128)

  /// The three access flags.
  public static let access: PageFlags = [.readable, .writable, .executable]
}

/// Numbers of the guest's pages.
public enum Page {
  /// Bytes in a page.
  public static let size: UInt32 = 4096
  /// log2 of `size`.
  public static let shift: UInt32 = 12
  /// The bits of an address inside its page.
  public static let mask: UInt32 = 4095
  /// Pages in 4 GiB.
  public static let count = 1 << 20

  /// The least multiple of the page size that is not less than `value`.
  @inlinable
  public static func roundUp(_ value: UInt64) -> UInt64 { (value &+ 4095) & ~4095 }
}

/// The bits of Linux's mmap family that PowerPC and x86-64 number alike (mman-common.h).
public enum MapFlags {
  /// PROT_READ.
  public static let read: UInt32 = 1
  /// PROT_WRITE.
  public static let write: UInt32 = 2
  /// PROT_EXEC.
  public static let execute: UInt32 = 4
  /// MAP_SHARED.
  public static let shared: UInt32 = 1
  /// MAP_PRIVATE.
  public static let `private`: UInt32 = 2
  /// MAP_SHARED | MAP_PRIVATE, which together mean MAP_SHARED_VALIDATE.
  public static let typeMask: UInt32 = 15
  /// MAP_FIXED.
  public static let fixed: UInt32 = 0x10
  /// MAP_ANONYMOUS.
  public static let anonymous: UInt32 = 0x20
  /// MAP_FIXED_NOREPLACE.
  public static let fixedNoReplace: UInt32 = 0x10_0000
  /// MREMAP_MAYMOVE.
  public static let mayMove: UInt32 = 1
  /// MREMAP_FIXED.
  public static let remapFixed: UInt32 = 2
  /// MREMAP_DONTUNMAP.
  public static let doNotUnmap: UInt32 = 4
}
