import IR

/// The state of one PowerPC processor: what translated code reaches through env.
///
/// The order is chosen for translated code: env points at `gpr`, and everything that is used
/// often lies within 128 bytes of it on either side.
public struct PowerPCState {
  // The translator's cold fields.
  /// Constants on their way to vector registers, right below the spill slots.
  public var scratch: UInt64 = 0
  /// Where the register allocator puts values away: 64 places of 32 bytes.
  public var spillSlots: InlineArray<256, UInt64> = .init(repeating: 0)
  /// The return stack's pointer while Swift runs.
  public var returnStack: UInt64 = 0
  /// The host's stack pointer while translated code runs.
  public var hostStack: UInt64 = 0
  /// Where the return stack starts: its pointer when it is empty.
  public var returnStackTop: UInt64 = 0
  /// Where a fault in translated code is told: the address of a `FaultReport`.
  public var faultReport: UInt64 = 0
  /// The address of the `csys_guarded` that the fault handler looks at.
  public var guarded: UInt64 = 0
  /// Where several processors run: the address of the versions of memory's lines (`Reservation`).
  public var lineVersions: UInt64 = 0
  /// In system mode: the address of the page table for loads (`EnvironmentLayout.Paging`).
  public var pageTable: UInt64 = 0
  /// In system mode: what the function that makes slow accesses is given.
  public var slowContext: UInt64 = 0
  /// In system mode: where translated code goes on after a slow access.
  public var slowReturn: UInt64 = 0
  /// Instructions to execute before translated code leaves, where they are counted.
  public var instructionBudget: Int64 = 0
  /// In system mode: what leads from a guest address, by its four uppermost bits, to its entry in
  /// the jump table.
  public var codeSegments: InlineArray<16, UInt64> = .init(repeating: 0)
  /// Why translated code was left last: an `ExitKind`.
  public var exitKind: UInt32 = 0
  /// What belongs to that kind: the number of an exception, of a jump, an address.
  public var exitPayload: UInt32 = 0
  /// CR field images of the sixteen nibbles: see `ConditionField`.
  public var fieldImages: InlineArray<16, UInt64> = .init(repeating: 0)

  // Within a signed byte below env.
  /// The jump table for the current mode.
  public var jumpTable: UInt64 = 0
  /// The code buffer.
  public var codeBase: UInt64 = 0
  /// Not zero: leave at the next block head.
  public var exitRequest: UInt32 = 0
  /// The address of the last `lwarx`.
  public var reserveAddress: UInt32 = 0
  /// Whether there is a reservation (1) or none (0).
  public var reserveValid: UInt32 = 0
  /// In user mode: what the last `lwarx` loaded.
  public var reserveValue: UInt32 = 0
  /// And where several processors run, the version of its line then.
  public var reserveVersion: UInt32 = 0
  /// Link register.
  public var lr: UInt32 = 0
  /// Count register.
  public var ctr: UInt32 = 0
  /// CA of XER, 0 or 1.
  public var ca: UInt32 = 0
  /// OV of XER, 0 or 1.
  public var ov: UInt32 = 0
  /// SO of XER, 0 or 1.
  public var so: UInt32 = 0
  /// The next instruction's address.
  public var nip: UInt32 = 0
  /// The images of CR fields 0 to 7: see `ConditionField`.
  public var cr: InlineArray<8, UInt64> = .init(repeating: 0)

