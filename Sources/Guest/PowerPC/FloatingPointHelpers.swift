/// What a floating-point helper leaves in `PowerPCState.floatVerdict`.
enum FloatVerdict {
  /// An enabled exception occurred; the target takes the result.
  static let delivered: UInt32 = 1
  /// An enabled exception occurred; the target keeps its value.
  static let suppressed: UInt32 = 2
}

extension HelperNumber {
  /// The function of a floating-point helper.
  var floatingPointFunction: Function {
    switch self {
    case .fadd: { env, a, b, _ in arithmetic(env) { SoftwareFloat.fadd(&$0, FRA: a, FRB: b) } }
    case .fadds: { env, a, b, _ in arithmetic(env) { SoftwareFloat.fadds(&$0, FRA: a, FRB: b) } }
    case .fsub: { env, a, b, _ in arithmetic(env) { SoftwareFloat.fsub(&$0, FRA: a, FRB: b) } }
    case .fsubs: { env, a, b, _ in arithmetic(env) { SoftwareFloat.fsubs(&$0, FRA: a, FRB: b) } }
    case .fdiv: { env, a, b, _ in arithmetic(env) { SoftwareFloat.fdiv(&$0, FRA: a, FRB: b) } }
    case .fdivs: { env, a, b, _ in arithmetic(env) { SoftwareFloat.fdivs(&$0, FRA: a, FRB: b) } }
    case .fmul: { env, a, c, _ in arithmetic(env) { SoftwareFloat.fmul(&$0, FRA: a, FRC: c) } }
    case .fmuls: { env, a, c, _ in arithmetic(env) { SoftwareFloat.fmuls(&$0, FRA: a, FRC: c) } }
    default: fusedFunction
    }
  }

  private var fusedFunction: Function {
    switch self {
    case .fmadd:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fmadd(&$0, FRA: a, FRC: c, FRB: b) }
      }
    case .fmadds:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fmadds(&$0, FRA: a, FRC: c, FRB: b) }
      }
    case .fmsub:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fmsub(&$0, FRA: a, FRC: c, FRB: b) }
      }
    case .fmsubs:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fmsubs(&$0, FRA: a, FRC: c, FRB: b) }
      }
    case .fnmadd:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fnmadd(&$0, FRA: a, FRC: c, FRB: b) }
      }
    case .fnmadds:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fnmadds(&$0, FRA: a, FRC: c, FRB: b) }
      }
    case .fnmsub:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fnmsub(&$0, FRA: a, FRC: c, FRB: b) }
      }
    case .fnmsubs:
      { env, a, c, b in
        arithmetic(env) { SoftwareFloat.fnmsubs(&$0, FRA: a, FRC: c, FRB: b) }
      }
    default: unaryFunction
    }
  }

  private var unaryFunction: Function {
    switch self {
    case .fsqrt: { env, b, _, _ in arithmetic(env) { SoftwareFloat.fsqrt(&$0, FRB: b) } }
    case .fsqrts: { env, b, _, _ in arithmetic(env) { SoftwareFloat.fsqrts(&$0, FRB: b) } }
    case .fres: { env, b, _, _ in arithmetic(env) { SoftwareFloat.fres(&$0, FRB: b) } }
    case .frsqrte: { env, b, _, _ in arithmetic(env) { SoftwareFloat.frsqrte(&$0, FRB: b) } }
    case .frsp: { env, b, _, _ in arithmetic(env) { SoftwareFloat.frsp(&$0, FRB: b) } }
    case .fctiw: { env, b, _, _ in arithmetic(env) { SoftwareFloat.fctiw(&$0, FRB: b) } }
    case .fctiwz: { env, b, _, _ in arithmetic(env) { SoftwareFloat.fctiwz(&$0, FRB: b) } }
    case .frin: { env, b, _, _ in arithmetic(env) { SoftwareFloat.frin(&$0, FRB: b) } }
    case .friz: { env, b, _, _ in arithmetic(env) { SoftwareFloat.friz(&$0, FRB: b) } }
    case .frip: { env, b, _, _ in arithmetic(env) { SoftwareFloat.frip(&$0, FRB: b) } }
    case .frim: { env, b, _, _ in arithmetic(env) { SoftwareFloat.frim(&$0, FRB: b) } }
    default: statusFunction
    }
  }

  private var statusFunction: Function {
    switch self {
    case .fcmpu:
      { env, a, b, _ in
        status(env, .compare) { UInt64(SoftwareFloat.fcmpu(&$0, FRA: a, FRB: b)) }
      }
    case .fcmpo:
      { env, a, b, _ in
        status(env, .compare) { UInt64(SoftwareFloat.fcmpo(&$0, FRA: a, FRB: b)) }
      }
    case .mcrfs:
      { env, field, _, _ in
        status(env, .clear) { UInt64($0.mcrfs(UInt32(truncatingIfNeeded: field))) }
      }
    case .mtfsf:
      { env, mask, bits, _ in
        status(env, .move) { fpscr in
          fpscr.mtfsf(FLM: UInt32(truncatingIfNeeded: mask), bits)
          return 0
        }
      }
    case .mtfsfAll:
      { env, mask, bits, _ in
        stateOf(env).pointee.floatStatus &= ~MXCSR.flags
        return status(env, .move) { fpscr in
          fpscr.mtfsf(FLM: UInt32(truncatingIfNeeded: mask), bits)
          return 0
        }
      }
    case .mtfsfi:
      { env, field, value, _ in
        status(env, .move) { fpscr in
          fpscr.mtfsfi(
            BF: UInt32(truncatingIfNeeded: field), U: UInt32(truncatingIfNeeded: value))
          return 0
        }
      }
    case .mtfsb0:
      { env, bit, _, _ in
        status(env, .clear) { fpscr in
          fpscr.mtfsb0(UInt32(truncatingIfNeeded: bit))
          return 0
        }
      }
    case .mtfsb1:
      { env, bit, _, _ in
        status(env, .move) { fpscr in
          fpscr.mtfsb1(UInt32(truncatingIfNeeded: bit))
          return 0
        }
      }
    case .singleToDouble:
      { _, word, _, _ in
        SoftwareFloat.lfs(UInt32(truncatingIfNeeded: word))
      }
    default: { _, bits, _, _ in UInt64(SoftwareFloat.stfs(bits)) }
    }
  }
}

