/// Exceptions as QEMU's log has them.
public enum ExceptionText {
  private typealias Row = (exception: PowerPCException, name: String, number: Int, code: UInt32)

  /// Names and numbers, and the error code of program exceptions. An illegal instruction is a
  /// number of its own in QEMU's system mode.
  private static let rows: [Row] = [
    (.machineCheck, "MCHECK", 1, 0), (.dataStorage, "DSI", 2, 0),
    (.instructionStorage, "ISI", 3, 0), (.external, "EXTERNAL", 4, 0), (.alignment, "ALIGN", 5, 0),
    (.floatingPoint, "PROGRAM", 6, 0x10), (.illegal, "HV_EMU", 96, 0x21),
    (.privileged, "PROGRAM", 6, 0x31), (.trap, "PROGRAM", 6, 0x40),
    (.floatingPointUnavailable, "FPU", 7, 0), (.systemCall, "SYSCALL", 8, 0),
    (.decrementer, "DECR", 10, 0), (.systemReset, "RESET", 64, 0), (.trace, "TRACE", 68, 0),
    (.vectorUnavailable, "VPU", 73, 0), (.instructionTranslationMiss, "IFTLB", 78, 0),
    (.dataLoadTranslationMiss, "DLTLB", 79, 0), (.dataStoreTranslationMiss, "DSTLB", 80, 0),
    (.instructionAddressBreakpoint, "IABR", 83, 0), (.systemManagement, "SMI", 84, 0),
    (.performanceMonitor, "PERFM", 85, 0), (.thermal, "THERM", 86, 0),
    (.vectorAssist, "VPUA", 87, 0),
  ]

  /// The bits of SRR1 that count as an error code: ISI's, and translation misses' I/D and S/L.
  private static let errors: UInt32 = 0x5805_0000

  /// The line of `-d int` in system mode, with its newline.
  /// - Parameter error: the bits of SRR1 besides MSR's, for ISI and translation misses.
  public static func line(
    _ exception: PowerPCException, at nip: UInt32, error: UInt32 = 0
  ) -> String {
    let row = rows.first { $0.exception == exception }
    let hasError = exception == .instructionStorage || 0x1000...0x1200 ~= exception.vector
    let code = String((row?.code ?? 0) | (hasError ? error & errors : 0), radix: 16)
    let name = row.map { "\($0.name) (\($0.number))" } ?? "UNKNOWN (-1)"
    return "Raise exception at \(word(nip)) => \(name) error="
      + (code.utf8.count < 2 ? "0" : "") + code + "\n"
  }

  /// Eight hexadecimal digits.
  static func word(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
