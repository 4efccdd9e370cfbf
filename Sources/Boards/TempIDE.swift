import Machine
public protocol IDEDevice: AnyObject {}
public final class IDEChannel: Device {
  public let name = "macio-ide"
  weak var dma: AnyObject?
  init(interrupt: InterruptLine, master: (any IDEDevice)?, slave: (any IDEDevice)?) {}
  public func reset() {}
  public private(set) lazy var window = Window("pmac-ide", size: 0x1000, ClosureHandler(read: { _, _ in 0 }, write: { _, _, _ in true }), .little)
}
