import Memory

/// The checked header of a 32-bit big-endian PowerPC executable
/// (System V ABI, PowerPC Processor Supplement).
public struct ELFHeader: Equatable {
  /// Whether the image may be placed anywhere (ET_DYN).
  public let isPositionIndependent: Bool
  /// e_entry, before any displacement.
  public let entry: UInt32
  /// e_phoff.
  public let programHeaderOffset: UInt32
  /// e_phnum.
  public let programHeaderCount: Int

  /// Bytes of the header and of one program header.
  public static let size = 52
  /// Bytes of a program header.
  public static let programHeaderSize = 32

  /// Checks the first 52 bytes of a file.
  public init(_ bytes: [UInt8]) throws(LoadError.Cause) {
    guard bytes.count >= 4, bytes[0...3] == [0x7f, 0x45, 0x4c, 0x46] else {
      throw bytes.count < 4 ? .tooShort : .notELF
    }
    guard bytes.count >= Self.size else { throw .tooShort }
    guard bytes[4] == 1 else { throw .wrongClass(bytes[4]) }
    guard bytes[5] == 2 else { throw .wrongByteOrder(bytes[5]) }
    let fields = StructureReader(bytes)
    guard bytes[6] == 1, fields.word(20) == 1 else { throw .wrongVersion }
    guard fields.half(18) == 20 else { throw .wrongMachine(fields.half(18)) }
    let type = fields.half(16)
    guard type == 2 || type == 3 else { throw .wrongType(type) }
    isPositionIndependent = type == 3
    entry = fields.word(24)
    programHeaderOffset = fields.word(28)
    programHeaderCount = Int(fields.half(44))
    guard fields.half(42) == Self.programHeaderSize else { throw .headerSize(fields.half(42)) }
    guard programHeaderCount > 0, programHeaderCount * Self.programHeaderSize <= 0x1_0000 else {
      throw .programHeaderTable
    }
  }
}

/// A loadable segment (PT_LOAD) that passed its checks.
public struct ELFSegment: Equatable {
  /// p_offset, p_vaddr, p_filesz, p_memsz.
  public let offset, address, fileSize, memorySize: UInt32
  /// PROT_* bits of p_flags.
  public let protection: UInt32
  /// p_align, at least 1.
  public let alignment: UInt32

  /// One past the last byte in memory.
  public var end: UInt64 { UInt64(address) + UInt64(memorySize) }
}

/// What the program headers of an executable ask for.
public struct ELFProgram: Equatable {
  /// The segments in ascending order of their addresses; at least one.
  public private(set) var segments: [ELFSegment] = []
  /// Place and size of the interpreter's name in the file.
  public private(set) var interpreter: (offset: UInt32, size: UInt32)?
  /// Whether the stack may hold code: PT_GNU_STACK's flag, true without one.
  public private(set) var hasExecutableStack = true
  /// The address of the program header table in the image, 0 if it is not loaded.
  public private(set) var headerAddress: UInt32 = 0

  /// Reads and checks a table of program headers.
  /// - Parameters:
  ///   - table: the bytes of the table.
  ///   - header: the file's header.
  ///   - fileSize: the file's bytes.
  public init(_ table: [UInt8], _ header: ELFHeader, fileSize: UInt64) throws(LoadError.Cause) {
    let fields = StructureReader(table)
    var ownAddress: UInt32?
    for index in 0..<header.programHeaderCount {
      let at = index * ELFHeader.programHeaderSize
      switch fields.word(at) {
      case 1: try add(Self.segment(fields, at, index, fileSize), index)
      case 3: interpreter = (fields.word(at + 4), fields.word(at + 16))
      case 6: ownAddress = fields.word(at + 8)
      case 0x6474_e551: hasExecutableStack = fields.word(at + 24) & 1 != 0
      default: break
      }
    }
    guard !segments.isEmpty else { throw .noSegments }
    headerAddress = ownAddress ?? addressInImage(header)
  }

  private func addressInImage(_ header: ELFHeader) -> UInt32 {
    let offset = header.programHeaderOffset
    let home = segments.first {
      offset >= $0.offset && UInt64(offset) < UInt64($0.offset) + UInt64($0.fileSize)
    }
    return home.map { offset &- $0.offset &+ $0.address } ?? 0
  }

  private static func segment(
    _ fields: StructureReader, _ at: Int, _ index: Int, _ fileSize: UInt64
  ) throws(LoadError.Cause) -> ELFSegment {
    let flags = fields.word(at + 24)
    // PF_X, PF_W, PF_R are 1, 2, 4; PROT_EXEC, PROT_WRITE, PROT_READ are 4, 2, 1.
    let protection = (flags & 1) << 2 | flags & 2 | flags >> 2 & 1
    let segment = ELFSegment(
      offset: fields.word(at + 4), address: fields.word(at + 8), fileSize: fields.word(at + 16),
      memorySize: fields.word(at + 20), protection: protection,
      alignment: max(fields.word(at + 28), 1))
    guard segment.fileSize <= segment.memorySize else { throw .segmentSizes(index) }
    guard segment.end <= 1 << 32 else { throw .segmentRange(index) }
    guard segment.alignment & (segment.alignment &- 1) == 0 else { throw .segmentAlignment(index) }
    guard (segment.offset ^ segment.address) & Page.mask == 0 || segment.fileSize == 0 else {
      throw .segmentAlignment(index)
    }
    guard UInt64(segment.offset) + UInt64(segment.fileSize) <= fileSize else {
      throw .segmentTruncated(index)
    }
    return segment
  }

  private mutating func add(_ segment: ELFSegment, _ index: Int) throws(LoadError.Cause) {
    if segment.memorySize == 0 { return }
    if let last = segments.last, UInt64(segment.address) < last.end {
      throw .segmentOverlap(index)
    }
    segments.append(segment)
  }

  /// Equal requests.
  public static func == (a: ELFProgram, b: ELFProgram) -> Bool {
    a.segments == b.segments && a.hasExecutableStack == b.hasExecutableStack
      && a.headerAddress == b.headerAddress && a.interpreter?.offset == b.interpreter?.offset
      && a.interpreter?.size == b.interpreter?.size
  }
}
