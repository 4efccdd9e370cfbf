/// The register files of a VGA: sequencer, graphics controller, CRT controller, attribute
/// controller and palette, by port.
struct VGARegisters {
  /// Bits that each register keeps.
  private static let sequencerMasks: [UInt8] = [0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0x00, 0x00, 0xff]
  private static let graphicsMasks: [UInt8] = [
    0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0,
  ]
  private static let attributeMasks: [UInt8] =
    [UInt8](repeating: 0x3f, count: 16) + [0xef, 0xff, 0x3f, 0x0f, 0x0f]

  /// Bit 0 of the miscellaneous output register: the CRT controller is at 0x3d4, not 0x3b4.
  private static let colorEmulation: UInt8 = 1
  /// Bits of input status 1: display disabled, vertical retrace.
  private static let retrace: UInt8 = 0x09

  private var sequencerIndex: UInt8 = 0
  private var sequencer = [UInt8](repeating: 0, count: 8)
  private var graphicsIndex: UInt8 = 0
  private var graphics = [UInt8](repeating: 0, count: 16)
  private var crtcIndex: UInt8 = 0
  private var crtc = [UInt8](repeating: 0, count: 256)
  private var attributeIndex: UInt8 = 0
  private var attribute = [UInt8](repeating: 0, count: 21)
  /// The next write to 0x3c0 is data.
  private var isAttributeData = false
  private var miscellaneous: UInt8 = 0
  private var featureControl: UInt8 = 0
  private var inputStatus1: UInt8 = 0
  private var pixelMask: UInt8 = 0xff
  /// 0 after an index for writing was set, 3 after one for reading.
  private var dacState: UInt8 = 0
  private var dacReadIndex: UInt8 = 0
  private var dacWriteIndex: UInt8 = 0
  private var dacComponent = 0
  private var dacCache: [UInt8] = [0, 0, 0]
  /// Red, green and blue of 256 colours, as written.
  private(set) var palette = [UInt8](repeating: 0, count: 768)

  /// Whether a port of the CRT controller answers, by the miscellaneous output register.
  private func isAbsent(_ port: UInt32) -> Bool {
    let isColor = miscellaneous & Self.colorEmulation != 0
    return isColor ? (0x3b0...0x3bf).contains(port) : (0x3d0...0x3df).contains(port)
  }

  /// Reads a port, 0x3b0 to 0x3df.
  mutating func read(_ port: UInt32) -> UInt8 {
    if isAbsent(port) { return 0xff }
    switch port {
    case 0x3c0: return isAttributeData ? 0 : attributeIndex
    case 0x3c1:
      let index = Int(attributeIndex & 0x1f)
      return index < attribute.count ? attribute[index] : 0
    case 0x3c4: return sequencerIndex
    case 0x3c5: return sequencer[Int(sequencerIndex)]
    case 0x3c6: return pixelMask
    case 0x3c7: return dacState
    case 0x3c8: return dacWriteIndex
    case 0x3c9: return readPalette()
    case 0x3ca: return featureControl
    case 0x3cc: return miscellaneous
    case 0x3ce: return graphicsIndex
    case 0x3cf: return graphics[Int(graphicsIndex)]
    case 0x3b4, 0x3d4: return crtcIndex
    case 0x3b5, 0x3d5: return crtc[Int(crtcIndex)]
    case 0x3ba, 0x3da:
      isAttributeData = false
      inputStatus1 ^= Self.retrace
      return inputStatus1
    default: return 0
    }
  }

  /// Writes a port.
  mutating func write(_ port: UInt32, _ value: UInt8) {
    if isAbsent(port) { return }
    switch port {
    case 0x3c0: writeAttribute(value)
    case 0x3c2: miscellaneous = value & ~0x10
    case 0x3c4: sequencerIndex = value & 7
    case 0x3c5:
      let index = Int(sequencerIndex)
      sequencer[index] = value & Self.sequencerMasks[index]
    case 0x3c6: pixelMask = value
    case 0x3c7:
      dacReadIndex = value
      dacComponent = 0
      dacState = 3
    case 0x3c8:
      dacWriteIndex = value
      dacComponent = 0
      dacState = 0
    case 0x3c9: writePalette(value)
    case 0x3ce: graphicsIndex = value & 0x0f
    case 0x3cf:
      let index = Int(graphicsIndex)
      graphics[index] = value & Self.graphicsMasks[index]
    case 0x3b4, 0x3d4: crtcIndex = value
    case 0x3b5, 0x3d5: writeCRTC(value)
    case 0x3ba, 0x3da: featureControl = value & 0x10
    default: return
    }
  }

  private mutating func writeAttribute(_ value: UInt8) {
    if isAttributeData {
      let index = Int(attributeIndex & 0x1f)
      if index < attribute.count { attribute[index] = value & Self.attributeMasks[index] }
    } else {
      attributeIndex = value & 0x3f
    }
    isAttributeData.toggle()
  }

  /// Bit 7 of register 0x11 protects registers 0 to 7, but for bit 4 of register 7.
  private mutating func writeCRTC(_ value: UInt8) {
    let index = Int(crtcIndex)
    guard crtc[0x11] & 0x80 != 0 && index <= 7 else {
      crtc[index] = value
      return
    }
    if index == 7 { crtc[7] = crtc[7] & ~0x10 | value & 0x10 }
  }

  private mutating func readPalette() -> UInt8 {
    let value = palette[3 * Int(dacReadIndex) + dacComponent]
    dacComponent += 1
    if dacComponent == 3 {
      dacComponent = 0
      dacReadIndex &+= 1
    }
    return value
  }

  private mutating func writePalette(_ value: UInt8) {
    dacCache[dacComponent] = value
    dacComponent += 1
    guard dacComponent == 3 else { return }
    for n in 0..<3 { palette[3 * Int(dacWriteIndex) + n] = dacCache[n] }
    dacComponent = 0
    dacWriteIndex &+= 1
  }
}
