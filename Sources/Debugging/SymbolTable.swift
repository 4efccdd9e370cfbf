/// The names of the functions of a program and its libraries by address, for logs.
public final class SymbolTable {
  private struct Symbol {
    let start, end: UInt32
    /// The file, and where the name is in it.
    let file, name: Int
  }

  private var symbols: [Symbol] = []
  private var files: [SymbolFile] = []

  /// An empty table.
  public init() {}

  /// Adds the functions of a file that was loaded `base` above the addresses in it.
  public func load(path: String, base: UInt32) {
    if let file = SymbolFile(path: path) { add(file, base) }
  }

  /// Adds the functions of a file whose bytes from `offset` on are mapped at an address.
  public func load(path: String, offset: UInt32, mappedAt address: UInt32) {
    guard let file = SymbolFile(path: path), let place = file.address(ofByte: offset) else {
      return
    }
    add(file, address &- place)
  }

  private func add(_ file: SymbolFile, _ base: UInt32) {
    for function in file.functions {
      symbols.append(
        Symbol(
          start: function.start &+ base, end: function.end &+ base, file: files.count,
          name: function.name))
    }
    files.append(file)
    symbols.sort { ($0.start, $0.file, $0.name) < ($1.start, $1.file, $1.name) }
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
    // Several names for one address: the first in the file's strings.
    var index = low - 1
    while index > 0, symbols[index - 1].start == symbols[index].start { index -= 1 }
    let symbol = symbols[index]
    guard address < symbol.end || address == symbol.start else { return "" }
    return files[symbol.file].string(at: symbol.name)
  }
}
