import Machine

/// The non-volatile memory of a Macintosh: 8 KiB, a byte at a time, spread over a wider window.
public final class MacNVRAM: Device {
  public let name = "macio-nvram"
  /// Bytes of the memory.
  public static let size = 0x2000
  /// What it holds. The board gives it contents, and may keep them in a file.
  public private(set) var contents: [UInt8]
  /// Told of every byte that changes: where, and the new value.
  public var onWrite: ((Int, UInt8) -> Void)?
  private let shift: UInt32

  /// - Parameters:
  ///   - shift: bytes of the window per byte of the memory, as a power of two: 4 in mac-io, 1 in
  ///     the ROM of mac99.
  ///   - contents: at most `size` bytes; zeros follow.
  public init(shift: UInt32, contents: [UInt8] = []) {
    self.shift = shift
    let kept = contents.prefix(Self.size)
    self.contents = kept + [UInt8](repeating: 0, count: Self.size - kept.count)
  }

  /// Nothing: the contents outlive a reset.
  public func reset() {}

  /// The window, `size` shifted bytes long.
  public private(set) lazy var window = Window(
    "macio-nvram", size: UInt64(Self.size) << UInt64(shift),
    ClosureHandler(
      read: { [unowned self] offset, _ in
        let address = place(offset)
        TraceEvent.macioNvramRead(
          "read addr=0x\(address.hex(4)) val=0x\(contents[address].hex(2))")
        return UInt64(contents[address])
      },
      write: { [unowned self] offset, _, value in
        write(place(offset), UInt8(truncatingIfNeeded: value))
        return true
      }), .big, sizes: 1...1)

  private func place(_ offset: UInt32) -> Int { Int(offset >> shift) & (Self.size - 1) }

  private func write(_ address: Int, _ value: UInt8) {
    TraceEvent.macioNvramWrite("write addr=0x\(address.hex(4)) val=0x\(value.hex(2))")
    guard contents[address] != value else { return }
    contents[address] = value
    onWrite?(address, value)
  }
}

/// What a machine finds in its memory at first: a half of CHRP partitions with the variables of
/// Open Firmware, and a half for Mac OS X (CHRP binding to Open Firmware, section on NVRAM).
extension MacNVRAM {
  /// Signatures of partitions.
  private enum Signature {
    static let system: UInt8 = 0x70
    static let free: UInt8 = 0x7f
    static let macOSX: UInt8 = 0x5a
  }

  private static let half = size / 2
  private static let headerSize = 16
  /// The least size of the partition of variables, as QEMU makes it.
  private static let systemSize = 0xc10

  /// The contents at the machine's first start.
  /// - Parameter variables: as `name=value`, what `-prom-env` gives.
  /// - Throws: `MachineError.unsupported` if they do not fit.
  public static func formatted(variables: [String]) throws(MachineError) -> [UInt8] {
    var texts: [UInt8] = []
    for variable in variables { texts += Array(variable.utf8) + [0] }
    texts.append(0)
    let needed = (headerSize + texts.count + 15) & ~15
    guard needed <= half - headerSize else {
      throw .unsupported("variables of -prom-env longer than \(half - 2 * headerSize) bytes")
    }
    let length = max(systemSize, needed)
    let system = partition(Signature.system, "system", length, texts)
    let free = partition(Signature.free, "free", half - length, [])
    return system + free + macOSXPartition
  }

  private static func partition(
    _ signature: UInt8, _ name: String, _ length: Int, _ data: [UInt8]
  ) -> [UInt8] {
    let units = UInt16(truncatingIfNeeded: length / 16)
    let text = Array(name.utf8.prefix(12))
    var header: [UInt8] = [signature, 0, UInt8(units >> 8), UInt8(units & 0xff)]
    header += text + [UInt8](repeating: 0, count: 12 - text.count)
    header[1] = checksum(header)
    let bytes = header + data
    return bytes + [UInt8](repeating: 0, count: length - bytes.count)
  }

  /// The sum of a header's bytes but the checksum itself, carries added at the low end.
  private static func checksum(_ header: [UInt8]) -> UInt8 {
    var sum = Int(header[0])
    for byte in header[2...] {
      sum += Int(byte)
      sum = (sum & 0xff) + sum >> 8
    }
    return UInt8(sum & 0xff)
  }

  /// Mac OS X's half: after the header an Adler-32 sum of the rest, and a generation number.
  private static var macOSXPartition: [UInt8] {
    let name = String(repeating: "w", count: 11)
    let generation: [UInt8] = [0, 0, 0, 2]
    var bytes = partition(Signature.macOSX, name, half, [0, 0, 0, 0] + generation)
    let sum = adler32(bytes[(headerSize + 4)...])
    for n in 0..<4 {
      bytes[headerSize + n] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * n))
    }
    return bytes
  }

  /// The checksum of RFC 1950, but starting from 0 as in QEMU.
  private static func adler32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var low: UInt32 = 0
    var high: UInt32 = 0
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }
}

extension TraceEvent {
  /// A byte is read or written.
  static let macioNvramRead = TraceEvent("macio_nvram_read")
  static let macioNvramWrite = TraceEvent("macio_nvram_write")
}

/// The trace events of the non-volatile memory.
public let macNVRAMTraceEvents: [TraceEvent] = [.macioNvramRead, .macioNvramWrite]
