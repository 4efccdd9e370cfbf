/// What logs and statistics may know of a translator.
extension Translator {
  /// The code that every block shares (entry, exits, calls of helpers), and where it runs.
  public var fixedCode: (bytes: UnsafeRawBufferPointer, address: UInt) {
    (UnsafeRawBufferPointer(start: buffer.writable, count: stubs.size), buffer.executable)
  }

  /// What `info jit` tells of the code buffer and the blocks in it.
  public struct BufferState: Sendable, Equatable {
    /// Bytes in use, and bytes in all.
    public var used = 0, size = 0
    /// Valid blocks, and sums over them.
    public var blocks = 0, instructions = 0, hostBytes = 0
    /// The most guest instructions in one block.
    public var longest = 0
    /// Blocks with guest code on two pages or more.
    public var crossPage = 0
    /// Blocks with a direct jump, and with two or more.
    public var direct = 0, twoDirect = 0
  }

  /// The state of the code buffer now.
  public var bufferState: BufferState {
    var state = BufferState(used: cursor, size: buffer.size)
    for n in 0..<table.blocks.count {
      let block = table.blocks.base[n]
      if block.isInvalid { continue }
      let instructions = Int(block.instructions)
      state.blocks += 1
      state.instructions += instructions
      state.hostBytes += Int(block.codeSize)
      state.longest = max(state.longest, instructions)
      if crossesPage(n, block) { state.crossPage += 1 }
      if block.linkCount > 0 { state.direct += 1 }
      if block.linkCount > 1 { state.twoDirect += 1 }
    }
    return state
  }

  /// The spans of a block follow each other, and each lies within one page.
  private func crossesPage(_ number: Int, _ block: TranslatedBlock) -> Bool {
    table.spans(of: number).contains { $0.first >> 12 != block.address >> 12 }
  }
}
