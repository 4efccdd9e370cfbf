import IR
import RegisterAllocation

/// Which 32-bit value the host's sign and zero flags describe: a comparison of it with zero right
/// after the instruction that made it needs no instruction of its own. Or which two floating-point
/// numbers they compare.
struct FlagsOrigin: Equatable {
  /// Where the value is.
  var place: Operand
  /// Whether overflow and carry are known to be clear, so that every condition can be read.
  var isLogical: Bool
  /// The other number, if the flags compare two.
  var other = Operand.none

  /// The flags describe no value.
  static var none: FlagsOrigin { FlagsOrigin(place: .none, isLogical: false) }
}

extension Emitter {
  /// Notes that the instruction just written set the flags for a result.
  @inline(__always) func noteFlags(_ w: Width, _ d: GPR, isLogical: Bool) {
    if w == .dword { flags = FlagsOrigin(place: .register(d.rawValue), isLogical: isLogical) }
  }

  /// Compares two doubles, the second of which may be in memory, if the flags do not yet.
  func compareDoubles(_ o: OpInPlace) {
    let a = o.input(0), b = o.input(1)
    let comparison = FlagsOrigin(place: a, isLogical: false, other: b)
    if known != comparison {
      b.kind == .memory
        ? x.ucomisd(o.vector(0), env(b.offset)) : x.ucomisd(o.vector(0), o.vector(1))
    }
    flags = comparison
  }

  /// The condition to read if the flags already compare a place with zero.
  func knownFlags(_ o: OpInPlace) -> HostCondition? {
    guard o.width == .dword, known.place.kind != .none, known.other.kind == .none,
      o.input(0) == known.place,
      o.constant(1) == 0
    else { return nil }
    switch o.op.pointee.condition {
    case .eq: return .e
    case .ne: return .ne
    case .lt: return .s
    case .ge: return .ns
    case .gt where known.isLogical: return .g
    case .le where known.isLogical: return .le
    default: return nil
    }
  }

  /// The ops that can change a field of env in place.
  static func worksInMemory(_ opcode: Opcode) -> Bool {
    switch opcode {
    case .add, .sub, .and, .or, .xor: true
    default: false
    }
  }

  /// Changes a field of env in place.
  func workInMemory(_ opcode: Opcode, _ step: UnsafePointer<Step>) {
    let place = step.pointee.operands[unchecked: 0]
    let m = env(place.offset)
    let s = step.pointee.operands[unchecked: 2]
    if s.kind == .constant {
      let k = Int32(truncatingIfNeeded: block.temps[Int(s.payload)].value)
      switch opcode {
      case .add: x.add(.dword, m, imm: k)
      case .sub: x.sub(.dword, m, imm: k)
      case .and: x.and(.dword, m, imm: k)
      case .or: x.or(.dword, m, imm: k)
      default: x.xor(.dword, m, imm: k)
      }
    } else {
      let r = GPR.number(s.register)
      switch opcode {
      case .add: x.add(.dword, m, r)
      case .sub: x.sub(.dword, m, r)
      case .and: x.and(.dword, m, r)
      case .or: x.or(.dword, m, r)
      default: x.xor(.dword, m, r)
      }
    }
    flags = FlagsOrigin(place: place, isLogical: opcode != .add && opcode != .sub)
  }
}
