import Translation

/// What the translator has done, in the form of QEMU's `info jit`.
public enum TranslationStatistics {
  /// The text, with a line feed behind each line.
  public static func text(_ translator: Translator) -> String {
    let state = translator.bufferState
    let counters = translator.counters
    let guestBytes = 4 * state.instructions
    let lines = [
      "Translation buffer state:",
      row("gen code size", "\(state.used)/\(state.size)"),
      row("TB count", "\(state.blocks)"),
      row(
        "TB avg target size", "\(share(guestBytes, state.blocks)) max=\(4 * state.longest) bytes"),
      row(
        "TB avg host size",
        "\(share(state.hostBytes, state.blocks)) bytes (expansion ratio: "
          + "\(tenths(state.hostBytes, guestBytes)))"),
      row("cross page TB count", counted(state.crossPage, of: state.blocks)),
      row(
        "direct jump count",
        "\(counted(state.direct, of: state.blocks)) (2 jumps=\(state.twoDirect) "
          + "\(percent(state.twoDirect, state.blocks))%)"),
      "",
      "Statistics:",
      row("TB flush count", "\(counters.flushes)"),
      row("TB invalidate count", "\(counters.invalidations)"),
      row("TB translated", "\(counters.blocks)"),
      row("guest instructions", "\(counters.instructions)"),
      row(
        "host bytes",
        "\(counters.hostBytes) (\(tenths(counters.hostBytes, counters.instructions)) per guest"
          + " instruction)"),
      row("blocks run as ops", "\(counters.firstRuns)"),
      row("jumps linked", "\(counters.links)"),
      row("returns for lookup", "\(counters.lookups)"),
      row("returns for a link", "\(counters.linkExits)"),
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func row(_ title: String, _ value: String) -> String {
    title + String(repeating: " ", count: max(1, 20 - title.utf8.count)) + value
  }
  private static func share(_ total: Int, _ count: Int) -> Int { count == 0 ? 0 : total / count }
  private static func percent(_ part: Int, _ whole: Int) -> Int { share(100 * part, whole) }
  private static func counted(_ part: Int, of whole: Int) -> String {
    "\(part) (\(percent(part, whole))%)"
  }
  private static func tenths(_ total: Int, _ count: Int) -> String {
    let value = share(10 * total, count)
    return "\(value / 10).\(value % 10)"
  }
}
