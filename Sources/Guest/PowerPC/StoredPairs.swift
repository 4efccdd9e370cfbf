import IR

/// Two words that are the halves of a double, stored one behind the other: they are stored at once,
/// where the double is aligned. Who loads it, in this block or another, then has it at once; the
/// host would wait until both words had gone to memory.
///
/// An aligned double is in one page: either both stores fault, and the first is at fault, or none.
/// Other threads may see both words at once. In user mode alone, where that is all there is to see.
extension Cpu {
  /// The `stw` behind another, if the two are such halves.
  ///
  /// Registers that functions keep are stored in pairs as well, and loaded again as words: they are
  /// left alone.
  func partner(of fetched: FetchedWord, at pc: UInt32, in reading: Reading) -> D? {
    guard let word = fetched.word, D.isStoreWord(word), context.pointee.forwardsWords else {
      return nil
    }
    let first = D(word), next = pc &+ 4
    guard first.RA.number != 0, first.D & 7 == 0, next & 0xfff != 0,
      !context.pointee.isStoredAlready, !context.pointee.counts,
      !context.pointee.forward.leads(to: next),
      let behind = reading.source.word(at: next).word, D.isStoreWord(behind)
    else { return nil }
    let second = D(behind)
    let areKept = first.RS.number >= D.firstKept && second.RS.number >= D.firstKept
    return second.RA == first.RA && second.D == first.D + 4 && !areKept ? second : nil
  }
}

extension D {
  /// The first of the general registers that functions keep (System V ABI, PowerPC supplement,
  /// "Registers").
  fileprivate static let firstKept = 14

  fileprivate static func isStoreWord(_ word: UInt32) -> Bool { word >> 26 == 36 }
}

extension Cpu {
  /// Stores a word, with that behind it if the two are a pair.
  func storeWord(_ i: D) {
    if context.pointee.isStoredAlready {
      context.pointee.isStoredAlready = false
    } else if let second = context.pointee.partner {
      storePair(i, second)
    } else {
      store(4, self[i.RS], i.RA, i.D)
    }
  }

  private func storePair(_ first: D, _ second: D) {
    let base = self[first.RA], address = base + first.D
    let high = self[first.RS].copied(), low = self[second.RS].copied()
    let unaligned = ir.newLabel()
    ir.brcond(.i32, .tstne, base.temp, constant(7).temp, to: unaligned)
    cold(unaligned) {
      store(4, high, at: address)
      ir.commit()
      chain(to: self.address &+ 4)
    }
    storing(first.RA, first.D, 8)
    storeDouble(high.zeroExtended << 32 | low.zeroExtended, at: address)
    noteStored(first.RA, first.D, 4, high.temp)
    noteStored(first.RA, second.D, 4, low.temp)
    context.pointee.isStoredAlready = true
  }
}
