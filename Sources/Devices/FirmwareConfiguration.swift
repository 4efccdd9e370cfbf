import Machine

/// QEMU's firmware configuration device, without its DMA interface: how firmware learns what the
/// user asked for.
///
/// A 16-bit big-endian selector and a byte of data. Writing the selector chooses an item and its
/// first byte; each read yields the next byte, zero after the last. Integers are little-endian,
/// except in the file directory (QEMU, "QEMU Firmware Configuration (fw_cfg) Device").
public final class FirmwareConfiguration: Device {
  public let name = "fw_cfg_mem"

  /// A named blob that firmware finds through the file directory.
  private struct File {
    let name: String
    let contents: () -> [UInt8]
  }

  private var items: [UInt16: () -> [UInt8]] = [:]
  /// In the order of their names.
  private var files: [File] = []
  private var selector: UInt16 = 0
  private var selected: [UInt8] = []
  private var position = 0

  /// A device with the signature, the version and the directory; the board adds the rest.
  public init() {
    setBytes(.signature, Array("QEMU".utf8))
    setInteger(.id, UInt32(1))
    items[FirmwareKey.fileDirectory.rawValue] = { [unowned self] in directory }
  }

  /// The signature is selected; the items stay.
  public func reset() { select(FirmwareKey.signature.rawValue) }

  // MARK: Items

  /// Gives an item its bytes.
  public func setBytes(_ key: FirmwareKey, _ bytes: [UInt8]) { items[key.rawValue] = { bytes } }

  /// Gives an item a closure that is asked when the item is selected.
  public func setContents(_ key: FirmwareKey, _ contents: @escaping () -> [UInt8]) {
    items[key.rawValue] = contents
  }

  /// Gives an item an integer of 2, 4 or 8 bytes.
  public func setInteger(_ key: FirmwareKey, _ value: some FixedWidthInteger & UnsignedInteger) {
    setBytes(key, Self.bytes(value.littleEndian))
  }

  /// Gives an item a text, with a zero at its end.
  public func setText(_ key: FirmwareKey, _ text: String) {
    setBytes(key, Array(text.utf8) + [0])
  }

  /// Adds a file, or replaces the one of that name.
  /// - Parameter name: at most 55 bytes, such as `ndrv/qemu_vga.ndrv`.
  public func addFile(_ name: String, _ contents: @escaping () -> [UInt8]) {
    files.removeAll { $0.name == name }
    files.append(File(name: name, contents: contents))
    files.sort { $0.name < $1.name }
  }

  /// Adds a file of bytes.
  public func addFile(_ name: String, _ bytes: [UInt8]) { addFile(name) { bytes } }

  /// The file directory: a count, then for each file size, key, two zero bytes and 56 of name.
  private var directory: [UInt8] {
    var result = Self.bytes(UInt32(files.count).bigEndian)
    for (index, file) in files.enumerated() {
      result += Self.bytes(UInt32(truncatingIfNeeded: file.contents().count).bigEndian)
      result += Self.bytes((FirmwareKey.firstFile.rawValue &+ UInt16(index)).bigEndian) + [0, 0]
      let name = Array(file.name.utf8.prefix(55))
      result += name + [UInt8](repeating: 0, count: 56 - name.count)
    }
    return result
  }

