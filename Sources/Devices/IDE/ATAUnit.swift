import Machine

/// One of the two places on an IDE cable, with nothing in it: the registers that the host writes,
/// a data buffer, and an interrupt. Disk and CD-ROM are made of it.
///
/// ANSI "AT Attachment with Packet Interface - 5" (T13/1321D).
public class ATAUnit {
  /// The registers of a command as the host writes and reads them.
  struct TaskFile {
    var features: UInt8 = 0
    var count: UInt8 = 0
    var low: UInt8 = 0
    var mid: UInt8 = 0
    var high: UInt8 = 0
  }

  /// What the host wrote last, and what before that: the upper halves of a 48-bit address.
  var registers = TaskFile()
  var previous = TaskFile()
  /// Device/Head: which unit, LBA or CHS, and four bits of the address.
  var device: UInt8 = 0
  var status: UInt8 = 0
  var error: UInt8 = 0
  /// Called when the unit wants to interrupt.
  var onInterrupt: (() -> Void)?
  /// Called when a DMA transfer can begin or go on.
  var onDMAReady: (() -> Void)?
  /// Whether its interrupt is pending.
  var isInterrupting = false

  /// The data under way.
  ///
  /// Sound: allocated here with `bufferSize` bytes and freed with the object; `position` and
  /// `limit` never leave 0...bufferSize, and every access checks against `limit`.
  let buffer: UnsafeMutableRawPointer
  /// Bytes of the buffer: 256 sectors.
  static let bufferSize = 256 * sectorSize
  /// The part of the buffer that the data register is to move: both are multiples of 2.
  final var position = 0
  final var limit = 0
  /// Whether the data register takes data.
  final var isDataOut = false

  init() {
    buffer = UnsafeMutableRawPointer.allocate(byteCount: Self.bufferSize, alignment: 16)
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bufferSize)
  }

  deinit { buffer.deallocate() }

  // MARK: Bits

  /// Bits of the status register.
  enum Status {
    static let error: UInt8 = 0x01
    static let dataRequest: UInt8 = 0x08
    /// DSC, which always comes with DRDY here.
    static let seekComplete: UInt8 = 0x10
    static let ready: UInt8 = 0x40
    static let busy: UInt8 = 0x80
    static let idle: UInt8 = ready | seekComplete
  }

  /// Bits of the error register.
  enum Failure {
    static let aborted: UInt8 = 0x04
    static let idNotFound: UInt8 = 0x10
    static let uncorrectable: UInt8 = 0x40
    /// What it holds after a reset: the unit has passed its diagnostic.
    static let passed: UInt8 = 0x01
  }

  // MARK: What subclasses do

  /// Whether there is something here.
  var isPresent: Bool { false }
  /// What says after a reset which kind of unit it is: cylinder low and high.
  var signature: (mid: UInt8, high: UInt8) { (0xff, 0xff) }
  /// The status after a reset of the channel and after one by the host.
  var resetStatus: (power: UInt8, soft: UInt8) { (0, 0) }
  /// Does a command.
  func perform(_ command: UInt8) {}
  /// The host has moved all bytes up to `limit`.
  func windowEnded() {}
  /// Moves bytes of a DMA transfer; as `DBDMATarget.transfer`.
  func transfer(isInput: Bool, on bus: Bus, address: UInt64, count: Int) -> Int? { 0 }
  /// Forgets the command under way.
  func cancel() {}
  /// Puts settings in their state after power-on.
  func resetSettings() {}

  // MARK: Resets

  func powerOnReset() {
    resetSettings()
    softReset()
    device = 0
    status = resetStatus.power
  }

  func softReset() {
    TraceEvent.ideReset("IDEstate \(traceName)")
    endTransfer()
    setSignature()
    isInterrupting = false
    status = resetStatus.soft
  }

  func setSignature() {
    registers = TaskFile(
      features: 0, count: 1, low: 1, mid: signature.mid, high: signature.high)
    previous = TaskFile()
    error = isPresent ? Failure.passed : 0
    device &= 0x10
  }

  /// No data are under way any more.
  func endTransfer() {
    position = 0
    limit = 0
    isDataOut = false
    cancel()
  }

  // MARK: Ends of commands

  /// The command has been done.
  func succeed() {
    error = 0
    status = Status.idle
    raise()
  }

  /// The command has failed, or is not known.
  func fail(_ failure: UInt8) {
    endTransfer()
    error = failure
    status = Status.ready | Status.error
    raise()
  }

  func raise() { onInterrupt?() }

  // MARK: Data register

  /// Opens the data register for bytes of the buffer.
  final func openWindow(_ start: Int, _ end: Int, isOut: Bool) {
    position = max(0, min(start, Self.bufferSize))
    limit = max(position, min((end + 1) & ~1, Self.bufferSize))
    isDataOut = isOut
    status = Status.idle | Status.dataRequest
  }

  final func readData16() -> UInt16 {
    guard position &+ 2 <= limit, !isDataOut else { return 0 }
    let value = UInt16(littleEndian: buffer.load(fromByteOffset: position, as: UInt16.self))
    position &+= 2
    if position == limit { windowEnded() }
    return value
  }

  final func writeData16(_ value: UInt16) {
    guard position &+ 2 <= limit, isDataOut else { return }
    buffer.storeBytes(of: value.littleEndian, toByteOffset: position, as: UInt16.self)
    position &+= 2
    if position == limit { windowEnded() }
  }

  /// Where the object is: what QEMU's trace events call it by.
  var traceName: String { HexText.plain(UInt(bitPattern: ObjectIdentifier(self))) }
}
