import IR

/// What a block's translation knows besides the ops: trivial, one for every block.
struct TranslationContext {
  /// The address of the instruction under translation.
  var address: UInt32
  /// Where translation goes on after it; an instruction that jumps for certain changes it.
  var next: UInt32
  /// The block's key.
  var key: UInt32
  /// Whether jumps may be chained.
  var chains: Bool
  /// Set by an instruction after which nothing falls through.
  var ended: Bool
  /// The next number for a chained exit.
  var slot: UInt32
  /// The block's first address, for loops.
  var start: UInt32
  /// Whether calls and returns are paired with the host's, and branches forward kept inside.
  var pairsReturns: Bool
  var keepsForwardBranches: Bool
  /// The addresses that the block and its direct jumps stay within.
  var first: UInt32
  var last: UInt32
  /// The special-purpose registers in system mode; nil in user mode.
  var registers: SpecialRegisterTable?
  /// The number of the instruction's own function as a helper, if it has one.
  var software: UInt32 = 0
  /// Whether a trace exception follows the instruction under translation.
  var isTraced = false
  /// Whether instructions are counted, and how many of the block are when it is left here.
  var counts = false
  var executed = 0
  /// Whether other processors run on the same memory.
  var isShared = false
  /// Whether the host has fused multiply-add.
  var fuses = false
  /// Per floating-point register: what it holds as a single, where that is known; else 0.
  var singles = InlineArray<32, TempIndex>(repeating: 0)
  /// Whether registers may be held as singles, which do, a bit each, and which of these may be NaNs.
  var holdsSingles = false
  var held: UInt32 = 0, maybeNaN: UInt32 = 0
  /// Whether what is stored is noted for loads, what that is, and what the next store overwrites.
  var forwardsWords = false
  var stored = StoredValues()
  var nextStore: (base: GPR, displacement: Int, bytes: Int)?
  /// The `stw` that follows, if it is stored together with the one under translation; and whether
  /// that has been done.
  var partner: D?
  var isStoredAlready = false
  /// Address of the `stwcx.` that the `lwarx` before makes one access with (`storeReserved`), or 0.
  var pairedStore: UInt32 = 0
  /// Whether the host has the ops of vectors.
  var hasVectors = false
  /// Which floating-point status holds here; nil where nothing is known.
  var floatMode: FloatMode?
  /// Whether it may be that of vectors in any block; and whether this block wants that although it may
  /// not.
  var mixesFloatModes = true, changesFloatMode = false
  /// The CR fields, a bit each, whose SO may be set; and those that hold comparisons of numbers.
  var unordered: UInt8 = 0xff, relations: UInt8 = 0
  /// The word of the instruction under translation as it was found in memory when it was executed,
  /// if its immediate may be another one each time; else 0.
  var changing: TempIndex = 0
  /// Branches that lead to code further on in the block.
  var forward = ForwardBranches()
  /// The most instructions, and those of a block with floating point by the host, which goes on with
  /// what it knows of registers; whether it is one.
  var most = 0, mostWithFloats = 0
  var hasFloats = false
  /// How many conditional branches there may be, and how many there are; those with floating point
  /// by the host may have any number.
  var mostBranches = Int.max, branches = 0
  /// How often the loop that the block is has been translated; the address of the branch that closes it
  /// if that is more than once.
  var iterations = 1
  var loopEnd: UInt32 = 0
}

/// The processor as instruction semantics see it: registers to read and assign, memory,
/// branches and exceptions.
///
/// Reading yields a value; assigning takes effect when the instruction ends, so operands keep
/// their meaning and a faulting instruction changes nothing. A Swift `if` decides while
/// translating; a choice at run time is `select`.
public struct Cpu {
  /// Where ops go.
  let ir: Builder
  let context: UnsafeMutablePointer<TranslationContext>

  /// A 32-bit global.
  @inline(__always) func word(_ global: TempIndex) -> I32 { I32(ir, ir.read(global)) }

  /// The contents of a general register: `(RA)`.
  subscript(register: GPR) -> I32 {
    get { word(Globals.r + TempIndex(register.number)) }
    nonmutating set {
      ir.write(Globals.r + TempIndex(register.number), newValue.temp)
      if context.pointee.stored.count != 0 { context.pointee.stored.forget(register) }
    }
  }

  /// `(RA|0)`: the contents of a general register, or zero for register 0.
  subscript(orZero register: GPR) -> I32 { register.number == 0 ? ir.i32(0) : self[register] }

  /// The contents of a floating-point register.
  subscript(register: FPR) -> F64 {
    get { isHeld(register) ? widened(register) : wide(register) }
    nonmutating set {
      ir.write(Globals.f + TempIndex(register.number), newValue.temp)
      forgetSingle(register)
    }
  }

  /// The contents of a vector register.
  subscript(register: VR) -> V128 {
    get { V128(ir, ir.read(Globals.v + TempIndex(register.number))) }
    nonmutating set { ir.write(Globals.v + TempIndex(register.number), newValue.temp) }
  }