  /// The bytes of an integer as they lie in memory.
  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0) }
  }

  // MARK: Registers

  /// The selector: two bytes, at 0xf0000510. It reads as zero and takes half-words only.
  public private(set) lazy var selectorWindow = Window(
    "fwcfg.ctl", size: 2,
    ClosureHandler(
      read: { _, _ in 0 },
      write: { [unowned self] _, size, value in
        if size == 2 { select(UInt16(truncatingIfNeeded: value)) }
        return true
      }), .big, sizes: 1...2)

  /// The data: one byte, at 0xf0000512. Writes are ignored.
  public private(set) lazy var dataWindow = Window(
    "fwcfg.data", size: 1,
    ClosureHandler(
      read: { [unowned self] _, _ in UInt64(next()) }, write: { _, _, _ in true }),
    .big, sizes: 1...1)

  /// Chooses an item; bit 14, which once meant writing, is ignored.
  private func select(_ key: UInt16) {
    selector = key & ~FirmwareKey.writeBit
    position = 0
    let number = Int(selector & 0x3fff)
    let file = number - Int(FirmwareKey.firstFile.rawValue)
    if selector < 0x8000, files.indices.contains(file) {
      selected = files[file].contents()
    } else {
      selected = items[selector]?() ?? []
    }
    let isValid = number < Int(FirmwareKey.limit)
    let name = FirmwareKey(rawValue: selector)?.traceName ?? "unknown"
    TraceEvent.fwCfgSelect(
      "\(identity) key 0x\(selector.hex(4)) '\(name)', ret: \(isValid ? 1 : 0)")
  }

  private func next() -> UInt8 {
    var value: UInt8 = 0
    if position < selected.count {
      value = selected[position]
      position += 1
    }
    TraceEvent.fwCfgRead("\(identity) = 0x\(value.hex())")
    return value
  }

  /// QEMU shows its object's address here.
  private var identity: String {
    "0x" + UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()).hex()
  }
}

/// The items of the firmware configuration device, by QEMU's names and numbers.
public enum FirmwareKey: UInt16, CaseIterable, Sendable {
  case signature = 0x00
  case id = 0x01
  case uuid = 0x02
  case ramSize = 0x03
  case nographic = 0x04
  case cpuCount = 0x05
  case machineID = 0x06
  case kernelAddress = 0x07
  case kernelSize = 0x08
  case kernelCommandLine = 0x09
  case initrdAddress = 0x0a
  case initrdSize = 0x0b
  case bootDevice = 0x0c
  case bootMenu = 0x0e
  case maximumCPUs = 0x0f
  case fileDirectory = 0x19
  case firstFile = 0x20
  case width = 0x8000
  case height = 0x8001
  case depth = 0x8002
  case timeBaseFrequency = 0x8003
  case clockFrequency = 0x8004
  case isKVM = 0x8005
  case kvmHypercall = 0x8006
  case kvmPID = 0x8007
  case nvramAddress = 0x8008
  case busFrequency = 0x8009
  case nvramFlat = 0x800a
  case viaConfiguration = 0x800b

  /// Bit 14 of a selector.
  static let writeBit: UInt16 = 0x4000
  /// Keys from here on do not exist: 32 items and 32 files.
  static let limit: UInt16 = 0x40

  /// The name in trace events, QEMU's spelling.
  var traceName: String { Self.traceNames[self] ?? "unknown" }

  private static let traceNames: [FirmwareKey: String] = [
    .signature: "signature", .id: "id", .uuid: "uuid", .ramSize: "ram_size",
    .nographic: "nographic", .cpuCount: "nb_cpus", .machineID: "machine_id",
    .kernelAddress: "kernel_addr", .kernelSize: "kernel_size",
    .kernelCommandLine: "kernel_cmdline", .initrdAddress: "initrd_addr",
    .initrdSize: "initdr_size", .bootDevice: "boot_device", .bootMenu: "boot_menu",
    .maximumCPUs: "max_cpus", .fileDirectory: "file_dir", .width: "width", .height: "height",
    .depth: "depth", .timeBaseFrequency: "tbfreq", .clockFrequency: "clockfreq",
    .isKVM: "is_kvm", .kvmHypercall: "kvm_hc", .kvmPID: "pid", .nvramAddress: "nvram_addr",
    .busFrequency: "busfreq", .nvramFlat: "nvram_flat", .viaConfiguration: "viaconfig",
  ]
}

extension TraceEvent {
  /// An item is selected; a byte of it is read.
  static let fwCfgSelect = TraceEvent("fw_cfg_select")
  static let fwCfgRead = TraceEvent("fw_cfg_read")
}

/// The trace events of the firmware configuration device.
public let firmwareConfigurationTraceEvents: [TraceEvent] = [.fwCfgSelect, .fwCfgRead]
