import Machine

/// What the screen shows: for `screendump`.
extension VGA {
  /// How the frame buffer is to be read.
  public struct Mode: Equatable, Sendable {
    /// Pixels across and down.
    public let width, height: Int
    /// Bits of a pixel: 4, 8, 15, 16, 24 or 32.
    public let depth: Int
    /// Bytes from one line to the next, and from the start of the buffer to the first line.
    public let stride, start: Int
    /// Red, green and blue of 256 colours, eight bits each; used up to depth 8.
    public let palette: [UInt8]
  }

  /// The mode, or nil if the display is off or in a text or planar mode.
  public var mode: Mode? {
    guard display.isEnabled, display.bitsPerPixel > 4 else { return nil }
    return Mode(
      width: Int(display.xResolution), height: Int(display.yResolution),
      depth: Int(display.bitsPerPixel), stride: display.stride, start: display.start,
      palette: display.isDACWide ? registers.palette : registers.palette.map(Self.eightBits))
  }

  /// The screen: width, height, and red, green and blue of each pixel, line by line. A display
  /// without a mode shows as 640 by 480 black pixels.
  public func image() -> (width: Int, height: Int, rgb: [UInt8]) {
    guard let mode else { return (640, 480, [UInt8](repeating: 0, count: 640 * 480 * 3)) }
    var rgb: [UInt8] = []
    rgb.reserveCapacity(mode.width * mode.height * 3)
    let bytes = (mode.depth + 7) / 8
    for line in 0..<mode.height {
      let first = mode.start + line * mode.stride
      let row = memory.bytes(at: first, count: mode.width * bytes)
      for pixel in 0..<row.count / bytes {
        let (red, green, blue) = color(value(row, pixel * bytes, bytes), mode)
        rgb.append(red)
        rgb.append(green)
        rgb.append(blue)
      }
    }
    let missing = mode.width * mode.height * 3 - rgb.count
    return (mode.width, mode.height, rgb + [UInt8](repeating: 0, count: max(0, missing)))
  }

  /// A pixel as a number, from its bytes.
  private func value(_ row: [UInt8], _ place: Int, _ bytes: Int) -> UInt32 {
    var value: UInt32 = 0
    for n in 0..<bytes {
      let at = pixelOrder == .big ? n : bytes - 1 - n
      value = value << 8 | UInt32(row[place + at])
    }
    return value
  }

  /// The colour of a pixel: red, green and blue.
  private func color(_ value: UInt32, _ mode: Mode) -> (UInt8, UInt8, UInt8) {
    switch mode.depth {
    case 8:
      let place = 3 * Int(value)
      return (mode.palette[place], mode.palette[place + 1], mode.palette[place + 2])
    case 15:
      return (
        Self.widened(value >> 10, bits: 5), Self.widened(value >> 5, bits: 5),
        Self.widened(value, bits: 5)
      )
    case 16:
      return (
        Self.widened(value >> 11, bits: 5), Self.widened(value >> 5, bits: 6),
        Self.widened(value, bits: 5)
      )
    default:
      return (
        UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
        UInt8(truncatingIfNeeded: value)
      )
    }
  }

  /// A colour of a few bits as one of eight: the high bits repeat below.
  private static func widened(_ value: UInt32, bits: UInt32) -> UInt8 {
    let value = value & (1 << bits &- 1)
    return UInt8(truncatingIfNeeded: value << (8 - bits) | value >> (2 * bits - 8))
  }

  /// A colour of the six-bit palette: the lowest bit fills the two below.
  private static func eightBits(_ value: UInt8) -> UInt8 {
    (value & 0x3f) << 2 | (value & 1) * 3
  }
}
