import IR

/// The breakpoint registers: IABR (user's manuals of the 603, 604, 750, 7400 and 7450, chapters 2
/// and 4) and DABR (Programming Environments Manual, 2.3.15).
extension Supervisor {
  /// The bits of IABR besides the address.
  enum IABR {
    /// BE: the breakpoint counts. TE (not on the 603): it counts where MSR[IR] is the same.
    static let BE: UInt32 = 2, TE: UInt32 = 1
  }

  /// The bits of DABR besides the doubleword's address.
  enum DABR {
    /// BT: it counts where MSR[DR] is the same. DW, DR: for stores, for loads.
    static let BT: UInt32 = 4, DW: UInt32 = 2, DR: UInt32 = 1
  }

  /// The instruction before which an exception is due, or nil.
  public var instructionBreakpoint: InstructionBreakpoint? {
    let register = state.special(SPR.IABR)
    guard register & IABR.BE != 0 else { return nil }
    let isRelocated: Bool? = family == .powerPC603 ? nil : register & IABR.TE != 0
    return InstructionBreakpoint(address: register & ~3, isRelocated: isRelocated)
  }

  /// Whether loads or stores are watched.
  public var watchesData: Bool { state.special(SPR.DABR) & (DABR.DW | DABR.DR) != 0 }

  /// Whether an access to a byte meets the breakpoint for data. DSISR then takes
  /// `DataFault.breakpoint`.
  public func meetsBreakpoint(_ address: UInt32, _ access: Access) -> Bool {
    let register = state.special(SPR.DABR)
    let wanted = access == .store ? DABR.DW : access == .load ? DABR.DR : 0
    guard register & wanted != 0, (register ^ address) & ~7 == 0 else { return false }
    return (register & DABR.BT != 0) == (state.pointee.msr & MSR.DR != 0)
  }
}

/// An instruction before which there is an exception.
public struct InstructionBreakpoint: Equatable, Sendable {
  /// Its address.
  public var address: UInt32
  /// What MSR[IR] must be; nil for either.
  public var isRelocated: Bool?
}

extension Cpu {
  /// Before the instruction of a breakpoint.
  func stop(at breakpoint: InstructionBreakpoint) {
    let relocated = state(\.msr) & Int(MSR.IR)
    let counts: I32 =
      switch breakpoint.isRelocated {
      case nil: constant(1)
      case true?: relocated
      case false?: relocated ^ constant(Int(MSR.IR))
      }
    raise(.instructionAddressBreakpoint, ifNonzero: counts)
  }
}
