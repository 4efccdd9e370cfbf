/// A wire from a device to an interrupt controller or to a pin of the processor.
///
/// A device drives it with `set`; whoever listens is told of changes only.
public final class InterruptLine {
  /// The data sheet's name of the pin, such as `INT`.
  public let name: String
  /// Whether it is asserted.
  public private(set) var level = false
  /// Changes so far, for `info irq`.
  public private(set) var changes: UInt64 = 0
  private var listener: (Bool) -> Void

  /// - Parameter listener: told of every change of level.
  public init(_ name: String, listener: @escaping (Bool) -> Void = { _ in }) {
    self.name = name
    self.listener = listener
  }

  /// Connects the other end; it is told of the present level if that is high.
  public func connect(_ listener: @escaping (Bool) -> Void) {
    self.listener = listener
    if level { listener(true) }
  }

  /// Drives the wire.
  public func set(_ level: Bool) {
    guard level != self.level else { return }
    self.level = level
    changes &+= 1
    listener(level)
  }
}
