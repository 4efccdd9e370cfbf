import Machine

/// What the monitor needs of a machine. Everything is called on the machine's thread.
///
/// Where QEMU has a text of its own for "there is none", a default gives it; so a machine supplies
/// what it has.
public protocol MonitoredMachine: AnyObject {
  // MARK: Identity

  /// `-name`, or nil.
  var name: String? { get }
  /// `-uuid`, all zeros if it was not given.
  var uuid: String { get }

  // MARK: Running

  /// `running`, `paused`, `paused (prelaunch)`, `paused (shutdown)`: what `info status` shows.
  var status: String { get }
  /// Stops the processor.
  func stop()
  /// Lets it run on.
  func resume()
  /// Resets the machine.
  func reset()
  /// Presses the power button.
  func powerDown()
  /// Ends the program.
  func quit()
  /// Gives the processor a non-maskable interrupt.
  func injectNonMaskableInterrupt() throws(MonitorError)
  /// Whether blocks have one guest instruction each.
  var hasSingleInstructionBlocks: Bool { get set }

  // MARK: Processor

  /// The host thread that runs the processor.
  var processorThread: Int { get }
  /// The registers, in the form of `-d cpu` with floating point, each line ended.
  var registerText: String { get }
  /// A register's value by its lower-case name (`r1`, `f2`, `nip`, `srr0`), widened with its sign;
  /// nil if there is none.
  func register(_ name: String) -> Int64?
  /// The physical address of a virtual one as data accesses see it; nil if it is not mapped. No
  /// bit of the machine's state changes by it.
  func translate(_ address: UInt32) -> UInt64?
  /// An instruction as text: mnemonic padded to eight columns, a blank, operands.
  func disassemble(_ word: UInt32, at address: UInt32) -> String

  // MARK: Memory

  /// The processor's physical addresses.
  var memory: Bus { get }
  /// The addresses of `i` and `o`; nil if the machine has none: they read as ones.
  var ports: Bus? { get }
  /// The address spaces that `info mtree` shows: names, the bus.
  var addressSpaces: [(names: [String], bus: Bus)] { get }

  // MARK: Text

  /// The text of a topic of `info`, each line ended, by the topic's name: `pci`, `qtree`, `pic`,
  /// `irq`, `tlb`, `jit`, `opcount`, `roms`, `network`, `usernet`, `mice`, `via`. Empty if the
  /// machine has nothing to say.
  func information(_ topic: String) -> String
  /// The character devices.
  var characterDevices: [(label: String, description: String)] { get }

  // MARK: Disks

  /// The block devices.
  var blockDevices: [MonitoredBlockDevice] { get }
  /// Takes a medium out.
  func eject(_ device: String, force: Bool) throws(MonitorError)
  /// Puts another medium in.
  /// - Parameters:
  ///   - format: `raw`, `qcow2`, or nil to look.
  ///   - readOnly: nil to keep it as it is.
  func change(
    _ device: String, to file: String, format: String?, readOnly: Bool?, force: Bool
  ) throws(MonitorError)
  /// Writes the changes of `-snapshot` to an image; nil for all.
  func commit(_ device: String?) throws(MonitorError)
  /// Sets the order of boot devices, checked letters.
  func setBootOrder(_ order: String) throws(MonitorError)

  // MARK: Networks

  /// Forwards a port of the host to the guest.
  /// - Parameters:
  ///   - rule: in the form of `hostfwd=`.
  ///   - network: the user network's name; nil for the first.
  func addForwarding(_ rule: String, to network: String?) throws(MonitorError)
  /// Forwards it no longer.
  /// - Parameter rule: `[tcp|udp]:[ADDRESS]:PORT`.
  /// - Returns: false if it was not forwarded.
  func removeForwarding(_ rule: String, from network: String?) throws(MonitorError) -> Bool
  /// Sets the link of a card or of a network up or down.
  func setLink(_ name: String, isUp: Bool) throws(MonitorError)

  // MARK: Keyboard, mouse, screen

  /// Presses keys one after the other, by QEMU's names or scan codes `0x..`, holds them, lets go.
  func press(_ keys: [String], milliseconds: Int)
  /// Moves the mouse.
  func moveMouse(x: Int, y: Int, wheel: Int)
  /// Sets the mouse's buttons: 1 left, 2 right, 4 middle.
  func setMouseButtons(_ state: Int)
  /// Writes the screen to a file.
  /// - Parameter format: `ppm` or `png`.
  func saveScreen(to file: String, format: String, device: String?) throws(MonitorError)

  // MARK: Log

  /// Sets the items of `-d`; false if one of them is unknown, and then nothing changes.
  func setLogItems(_ list: String) -> Bool
  /// What `help log` prints.
  var logHelp: String { get }
  /// Sends the log to another file.
  func setLogFile(_ template: String) throws(MonitorError)
}

