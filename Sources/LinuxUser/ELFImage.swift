import CSys
import Glibc
import Memory

/// An executable mapped into a guest's address space.
public struct ELFImage {
  /// Displacement of the image from the addresses in the file.
  public let base: UInt32
  /// The displaced entry point.
  public let entry: UInt32
  /// Where the program header table is in memory, 0 if nowhere.
  public let headerAddress: UInt32
  /// e_phnum.
  public let headerCount: Int
  /// One past the last byte of the last segment.
  public let end: UInt32
  /// The executable segments, and the ones that may be written: see `ProgramLayout`.
  let code, data: (start: UInt32, end: UInt32)
  /// Whether the program wants its stack executable.
  public let hasExecutableStack: Bool
  /// PT_INTERP.
  public let interpreter: String?

  /// Where a program that may lie anywhere is put: ELF_ET_DYN_BASE of a 32-bit PowerPC kernel.
  public static let programBase: UInt32 = 0x0040_0000

  /// Opens, checks and maps an executable.
  /// - Parameters:
  ///   - path: the file's name on the host.
  ///   - space: where to map it.
  ///   - preferredBase: where a position-independent image is wanted, 0 for anywhere.
  public init(
    path: String, into space: UserAddressSpace, preferredBase: UInt32
  ) throws(LoadError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LoadError(path, .cannotOpen(Errno(csys_errno()))) }
    defer { close(descriptor) }
    do throws(LoadError.Cause) {
      let file = try ExecutableFile(descriptor)
      let header = try ELFHeader(file.read(0, ELFHeader.size))
      let program = try file.program(header)
      interpreter = try file.interpreterName(program)
      let loader = SegmentLoader(space: space, descriptor: descriptor)
      base = try loader.place(program.segments, header, preferredBase)
      for segment in program.segments { try loader.map(segment, base) }
      entry = header.entry &+ base
      headerAddress = program.headerAddress == 0 ? 0 : program.headerAddress &+ base
      headerCount = header.programHeaderCount
      code = Self.extent(program.segments, MapFlags.execute, base)
      data = Self.extent(program.segments, MapFlags.write, base)
      hasExecutableStack = program.hasExecutableStack
      end = UInt32(truncatingIfNeeded: program.segments.last?.end ?? 0) &+ base
    } catch {
      throw LoadError(path, error)
    }
  }
}

/// An open file that may be an executable.
struct ExecutableFile {
  let descriptor: Int32
  let size: UInt64

  init(_ descriptor: Int32) throws(LoadError.Cause) {
    self.descriptor = descriptor
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .cannotRead(Errno(csys_errno())) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    size = UInt64(status.st_size)
  }

  /// Up to `count` bytes at an offset; fewer at the file's end.
  func read(_ offset: UInt64, _ count: Int) throws(LoadError.Cause) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, count, Int(offset))
    }
    guard result >= 0 else { throw .cannotRead(Errno(csys_errno())) }
    bytes.removeLast(count - result)
    return bytes
  }

  func program(_ header: ELFHeader) throws(LoadError.Cause) -> ELFProgram {
    let count = header.programHeaderCount * ELFHeader.programHeaderSize
    let table = try read(UInt64(header.programHeaderOffset), count)
    guard table.count == count else { throw .programHeaderTable }
    return try ELFProgram(table, header, fileSize: size)
  }

  func interpreterName(_ program: ELFProgram) throws(LoadError.Cause) -> String? {
    guard let (offset, count) = program.interpreter else { return nil }
    guard count >= 2, count <= 4096 else { throw .interpreterName }
    let bytes = try read(UInt64(offset), Int(count))
    guard bytes.count == Int(count), bytes.last == 0, bytes[0] != 0 else { throw .interpreterName }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

/// Maps the segments of one file.
struct SegmentLoader {
  let space: UserAddressSpace
  let descriptor: Int32

  private static let fixed = MapFlags.private | MapFlags.fixed

  /// Finds the displacement for an image and checks that its addresses are free.
  func place(
    _ segments: [ELFSegment], _ header: ELFHeader, _ preferredBase: UInt32
  ) throws(LoadError.Cause) -> UInt32 {
    let first = (segments.first?.address ?? 0) & ~Page.mask
    let size = Page.roundUp((segments.last?.end ?? 0) - UInt64(first))
    guard size < 1 << 32 else { throw .segmentRange(segments.count - 1) }
    let count = UInt32(truncatingIfNeeded: size)
    if !header.isPositionIndependent {
      try reserve(first, count, MapFlags.fixedNoReplace)
      return 0
    }
    // Twice the alignment less a page always holds an aligned place.
    let alignment = min(max(segments.map(\.alignment).max() ?? 1, Page.size), 1 << 24)
    let (slack, overflow) = count.addingReportingOverflow(alignment &- Page.size)
    guard !overflow else { throw .segmentRange(segments.count - 1) }
    let place = try reserve(preferredBase, slack, 0)
    let offset = first & (alignment &- 1)
    return (((place &- offset &+ alignment &- 1) & ~(alignment &- 1)) &+ offset) &- first
  }

  /// Tries whether a range can be mapped, and leaves it free.
  @discardableResult
  private func reserve(
    _ start: UInt32, _ count: UInt32, _ flags: UInt32
  ) throws(LoadError.Cause) -> UInt32 {
    do throws(Errno) {
      let place = try space.map(
        start, count, protection: 0,
        flags: MapFlags.private | MapFlags.anonymous | flags)
      try space.unmap(place, count)
      return place
    } catch {
      throw .addressRefused(start, start &+ count)
    }
  }

  /// Maps a segment: its part of the file, then zeros.
  func map(_ segment: ELFSegment, _ base: UInt32) throws(LoadError.Cause) {
    do throws(Errno) {
      try mapPages(segment, segment.address &+ base)
    } catch {
      throw .cannotMap(error)
    }
  }

  private func mapPages(_ segment: ELFSegment, _ address: UInt32) throws(Errno) {
    let start = address & ~Page.mask
    let skew = address & Page.mask
    let fileEnd = UInt64(address) + UInt64(segment.fileSize)
    let fileTop = segment.fileSize == 0 ? UInt64(start) : Page.roundUp(fileEnd)
    if segment.fileSize != 0 {
      let hasTail = segment.memorySize > segment.fileSize && fileEnd < fileTop
      let protection = segment.protection | (hasTail ? MapFlags.write : 0)
      _ = try space.map(
        start, segment.fileSize &+ skew, protection: protection, flags: Self.fixed,
        descriptor: descriptor, offset: Int64(segment.offset &- skew))
      if hasTail { try clear(fileEnd, fileTop) }
      if hasTail, protection != segment.protection {
        try space.protect(start, segment.fileSize &+ skew, protection: segment.protection)
      }
    }
    let end = Page.roundUp(UInt64(address) + UInt64(segment.memorySize))
    guard end > fileTop else { return }
    _ = try space.map(
      UInt32(truncatingIfNeeded: fileTop), UInt32(truncatingIfNeeded: end - fileTop),
      protection: segment.protection, flags: Self.fixed | MapFlags.anonymous)
  }

  /// Zeroes the rest of the last page of the file's part.
  private func clear(_ start: UInt64, _ end: UInt64) throws(Errno) {
    let zeros = [UInt8](repeating: 0, count: Int(end - start))
    guard GuestCopy(space).writeBytes(UInt32(truncatingIfNeeded: start), zeros) else {
      throw .fault
    }
  }
}