  // Env points here.
  /// General registers.
  public var gpr: InlineArray<32, UInt32> = .init(repeating: 0)
  /// Floating-point registers, as bits in double format.
  public var fpr: InlineArray<32, UInt64> = .init(repeating: 0)
  /// Floating-point status and control, but for what is still in `floatStatus` and `lastFloat`.
  public var storedFPSCR: UInt32 = 0
  /// The host's MXCSR in translated code; its flags are exceptions on their way to the FPSCR.
  public var floatStatus: UInt32 = MXCSR.initial
  /// That for vectors, right behind it: as VSCR[NJ] says.
  public var vectorStatus: UInt32 = MXCSR.flushing
  /// Which of the two holds in translated code: 0 or 4.
  public var floatMode: UInt32 = 0
  /// And while functions of ours run.
  public var hostFloatStatus: UInt32 = MXCSR.initial
  /// The last operation that the host did, which FR, FI and FPRF are of: a `FloatRecord`.
  public var lastFloat: UInt32 = 0
  /// Its operands, as bits, in the order of the helper for it.
  public var lastFloatA: UInt64 = 0
  public var lastFloatB: UInt64 = 0
  public var lastFloatC: UInt64 = 0
  /// And as singles, where the record says so.
  public var lastSingleA: UInt32 = 0
  public var lastSingleB: UInt32 = 0
  public var lastSingleC: UInt32 = 0
  /// What stands for floating-point registers without a home now and then, within a block.
  public var single: InlineArray<32, UInt32> = .init(repeating: 0)
  /// How often loops do their iterations one by one before they try again to do several at once.
  public var laneRest: UInt32 = 0
  /// The operand of a conversion to integer that came since.
  public var lastFloatD: UInt64 = 0
  /// What a comparison that came since has found: below, above or equal to zero.
  public var lastFloatRelation: UInt64 = 0
  /// Machine state.
  public var msr: UInt32 = 0
  /// XER's byte count for string instructions (bits 25-31).
  public var xerCount: UInt32 = 0
  /// VRSAVE (SPR 256).
  public var vrsave: UInt32 = 0
  /// Vector registers as numbers of 128 bits, least significant half first.
  public var vr: InlineArray<64, UInt64> = .init(repeating: 0)
  /// Not zero: something has been saturated since `storedVSCR` was stored.
  public var saturation: InlineArray<2, UInt64> = .init(repeating: 0)
  /// Vector status and control, but for what is in `saturation`.
  public var storedVSCR: UInt32 = VSCR.initial
  /// Processor version.
  public var pvr: UInt32 = 0
  /// The address that the last data fault named.
  public var dar: UInt32 = 0
  /// Where the runtime keeps what helpers need: an unmanaged reference.
  public var runtime: UInt64 = 0
  /// In user mode: the host address of guest address 0, for helpers.
  public var memoryBase: UInt64 = 0
  /// In user mode: the host address of the page flags, a byte for each guest page.
  public var pageFlags: UInt64 = 0
  /// In user mode: `(destination, source, count)`; copies bytes, and says 1 where one faults.
  public var faultTolerantCopy:
    (@convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Int32)?
  /// What the time base reads at host time zero.
  public var timeBaseOffset: UInt64 = 0
  /// What the last floating-point helper says: see `FloatVerdict`.
  public var floatVerdict: UInt32 = 0

  // The supervisor's part: used in system mode only.
  /// Not zero: a segment register or another part of the context has changed since the last
  /// context-synchronizing instruction. The memory side sets it too, when code under execution
  /// was changed.
  public var contextChanged: UInt32 = 0
  /// Not zero: an interrupt waits that MSR[EE] alone may hold back (see `InterruptLine`).
  public var pendingInterrupts: UInt32 = 0
  /// Segment registers.
  public var sr: InlineArray<16, UInt32> = .init(repeating: 0)
  /// Special-purpose registers without a field of their own, by number.
  public var spr: InlineArray<1024, UInt32> = .init(repeating: 0)

  /// All registers zero but for VSCR.
  public init() {
    for nibble in 0..<16 { fieldImages[nibble] = ConditionField.image(UInt32(nibble)) }
    for field in 0..<8 { cr[field] = ConditionField.image(0) }
    jumpTable = 0
  }
}

/// A CR field as a 64-bit image, such that the difference of two operands is one.
///
/// LT is bit 62; GT: the image is above zero as a signed number; EQ: the low 32 bits are zero;
/// SO is bit 61 exclusive-or bit 62. So `a - b`, each sign-extended (or zero-extended) from 32
/// bits to 64, is the field that a signed (or unsigned) comparison sets while XER.SO is 0.
/// Inverting bit 61 sets SO; the difference zero then needs bit 63 too, or GT would be set.
/// Every one of the sixteen values of a field has an image.
public enum ConditionField {
  /// The bit of LT, and the one that differs from it when SO is set.
  public static let lessBit = 62, overflowBit = 61

  /// An image of a field's four bits LT GT EQ SO (8 4 2 1).
  public static func image(_ nibble: UInt32) -> UInt64 {
    let less = UInt64(nibble >> 3 & 1)
    let summary = UInt64(nibble & 1)
    let notGreater = UInt64(~nibble >> 2 & 1)
    let notEqual = UInt64(~nibble >> 1 & 1)
    return notGreater << 63 | less << 62 | (less ^ summary) << 61 | 1 << 32 | notEqual
  }

