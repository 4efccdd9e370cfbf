import Machine

/// QEMU's standard VGA: a frame buffer of 16 MiB with the mode set by Bochs's "dispi" registers,
/// and the register files of a VGA.
///
/// The VGA registers are stored and read back as on the original (FreeVGA's reference names them),
/// but nothing is drawn from them: text and planar modes, which neither OpenBIOS nor Linux's
/// `offb` use, show as a black screen. Multi-byte pixels are big-endian unless the byte order
/// register of the MMIO window says otherwise.
public final class VGA: PCIDevice {
  public let name = "VGA"
  public let configuration = PCIConfiguration(
    "VGA", PCIIdentity(vendor: 0x1234, device: 0x1111, classCode: 0x030000, revision: 2))
  /// The frame buffer.
  public let memory: PhysicalMemory
  /// Bytes of the frame buffer.
  static let memorySize = 16 << 20

  var display = DisplayInterface()
  var registers = VGARegisters()
  /// The order of bytes within a pixel.
  var pixelOrder = ByteOrder.big

  /// - Throws: `MachineError.outOfMemory`.
  public init() throws(MachineError) {
    memory = try PhysicalMemory(size: Self.memorySize)
    configuration.setBaseAddress(0, .prefetchableMemory, Window("vga.vram", memory))
    configuration.setBaseAddress(2, .memory, mmioWindow)
  }

  /// As after power-on; the frame buffer keeps its bytes.
  public func reset() {
    configuration.reset()
    display = DisplayInterface()
    registers = VGARegisters()
    pixelOrder = .big
  }

  /// Puts the device into a slot, and its fixed addresses into the bus's spaces.
  public func connect(to bus: PCIBus, slot: Int) throws(MachineError) {
    try bus.add(self, slot: slot)
    for (address, size) in [(0x3b4, 2), (0x3ba, 1), (0x3c0, 16), (0x3d4, 2), (0x3da, 1)] {
      let window = portWindow("vga", UInt32(address), UInt64(size))
      try bus.io.map(window, at: UInt64(address))
    }
    try bus.io.map(dispiPorts, at: 0x1ce)
    try bus.memory.map(lowMemory, at: 0xa_0000, priority: 1)
  }

  // MARK: Windows

  /// VGA ports as a window; each access is of one byte.
  private func portWindow(_ name: String, _ first: UInt32, _ size: UInt64) -> Window {
    Window(
      name, size: size,
      ClosureHandler(
        read: { [unowned self] offset, _ in
          let value = registers.read(first &+ offset)
          TraceEvent.vgaStdReadIO("addr 0x\((first &+ offset).hex()), val 0x\(value.hex())")
          return UInt64(value)
        },
        write: { [unowned self] offset, _, value in
          let value = UInt8(truncatingIfNeeded: value)
          TraceEvent.vgaStdWriteIO("addr 0x\((first &+ offset).hex()), val 0x\(value.hex())")
          registers.write(first &+ offset, value)
          return true
        }), .little, sizes: 1...1)
  }

  /// The index (0x1ce) and the data (0x1d0) of the dispi registers, half-words.
  private var dispiPorts: Window {
    Window(
      "vbe", size: 4,
      ClosureHandler(
        read: { [unowned self] offset, _ in
          offset < 2 ? UInt64(display.index) : UInt64(readDisplay(display.index))
        },
        write: { [unowned self] offset, _, value in
          let value = UInt16(truncatingIfNeeded: value)
          if offset < 2 { display.index = value } else { writeDisplay(display.index, value) }
          return true
        }), .little, sizes: 2...2)
  }

  /// Base address 2: the VGA ports from 0x3c0 on at 0x400, dispi at 0x500, QEMU's own at 0x600.
  private var mmioWindow: Window {
    let bus = Bus("vga.mmio", size: 0x1000)
    let dispi = ClosureHandler(
      read: { [unowned self] offset, _ in UInt64(readDisplay(UInt16(offset >> 1))) },
      write: { [unowned self] offset, _, value in
        writeDisplay(UInt16(offset >> 1), UInt16(truncatingIfNeeded: value))
        return true
      })
    let rows: [(UInt64, Window)] = [
      (0x400, portWindow("vga ioports remapped", 0x3c0, 0x20)),
      (0x500, Window("bochs dispi interface", size: 0x16, dispi, .little, sizes: 2...2)),
      (0x600, extendedRegisters),
    ]
    // The rows do not overlap.
    for (offset, window) in rows { try? bus.map(window, at: offset) }
    return Window("vga.mmio", size: 0x1000, .bus(bus, from: 0))
  }

  /// QEMU's registers: their size, and the order of bytes in pixels.
  private var extendedRegisters: Window {
    let (big, little): (UInt32, UInt32) = (0xbebe_bebe, 0x1e1e_1e1e)
    return Window(
      "qemu extended regs", size: 8,
      ClosureHandler(
        read: { [unowned self] offset, _ in
          UInt64(offset == 0 ? 8 : pixelOrder == .big ? big : little)
        },
        write: { [unowned self] offset, _, value in
          let value = UInt32(truncatingIfNeeded: value)
          if offset == 4 && value == big { pixelOrder = .big }
          if offset == 4 && value == little { pixelOrder = .little }
          return true
        }), .little, sizes: 4...4)
  }

  /// The 128 KiB at 0xa0000: 64 KiB of the frame buffer, from the bank of the dispi registers on.
  private var lowMemory: Window {
    func place(_ vga: VGA, _ offset: UInt32) -> Int {
      (Int(vga.display.bank) << 16 + Int(offset & 0xffff)) & (Self.memorySize - 1)
    }
    return Window(
      "vga-lowmem", size: 0x2_0000,
      ClosureHandler(
        read: { [unowned self] offset, _ in
          UInt64(memory.start.load(fromByteOffset: place(self, offset), as: UInt8.self))
        },
        write: { [unowned self] offset, _, value in
          let byte = UInt8(truncatingIfNeeded: value)
          memory.start.storeBytes(of: byte, toByteOffset: place(self, offset), as: UInt8.self)
          return true
        }), .little, sizes: 1...1)
  }

  private func readDisplay(_ index: UInt16) -> UInt16 {
    let value = display.read(index)
    TraceEvent.vgaVbeRead("index 0x\(index.hex()), val 0x\(value.hex())")
    return value
  }

  private func writeDisplay(_ index: UInt16, _ value: UInt16) {
    TraceEvent.vgaVbeWrite("index 0x\(index.hex()), val 0x\(value.hex())")
    let wasEnabled = display.isEnabled
    display.write(index, value)
    if display.isEnabled && !wasEnabled && !display.keepsMemory { clearScreen() }
  }

  /// Enabling a mode clears what it shows.
  private func clearScreen() {
    let count = min(display.stride * Int(display.yResolution), Self.memorySize)
    (memory.start).initializeMemory(as: UInt8.self, repeating: 0, count: count)
  }
}

extension TraceEvent {
  /// A port of the VGA is read or written.
  static let vgaStdReadIO = TraceEvent("vga_std_read_io")
  static let vgaStdWriteIO = TraceEvent("vga_std_write_io")
  /// A dispi register is read or written.
  static let vgaVbeRead = TraceEvent("vga_vbe_read")
  static let vgaVbeWrite = TraceEvent("vga_vbe_write")
}

/// The trace events of the VGA.
public let vgaTraceEvents: [TraceEvent] = [
  .vgaStdReadIO, .vgaStdWriteIO, .vgaVbeRead, .vgaVbeWrite,
]
