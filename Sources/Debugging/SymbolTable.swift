import Glibc

/// The names of functions by address, from the symbol table of a 32-bit big-endian ELF file
/// (System V ABI, chapter 4). For logs only: a file without symbols, or a bad one, has no names.
public final class SymbolTable {
  private struct Symbol {
    let start, end: UInt32
    let name: Int
  }

  private var symbols: [Symbol] = []
  private var file: [UInt8] = []

  /// An empty table.
  public init() {}

  /// Adds the functions of a file that was loaded `base` above the addresses in it.
  public func load(path: String, base: UInt32) {
    guard symbols.isEmpty, let bytes = Self.contents(path), bytes.count >= 52 else { return }
    file = bytes
    let table = Int(word(32))
    let size = Int(half(46))
    for index in 0..<Int(half(48)) where size >= 40 {
      let header = table + index * size
      // SHT_SYMTAB.
      guard header >= 0, header + 40 <= file.count, word(header + 4) == 2 else { continue }
      let names = table + Int(word(header + 24)) * size
      guard names + 40 <= file.count else { continue }
      read(from: Int(word(header + 16)), Int(word(header + 20)), Int(word(names + 16)), base)
    }
    symbols.sort { $0.start < $1.start }
  }

  private func read(from start: Int, _ size: Int, _ names: Int, _ base: UInt32) {
    guard start >= 0, start <= file.count, size <= file.count - start else { return }
    for place in stride(from: start, to: start + size - 15, by: 16) {
      // STT_FUNC, and defined.
      guard file[place + 12] & 15 == 2, half(place + 14) != 0 else { continue }
      let address = word(place + 4) &+ base
      symbols.append(
        Symbol(start: address, end: address &+ word(place + 8), name: names + Int(word(place))))
    }
  }

  /// The function that an address lies in, empty if none is known.
  public func name(at address: UInt32) -> String {
    var low = 0
    var high = symbols.count
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return "" }
    // Several names for one address: the first in the file.
    var index = low - 1
    while index > 0, symbols[index - 1].start == symbols[index].start { index -= 1 }
    let symbol = symbols[index]
    guard address < symbol.end || address == symbol.start, symbol.name < file.count else {
      return ""
    }
    return String(decoding: file[symbol.name...].prefix { $0 != 0 }, as: UTF8.self)
  }

  private func half(_ offset: Int) -> UInt16 {
    UInt16(file[offset]) << 8 | UInt16(file[offset + 1])
  }
  private func word(_ offset: Int) -> UInt32 {
    UInt32(half(offset)) << 16 | UInt32(half(offset + 2))
  }

  private static func contents(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    return count == bytes.count ? bytes : nil
  }
}
