import IR

/// Blocks that found other code in memory than they were made from.
extension Translator {
  /// Drops the blocks made from the word at an address, as it or another word of the block that
  /// begins there has changed.
  func dropStale(_ address: UInt32, _ runner: Runner, isBlock: Bool) {
    guard let place = memory.place(ofCode: address) else { return }
    if isBlock {
      if let block = table.find(address, runner.view.key, place) { noteDifferences(block) }
    } else {
      memory.codeDiffers(at: place.physical)
    }
    invalidate(place.physical..<(place.physical | 3), runner.env)
  }

  /// Tells memory which words of a block that checks its code are others now.
  private func noteDifferences(_ number: Int) {
    let block = table.blocks.base[number]
    // Another thread may have left a block of before, which nobody finds any more.
    guard block.firstWord != .max else { return }
    let source = memory.codeSource
    var n = Int(block.firstWord)
    for span in table.spans(of: number) {
      for physical in stride(from: span.first, to: span.end, by: 4) {
        let found = source.word(at: block.address &+ (physical &- block.physical))
        if found.word != table.words.base[n] { memory.codeDiffers(at: physical) }
        n += 1
      }
    }
  }
}