  /// The four bits that an image stands for.
  public static func nibble(_ image: UInt64) -> UInt32 {
    let less = UInt32(truncatingIfNeeded: image >> 62 & 1)
    let summary = UInt32(truncatingIfNeeded: (image >> 61 ^ image >> 62) & 1)
    let greater: UInt32 = Int64(bitPattern: image) > 0 ? 4 : 0
    let equal: UInt32 = UInt32(truncatingIfNeeded: image) == 0 ? 2 : 0
    return less << 3 | greater | equal | summary
  }
}

extension PowerPCState {
  /// Where env points within the state.
  public static var envOffset: Int { MemoryLayout<PowerPCState>.offset(of: \.gpr)! }

  /// The offset of a field from env.
  static func offset(_ field: PartialKeyPath<PowerPCState>) -> Int {
    MemoryLayout<PowerPCState>.offset(of: field)! - envOffset
  }

  /// The whole condition register, field 0 in the most significant bits.
  public var packedCR: UInt32 {
    get {
      var packed: UInt32 = 0
      for field in 0..<8 { packed = packed << 4 | ConditionField.nibble(cr[field]) }
      return packed
    }
    set {
      for field in 0..<8 {
        cr[field] = ConditionField.image(newValue >> UInt32(28 - 4 * field) & 15)
      }
    }
  }

  /// Vector status and control; reserved bits are dropped.
  public var vscr: UInt32 {
    get { storedVSCR | (saturation[0] | saturation[1] == 0 ? 0 : VSCR.SAT) }
    set {
      storedVSCR = newValue & VSCR.defined
      saturation = .init(repeating: 0)
      vectorStatus = newValue & VSCR.NJ == 0 ? MXCSR.initial : MXCSR.flushing
    }
  }

  /// The whole of XER: SO, OV, CA in bits 0-2, the byte count in bits 25-31.
  public var packedXER: UInt32 {
    get { so << 31 | ov << 30 | ca << 29 | xerCount & 0x7f }
    set {
      so = newValue >> 31
      ov = newValue >> 30 & 1
      ca = newValue >> 29 & 1
      xerCount = newValue & 0x7f
    }
  }
}

/// The bits of a block's key: modes that a translation relies on.
public enum BlockKey {
  /// XER.SO is 1.
  public static let summaryOverflow: UInt32 = 1
  /// MSR[PR]: user programs run. This and the rest only in system mode.
  public static let problemState: UInt32 = 2
  /// MSR[FP]: floating-point instructions are available.
  public static let floatingPoint: UInt32 = 4
  /// MSR[VEC]: vector instructions are available.
  public static let vector: UInt32 = 8
  /// MSR[SE]: every instruction is followed by a trace exception.
  public static let singleStep: UInt32 = 16
  /// MSR[BE]: every branch is followed by a trace exception.
  public static let branchTrace: UInt32 = 32
  /// MSR[LE]: little-endian mode.
  public static let littleEndian: UInt32 = 64
  /// A floating-point exception is enabled: functions of ours do floating point.
  public static let exactFloat: UInt32 = 128

  /// The key for the modes that MSR holds, without `summaryOverflow`.
  static func modes(_ msr: UInt32) -> UInt32 {
    (msr & MSR.PR) >> 13 | (msr & MSR.FP) >> 11 | (msr & MSR.VEC) >> 22 | (msr & MSR.SE) >> 6
      | (msr & MSR.BE) >> 4 | (msr & MSR.LE) << 6
  }
}

/// The globals of the PowerPC: the temps that ops name.
public enum Globals {
  /// The first CR field, general register and floating-point register.
  static let cr: TempIndex = 1, r: TempIndex = 9, f: TempIndex = 51
  /// The word that block heads poll.
  static let exitRequest: TempIndex = 50
  static let nip: TempIndex = 41, ctr: TempIndex = 42, lr: TempIndex = 43
  static let so: TempIndex = 44, ov: TempIndex = 45, ca: TempIndex = 46
  static let reserveAddress: TempIndex = 47, reserveValid: TempIndex = 48
  static let reserveValue: TempIndex = 49
  /// The record of the last operation that the host did, its first operand, that of a later
  /// conversion, and what a later comparison has found.
  static let lastFloat: TempIndex = 83, lastFloatA: TempIndex = 84, lastFloatD: TempIndex = 87
  static let lastFloatRelation: TempIndex = 88, lastSingleA: TempIndex = 89
  /// The first vector register, and what saturation has left.
  static let v: TempIndex = 92, saturation: TempIndex = 124
  /// What stands for the first floating-point register as a single, within a block.
  static let s: TempIndex = 125

