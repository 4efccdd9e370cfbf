import Devices
import Machine

/// What the user wants started, and with what: `-bios`, `-kernel`, `-initrd`, `-append`, `-boot`.
public struct BootWishes {
  /// The firmware's file.
  public var firmware: String
  /// The kernel's file: ELF, or bytes that are loaded as they are.
  public var kernel: String?
  /// The initial RAM disk's file; an error without a kernel.
  public var initrd: String?
  /// What the kernel is told; an error without a kernel, unless empty.
  public var commandLine = ""
  /// The letter of the device to boot from; nil: the disk, or the kernel if there is one.
  public var device: Character?
  /// Without a display: fw_cfg's nographic.
  public var isTextOnly = false
  /// Width, height and depth of the display.
  public var graphics: (width: UInt16, height: UInt16, depth: UInt16) = (800, 600, 32)
  /// -uuid.
  public var uuid = [UInt8](repeating: 0, count: 16)

  /// Firmware alone, by its file.
  public init(firmware: String) { self.firmware = firmware }
}

/// Puts firmware and kernel into memory and tells firmware of them.
struct FirmwareSetup {
  let board: Board
  let rom: PhysicalMemory
  let ram: PhysicalMemory
  let configuration: FirmwareConfiguration
  /// What was loaded so far, for `info roms`.
  private(set) var images: [Image] = []

  /// A file's bytes at an address.
  struct Image {
    let name: String
    let address: UInt32
    let size: Int
    let isROM: Bool
  }

  init(
    board: Board, rom: PhysicalMemory, ram: PhysicalMemory, configuration: FirmwareConfiguration
  ) {
    self.board = board
    self.rom = rom
    self.ram = ram
    self.configuration = configuration
  }

  /// Where kernels start in memory; an ELF kernel's addresses count from there without their
  /// uppermost four bits.
  static let kernelBase: UInt32 = 0x0100_0000
  private static let addressMask: UInt32 = 0x0fff_ffff

  /// Loads the firmware: an ELF file by its physical addresses, or the last bytes of the ROM.
  mutating func loadFirmware(_ path: String) throws(MachineError) {
    let image = try BootImage(path: path)
    images = []
    let base = UInt32(truncatingIfNeeded: board.rom.address)
    guard image.isELF else {
      guard image.bytes.count <= rom.size else {
        throw .unsupported("could not load '\(path)': larger than the ROM")
      }
      let offset = rom.size - image.bytes.count
      images.append(
        Image(name: path, address: base + UInt32(offset), size: image.bytes.count, isROM: true))
      return rom.write(image.bytes, at: offset)
    }
    for segment in try image.executable().segments {
      guard segment.address >= base, Int(segment.address - base) + Int(segment.size) <= rom.size
      else {
        throw .unsupported("could not load '\(path)': a segment lies outside of the ROM")
      }
      rom.write(segment.bytes, at: Int(segment.address - base))
      images.append(
        Image(name: path, address: segment.address, size: Int(segment.size), isROM: true))
    }
  }

  /// Loads kernel, initial RAM disk and command line, and tells firmware all that it asks for.
  mutating func prepare(_ wishes: BootWishes, nvramAddress: UInt32, via: UInt16)
    throws(MachineError)
  {
    setFacts(wishes, nvramAddress: nvramAddress, via: via)
    guard let kernel = wishes.kernel else {
      guard wishes.initrd == nil, wishes.commandLine.isEmpty else {
        throw .unsupported("-append and -initrd are only there with -kernel")
      }
      return
    }
    var end = try loadKernel(kernel)
    if let initrd = wishes.initrd {
      // A MiB behind the kernel, on a page.
      let start = (end + 0x10_0000 + 0xfff) & ~0xfff
      let image = try BootImage(path: initrd)
      try put(image.bytes[...], at: start, initrd)
      configuration.setInteger(.initrdAddress, start)
      configuration.setInteger(.initrdSize, UInt32(truncatingIfNeeded: image.bytes.count))
      end = start + UInt32(truncatingIfNeeded: image.bytes.count)
    }
    guard !wishes.commandLine.isEmpty else { return }
    let start = (end + 0xfff) & ~0xfff
    try put((Array(wishes.commandLine.utf8) + [0])[...], at: start, "-append")
    configuration.setInteger(.kernelCommandLine, start)
  }

  /// - Returns: the address behind it.
  private mutating func loadKernel(_ path: String) throws(MachineError) -> UInt32 {
    let image = try BootImage(path: path)
    var end = Self.kernelBase
    if image.isELF {
      for segment in try image.executable().segments {
        let start = (segment.address & Self.addressMask) &+ Self.kernelBase
        try put(segment.bytes, at: start, path)
        end = max(end, start &+ segment.size)
      }
    } else {
      try put(image.bytes[...], at: Self.kernelBase, path)
      end += UInt32(truncatingIfNeeded: image.bytes.count)
    }
    configuration.setInteger(.kernelAddress, Self.kernelBase)
    configuration.setInteger(.kernelSize, end - Self.kernelBase)
    return end
  }

  private mutating func put(
    _ bytes: ArraySlice<UInt8>, at address: UInt32, _ what: String
  ) throws(MachineError) {
    guard Int(address) + bytes.count <= ram.size else {
      throw .unsupported("could not load '\(what)': the machine's memory is too small")
    }
    ram.write(bytes, at: Int(address))
    images.append(Image(name: what, address: address, size: bytes.count, isROM: false))
  }

  private func setFacts(_ wishes: BootWishes, nvramAddress: UInt32, via: UInt16) {
    let c = configuration
    c.setBytes(.uuid, wishes.uuid)
    c.setInteger(.ramSize, UInt64(ram.size))
    c.setInteger(.nographic, UInt16(wishes.isTextOnly ? 1 : 0))
    c.setInteger(.cpuCount, UInt16(1))
    c.setInteger(.maximumCPUs, UInt16(1))
    c.setInteger(.machineID, board.machineID)
    c.setInteger(.kernelAddress, UInt32(0))
    c.setInteger(.kernelSize, UInt32(0))
    c.setInteger(.kernelCommandLine, UInt32(0))
    c.setInteger(.initrdAddress, UInt32(0))
    c.setInteger(.initrdSize, UInt32(0))
    let device = wishes.device ?? (wishes.kernel == nil ? "c" : "m")
    c.setInteger(.bootDevice, UInt16(device.asciiValue ?? 0))
    c.setInteger(.width, wishes.graphics.width)
    c.setInteger(.height, wishes.graphics.height)
    c.setInteger(.depth, wishes.graphics.depth)
    c.setInteger(.timeBaseFrequency, board.timeBaseFrequency)
    c.setInteger(.clockFrequency, board.clockFrequency)
    c.setInteger(.busFrequency, board.busFrequency)
    c.setInteger(.isKVM, UInt32(0))
    c.setInteger(.nvramAddress, nvramAddress)
    c.setInteger(.viaConfiguration, via)
  }
}
