import IR
import RegisterAllocation
import Translation

/// Writes what the translator does to the log, in the form of QEMU 7.2.
///
/// Each block is shown as guest code (`IN:`), ops (`OP:`), ops after all passes, and host code
/// (`OUT:`); the bytes stand beside every guest and host instruction, and the guest address above
/// the host code that came of it.
public final class TranslationLog: TranslationObserver {
  /// Appends a processor's registers: env, whether with the floating-point ones, the text.
  public typealias RegisterDump = (UnsafeMutableRawPointer, Bool, inout LogText) -> Void

  private let items: LogItems
  private let filter: DebugFilter
  private let file: LogFile
  private let guest: any Guest
  private let host: any Host
  private let code: CodeSource
  private let symbols: SymbolTable
  private let dumpRegisters: RegisterDump
  private let listing: HostListing
  /// Where the code of the blocks that pass the filter starts.
  private var shownBlocks: Set<UInt> = []

  /// - Parameters:
  ///   - translator: what is watched; its observer is set by the caller.
  ///   - symbols: names of functions; may be filled later.
  public init(
    _ translator: Translator, items: LogItems, filter: DebugFilter, file: LogFile,
    symbols: SymbolTable, dumpRegisters: @escaping RegisterDump
  ) {
    self.items = items
    self.filter = filter
    self.file = file
    self.symbols = symbols
    self.dumpRegisters = dumpRegisters
    guest = translator.guest
    host = translator.host
    code = translator.memory.codeSource
    let fixed = translator.fixedCode
    listing = HostListing(fixedCode: fixed.bytes, at: fixed.address)
    if items.contains(.hostCode) { showPrologue(fixed.bytes, at: fixed.address) }
  }

  /// Whether it passes the filter of `-dfilter`.
  public func wants(_ address: UInt32) -> Bool { filter.contains(address) }

  private func showPrologue(_ bytes: UnsafeRawBufferPointer, at address: UInt) {
    var text = LogText()
    text.put("PROLOGUE: [size=\(bytes.count)]\n")
    listing.append(bytes, at: address, to: &text)
    text.put("\n")
    file.write(text)
  }

  // MARK: Translation

  /// `-d in_asm` and `-d op`.
  public func madeOps(
    _ block: Block, address: UInt32, spans: UnsafeBufferPointer<TranslatedSpan>
  ) {
    var text = LogText()
    if items.contains(.guestCode) {
      text.put("----------------\nIN: \(symbols.name(at: address))\n")
      for span in spans { append(span, to: &text) }
      text.put("\n")
    }
    if items.contains(.ops) { append(block, "OP:", life: false, to: &text) }
    // What made the translator fail, if it should, is then in the file.
    if !text.bytes.isEmpty {
      file.write(text)
      file.flush()
    }
  }

  private func append(_ span: TranslatedSpan, to text: inout LogText) {
    var address = span.first
    while address != span.end {
      text.putAddress(address)
      text.put(":  ")
      if let word = code.word(at: address).word {
        text.putHexadecimal(UInt64(word), digits: 8)
        let parts = guest.disassemble(word, at: address).split(separator: " ", maxSplits: 1)
        text.put("  ")
        text.put(String(parts.first ?? ""), width: 8)
        text.put(" ")
        if parts.count > 1 { text.put(String(parts[1].drop { $0 == " " })) }
      } else {
        text.put("unable to read memory")
      }
      text.put("\n")
      address &+= 4
    }
  }

  private func append(_ block: Block, _ title: String, life: Bool, to text: inout LogText) {
    text.put("\(title)\n")
    block.print(life: life) { text.bytes.append(contentsOf: $0) }
    text.put("\n")
  }

  /// `-d op_opt`.
  public func optimized(_ block: Block, address: UInt32) {
    guard items.contains(.optimizedOps) else { return }
    var text = LogText()
    append(block, "OP after optimization and liveness analysis:", life: true, to: &text)
    file.write(text)
    file.flush()
  }

  /// `-d out_asm`.
  public func emitted(
    _ block: TranslatedBlock, code: UnsafeRawBufferPointer, at address: UInt,
    marks: UnsafeBufferPointer<CodeMark>
  ) {
    if !filter.ranges.isEmpty { shownBlocks.insert(address) }
    guard items.contains(.hostCode) else { return }
    var text = LogText()
    text.put("OUT: [size=\(code.count)]\n")
    var start = 0
    for (index, mark) in marks.enumerated() {
      let end = index + 1 < marks.count ? Int(marks[index + 1].offset) : stubs(after: mark, code)
      // An instruction without host code is merged with the next one.
      guard end > start, end <= code.count else { continue }
      text.put("  -- guest addr ")
      text.putAddress(mark.address)
      text.put(start == 0 ? " + tb prologue\n" : "\n")
      list(code, start..<end, address, &text)
      start = end
    }
    if start < code.count {
      text.put("  -- tb slow paths + alignment\n")
      list(code, start..<code.count, address, &text)
    }
    text.put("\n")
    file.write(text)
    file.flush()
  }

  private func list(
    _ code: UnsafeRawBufferPointer, _ part: Range<Int>, _ address: UInt, _ text: inout LogText
  ) {
    let bytes = UnsafeRawBufferPointer(rebasing: code[part])
    listing.append(bytes, at: address &+ UInt(part.lowerBound), to: &text)
  }

  /// Where the stubs of jumps that are not linked start: behind the last instruction's code.
  private func stubs(after mark: CodeMark, _ code: UnsafeRawBufferPointer) -> Int {
    let behind = host.exits.lazy.map(\.stub).filter { $0 > mark.offset }
    return behind.min().map { Int($0) } ?? code.count
  }

  // MARK: Execution

  /// `-d exec` and `-d cpu`.
  public func entering(_ block: TranslatedBlock, at address: UInt, env: UnsafeMutableRawPointer) {
    guard !items.isDisjoint(with: [.execution, .registers]), filter.contains(block.address) else {
      return
    }
    var text = LogText()
    if items.contains(.execution) {
      text.put("Trace 0: ")
      text.putHostAddress(address)
      text.put(" [00000000/")
      text.putHexadecimal(UInt64(block.address), digits: 8)
      text.put("/")
      text.putHexadecimal(UInt64(block.key), digits: 8)
      text.put("/00000000] \(symbols.name(at: block.address))\n")
    }
    if items.contains(.registers) {
      dumpRegisters(env, items.contains(.floatingPoint), &text)
    }
    file.write(text)
  }

  /// `-d exec`, for jumps out of blocks that pass the filter.
  public func linked(_ from: UInt, slot: Int, to: UInt) {
    guard items.contains(.execution), filter.ranges.isEmpty || shownBlocks.contains(from) else {
      return
    }
    var text = LogText()
    text.put("Linking TBs ")
    text.putHostAddress(from)
    text.put(" index \(slot) -> ")
    text.putHostAddress(to)
    text.put("\n")
    file.write(text)
  }
}
