import Machine

/// A command of a channel program: 16 bytes in memory, little-endian.
struct DBDMADescriptor {
  /// The operations.
  enum Command: UInt16 {
    case outputMore, outputLast, inputMore, inputLast, storeQuad, loadQuad, nop, stop
  }

  /// When a command interrupts, branches or waits.
  enum Condition: UInt16 {
    case never, ifTrue, ifFalse, always

    /// Whether it is met, given the condition bit.
    func isMet(_ bit: Bool) -> Bool {
      switch self {
      case .never: false
      case .ifTrue: bit
      case .ifFalse: !bit
      case .always: true
      }
    }
  }

  /// Bytes of a descriptor.
  static let size: UInt64 = 16
  /// Where the residual count and the status lie in it.
  static let residualCountOffset: UInt64 = 12
  static let statusOffset: UInt64 = 14
  /// Where the operand of a quad command lies in it.
  static let dependentOffset: UInt64 = 8

  /// Bytes to be moved.
  let requestCount: Int
  /// The 16 bits that hold operation, key and conditions.
  let operation: UInt16
  /// Where the data are.
  let address: UInt64
  /// The target of a branch, or the operand of a quad command.
  let dependent: UInt32

  /// Reads the one at an address; nil if memory does not answer.
  init?(_ bus: Bus, at place: UInt64) {
    guard let bytes = bus.read(place, count: Int(Self.size)) else { return nil }
    func half(_ n: Int) -> UInt16 { UInt16(bytes[n]) | UInt16(bytes[n + 1]) << 8 }
    func word(_ n: Int) -> UInt32 { UInt32(half(n)) | UInt32(half(n + 2)) << 16 }
    requestCount = Int(half(0))
    operation = half(2)
    address = UInt64(word(4))
    dependent = word(8)
  }

  /// The operation; nil for a reserved one.
  var command: Command? { Command(rawValue: operation >> 12) }
  /// What the data are: 0 to 3 the device's streams, 5 registers, 6 memory, 7 the device.
  var key: UInt16 { operation >> 8 & 7 }
  var interrupt: Condition { Condition(rawValue: operation >> 4 & 3) ?? .never }
  var branch: Condition { Condition(rawValue: operation >> 2 & 3) ?? .never }
  var wait: Condition { Condition(rawValue: operation & 3) ?? .never }

  /// Bytes that a quad command moves.
  var quadCount: Int { requestCount & 4 != 0 ? 4 : requestCount & 2 != 0 ? 2 : 1 }
}
