import IR

/// The supervisor of the processor whose state env points into.
///
/// Sound: system mode sets `runtime` to the supervisor, which owns the state's life.
@inline(__always)
private func supervisor<Result>(
  _ env: UnsafeMutableRawPointer, _ body: (Supervisor) -> Result
) -> Result? {
  guard let pointer = UnsafeRawPointer(bitPattern: UInt(stateOf(env).pointee.runtime)) else {
    return nil
  }
  return Unmanaged<Supervisor>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
}

extension HelperNumber {
  /// The function of a helper that leads to the supervisor.
  var supervisorFunction: Function {
    switch self {
    case .systemTimeBase:
      { env, shift, _, _ in (supervisor(env) { $0.surroundings.timeBase } ?? 0) &>> shift }
    case .decrementer:
      { env, _, _, _ in UInt64(supervisor(env) { $0.surroundings.decrementer } ?? 0) }
    case .writeSpecialRegister:
      { env, number, value, _ in
        perform(env) { $0.write(UInt32(truncatingIfNeeded: value), to: Int(number & 1023)) }
      }
    case .reportSpecialRegister:
      { env, number, isWrite, address in
        perform(env) {
          $0.report(
            register: Int(number & 1023), isWrite: isWrite != 0,
            at: UInt32(truncatingIfNeeded: address))
        }
      }
    case .writeMachineState:
      { env, value, next, _ in
        let next = UInt32(truncatingIfNeeded: next)
        return UInt64(
          supervisor(env) { $0.moveToMachineState(UInt32(truncatingIfNeeded: value), next: next) }
            ?? next)
      }
    case .returnFromInterrupt:
      { env, _, _, _ in UInt64(supervisor(env) { $0.returnFromInterrupt() } ?? 0) }
    case .synchronizeContext: { env, _, _, _ in perform(env) { $0.synchronizeContext() } }
    default: tableFunction
    }
  }

  private var tableFunction: Function {
    switch self {
    case .invalidatePage:
      { env, address, _, _ in
        perform(env) { $0.invalidate(page: UInt32(truncatingIfNeeded: address)) }
      }
    case .invalidateAll: { env, _, _, _ in perform(env) { $0.invalidateAll() } }
    case .loadDataTranslation:
      { env, address, _, _ in
        perform(env) { $0.loadTranslation(UInt32(truncatingIfNeeded: address), isFetch: false) }
      }
    case .loadInstructionTranslation:
      { env, address, _, _ in
        perform(env) { $0.loadTranslation(UInt32(truncatingIfNeeded: address), isFetch: true) }
      }
    case .loadStringTranslated:
      { env, address, bytes, registers in
        supervisor(env) { $0.loadString(address, bytes, registers) } ?? 0
      }
    case .loadStringIndexedTranslated:
      { env, address, bytes, registers in
        if isInvalidStringLoad(bytes, registers) {
          return UInt64(PowerPCException.illegal.rawValue)
        }
        return supervisor(env) { $0.loadString(address, bytes, registers) } ?? 0
      }
    default:
      { env, address, bytes, registers in
        supervisor(env) { $0.storeString(address, bytes, registers) } ?? 0
      }
    }
  }
}

/// Calls the supervisor for its effect.
private func perform(_ env: UnsafeMutableRawPointer, _ body: (Supervisor) -> Void) -> UInt64 {
  supervisor(env, body)
  return 0
}
