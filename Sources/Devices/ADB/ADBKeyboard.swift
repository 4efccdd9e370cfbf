import Machine

/// An Apple Extended Keyboard II (ANSI): transitions in register 0, modifiers and lights in 2.
public final class ADBKeyboard: ADBDevice, Device {
  public let name = "adb-keyboard"
  /// The address of keyboards.
  public let defaultAddress: UInt8 = 2
  public let defaultHandler: UInt8 = 1
  /// 1 and 2: right modifiers are told as the left ones; 3: they have codes of their own.
  public let handlers: Set<UInt8> = [1, 2, 3]
  public var address: UInt8 = 2
  public var handler: UInt8 = 1
  public var onData: (() -> Void)?
  /// Transitions that wait: a key code, with bit 7 set for a release.
  private var queue: [UInt8] = []
  /// Modifier keys that are down, as bits of register 2.
  private var modifiersDown: UInt16 = 0
  /// The lights, as bits 0 to 2 of register 2: 0 is on.
  private var lights: UInt8 = 7

  /// A keyboard with no key down.
  public init() {}

  /// Transitions that wait at most; what is more is lost.
  static let queueSize = 128

  /// No key is down or waits, and all lights are off.
  public func reset() {
    flush()
    modifiersDown = 0
    lights = 7
  }

  public func flush() { queue.removeAll(keepingCapacity: true) }

  public var hasData: Bool { !queue.isEmpty }

  /// Num Lock, Caps Lock and Scroll Lock: whether their lights are on.
  public var lit: (numLock: Bool, capsLock: Bool, scrollLock: Bool) {
    (lights & 1 == 0, lights & 2 == 0, lights & 4 == 0)
  }

  // MARK: The host's side

  /// A key goes down or up.
  /// - Parameter code: the key's code as `ADBKey` lists them; bit 7 is ignored.
  public func key(_ code: UInt8, isDown: Bool) {
    let code = code & 0x7f
    if let bit = Self.modifierBits[code] {
      modifiersDown = isDown ? modifiersDown | bit : modifiersDown & ~bit
    }
    guard queue.count < Self.queueSize else { return }
    queue.append(isDown ? code : code | 0x80)
    onData?()
  }

  /// The bits of register 2 that follow keys.
  private static let modifierBits: [UInt8: UInt16] = [
    0x33: 0x4000, 0x39: 0x2000, 0x7f: 0x1000, 0x36: 0x0800, 0x7d: 0x0800, 0x38: 0x0400,
    0x7b: 0x0400, 0x3a: 0x0200, 0x7c: 0x0200, 0x37: 0x0100, 0x47: 0x0080, 0x6b: 0x0040,
  ]

  /// What the right modifiers are told as where they have no code of their own.
  private static let leftModifiers: [UInt8: UInt8] = [0x7b: 0x38, 0x7c: 0x3a, 0x7d: 0x36]

  /// The power key, which fills both bytes of a report.
  private static let powerKey: UInt8 = 0x7f

  // MARK: The bus's side

  /// Register 0: a transition and 0xff, or that of the power key twice. Register 2: a zero for each
  /// modifier that is down and each light that is on.
  public func read(_ register: Int) -> [UInt8] {
    switch register {
    case 0:
      guard !queue.isEmpty else { return [] }
      let transition = queue.removeFirst()
      let code = transition & 0x7f
      if code == Self.powerKey { return [transition, transition] }
      let told = handler == 3 ? code : Self.leftModifiers[code] ?? code
      return [transition & 0x80 | told, 0xff]
    case 2:
      let state = ~modifiersDown & 0xfff8 | UInt16(lights)
      return [UInt8(truncatingIfNeeded: state >> 8), UInt8(truncatingIfNeeded: state)]
    default: return []
    }
  }

  /// Register 2: the lights.
  public func write(_ register: Int, _ data: [UInt8]) {
    if register == 2, data.count >= 2 { lights = data[1] & 7 }
  }

  public var events: ADBDeviceEvents { Self.traceEvents }

  static let traceEvents = ADBDeviceEvents(
    read: TraceEvent("adb_device_kbd_readreg"), write: TraceEvent("adb_device_kbd_writereg"),
    changeAddress: TraceEvent("adb_device_kbd_request_change_addr"),
    changeAddressAndHandler: TraceEvent("adb_device_kbd_request_change_addr_and_handler"))
}

extension TraceEvent {
  /// The events of the keyboard.
  public static let adbKeyboard = [
    ADBKeyboard.traceEvents.read, ADBKeyboard.traceEvents.write,
    ADBKeyboard.traceEvents.changeAddress, ADBKeyboard.traceEvents.changeAddressAndHandler,
  ]
}
