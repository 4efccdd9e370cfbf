import IR

/// Where the words of a block come from.
struct Reading {
  /// Guest memory.
  let source: CodeSource
  /// Where they are noted.
  let record: CodeRecord
  /// The translation that noted them already, if it is not the first of the block.
  var known: TranslatedCode?

  /// The most that may be read.
  var mostWords: Int { known?.instructions ?? wordCapacity }

  /// The word at an address, the `n`th of the block.
  func word(_ n: Int, at address: UInt32) -> FetchedWord {
    if known != nil { return record.words[n] }
    let word = source.word(at: address)
    record.words[n] = word
    return word
  }
}

/// Blocks on pages that are rewritten so often that nobody watches them.
///
/// Their words are compared at the block's head. What the block itself changes counts when it is
/// entered again, or behind an `isync`, with which blocks end (Power ISA, Book II, "Instruction
/// Storage": until then it may execute either). Words that have often been others, with other immediates, are compared
/// where they are executed, and the immediate is whatever is found there.
extension Cpu {
  /// Leaves before the block's first instruction if memory does not hold its words any more.
  func checkCode(_ record: CodeRecord, _ code: TranslatedCode, _ set: InstructionSet) {
    var difference = ir.i64(0)
    var words = record.words
    for span in UnsafeBufferPointer(start: record.spans, count: code.spans) {
      var address = span.first
      while address != span.end {
        let count = set.comparedWords(words, Int(span.end &- address) / 4)
        if count > 0 { difference = self.difference(words, count, at: address) | difference }
        words += max(count, 1)
        address &+= UInt32(4 * max(count, 1))
      }
    }
    if difference.constant == 0 { return }
    let label = ir.newLabel()
    ir.brcond(.i64, .ne, difference.temp, ir.i64(0).temp, to: label)
    ir.cold(label) { leave(.stale, at: context.pointee.start, payload: 1) }
  }

  /// Not zero if one or two words at an address are not what they were.
  private func difference(
    _ words: UnsafeMutablePointer<FetchedWord>, _ count: Int, at address: UInt32
  ) -> I64 {
    let place = constant(Int(address)), first = UInt64(words[0].word ?? 0)
    if count == 1 { return load(4, at: place).zeroExtended ^ ir.i64(first) }
    return loadDouble(at: place) ^ ir.i64(first << 32 | UInt64(words[1].word ?? 0))
  }

  /// Leaves before the instruction at hand if there is another in memory; its immediate will be
  /// the one found.
  func checkOperation(_ word: UInt32) {
    let found = load(4, at: constant(Int(address)))
    let label = ir.newLabel()
    ir.brcond(
      .i32, .ne, found.shiftedRight(16).temp, constant(Int(word >> 16)).temp, to: label)
    ir.cold(label) { leave(.stale, at: address) }
    context.pointee.changing = found.temp
  }

  /// The signed immediate of an instruction whose operands name it.
  func SI(_ i: D) -> I32 {
    let changing = context.pointee.changing
    return changing == 0 ? constant(i.SI) : I32(ir, changing).extractSigned(at: 0, length: 16)
  }

  /// The unsigned immediate.
  func UI(_ i: D) -> I32 {
    let changing = context.pointee.changing
    return changing == 0 ? constant(i.UI) : I32(ir, changing) & 0xffff
  }
}

extension Instruction {
  /// Whether its low half is an immediate that its semantics take by `Cpu.SI` or `Cpu.UI`.
  var hasImmediate: Bool {
    mask == D.opcodeMask && (operands.hasSuffix(", SI") || operands.hasSuffix(", UI"))
  }
}

extension InstructionSet {
  /// Whether the immediate of a word is to be taken from memory.
  func takesImmediate(_ fetched: FetchedWord) -> Bool {
    guard fetched.stability == .changing, let word = fetched.word, let number = index(of: word)
    else { return false }
    return instructions[number].hasImmediate
  }

  /// How many words are to be compared together: one or two, or none where the first is not
  /// compared at the head.
  fileprivate func comparedWords(_ words: UnsafeMutablePointer<FetchedWord>, _ count: Int) -> Int {
    if !isCompared(words[0]) { return 0 }
    return count > 1 && isCompared(words[1]) ? 2 : 1
  }

  private func isCompared(_ fetched: FetchedWord) -> Bool {
    fetched.word != nil && fetched.stability != .reported && !takesImmediate(fetched)
  }
}
