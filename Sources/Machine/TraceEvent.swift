/// A trace event: a point of the program that can tell when it is passed, by QEMU's names.
///
/// Declared beside the code that it watches, as a `static let` of an extension of `TraceEvent`.
/// Sound without locks: events are switched and told on the machine's thread alone.
public final class TraceEvent: @unchecked Sendable {
  /// QEMU's name, such as `heathrow_write`.
  public let name: String
  /// Whether it is told. Read at every passing: keep the arguments behind `if event.isEnabled`.
  public var isEnabled = false

  /// An event; it must be listed in a `TraceEvents` register to be found by name.
  public init(_ name: String) { self.name = name }

  /// Tells a passing: the text is the arguments in QEMU's form.
  @inline(__always)
  public func callAsFunction(_ arguments: @autoclosure () -> String) {
    if isEnabled { Self.output(name, arguments()) }
  }

  /// Where passings go: name and arguments.
  nonisolated(unsafe) public static var output: (String, String) -> Void = { _, _ in }
}
