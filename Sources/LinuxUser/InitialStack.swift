import CSys
import Glibc
import Memory

/// Types of the auxiliary vector's entries (elf.h, asm/auxvec.h).
enum AuxiliaryType {
  static let phdr: UInt32 = 3
  static let phent: UInt32 = 4
  static let phnum: UInt32 = 5
  static let pagesz: UInt32 = 6
  static let base: UInt32 = 7
  static let flags: UInt32 = 8
  static let entry: UInt32 = 9
  static let uid: UInt32 = 11
  static let euid: UInt32 = 12
  static let gid: UInt32 = 13
  static let egid: UInt32 = 14
  static let platform: UInt32 = 15
  static let hwcap: UInt32 = 16
  static let clktck: UInt32 = 17
  static let dcacheBlockSize: UInt32 = 19
  static let icacheBlockSize: UInt32 = 20
  static let ucacheBlockSize: UInt32 = 21
  static let ignorePowerPC: UInt32 = 22
  static let secure: UInt32 = 23
  static let random: UInt32 = 25
  static let hwcap2: UInt32 = 26
  static let execfn: UInt32 = 31
  static let virtualObject: UInt32 = 33
}

/// What a new program finds on its stack: argc, argv, the environment and the auxiliary vector,
/// and above them the strings that they point to.
struct InitialStack {
  /// Guest addresses of the stack's mapping.
  let range: Range<UInt32>
  /// r1 at the entry point: the address of argc, a multiple of 16.
  private(set) var pointer: UInt32 = 0
  /// Where argv, envp and the auxiliary vector start.
  private(set) var vectors: (arguments: UInt32, environment: UInt32, auxiliary: UInt32) = (0, 0, 0)
  /// The words of the auxiliary vector, for /proc/self/auxv.
  private(set) var auxiliaryVector: [UInt32] = []
  /// Where the strings of the arguments are, for /proc/self/cmdline.
  private(set) var argumentStrings: Range<UInt32> = 0..<0
  /// Where those of the environment are, for /proc/self/environ.
  private(set) var environmentStrings: Range<UInt32> = 0..<0

  private var next: UInt32
  private let copy: GuestCopy

  /// Maps the stack with an inaccessible page below.
  init(
    _ space: UserAddressSpace, size: UInt32, isExecutable: Bool
  ) throws(LoadError.Cause) {
    let count = UInt32(truncatingIfNeeded: Page.roundUp(UInt64(max(size, 0x2_0000))))
    // The last page belongs to the trampolines of signal handlers.
    let top = min(space.limit &- 0x1_0000, UserAddressSpace.taskSize)
    guard count < top / 8 &* 7 else { throw .noStack }
    let anonymous = MapFlags.private | MapFlags.anonymous | MapFlags.fixedNoReplace
    let start = top &- count
    do throws(Errno) {
      _ = try space.map(start &- Page.size, Page.size, protection: 0, flags: anonymous)
      // MAP_NORESERVE: the stack costs memory only as it is used.
      _ = try space.map(
        start, count, protection: isExecutable ? 7 : 3, flags: anonymous | 0x4000)
    } catch {
      throw .noStack
    }
    space.setStackRoom(count &+ 2 &* Page.size)
    range = start..<top
    next = top &- 4
    copy = GuestCopy(space)
  }

  /// Puts a string with its final zero, or plain bytes, below the ones before.
  mutating func push(_ bytes: [UInt8]) throws(LoadError.Cause) -> UInt32 {
    // A quarter of the stack is what Linux gives to arguments and environment.
    let used = UInt64(range.upperBound &- next) + UInt64(bytes.count)
    guard used <= UInt64(range.upperBound &- range.lowerBound) / 4 else {
      throw .argumentsTooLong
    }
    next &-= UInt32(bytes.count)
    guard copy.writeBytes(next, bytes) else { throw .argumentsTooLong }
    return next
  }

  private mutating func push(_ string: String) throws(LoadError.Cause) -> UInt32 {
    try push(Array(string.utf8) + [0])
  }

  /// Writes strings and vectors and sets `pointer`.
  mutating func fill(
    path: String, arguments: [[UInt8]], environment: [[UInt8]], options: LinuxOptions,
    random: [UInt8], image: ELFImage, interpreterBase: UInt32
  ) throws(LoadError.Cause) {
    let file = try push(path)
    let environmentEnd = next
    let environmentPointers = try pushAll(environment)
    environmentStrings = next..<environmentEnd
    let argumentsEnd = next
    let argumentPointers = try pushAll(arguments)
    argumentStrings = next..<argumentsEnd
    var platform: UInt32?
    if let name = options.platform { platform = try push(name) }
    let randomAddress = try push(random)
    next &= ~15
    auxiliaryVector = Self.vector(
      options, image, interpreterBase, platform, file, randomAddress, VirtualObject.page(copy.space)
    )
    var words = StructureWriter(capacity: 4096)
    words.word(arguments.count)
    for pointer in argumentPointers + [0] + environmentPointers + [0] + auxiliaryVector {
      words.word(pointer)
    }
    words.pad(to: (words.bytes.count + 15) & ~15)
    pointer = try push(words.bytes)
    // argc stands before argv; a zero ends argv and envp.
    let environmentVector = pointer &+ 4 &* UInt32(argumentPointers.count + 2)
    vectors = (
      pointer &+ 4, environmentVector,
      environmentVector &+ 4 &* UInt32(environmentPointers.count + 1)
    )
  }

  /// Pushes strings so that the first has the lowest address; their addresses in order.
  private mutating func pushAll(_ strings: [[UInt8]]) throws(LoadError.Cause) -> [UInt32] {
    var pointers: [UInt32] = []
    for string in strings.reversed() { pointers.append(try push(string + [0])) }
    return pointers.reversed()
  }

  private static func vector(
    _ options: LinuxOptions, _ image: ELFImage, _ interpreterBase: UInt32, _ platform: UInt32?,
    _ file: UInt32, _ random: UInt32, _ object: UInt32
  ) -> [UInt32] {
    typealias T = AuxiliaryType
    var entries: [(UInt32, UInt32)] = [
      (T.ignorePowerPC, T.ignorePowerPC), (T.ignorePowerPC, T.ignorePowerPC),
      (T.dcacheBlockSize, options.cacheBlockSize), (T.icacheBlockSize, options.cacheBlockSize),
      (T.ucacheBlockSize, 0), (T.phdr, image.headerAddress),
      (T.phent, UInt32(ELFHeader.programHeaderSize)), (T.phnum, UInt32(image.headerCount)),
      (T.pagesz, Page.size), (T.base, interpreterBase), (T.flags, 0), (T.entry, image.entry),
      (T.uid, getuid()), (T.euid, geteuid()), (T.gid, getgid()), (T.egid, getegid()),
      (T.hwcap, options.hardwareCapabilities), (T.clktck, UInt32(sysconf(Int32(_SC_CLK_TCK)))),
      (T.random, random), (T.secure, UInt32(csys_is_secure())), (T.execfn, file),
      (T.hwcap2, options.hardwareCapabilities2), (T.virtualObject, object),
    ]
    if let platform { entries.append((T.platform, platform)) }
    entries.append((0, 0))
    return entries.flatMap { [$0.0, $0.1] }
  }
}
