import Machine

/// The "dispi" registers of Bochs's VBE display interface, version 5, as QEMU has them.
///
/// While the display is enabled its values are brought into what the memory can hold after each
/// write; while it is not, they are kept as written.
struct DisplayInterface {
  /// The registers' numbers.
  private enum Number {
    static let id: UInt16 = 0
    static let xResolution: UInt16 = 1
    static let yResolution: UInt16 = 2
    static let bitsPerPixel: UInt16 = 3
    static let enable: UInt16 = 4
    static let bank: UInt16 = 5
    static let virtualWidth: UInt16 = 6
    static let virtualHeight: UInt16 = 7
    static let xOffset: UInt16 = 8
    static let yOffset: UInt16 = 9
    /// Memory in units of 64 KiB.
    static let memory: UInt16 = 10
  }

  /// Bits of the enable register.
  private enum Enable {
    static let enabled: UInt16 = 0x01
    /// Reading the resolution yields the largest one.
    static let capabilities: UInt16 = 0x02
    static let wideDAC: UInt16 = 0x20
    static let keepMemory: UInt16 = 0x80
  }

  private static let ids: ClosedRange<UInt16> = 0xb0c0...0xb0c5
  private static let maximum: (x: UInt16, y: UInt16, bits: UInt16) = (16000, 12000, 32)

  /// The register chosen by the index port.
  var index: UInt16 = 0
  private(set) var id: UInt16 = 0xb0c5
  private(set) var xResolution: UInt16 = 0
  private(set) var yResolution: UInt16 = 0
  private(set) var bitsPerPixel: UInt16 = 0
  private(set) var enable: UInt16 = 0
  private(set) var bank: UInt16 = 0
  private(set) var virtualWidth: UInt16 = 0
  private(set) var virtualHeight: UInt16 = 0
  private(set) var xOffset: UInt16 = 0
  private(set) var yOffset: UInt16 = 0

  var isEnabled: Bool { enable & Enable.enabled != 0 }
  /// The palette has eight bits a colour instead of six.
  var isDACWide: Bool { enable & Enable.wideDAC != 0 }
  /// Enabling does not clear the screen.
  var keepsMemory: Bool { enable & Enable.keepMemory != 0 }
  /// Bits that a pixel takes in memory.
  private var pixelBits: Int { bitsPerPixel == 15 ? 16 : Int(bitsPerPixel) }
  /// Bytes from one line to the next.
  var stride: Int { Int(virtualWidth) * pixelBits / 8 }
  /// Offset in bytes of the first pixel shown.
  var start: Int { Int(xOffset) * pixelBits / 8 + Int(yOffset) * stride }

  func read(_ number: UInt16) -> UInt16 {
    let wantsLargest = enable & Enable.capabilities != 0
    switch number {
    case Number.id: return id
    case Number.xResolution: return wantsLargest ? Self.maximum.x : xResolution
    case Number.yResolution: return wantsLargest ? Self.maximum.y : yResolution
    case Number.bitsPerPixel: return wantsLargest ? Self.maximum.bits : bitsPerPixel
    case Number.enable: return enable
    case Number.bank: return bank
    case Number.virtualWidth: return virtualWidth
    case Number.virtualHeight: return virtualHeight
    case Number.xOffset: return xOffset
    case Number.yOffset: return yOffset
    case Number.memory: return UInt16(VGA.memorySize >> 16)
    default: return 0
    }
  }

  mutating func write(_ number: UInt16, _ value: UInt16) {
    switch number {
    case Number.id: if Self.ids.contains(value) { id = value }
    case Number.xResolution: xResolution = value
    case Number.yResolution: yResolution = value
    case Number.bitsPerPixel: bitsPerPixel = value
    case Number.enable: setEnable(value)
    case Number.bank: bank = value & UInt16(VGA.memorySize >> 16 - 1)
    case Number.virtualWidth: virtualWidth = value
    case Number.xOffset: xOffset = value
    case Number.yOffset: yOffset = value
    default: return
    }
    if isEnabled { fit() }
  }

  /// Enabling starts with the screen at the start of memory, lines without a gap.
  private mutating func setEnable(_ value: UInt16) {
    if value & Enable.enabled != 0 && !isEnabled {
      virtualWidth = 0
      xOffset = 0
      yOffset = 0
    }
    enable = value
  }

  /// Brings the values into what the memory can hold.
  private mutating func fit() {
    if ![4, 8, 15, 16, 24, 32].contains(bitsPerPixel) { bitsPerPixel = 8 }
    xResolution = min(max(xResolution & ~7, 8), Self.maximum.x)
    virtualWidth = max(min(virtualWidth & ~7, Self.maximum.x), xResolution)
    let lines = VGA.memorySize / stride
    virtualHeight = UInt16(truncatingIfNeeded: lines)
    yResolution = min(max(yResolution, 1), Self.maximum.y, UInt16(clamping: lines))
    xOffset = min(xOffset, Self.maximum.x)
    yOffset = min(yOffset, Self.maximum.y)
    if !isWithinMemory { yOffset = 0 }
    if !isWithinMemory { xOffset = 0 }
  }

  private var isWithinMemory: Bool { start + Int(yResolution) * stride <= VGA.memorySize }
}
