/// The registers as the log prints them: the lines and fields of QEMU's register dump.
extension PowerPCState {
  /// Appends the dump to a text.
  /// - Parameters:
  ///   - key: the key of the block about to run (`HF`).
  ///   - timeBase: the time base.
  ///   - includesFloatingPoint: whether the FPRs and FPSCR are shown.
  public mutating func dump(
    key: UInt32, timeBase: UInt64, includesFloatingPoint: Bool, to text: inout [UInt8]
  ) {
    text.append(
      "NIP \(word: nip)   LR \(word: lr) CTR \(word: ctr) XER \(word: packedXER) CPU#0\n")
    text.append("MSR \(word: msr) HID0 \(word: 0)  HF \(word: key) iidx 0 didx 0\n")
    text.append("TB \(decimal: timeBase >> 32, digits: 8) \(decimal: timeBase, digits: 8)\n")
    for first in stride(from: 0, to: 32, by: 4) {
      text.append(
        "GPR\(decimal: UInt64(first), digits: 2) \(long: UInt64(gpr[first]))"
          + " \(long: UInt64(gpr[first + 1])) \(long: UInt64(gpr[first + 2]))"
          + " \(long: UInt64(gpr[first + 3]))\n")
    }
    dumpCondition(to: &text)
    if !includesFloatingPoint { return }
    for first in stride(from: 0, to: 32, by: 4) {
      text.append(
        "FPR\(decimal: UInt64(first), digits: 2) \(long: fpr[first]) \(long: fpr[first + 1])"
          + " \(long: fpr[first + 2]) \(long: fpr[first + 3])\n")
    }
    text.append("FPSCR \(word: fpscr)\n")
  }
}
