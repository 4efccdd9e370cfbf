import IR

/// A `lwarx` and its `stwcx.` in one block with nothing between them but arithmetic and, at most, a
/// branch out: most atomic operations of compilers and C libraries. Where several processors run, the
/// two are a comparison and exchange by the host, and nobody watches the line.
///
/// That is exact: the processor does nothing in between that others see or that sees others, so the
/// load may be taken to happen right before the store, if the word still has its value then. Other
/// processors' reservations are broken as by any other store. Who branches out takes the reservation
/// there: a later `stwcx.` compares the word with what the `lwarx` found.
extension PowerPCGuest {
  /// How far away the store may be, in instructions.
  private static let reach = 12

  /// The address of the `stwcx.` that belongs to a `lwarx` in this way; nil if there is none.
  /// - Parameter room: how many instructions the block may still have.
  func storeBehind(_ fetched: FetchedWord, at pc: UInt32, in reading: Reading, room: Int) -> UInt32?
  {
    guard let word = fetched.word, X.isLoadReserved(word) else { return nil }
    let load = X(word)
    var address = pc, branches = 0
    for _ in 0..<min(Self.reach, room) {
      address &+= 4
      guard address & 0xfff != 0, !context.pointee.forward.leads(to: address),
        let next = reading.source.word(at: address).word
      else { return nil }
      if X.isStoreConditional(next) {
        let store = X(next)
        let isSame = store.RA == load.RA && store.RB == load.RB
        return isSame && load.mayChange(load.RT.number) ? address : nil
      }
      if B(next).leavesForward {
        branches += 1
        if branches > 1 { return nil }
      } else {
        guard let number = set.index(of: next), instructions[number].isArithmetic,
          load.mayChange(next.field(6, 10)), load.mayChange(next.field(11, 15))
        else { return nil }
      }
    }
    return nil
  }
}

extension X {
  fileprivate static func isLoadReserved(_ word: UInt32) -> Bool {
    word & 0xfc00_07fe == 31 << 26 | 20 << 1
  }
  fileprivate static func isStoreConditional(_ word: UInt32) -> Bool {
    word & 0xfc00_07ff == 31 << 26 | 150 << 1 | 1
  }

  /// Whether the address stays what it is when a general register changes.
  fileprivate func mayChange(_ register: Int) -> Bool {
    register != RB.number && (RA.number == 0 || register != RA.number)
  }
}

extension B {
  /// A branch on a bit of the condition register alone, further on.
  fileprivate var leavesForward: Bool {
    word >> 26 == 16 && !LK && !AA && BO & 0b10100 == 0b00100 && BD > 0
  }
}

extension Cpu {
  /// Stores if the word still has its value; 1 if it has not.
  func storeReserved(_ value: I32, at address: I32) -> I32 {
    if context.pointee.isShared { ir.effect1(.line_touch, .i32, address.temp) }
    let expected = reserveValue
    return exchange(at: address, expected: expected, new: value).test(.ne, expected)
  }

  /// The label of a cold part that leaves such a pair between the two.
  func labelOutOfPair(to target: UInt32) -> UInt32 {
    let label = ir.newLabel()
    cold(label) {
      noteVersion(reserveAddress)
      ir.commit()
      chain(to: target)
    }
    return label
  }
}