/// Does an arithmetic operation on the state's FPSCR.
@inline(__always)
private func arithmetic(
  _ env: UnsafeMutableRawPointer, _ operation: (inout FPSCR) -> FloatResult
) -> UInt64 {
  let state = stateOf(env)
  var fpscr = FPSCR(rawValue: state.pointee.storedFPSCR)
  if fpscr.has(FPSCR.enables) {
    let before = fpscr
    var alone = before.withoutExceptions
    let result = operation(&alone)
    state.pointee.floatVerdict =
      !alone.raises ? 0 : result.writesTarget ? FloatVerdict.delivered : FloatVerdict.suppressed
    state.pointee.storedFPSCR = alone.joined(with: before).rawValue
    return result.bits
  }
  let result = operation(&fpscr)
  state.pointee.storedFPSCR = fpscr.rawValue
  return result.bits
}

/// How an operation on the FPSCR raises an enabled exception.
private enum StatusKind {
  /// When the operation itself meets one.
  case compare
  /// When one is there afterwards.
  case move
  /// Never.
  case clear
}

/// Does a comparison or a move on the state's FPSCR.
@inline(__always)
private func status(
  _ env: UnsafeMutableRawPointer, _ kind: StatusKind, _ operation: (inout FPSCR) -> UInt64
) -> UInt64 {
  let state = stateOf(env)
  let before = FPSCR(rawValue: state.pointee.storedFPSCR)
  var fpscr = kind == .compare ? before.withoutExceptions : before
  let result = operation(&fpscr)
  if fpscr.raises && kind != .clear { state.pointee.floatVerdict = FloatVerdict.delivered }
  if kind == .compare { fpscr = fpscr.joined(with: before) }
  state.pointee.storedFPSCR = fpscr.rawValue
  return result
}

extension FPSCR {
  /// The register as if no exception had occurred yet.
  fileprivate var withoutExceptions: FPSCR {
    FPSCR(rawValue: rawValue & ~(FPSCR.exceptions | FPSCR.FX))
  }

  /// Whether an exception bit is set whose enable bit is set.
  fileprivate var raises: Bool { has(FPSCR.FEX) }

  /// This register, which began `withoutExceptions`, with the exceptions of `before`.
  fileprivate func joined(with before: FPSCR) -> FPSCR {
    let old = before.rawValue & (FPSCR.exceptions | FPSCR.FX)
    let isNew = rawValue & FPSCR.exceptions & ~old != 0
    return FPSCR(rawValue: rawValue & ~FPSCR.FX | old | (isNew ? FPSCR.FX : 0))
  }
}