  /// The link register.
  var LR: I32 {
    get { word(Globals.lr) }
    nonmutating set { ir.write(Globals.lr, newValue.temp) }
  }
  /// The count register.
  var CTR: I32 {
    get { word(Globals.ctr) }
    nonmutating set { ir.write(Globals.ctr, newValue.temp) }
  }
  /// XER's carry: 0 or 1.
  var CA: I32 {
    get { word(Globals.ca) }
    nonmutating set { ir.write(Globals.ca, newValue.temp) }
  }
  /// XER's overflow: 0 or 1.
  var OV: I32 {
    get { word(Globals.ov) }
    nonmutating set { ir.write(Globals.ov, newValue.temp) }
  }
  /// XER's summary overflow: known in every block, because the key holds it.
  var SO: Bool { context.pointee.key & BlockKey.summaryOverflow != 0 }

  /// Whether a whole machine is emulated, not a program.
  var isSystem: Bool { context.pointee.registers != nil }
  /// Whether supervisor instructions may be executed: never in user mode.
  var isPrivileged: Bool { isSystem && context.pointee.key & BlockKey.problemState == 0 }

  /// Does what only the supervisor may; others get a program exception.
  func privileged(_ body: () -> Void) {
    if isPrivileged { body() } else { raise(.privileged) }
  }

  /// A 32-bit constant.
  @inline(__always) func constant(_ value: Int) -> I32 { ir.i32(value) }

  // MARK: Overflow

  /// Sets OV to a bit, and when it is 1 also SO: for instructions with OE, called last.
  ///
  /// SO is part of the block's key, so setting it ends the block: the cold way out finishes the
  /// instruction and continues under the other key.
  func overflow(_ oe: Bool, _ bit: I32, record rc: Bool) {
    guard oe else { return }
    OV = bit
    if SO { return }
    ir.commit()
    let set = ir.newLabel()
    ir.brcond(.i32, .ne, bit.temp, ir.i32(0).temp, to: set)
    cold(set) {
      ir.write(Globals.so, ir.i32(1).temp)
      if rc { setFieldImage(0, summarized(fieldImage(0))) }
      leave(.lookup, at: context.pointee.address &+ 4)
    }
  }

  /// The end of a cold part that finishes an instruction with OE: sets OV to a bit, and SO with it.
  func endSettingOverflow(_ bit: I32, record rc: Bool) {
    OV = bit
    if !SO {
      ir.write(Globals.so, bit.temp)
      if rc { setFieldImage(0, summarized(fieldImage(0), if: bit.zeroExtended)) }
    }
    leave(.lookup, at: context.pointee.address &+ 4)
  }

  // MARK: Memory

  /// What the address of a floating-point operand must be a multiple of, in bytes: in system mode
  /// of four, or there is an alignment exception, which Linux hides from its programs.
  var floatAlignment: Int { isSystem ? 4 : 0 }

  /// Loads `bytes` (1, 2 or 4), extended to 32 bits.
  /// - Parameter alignment: what the address must be a multiple of, or 0.
  func load(
    _ bytes: Int, signed: Bool = false, reversed: Bool = false, at address: I32, alignment: Int = 0
  ) -> I32 {
    let operation = MemoryOperation(
      bytes: bytes, signed: signed, littleEndian: reversed, alignment: alignment)
    return I32(ir, access(.i32, operation, address))
  }

  /// Loads eight bytes.
  func loadDouble(at address: I32) -> I64 {
    I64(ir, access(.i64, MemoryOperation(bytes: 8), address))
  }

  func access(_ type: ValueType, _ operation: MemoryOperation, _ address: I32) -> TempIndex {
    ir.emit2(
      .qemu_ld, type, result: type, address.temp, ir.i32(0).temp, constant: operation.rawValue)
  }

  /// Stores the low `bytes` (1, 2 or 4) of a value.
  /// - Parameter alignment: what the address must be a multiple of, or 0.
  func store(
    _ bytes: Int, _ value: I32, reversed: Bool = false, at address: I32, alignment: Int = 0
  ) {
    let operation = MemoryOperation(bytes: bytes, littleEndian: reversed, alignment: alignment)
    put(.i32, value.temp, operation, address)
  }

  /// Stores eight bytes.
  func storeDouble(_ value: I64, at address: I32) {
    put(.i64, value.temp, MemoryOperation(bytes: 8), address)
  }

  /// Loads a floating-point number of a type.
  func loadFloat(_ type: ValueType, at address: I32) -> TempIndex {
    access(type, MemoryOperation(bytes: type.bits / 8, alignment: floatAlignment), address)
  }

  /// Stores a floating-point number of a type.
  func storeFloat(_ type: ValueType, _ value: TempIndex, at address: I32) {
    put(type, value, MemoryOperation(bytes: type.bits / 8, alignment: floatAlignment), address)
  }

  /// Loads sixteen bytes from an address that is a multiple of as many.
  func loadQuadword(at address: I32) -> V128 {
    V128(ir, access(.v128, MemoryOperation(bytes: 16, alignment: 16), address))
  }

  /// Stores sixteen bytes at an address that is a multiple of as many.
  func storeQuadword(_ value: V128, at address: I32) {
    put(.v128, value.temp, MemoryOperation(bytes: 16, alignment: 16), address)
  }

