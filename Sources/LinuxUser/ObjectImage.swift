/// A small shared object in the guest's format: one segment, symbols of one version, and tables for
/// unwinders (System V ABI; Linux Standard Base, "DWARF Extensions" and "Symbol Versioning").
struct ObjectImage {
  /// The file, which is loaded as it is.
  private(set) var bytes: [UInt8] = []
  /// Where the code starts.
  private(set) var codeOffset: UInt32 = 0

  private static let headerSize = 52, segmentSize = 32, segmentCount = 3, symbolSize: UInt32 = 16

  /// - Parameters:
  ///   - symbols: functions, by their offsets in the code.
  ///   - name: DT_SONAME.
  ///   - version: the one that all symbols have.
  ///   - frames: unwinding information of parts of the code.
  init(
    code: [UInt8], symbols: [(name: String, offset: UInt32, size: UInt32)], name: String,
    version: String, frames: [SignalUnwinding]
  ) {
    var out = StructureWriter(capacity: 4096)
    out.pad(to: Self.headerSize + Self.segmentCount * Self.segmentSize)
    out.pad(to: out.count + 15 & ~15)
    codeOffset = UInt32(out.count)
    out.raw(code)
    var strings = StringTable()
    let names = symbols.map { strings.add($0.name) }
    let nameAt = strings.add(name), versionAt = strings.add(version)

    let symbolsAt = Self.align(&out)
    out.pad(to: out.count + Int(Self.symbolSize))
    for (symbol, name) in zip(symbols, names) {
      out.word(name)
      out.word(codeOffset + symbol.offset)
      out.word(symbol.size)
      // STB_GLOBAL, STT_FUNC; any section that is not undefined.
      out.byte(0x12)
      out.byte(0)
      out.half(1)
    }
    let stringsAt = Self.align(&out)
    out.raw(strings.bytes)
    let hashAt = Self.align(&out)
    // One bucket: a chain of all symbols.
    let count = UInt32(symbols.count + 1)
    for word in [1, count, 1, 0] { out.word(word) }
    for n in 1..<count { out.word(n + 1 == count ? 0 : n + 1) }
    let symbolVersionsAt = Self.align(&out)
    out.half(0)
    for _ in symbols { out.half(2) }
    let versionsAt = Self.align(&out)
    Self.define(&out, flags: 1, index: 1, name: name, at: nameAt, isLast: false)
    Self.define(&out, flags: 0, index: 2, name: version, at: versionAt, isLast: true)
    let unwinding = Self.unwinding(&out, frames, codeOffset)
    let dynamicAt = Self.align(&out)
    let entries: [(UInt32, UInt32)] = [
      (14, nameAt), (4, hashAt), (5, stringsAt), (6, symbolsAt),
      (10, UInt32(strings.bytes.count)), (11, Self.symbolSize), (0x6fff_fff0, symbolVersionsAt),
      (0x6fff_fffc, versionsAt), (0x6fff_fffd, 2), (0, 0),
    ]
    for (tag, value) in entries {
      out.word(tag)
      out.word(value)
    }
    let size = UInt32(out.count)
    bytes = out.bytes
    let segments: [[UInt32]] = [
      // PT_LOAD, PT_DYNAMIC, PT_GNU_EH_FRAME: type, offset, addresses, sizes, flags, alignment.
      [1, 0, 0, 0, size, size, 5, 0x1000],
      [2, dynamicAt, dynamicAt, dynamicAt, size - dynamicAt, size - dynamicAt, 4, 4],
      [
        0x6474_e550, unwinding.start, unwinding.start, unwinding.start, unwinding.size,
        unwinding.size, 4, 4,
      ],
    ]
    let header = Self.header(segments)
    bytes.replaceSubrange(0..<header.count, with: header)
  }

  private static func align(_ out: inout StructureWriter) -> UInt32 {
    out.pad(to: (out.count + 3) & ~3)
    return UInt32(out.count)
  }

  /// The ELF header and the program headers.
  private static func header(_ segments: [[UInt32]]) -> [UInt8] {
    var out = StructureWriter()
    // 32 bits, big-endian, version 1.
    out.raw([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1, 0])
    out.pad(to: 16)
    // ET_DYN, EM_PPC.
    out.half(3)
    out.half(20)
    for word in [1, 0, UInt32(headerSize), 0, 0] { out.word(word) }
    for half in [headerSize, segmentSize, segments.count, 40, 0, 0] { out.half(half) }
    for segment in segments { for word in segment { out.word(word) } }
    return out.bytes
  }

  /// A version definition with its one name.
  private static func define(
    _ out: inout StructureWriter, flags: Int, index: Int, name: String, at place: UInt32,
    isLast: Bool
  ) {
    for half in [1, flags, index, 1] { out.half(half) }
    out.word(hash(name))
    out.word(20)
    out.word(isLast ? 0 : 28)
    out.word(place)
    out.word(0)
  }

  /// The hash function of symbol tables.
  private static func hash(_ name: String) -> UInt32 {
    name.utf8.reduce(UInt32(0)) { sum, byte in
      let next = sum << 4 &+ UInt32(byte)
      let high = next & 0xf000_0000
      return (next ^ high >> 24) & ~high
    }
  }

  // MARK: Unwinding

  /// Appends the table of frames, and the index to it, which is what is returned.
  private static func unwinding(
    _ out: inout StructureWriter, _ frames: [SignalUnwinding], _ codeOffset: UInt32
  ) -> (start: UInt32, size: UInt32) {
    let common = align(&out)
    // Version 1, "zRS": signal frames, whose addresses are relative; code units of 4 bytes, data of
    // -4; column 67 is the return address; DW_CFA_def_cfa r1, 0.
    let entry: [UInt8] = [1, 0x7a, 0x52, 0x53, 0, 4, 0x7c, 67, 1, 0x1b, 0x0c, 1, 0]
    append(&out, [0, 0, 0, 0] + entry)
    var places: [(code: UInt32, entry: UInt32)] = []
    for frame in frames {
      let place = UInt32(out.count)
      let start = codeOffset + frame.start
      var body = StructureWriter()
      body.word(place + 4 - common)
      body.word(start &- (place + 8))
      body.word(frame.size)
      body.byte(0)
      append(&out, body.bytes + frame.instructions)
      places.append((start, place))
    }
    out.word(0)
    let index = UInt32(out.count)
    // Version 1; a relative address, a number, a table of addresses relative to this.
    out.raw([1, 0x1b, 0x03, 0x3b])
    out.word(common &- (index + 4))
    out.word(UInt32(places.count))
    for place in places {
      out.word(place.code &- index)
      out.word(place.entry &- index)
    }
    return (index, UInt32(out.count) - index)
  }

  /// An entry with its length in front, padded by DW_CFA_nop.
  private static func append(_ out: inout StructureWriter, _ entry: [UInt8]) {
    let size = (entry.count + 3) & ~3
    out.word(UInt32(size))
    out.raw(entry)
    out.pad(to: out.count + size - entry.count)
  }
}

/// Strings with final zeros, by their offsets; the first is empty.
private struct StringTable {
  var bytes: [UInt8] = [0]

  mutating func add(_ string: String) -> UInt32 {
    defer { bytes += Array(string.utf8) + [0] }
    return UInt32(bytes.count)
  }
}