/// A block device as `info block` and `info blockstats` show it.
public struct MonitoredBlockDevice: Sendable {
  /// Its name, such as `ide0-hd0`.
  public var name: String
  /// The image's file, nil for no medium.
  public var file: String?
  /// The image's format.
  public var format = "raw"
  /// Whether it may not be written.
  public var isReadOnly = false
  /// Where it is attached, nil if nowhere.
  public var attachment: String?
  /// Whether media can be changed, whether the guest has locked the tray, whether it is open.
  public var isRemovable = false
  /// Whether the guest has locked the tray.
  public var isLocked = false
  /// Whether the tray is open.
  public var isTrayOpen = false
  /// Bytes that the guest sees, and that the file takes.
  public var virtualSize: UInt64 = 0
  /// Bytes that the file takes.
  public var fileSize: UInt64 = 0
  /// Counters in the order of `info blockstats`: bytes read and written, operations of reading,
  /// writing, flushing.
  public var readBytes, writtenBytes, reads, writes, flushes: UInt64

  /// A device without a medium.
  public init(name: String) {
    self.name = name
    (readBytes, writtenBytes, reads, writes, flushes) = (0, 0, 0, 0, 0)
  }
}

extension MonitoredMachine {
  public var name: String? { nil }
  public var uuid: String { "00000000-0000-0000-0000-000000000000" }
  public func injectNonMaskableInterrupt() throws(MonitorError) {
    throw MonitorError("this feature or command is not currently supported")
  }
  public var ports: Bus? { nil }
  public func information(_ topic: String) -> String { "" }
  public var characterDevices: [(label: String, description: String)] { [] }
  public var blockDevices: [MonitoredBlockDevice] { [] }
  public func eject(_ device: String, force: Bool) throws(MonitorError) {
    throw MonitorError("Device '\(device)' is not removable")
  }
  public func change(
    _ device: String, to file: String, format: String?, readOnly: Bool?, force: Bool
  ) throws(MonitorError) {
    throw MonitorError("Device '\(device)' is not removable")
  }
  public func commit(_ device: String?) throws(MonitorError) {}
  public func setBootOrder(_ order: String) throws(MonitorError) {
    throw MonitorError("no function defined to set boot device list for this architecture")
  }
  public func addForwarding(_ rule: String, to network: String?) throws(MonitorError) {
    throw MonitorError("user mode network stack not in use")
  }
  public func removeForwarding(_ rule: String, from network: String?) throws(MonitorError) -> Bool {
    throw MonitorError("user mode network stack not in use")
  }
  public func setLink(_ name: String, isUp: Bool) throws(MonitorError) {
    throw MonitorError("Device '\(name)' not found")
  }
  public func press(_ keys: [String], milliseconds: Int) {}
  public func moveMouse(x: Int, y: Int, wheel: Int) {}
  public func setMouseButtons(_ state: Int) {}
  public func saveScreen(
    to file: String, format: String, device: String?
  ) throws(MonitorError) {
    throw MonitorError("There is no console to take a screendump from")
  }
}

extension MonitoredMachine {
  /// Bytes at a physical address; nil if not all of them can be read.
  func readPhysical(_ address: UInt64, count: Int) -> [UInt8]? {
    guard address &+ UInt64(count) >= address else { return nil }
    guard memory.range(at: address)?.host == nil else { return memory.read(address, count: count) }
    return readRegisters(address, count: count)
  }

  /// Bytes of device registers, a word at a time where they are aligned.
  private func readRegisters(_ address: UInt64, count: Int) -> [UInt8]? {
    var result: [UInt8] = []
    while result.count < count {
      let at = address &+ UInt64(result.count)
      let rest = count - result.count
      let size = at & 3 == 0 && rest >= 4 ? 4 : at & 1 == 0 && rest >= 2 ? 2 : 1
      guard memory.range(at: at) != nil, let value = memory.read(at, size) else { return nil }
      for shift in (0..<size).reversed() {
        result.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift)))
      }
    }
    return result
  }

  /// Bytes at a virtual address; nil if not all of them can be read.
  func readVirtual(_ address: UInt32, count: Int) -> [UInt8]? {
    guard UInt64(address) + UInt64(count) <= 1 << 32 else { return nil }
    var result: [UInt8] = []
    while result.count < count {
      let at = address &+ UInt32(truncatingIfNeeded: result.count)
      let inPage = min(count - result.count, 4096 - Int(at & 4095))
      guard let place = translate(at), let bytes = readPhysical(place, count: inPage) else {
        return nil
      }
      result += bytes
    }
    return result
  }
}