  /// Every store passes here, but for those of helpers and `stwcx.`.
  func put(_ type: ValueType, _ value: TempIndex, _ op: MemoryOperation, _ address: I32) {
    forgetOverwritten()
    if context.pointee.isShared { ir.effect1(.line_touch, .i32, address.temp) }
    ir.storeGuest(type, value, op, address: address.temp)
  }

  // MARK: Leaving the line

  /// Ops that stand after the block's end, reached by the label.
  func cold(_ label: UInt32, _ body: () -> Void) {
    cold(label, replacing: nil, body)
  }

  /// - Parameter target: a register that `body` gives a value in any case.
  func cold(_ label: UInt32, replacing target: FPR?, _ body: () -> Void) {
    let mode = context.pointee.floatMode, singles = context.pointee.singles
    let held = context.pointee.held, maybeNaN = context.pointee.maybeNaN
    let stored = context.pointee.stored
    let unordered = context.pointee.unordered, relations = context.pointee.relations
    ir.cold(label) {
      if let target { forgetSingle(target) }
      settle()
      body()
    }
    context.pointee.floatMode = mode
    context.pointee.singles = singles
    context.pointee.held = held
    context.pointee.maybeNaN = maybeNaN
    context.pointee.stored = stored
    context.pointee.unordered = unordered
    context.pointee.relations = relations
  }

  /// Leaves to the runtime with the program counter at an address.
  func leave(_ kind: ExitKind, at address: UInt32, payload: UInt32 = 0) {
    if kind == .lookup && context.pointee.isTraced {
      return leave(.exception, at: address, payload: PowerPCException.trace.rawValue)
    }
    settle()
    countInstructions()
    ir.write(Globals.nip, constant(Int(address)).temp)
    ir.commit()
    ir.effect(.exit_tb, constant: kind.rawValue, constant2: payload)
  }

  /// Where instructions are counted: takes those that the block has executed off the budget. Every
  /// way out of a block passes here once.
  func countInstructions() {
    let executed = context.pointee.executed
    guard context.pointee.counts, executed > 0 else { return }
    let offset = UInt32(bitPattern: Int32(PowerPCState.offset(\.instructionBudget)))
    let budget = I64(ir, ir.emit1(.ld, .i64, result: .i64, Block.env, constant: offset))
    ir.effect2(.st, .i64, (budget - ir.i64(UInt64(executed))).temp, Block.env, constant: offset)
  }

  /// The end of a cold part that finishes an instruction: a chained exit to the next one.
  func continueBehind() {
    ir.commit()
    chain(to: context.pointee.address &+ 4)
  }

  /// Raises an exception here and ends the block.
  func raise(_ exception: PowerPCException) {
    ir.commit()
    leave(.exception, at: context.pointee.address, payload: exception.rawValue)
    context.pointee.ended = true
  }

  /// Raises an exception if a value is not zero.
  func raise(_ exception: PowerPCException, ifNonzero condition: I32) {
    ir.commit()
    let label = ir.newLabel()
    ir.brcond(.i32, .ne, condition.temp, constant(0).temp, to: label)
    cold(label) {
      leave(.exception, at: context.pointee.address, payload: exception.rawValue)
    }
  }

  /// Ends the block; translation under the key that then holds goes on at the next instruction.
  func endBlock() {
    leave(.lookup, at: context.pointee.address &+ 4)
    context.pointee.ended = true
  }

  // MARK: Helpers

  /// Calls a helper that returns a word.
  func call(_ helper: HelperNumber, _ a: I32? = nil, _ b: I32? = nil, _ c: I32? = nil) -> I32 {
    I32(ir, helperCall(helper, result: .i32, a, b, c))
  }

  /// Calls a helper for its effect.
  func perform(_ helper: HelperNumber, _ a: I32? = nil, _ b: I32? = nil, _ c: I32? = nil) {
    _ = helperCall(helper, result: nil, a, b, c)
  }

  /// Calls a helper that returns 0 or the number of an exception to raise here.
  func attempt(_ helper: HelperNumber, _ a: I32? = nil, _ b: I32? = nil, _ c: I32? = nil) {
    let verdict = call(helper, a, b, c)
    let label = ir.newLabel()
    ir.brcond(.i32, .ne, verdict.temp, constant(0).temp, to: label)
    cold(label) {
      let payload = UInt32(bitPattern: Int32(PowerPCState.offset(\.exitPayload)))
      ir.effect2(.st, .i32, verdict.temp, Block.env, constant: payload)
      leave(.exception, at: context.pointee.address, payload: .max)
    }
  }

  private func helperCall(
    _ helper: HelperNumber, result: ValueType?, _ a: I32?, _ b: I32?, _ c: I32?
  ) -> TempIndex {
    let number = helper.rawValue
    guard let a else { return ir.call(number, result: result) }
    guard let b else { return ir.call(number, result: result, a.temp) }
    guard let c else { return ir.call(number, result: result, a.temp, b.temp) }
    return ir.call(number, result: result, a.temp, b.temp, c.temp)
  }
}
