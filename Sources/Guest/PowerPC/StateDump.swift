/// The registers as the log prints them.
extension PowerPCState {
  /// Appends the lines and fields of QEMU's register dump to a text.
  /// - Parameters:
  ///   - env: the processor's state as translated code sees it.
  ///   - includesFloatingPoint: whether the FPRs and FPSCR are shown.
  public static func appendDump(
    of env: UnsafeMutableRawPointer, includesFloatingPoint: Bool, to text: inout [UInt8]
  ) {
    let state = (env - envOffset).assumingMemoryBound(to: PowerPCState.self)
    state.pointee.appendDump(
      timeBase: timeBase(env), includesFloatingPoint: includesFloatingPoint, to: &text)
  }

  /// The time base, TBU in the high half.
  private static func timeBase(_ env: UnsafeMutableRawPointer) -> UInt64 {
    typealias Read =
      @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64
    // Sound: every helper has this shape.
    return unsafeBitCast(HelperNumber.timeBase.helper.address, to: Read.self)(env, 0, 0, 0)
  }

  /// `HF` is the part of the machine state that a block's key would hold: PR and FP.
  private func appendDump(timeBase: UInt64, includesFloatingPoint: Bool, to text: inout [UInt8]) {
    var dump = DumpText(bytes: text)
    text = []
    dump.put("NIP ", nip, "   LR ", lr, " CTR ", ctr, " XER ", packedXER, " CPU#0\n")
    dump.put("MSR ", msr, " HID0 ", 0, "  HF ", msr & 0x6000, " iidx 0 didx 0\nTB ")
    dump.putDecimal(timeBase >> 32, digits: 8)
    dump.put(" ")
    dump.putDecimal(timeBase, digits: 8)
    dump.put("\n")
    putRegisters(includesFloatingPoint, &dump)
    text = dump.bytes
  }

  /// Appends the dump of a processor in a machine: the supervisor's registers too.
  /// - Parameter decrementer: its value.
  func appendSystemDump(
    timeBase: UInt64, decrementer: UInt32, includesFloatingPoint: Bool, to text: inout [UInt8]
  ) {
    var dump = DumpText(bytes: text)
    text = []
    dump.put("NIP ", nip, "   LR ", lr, " CTR ", ctr, " XER ", packedXER, " CPU#0\n")
    let fetches = translationIndex(MSR.IR), accesses = translationIndex(MSR.DR)
    dump.put("MSR ", msr, " HID0 ", hid0, "  HF ", flags(fetches, accesses), " iidx ")
    dump.putDecimal(UInt64(fetches), digits: 1)
    dump.put(" didx ")
    dump.putDecimal(UInt64(accesses), digits: 1)
    dump.put("\nTB ")
    dump.putDecimal(timeBase >> 32, digits: 8)
    dump.put(" ")
    dump.putDecimal(timeBase, digits: 8)
    dump.put(" DECR ")
    dump.putDecimal(UInt64(decrementer), digits: 1)
    dump.put("\n")
    putRegisters(includesFloatingPoint, &dump)
    dump.put(" SRR0 ", srr0, "  SRR1 ", srr1, "    PVR ", pvr, " VRSAVE ", vrsave, "\n")
    dump.put("SPRG0 ", sprg(0), " SPRG1 ", sprg(1), "  SPRG2 ", sprg(2), "  SPRG3 ", sprg(3), "\n")
    dump.put("SPRG4 ", sprg(4), " SPRG5 ", sprg(5), "  SPRG6 ", sprg(6), "  SPRG7 ", sprg(7), "\n")
    dump.put(" SDR1 ", sdr1, "   DAR ", dar, "  DSISR ", dsisr, "\n")
    text = dump.bytes
  }

  /// QEMU's number of an address space: 1 for the supervisor, and 2 without translation.
  /// - Parameter mode: `MSR.IR` or `MSR.DR`.
  private func translationIndex(_ mode: UInt32) -> UInt32 {
    (msr & MSR.PR == 0 ? 1 : 0) + (msr & mode == 0 ? 2 : 0)
  }

  /// QEMU's word of what its translations rely on.
  private func flags(_ fetches: UInt32, _ accesses: UInt32) -> UInt32 {
    let modes = MSR.VEC | MSR.PR | MSR.FP | MSR.SE | MSR.BE | MSR.DR | MSR.LE
    return fetches << 29 | accesses << 26 | msr & modes | 2
  }

  private func putRegisters(_ includesFloatingPoint: Bool, _ dump: inout DumpText) {
    for n in 0..<32 { dump.putRegister("GPR", n, UInt64(gpr[n])) }
    putCondition(&dump)
    if includesFloatingPoint {
      for n in 0..<32 { dump.putRegister("FPR", n, fpr[n]) }
      dump.put("FPSCR ", fpscr, "\n")
    }
  }

  private func putCondition(_ dump: inout DumpText) {
    dump.put("CR ", packedCR, "  [")
    for n in 0..<8 {
      let field = ConditionField.nibble(cr[n])
      dump.put(field & 8 != 0 ? " L" : field & 4 != 0 ? " G" : field & 2 != 0 ? " E" : " -")
      dump.put(field & 1 != 0 ? "O" : " ")
    }
    dump.put(" ]             RES ", reserveValid != 0 ? reserveAddress : .max, "\n")
  }
}

/// A dump under construction: UTF-8.
private struct DumpText {
  var bytes: [UInt8]

  mutating func put(_ text: StaticString) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// A title and a word of eight hexadecimal digits.
  mutating func put(_ title: StaticString, _ word: UInt32, _ end: StaticString = "") {
    put(title)
    putHexadecimal(UInt64(word), digits: 8)
    put(end)
  }
  mutating func put(
    _ a: StaticString, _ x: UInt32, _ b: StaticString, _ y: UInt32, _ c: StaticString, _ z: UInt32,
    _ end: StaticString
  ) {
    put(a, x)
    put(b, y)
    put(c, z, end)
  }
  mutating func put(
    _ a: StaticString, _ x: UInt32, _ b: StaticString, _ y: UInt32, _ c: StaticString, _ z: UInt32,
    _ d: StaticString, _ w: UInt32, _ end: StaticString
  ) {
    put(a, x)
    put(b, y, c, z, d, w, end)
  }

  /// Register `n` of a file of 32, four to a line.
  mutating func putRegister(_ name: StaticString, _ n: Int, _ value: UInt64) {
    if n & 3 == 0 {
      put(name)
      putDecimal(UInt64(n), digits: 2)
    }
    put(" ")
    putHexadecimal(value, digits: 16)
    if n & 3 == 3 { put("\n") }
  }

  mutating func putHexadecimal(_ value: UInt64, digits: Int) {
    for n in (0..<digits).reversed() {
      let digit = UInt8(truncatingIfNeeded: value &>> UInt64(4 * n) & 15)
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
    }
  }

  mutating func putDecimal(_ value: UInt64, digits: Int) {
    let text = String(value)
    for _ in 0..<max(0, digits - text.utf8.count) { put("0") }
    bytes.append(contentsOf: text.utf8)
  }
}

extension Supervisor {
  /// Appends the lines of QEMU's register dump of a processor in a machine to a text.
  /// - Parameter includesFloatingPoint: whether the FPRs and FPSCR are shown.
  public func appendDump(includesFloatingPoint: Bool, to text: inout [UInt8]) {
    state.pointee.appendSystemDump(
      timeBase: surroundings.timeBase, decrementer: surroundings.decrementer,
      includesFloatingPoint: includesFloatingPoint, to: &text)
  }
}
