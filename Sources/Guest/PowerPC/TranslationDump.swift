/// The monitor's `info tlb`: what decides about addresses now, in QEMU's form. QEMU itself says
/// nothing of processors that search the page table; here its valid entries follow.
extension Supervisor {
  /// Appends the segment and block registers and the TLB or the page table to a text.
  public func appendTranslations(to text: inout String) {
    let sdr1 = state.special(SPR.SDR1)
    text += "HTAB base = 0x" + String(sdr1 & 0xffff_0000, radix: 16)
    text += "\nHTAB mask = 0x" + String((sdr1 & 0x1ff) << 16 | 0xffff, radix: 16)
    text += "\n\nSegment registers:\n"
    for n in 0..<16 { text += segmentLine(n) }
    text += "\nBATs:\n"
    for pair in 0..<traits.blockAddressPairs {
      text += blockLines("data", pair, state.dbat(pair))
    }
    for pair in 0..<traits.blockAddressPairs {
      text += blockLines("code", pair, state.ibat(pair))
    }
    text += "\n"
    if searchesInSoftware { appendTable(to: &text) } else { appendPageTable(to: &text) }
  }

  private func segmentLine(_ number: Int) -> String {
    let value = state.segment(number)
    func bit(_ mask: UInt32) -> String { value & mask == 0 ? "0" : "1" }
    let keys =
      "T=\(bit(SegmentRegister.T)) Ks=\(bit(SegmentRegister.Ks))"
      + " Kp=\(bit(SegmentRegister.Kp)) N=\(bit(SegmentRegister.N))"
    let vsid = ExceptionText.word(value & SegmentRegister.VSID).dropFirst(2)
    return (number < 10 ? "0" : "") + "\(number) \(keys) VSID=0x\(vsid)\n"
  }

  private func blockLines(_ kind: String, _ pair: Int, _ bat: (upper: UInt32, lower: UInt32))
    -> String
  {
    let word = ExceptionText.word
    return "\(kind) BAT\(pair) BATu \(word(bat.upper)) BATl \(word(bat.lower))\n\t"
      + "\(word(bat.upper & 0xf000_0000)) \(word(bat.upper & 0x0ffe_0000)) "
      + "\(word((bat.upper & 0x1ffc) << 15))\n"
  }

  /// The software TLB: entries of data, then of code; the first way of each set, then the second.
  private func appendTable(to text: inout String) {
    text += "TLBs                       [EPN    EPN + SIZE]\n"
    for kind in ["data", "code"] {
      for way in 0..<2 {
        for set in 0..<32 {
          let entry = table.entry(set, way, isFetch: kind == "code")
          let page = entry.index << 17 | UInt32(set) << 12
          let number = set + 32 * way
          text += "\(kind) TLB \(number < 10 ? "0" : "")\(number)/64 way:\(way) "
          text += entry.isValid ? "valid" : "inval"
          let shown = entry.isValid ? page & 0x0fff_ffff : 0
          text += " [\(ExceptionText.word(shown)) \(ExceptionText.word(shown &+ 0x1000))]\n"
        }
      }
    }
  }

  /// The valid entries of the page table.
  private func appendPageTable(to text: inout String) {
    let sdr1 = state.special(SPR.SDR1)
    let mask = (sdr1 & 0x1ff) << 16 | 0xffff
    text += "Page table\n"
    for offset in stride(from: 0, to: mask, by: 8) {
      let place = sdr1 & 0xffff_0000 | offset
      guard let first = surroundings.physicalWord(place), first & PageEntry.V != 0,
        let second = surroundings.physicalWord(place | 4)
      else { continue }
      let vsid = ExceptionText.word(first >> 7 & SegmentRegister.VSID).dropFirst(2)
      let index = ExceptionText.word(first & 0x3f).dropFirst(6)
      text += "\(ExceptionText.word(place)) VSID=0x\(vsid) H=\(first >> 6 & 1) API=0x\(index)"
      text += " RPN=0x\(ExceptionText.word(second & PageEntry.RPN).dropLast(3))"
      text += " R=\(second >> 8 & 1) C=\(second >> 7 & 1) WIMG=\(second >> 3 & 15)"
      text += " PP=\(second & 3)\n"
    }
  }
}
