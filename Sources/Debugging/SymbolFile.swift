import Glibc

/// The parts of a 32-bit big-endian ELF file that name functions (System V ABI, chapter 4). For
/// logs only: a file without symbols, or a bad one, has no names.
struct SymbolFile {
  /// A function: its addresses in the file, and where its name is in the file.
  struct Function {
    let start, end: UInt32
    let name: Int
  }

  private let bytes: [UInt8]

  /// Reads a file; nil if it is none that could have symbols.
  init?(path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == bytes.count, count >= 52 else { return nil }
    self.bytes = bytes
  }

  /// The functions of the symbol table, or, where it was stripped, of the dynamic one.
  var functions: [Function] {
    let full = functions(ofSections: 2)
    return full.isEmpty ? functions(ofSections: 11) : full
  }

  /// The functions of every section of a type: SHT_SYMTAB (2) or SHT_DYNSYM (11).
  private func functions(ofSections type: UInt32) -> [Function] {
    let table = Int(word(32))
    let size = Int(half(46))
    var found: [Function] = []
    for index in 0..<Int(half(48)) where size >= 40 {
      let header = table + index * size
      guard header + 40 <= bytes.count, word(header + 4) == type else { continue }
      let names = table + Int(word(header + 24)) * size
      guard names + 40 <= bytes.count else { continue }
      read(from: Int(word(header + 16)), Int(word(header + 20)), Int(word(names + 16)), &found)
    }
    return found
  }

  private func read(from start: Int, _ size: Int, _ names: Int, _ found: inout [Function]) {
    guard start <= bytes.count, size <= bytes.count - start else { return }
    for place in stride(from: start, to: start + size - 15, by: 16) {
      // STT_FUNC, and defined.
      guard bytes[place + 12] & 15 == 2, half(place + 14) != 0 else { continue }
      let address = word(place + 4)
      found.append(
        Function(
          start: address, end: address &+ word(place + 8), name: names + Int(word(place))))
    }
  }

  /// The string at an offset of the file, empty beyond its end.
  func string(at offset: Int) -> String {
    guard offset < bytes.count else { return "" }
    return String(decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The address that the program headers give the byte at an offset; nil if it is not loaded.
  func address(ofByte offset: UInt32) -> UInt32? {
    let table = Int(word(28))
    let size = Int(half(42))
    for index in 0..<Int(half(44)) where size >= 32 {
      let header = table + index * size
      // PT_LOAD.
      guard header + 32 <= bytes.count, word(header) == 1 else { continue }
      let first = word(header + 4)
      let isInside =
        offset >= first & ~4095 && UInt64(offset) < UInt64(first) + UInt64(word(header + 16))
      if isInside { return word(header + 8) &+ (offset &- first) }
    }
    return nil
  }

  private func half(_ offset: Int) -> UInt16 {
    UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }
  private func word(_ offset: Int) -> UInt32 {
    UInt32(half(offset)) << 16 | UInt32(half(offset + 2))
  }
}
