import Machine

/// An Apple mouse with a second button: movement and buttons in register 0.
public final class ADBMouse: ADBDevice, Device {
  public let name = "adb-mouse"
  /// The address of mice.
  public let defaultAddress: UInt8 = 3
  public let defaultHandler: UInt8 = 2
  /// 1: 100 counts an inch, 2: 200.
  public let handlers: Set<UInt8> = [1, 2]
  public var address: UInt8 = 3
  public var handler: UInt8 = 2
  public var onData: (() -> Void)?
  /// Counts not yet told, to the right and down.
  private var x = 0
  private var y = 0
  private var buttons: (first: Bool, second: Bool) = (false, false)
  private var toldButtons: (first: Bool, second: Bool) = (false, false)

  /// A mouse at rest.
  public init() {}

  /// Counts that wait at most in each direction; what is more is lost.
  static let limit = 10_000

  /// At rest, with no button down.
  public func reset() {
    clear()
    buttons = (false, false)
    toldButtons = (false, false)
  }

  /// The buttons count as told.
  public func flush() {
    TraceEvent.adbMouseFlush("flush")
    clear()
    toldButtons = buttons
  }

  private func clear() {
    x = 0
    y = 0
  }

  /// Movement, or buttons that are not as they were told last.
  public var hasData: Bool { x != 0 || y != 0 || buttons != toldButtons }

  /// The mouse moves.
  /// - Parameters:
  ///   - right: counts to the right, negative to the left.
  ///   - down: counts down, negative up.
  public func move(right: Int, down: Int) {
    x = min(max(x &+ min(max(right, -Self.limit), Self.limit), -Self.limit), Self.limit)
    y = min(max(y &+ min(max(down, -Self.limit), Self.limit), -Self.limit), Self.limit)
    if hasData { onData?() }
  }

  /// The buttons are now so.
  public func press(first: Bool, second: Bool) {
    buttons = (first, second)
    if hasData { onData?() }
  }

  /// Register 0: down, then right, each in seven bits, with a zero above for a button that is down.
  /// What does not fit is told the next time.
  public func read(_ register: Int) -> [UInt8] {
    guard register == 0, hasData else { return [] }
    let right = min(max(x, -64), 63)
    let down = min(max(y, -64), 63)
    x -= right
    y -= down
    toldButtons = buttons
    return [
      UInt8(truncatingIfNeeded: down) & 0x7f | (buttons.first ? 0 : 0x80),
      UInt8(truncatingIfNeeded: right) & 0x7f | (buttons.second ? 0 : 0x80),
    ]
  }

  /// No register takes anything.
  public func write(_ register: Int, _ data: [UInt8]) {}

  public var events: ADBDeviceEvents { Self.traceEvents }

  static let traceEvents = ADBDeviceEvents(
    read: TraceEvent("adb_device_mouse_readreg"), write: TraceEvent("adb_device_mouse_writereg"),
    changeAddress: TraceEvent("adb_device_mouse_request_change_addr"),
    changeAddressAndHandler: TraceEvent("adb_device_mouse_request_change_addr_and_handler"))
}

extension TraceEvent {
  /// The mouse forgets what it has to tell.
  public static let adbMouseFlush = TraceEvent("adb_device_mouse_flush")

  /// The events of the mouse.
  public static let adbMouse = [
    adbMouseFlush, ADBMouse.traceEvents.read, ADBMouse.traceEvents.write,
    ADBMouse.traceEvents.changeAddress, ADBMouse.traceEvents.changeAddressAndHandler,
  ]
}
