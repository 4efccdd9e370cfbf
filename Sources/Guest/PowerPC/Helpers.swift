import Glibc
import IR

/// The functions of ours that translated code calls, by the number that `call` carries.
///
/// Every one takes env and three words and returns a word; those that can fail return 0 or the
/// number of an exception to raise (`Cpu.attempt`).
enum HelperNumber: UInt32, CaseIterable {
  /// The time base shifted right by the first argument.
  case timeBase
  /// The whole condition register.
  case packConditionRegister
  /// `lswi`, `lswx`, `stswi` and `stswx`: address, number of bytes, the word's register fields.
  case loadString, loadStringIndexed, storeString
  /// Puts the whole FPSCR together.
  case foldStatus
  /// The FPSCR, which stays stored as far as exceptions go; what the host's flags say stays so too.
  case readStatus
  // Floating point: the operands' bits, as the assembler orders them, to the result's.
  case fadd, fadds, fsub, fsubs, fmul, fmuls, fdiv, fdivs
  case fmadd, fmadds, fmsub, fmsubs, fnmadd, fnmadds, fnmsub, fnmsubs
  case fsqrt, fsqrts, fres, frsqrte
  case frsp, fctiw, fctiwz, frin, friz, frip, frim
  /// The relation as a CR field.
  case fcmpu, fcmpo
  /// Changes of the FPSCR, with the instruction's operands.
  case mcrfs, mtfsf, mtfsfAll, mtfsfi, mtfsb0, mtfsb1
  /// The conversions of `lfs` and `stfs`.
  case singleToDouble, doubleToSingle
  // The supervisor's: see SupervisorHelpers.swift.
  case systemTimeBase, decrementer, writeSpecialRegister, reportSpecialRegister
  case writeMachineState, returnFromInterrupt, synchronizeContext
  case invalidatePage, invalidateAll, loadDataTranslation, loadInstructionTranslation
  /// `stwcx.` where several processors run: address and word to 1, 0, or 2 after a fault.
  case storeConditional
  case loadStringTranslated, loadStringIndexedTranslated, storeStringTranslated

  /// The function and what it may do.
  var helper: Helper {
    switch self {
    case .timeBase: row("timebase", [.noReadGlobals, .noWriteGlobals], readTimeBase)
    case .packConditionRegister: row("pack_cr", [.noWriteGlobals, .noSideEffects], packCR)
    case .loadString: row("lsw", [], moveStringIn)
    case .loadStringIndexed: row("lswx", [], moveStringInIndexed)
    case .readStatus:
      row("read_fpscr", [.noWriteGlobals, .noHomes, .readsFloatStatus], readFPSCR)
    case .foldStatus: row("fold_fpscr", [.noWriteGlobals], putStatusTogether)
    case .storeString: row("stsw", [.noWriteGlobals], moveStringOut)
    case .systemTimeBase, .decrementer, .writeSpecialRegister, .reportSpecialRegister,
      .synchronizeContext, .invalidatePage, .invalidateAll, .loadDataTranslation,
      .loadInstructionTranslation:
      row("\(self)", [.noReadGlobals, .noWriteGlobals], supervisorFunction)
    // Registers may change places with the temporary ones.
    case .writeMachineState, .returnFromInterrupt: row("\(self)", [], supervisorFunction)
    case .loadStringTranslated, .loadStringIndexedTranslated:
      row("\(self)", [], supervisorFunction)
    case .storeStringTranslated: row("\(self)", [.noWriteGlobals], supervisorFunction)
    case .storeConditional:
      row("stwcx", [.noWriteGlobals, .noHomes, .noFloatStatus], Reservation.store)
    // These change the host's status.
    case .mtfsfAll, .mtfsf, .mtfsfi, .mtfsb0, .mtfsb1:
      row("\(self)", [.noReadGlobals, .noWriteGlobals], floatingPointFunction)
    // The software unit computes with integers.
    default:
      row("\(self)", [.noReadGlobals, .noWriteGlobals, .noFloatStatus], floatingPointFunction)
    }
  }

  /// How translated code calls a helper.
  typealias Function =
    @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64

  private func row(
    _ name: @autoclosure @escaping @Sendable () -> String, _ flags: HelperFlags,
    _ function: Function
  ) -> Helper {
    Helper(name(), unsafeBitCast(function, to: UnsafeRawPointer.self), flags: flags)
  }
}

/// The state that env points into.
@inline(__always)
func stateOf(_ env: UnsafeMutableRawPointer) -> UnsafeMutablePointer<PowerPCState> {
  (env - PowerPCState.envOffset).assumingMemoryBound(to: PowerPCState.self)
}

/// Ticks of the time base in a second: what Linux calls `timebase` in /proc/cpuinfo.
public let timeBaseFrequency: UInt64 = 25_000_000

private func readTimeBase(
  _ env: UnsafeMutableRawPointer, _ shift: UInt64, _: UInt64, _: UInt64
) -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  let nanosecondsPerTick = 1_000_000_000 / timeBaseFrequency
  let ticks =
    UInt64(bitPattern: Int64(now.tv_sec)) &* timeBaseFrequency
    &+ UInt64(bitPattern: Int64(now.tv_nsec)) / nanosecondsPerTick
  return (ticks &+ stateOf(env).pointee.timeBaseOffset) &>> shift
}

private func putStatusTogether(
  _ env: UnsafeMutableRawPointer, _: UInt64, _: UInt64, _: UInt64
) -> UInt64 {
  let state = stateOf(env)
  state.pointee.storedFPSCR = FloatRecord(rawValue: state.pointee.lastFloat).complete(state)
  state.pointee.floatStatus &= ~MXCSR.flags
  return 0
}

private func readFPSCR(
  _ env: UnsafeMutableRawPointer, _: UInt64, _: UInt64, _: UInt64
) -> UInt64 {
  let state = stateOf(env)
  let record = FloatRecord(rawValue: state.pointee.lastFloat)
  state.pointee.storedFPSCR = record.complete(state, under: state.pointee.floatStatus)
  return UInt64(state.pointee.storedFPSCR)
}

private func packCR(
  _ env: UnsafeMutableRawPointer, _: UInt64, _: UInt64, _: UInt64
) -> UInt64 {
  let state = stateOf(env)
  var packed: UInt32 = 0
  for field in 0..<8 { packed = packed << 4 | ConditionField.nibble(state.pointee.cr[field]) }
  return UInt64(packed)
}