  /// The globals in the order of their temps.
  public static let all: [Global] = {
    typealias S = PowerPCState
    var list: [Global] = []
    for n in 0..<8 { list.append(Global("crf\(n)", .i64, offset: S.offset(\.cr) + 8 * n)) }
    for n in 0..<32 { list.append(Global("r\(n)", .i32, offset: 4 * n)) }
    list.append(Global("nip", .i32, offset: S.offset(\.nip)))
    list.append(Global("ctr", .i32, offset: S.offset(\.ctr)))
    list.append(Global("lr", .i32, offset: S.offset(\.lr)))
    list.append(Global("SO", .i32, offset: S.offset(\.so)))
    list.append(Global("OV", .i32, offset: S.offset(\.ov)))
    list.append(Global("CA", .i32, offset: S.offset(\.ca)))
    list.append(Global("reserve_addr", .i32, offset: S.offset(\.reserveAddress)))
    list.append(Global("reserve_valid", .i32, offset: S.offset(\.reserveValid)))
    list.append(Global("reserve_val", .i32, offset: S.offset(\.reserveValue)))
    list.append(Global("exit_request", .i32, offset: S.offset(\.exitRequest)))
    for n in 0..<32 { list.append(Global("f\(n)", .f64, offset: S.offset(\.fpr) + 8 * n)) }
    list.append(Global("last_fp", .i32, offset: S.offset(\.lastFloat)))
    list.append(Global("last_fpa", .f64, offset: S.offset(\.lastFloatA)))
    list.append(Global("last_fpb", .f64, offset: S.offset(\.lastFloatB)))
    list.append(Global("last_fpc", .f64, offset: S.offset(\.lastFloatC)))
    list.append(Global("last_fpd", .f64, offset: S.offset(\.lastFloatD)))
    list.append(Global("last_fcmp", .i64, offset: S.offset(\.lastFloatRelation)))
    list.append(Global("last_fsa", .f32, offset: S.offset(\.lastSingleA)))
    list.append(Global("last_fsb", .f32, offset: S.offset(\.lastSingleB)))
    list.append(Global("last_fsc", .f32, offset: S.offset(\.lastSingleC)))
    for n in 0..<32 { list.append(Global("vr\(n)", .v128, offset: S.offset(\.vr) + 16 * n)) }
    list.append(Global("vscr_sat", .v128, offset: S.offset(\.saturation)))
    for n in 0..<32 {
      list.append(
        Global("s\(n)", .f32, offset: S.offset(\.single) + 4 * n, isTransient: true))
    }
    return list
  }()

  /// The general registers that translated code keeps in host registers across blocks: the
  /// stack pointer, the argument registers and the first two that functions save.
  public static let homes: [Int] = [1, 3, 4, 5, 6, 7, 8, 9, 10, 30, 31]

  /// The floating-point registers that it keeps so: those that functions need not save, in the order
  /// in which compilers take them, and the first argument.
  public static let floatHomes: [Int] = [0, 12, 11, 10, 9, 13, 8, 1]

  /// All globals that may live in host registers, best first of each kind: temps, and offsets from
  /// env.
  public static let housed: [(temp: TempIndex, offset: Int)] =
    homes.map { home(ofGPR: $0) }
    + floatHomes.map { (f + TempIndex($0), PowerPCState.offset(\.fpr) + 8 * $0) }

  /// What is noted of the last floating-point operation: nobody but faults looks at most of it.
  public static let records = lastFloat...lastSingleA + 2

  /// All globals without homes that are often written again soon: the condition register, CTR to CA,
  /// the reservation, and the records.
  public static let recovered = [cr...cr + 7, ctr...reserveValue, records]

  /// The temp and the offset from env of a general register.
  public static func home(ofGPR number: Int) -> (temp: TempIndex, offset: Int) {
    (r + TempIndex(number), 4 * number)
  }
}
