/// Why a command of the monitor cannot be done, in QEMU's words, without `Error: `.
public struct MonitorError: Error, Equatable, CustomStringConvertible {
  /// The text.
  public let description: String
  /// An error.
  public init(_ description: String) { self.description = description }
}
