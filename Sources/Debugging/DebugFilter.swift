import Options

/// The guest addresses whose blocks are logged: `-dfilter`.
public struct DebugFilter: Sendable, Equatable {
  /// The ranges; none means every address.
  public private(set) var ranges: [ClosedRange<UInt64>] = []

  /// A filter that lets everything pass.
  public init() {}

  /// The filter of a list of ranges: `FIRST..LAST`, `FIRST+SIZE`, `LAST-SIZE`.
  public init(list: String) throws(LogError) {
    for text in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let range = Self.range(text) else { throw .range(String(text)) }
      ranges.append(range)
    }
  }

  /// Whether an address passes.
  public func contains(_ address: UInt32) -> Bool {
    if ranges.isEmpty { return true }
    return ranges.contains { $0.contains(UInt64(address)) }
  }

  private static func range(_ text: Substring) -> ClosedRange<UInt64>? {
    guard let place = text.firstIndex(where: { "+-.".contains($0) }) else { return nil }
    let rest = text[text.index(after: place)...]
    guard let start = OptionNumber.whole(text[..<place]) else { return nil }
    switch text[place] {
    case "+":
      guard let size = OptionNumber.whole(rest), size > 0 else { return nil }
      return start...(start.addingReportingOverflow(size - 1).overflow ? .max : start + (size - 1))
    case "-":
      guard let size = OptionNumber.whole(rest), size > 0, size - 1 <= start else { return nil }
      return start - (size - 1)...start
    default:
      guard rest.first == ".", let end = OptionNumber.whole(rest.dropFirst()), end >= start else {
        return nil
      }
      return start...end
    }
  }
}
