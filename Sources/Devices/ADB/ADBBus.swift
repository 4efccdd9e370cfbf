import Machine

/// The Apple Desktop Bus: up to 16 addresses, of which devices answer.
///
/// Apple "Guide to the Macintosh Family Hardware", chapter 8.
public final class ADBBus {
  private let devices: [any ADBDevice]
  private var lastPolled = 0
  /// Called when a device has something to tell.
  var onData: (() -> Void)?

  /// - Parameter devices: what is plugged in.
  public init(devices: [any ADBDevice]) {
    self.devices = devices
    for device in devices {
      device.onData = { [weak self] in self?.onData?() }
    }
  }

  /// Resets all devices: addresses and handlers are those from the factory again.
  public func reset() {
    for device in devices {
      device.address = device.defaultAddress
      device.handler = device.defaultHandler
      device.reset()
    }
  }

  /// The commands, the low four bits of the first byte.
  private enum Command {
    case reset, flush
    case listen(Int)
    case talk(Int)
    case reserved

    init(_ byte: UInt8) {
      self =
        switch byte & 0xf {
        case 0: .reset
        case 1: .flush
        case 8...11: .listen(Int(byte & 3))
        case 12...15: .talk(Int(byte & 3))
        default: .reserved
        }
    }

    var text: String {
      switch self {
      case .reset: "RESET"
      case .flush: "FLUSH"
      case .listen(let register): "LISTEN r\(register)"
      case .talk(let register): "TALK r\(register)"
      case .reserved: "UNKNOWN"
      }
    }
  }

  /// Does a command.
  /// - Parameter packet: the command byte and what is to be listened to.
  /// - Returns: the device's answer, or nil if none has the address.
  func request(_ packet: [UInt8]) -> [UInt8]? {
    guard let first = packet.first else { return nil }
    let command = Command(first)
    let label = "device \(HexText.plain(first >> 4)) \(command.text)"
    TraceEvent.adbRequest("\(label) cmdsize=\(packet.count)")
    let reply = perform(command, address: first >> 4, data: Array(packet.dropFirst()))
    TraceEvent.adbRequestDone("\(label) replysize=\(reply.map { $0.count } ?? -2)")
    return reply
  }

  private func perform(_ command: Command, address: UInt8, data: [UInt8]) -> [UInt8]? {
    if case .reset = command {
      reset()
      return []
    }
    guard let device = devices.first(where: { $0.address == address }) else { return nil }
    switch command {
    case .flush:
      device.flush()
      return []
    case .talk(let register): return device.talk(register)
    case .listen(let register):
      device.listen(register, data)
      return []
    default: return nil
    }
  }

  /// Whether a device at an address of the mask has something to tell.
  func hasData(mask: UInt16) -> Bool {
    devices.contains { mask >> UInt16($0.address & 15) & 1 != 0 && $0.hasData }
  }

  /// Asks the devices of the mask in turn.
  /// - Returns: the command byte that found data, and the data.
  func poll(mask: UInt16) -> [UInt8]? {
    let text = "autopoll_cb with autopoll mask \(HexText.plain(mask))"
    TraceEvent.adbAutopoll("executing \(text)")
    defer { TraceEvent.adbAutopollDone("done executing \(text)") }
    for n in devices.indices {
      let turn = (lastPolled + 1 + n) % devices.count
      let device = devices[turn]
      guard mask >> UInt16(device.address & 15) & 1 != 0 else { continue }
      let data = device.talk(0)
      guard !data.isEmpty else { continue }
      lastPolled = turn
      return [device.address << 4 | 0xc] + data
    }
    return nil
  }
}

/// A device of the bus: four registers, of which 3 says what and where it is.
public protocol ADBDevice: AnyObject {
  /// Where it is after a reset.
  var defaultAddress: UInt8 { get }
  /// How it speaks after a reset.
  var defaultHandler: UInt8 { get }
  /// All ways of speaking that it knows.
  var handlers: Set<UInt8> { get }
  /// 0 to 15.
  var address: UInt8 { get set }
  /// How it speaks, one of `handlers`.
  var handler: UInt8 { get set }
  /// Whether register 0 has something.
  var hasData: Bool { get }
  /// Called when register 0 gets something.
  var onData: (() -> Void)? { get set }
  /// Its trace events.
  var events: ADBDeviceEvents { get }
  /// Reads register 0, 1 or 2; empty if it has nothing.
  func read(_ register: Int) -> [UInt8]
  /// Writes register 0, 1 or 2.
  func write(_ register: Int, _ data: [UInt8])
  /// Forgets what it has to tell.
  func flush()
  /// Puts it in its state after power-on, but for address and handler.
  func reset()
}

/// What a device tells while it is traced.
public struct ADBDeviceEvents: Sendable {
  let read, write, changeAddress, changeAddressAndHandler: TraceEvent
}

extension ADBDevice {
  func talk(_ register: Int) -> [UInt8] {
    let data = register == 3 ? [address, handler] : read(register)
    let bytes = data.count >= 2 ? data : [0, 0]
    events.read(
      "reg \(register) obuf[0] \(HexText.byte(bytes[0])) obuf[1] \(HexText.byte(bytes[1]))")
    return data
  }

  func listen(_ register: Int, _ data: [UInt8]) {
    guard data.count >= 2 else { return }
    events.write("reg \(register) val \(HexText.byte(data[0]))")
    guard register == 3 else { return write(register, data) }
    switch data[1] {
    case 0xff: break  // Self-test: passed.
    case 0x00, 0xfd, 0xfe:
      address = data[0] & 0xf
      events.changeAddress("change addr to \(HexText.plain(address))")
    default:
      address = data[0] & 0xf
      if handlers.contains(data[1]) { handler = data[1] }
      events.changeAddressAndHandler(
        "change addr and handler to \(HexText.plain(address)), \(HexText.plain(handler))")
    }
  }
}

extension TraceEvent {
  /// A command goes out on the bus.
  public static let adbRequest = TraceEvent("adb_bus_request")
  /// A command has been done: the size of the answer.
  public static let adbRequestDone = TraceEvent("adb_bus_request_done")
  /// The controller starts to ask the devices by itself.
  public static let adbAutopoll = TraceEvent("adb_bus_autopoll_cb")
  /// The controller has asked the devices.
  public static let adbAutopollDone = TraceEvent("adb_bus_autopoll_cb_done")
  /// The controller is not to ask for a while, or again may.
  public static let adbAutopollBlock = TraceEvent("adb_bus_autopoll_block")

  /// The events of the bus, keyboard and mouse.
  public static let adb =
    [adbRequest, adbRequestDone, adbAutopoll, adbAutopollDone, adbAutopollBlock]
    + adbKeyboard + adbMouse
}
