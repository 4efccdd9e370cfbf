import IR
import RegisterAllocation

/// Integer arithmetic, logic, shifts and fields.
extension Lowering {
  typealias C = OperandConstraint

  static let arithmetic: [Lowering] = [
    Lowering(.add, [C.r], [C.r, C.rmi]) { e, o in e.addTo(o.width, o.d, o.register(0), o.input(1))
    },
    Lowering(.sub, [C.same], [C.r, C.rmi]) { e, o in
      e.sub(o.width, o.d, o.input(1))
      e.noteFlags(o.width, o.d, isLogical: false)
    },
    Lowering(.neg, [C.same], [C.r]) { e, o in
      e.x.neg(o.width, o.d)
      e.noteFlags(o.width, o.d, isLogical: false)
    },
    Lowering(.mul, [C.same], [C.r, C.rmi]) { e, o in e.imul(o.width, o.d, o.input(1)) },
    Lowering(.muluh, [.i32], [C.fixed(.rdx)], [C.fixed(.rax), C.rm], clobbers: high) { e, o in
      e.multiply(o.width, signed: false, o.input(1))
    },
    Lowering(.mulsh, [.i32], [C.fixed(.rdx)], [C.fixed(.rax), C.rm], clobbers: high) { e, o in
      e.multiply(o.width, signed: true, o.input(1))
    },
    Lowering(.muluh, [.i64], [C.fixed(.rdx)], [C.fixed(.rax), C.rm], clobbers: high) { e, o in
      e.multiply(o.width, signed: false, o.input(1))
    },
    Lowering(.mulsh, [.i64], [C.fixed(.rdx)], [C.fixed(.rax), C.rm], clobbers: high) { e, o in
      e.multiply(o.width, signed: true, o.input(1))
    },
    Lowering(.mulu2, [C.fixed(.rax), C.fixed(.rdx)], [C.fixed(.rax), C.rm], clobbers: high) {
      e, o in
      e.multiply(o.width, signed: false, o.input(1))
    },
    Lowering(.muls2, [C.fixed(.rax), C.fixed(.rdx)], [C.fixed(.rax), C.rm], clobbers: high) {
      e, o in
      e.multiply(o.width, signed: true, o.input(1))
    },
    Lowering(.divs, [C.fixed(.rax)], [C.fixed(.rax), divisor], clobbers: high) { e, o in
      e.divide(o.width, signed: true, o.input(1))
    },
    Lowering(.rems, [C.fixed(.rdx)], [C.fixed(.rax), divisor], clobbers: high) { e, o in
      e.divide(o.width, signed: true, o.input(1))
    },
    Lowering(.divu, [C.fixed(.rax)], [C.fixed(.rax), divisor], clobbers: high) { e, o in
      e.divide(o.width, signed: false, o.input(1))
    },
    Lowering(.remu, [C.fixed(.rdx)], [C.fixed(.rax), divisor], clobbers: high) { e, o in
      e.divide(o.width, signed: false, o.input(1))
    },
    Lowering(
      .divs2, [C.fixed(.rax), C.fixed(.rdx)], [C.fixed(.rax), C.fixed(.rdx), divisor],
      clobbers: high
    ) { e, o in e.divideDouble(o.width, signed: true, o.input(2)) },
    Lowering(
      .divu2, [C.fixed(.rax), C.fixed(.rdx)], [C.fixed(.rax), C.fixed(.rdx), divisor],
      clobbers: high
    ) { e, o in e.divideDouble(o.width, signed: false, o.input(2)) },
  ]

  /// What the multiply and divide instructions destroy.
  private static let high: RegisterSet = GPR.rax.set | GPR.rdx.set
  private static let divisor = C(C.anyGeneral & ~high, .memory)

  static let logic: [Lowering] = [
    Lowering(.and, [C.same], [C.r, C.rmi]) { e, o in
      e.and(o.width, o.d, o.input(1))
      e.noteFlags(o.width, o.d, isLogical: true)
    },
    Lowering(.or, [C.same], [C.r, C.rmi]) { e, o in
      e.or(o.width, o.d, o.input(1))
      e.noteFlags(o.width, o.d, isLogical: true)
    },
    Lowering(.xor, [C.same], [C.r, C.rmi]) { e, o in
      e.xor(o.width, o.d, o.input(1))
      e.noteFlags(o.width, o.d, isLogical: true)
    },
    Lowering(.not, [C.same], [C.r]) { e, o in e.x.not(o.width, o.d) },
    Lowering(.andc, [newSame], [C.r, C.r]) { e, o in
      e.x.not(o.width, o.d)
      e.or(o.width, o.d, o.input(1))
      e.x.not(o.width, o.d)
    },
    Lowering(.orc, [newSame], [C.r, C.r]) { e, o in
      e.x.not(o.width, o.d)
      e.and(o.width, o.d, o.input(1))
      e.x.not(o.width, o.d)
    },
    Lowering(.eqv, [C.same], [C.r, C.rmi]) { e, o in
      e.xor(o.width, o.d, o.input(1))
      e.x.not(o.width, o.d)
    },
    Lowering(.nand, [C.same], [C.r, C.rmi]) { e, o in
      e.and(o.width, o.d, o.input(1))
      e.x.not(o.width, o.d)
    },
    Lowering(.nor, [C.same], [C.r, C.rmi]) { e, o in
      e.or(o.width, o.d, o.input(1))
      e.x.not(o.width, o.d)
    },
    Lowering(.ext_i32_i64, [.i64], [C.r], [C.rm]) { e, o in
      let a = o.input(0)
      a.kind == .memory ? e.x.movsxd(o.d, e.env(a.offset)) : e.x.movsxd(o.d, .number(a.register))
    },
    Lowering(.extu_i32_i64, [.i64], [C.r], [C.rm]) { e, o in
      let a = o.input(0)
      a.kind == .memory
        ? e.x.mov(.dword, o.d, e.env(a.offset)) : e.x.mov(.dword, o.d, GPR.number(a.register))
    },
    Lowering(.extrl_i64_i32, [.i32], [C.r], [C.rm]) { e, o in
      let a = o.input(0)
      a.kind == .memory
        ? e.x.mov(.dword, o.d, e.env(a.offset)) : e.x.mov(.dword, o.d, GPR.number(a.register))
    },
    Lowering(.extrh_i64_i32, [.i32], [C.same], [C.r]) { e, o in e.x.shr(.qword, o.d, imm: 32) },
  ]

  /// The first operand's register, which no other operand may share.
  private static let newSame = C(C.anyGeneral, alias: 0, isEarly: true)

  static func shifts(_ features: Features) -> [Lowering] {
    let inCL = C(GPR.rcx.set, .anyConstant)
    let notCL = C(C.anyGeneral & ~GPR.rcx.set, alias: 0)
    let any = C(C.anyGeneral & ~GPR.rcx.set)
    return [
      Lowering(.shl, [notCL], [any, inCL]) { e, o in
        if let k = o.constant(1) { return e.x.shl(o.width, o.d, imm: UInt8(truncatingIfNeeded: k)) }
        e.x.shl(o.width, o.d, .cl)
      },
      Lowering(.shr, [notCL], [any, inCL]) { e, o in
        if let k = o.constant(1) { return e.x.shr(o.width, o.d, imm: UInt8(truncatingIfNeeded: k)) }
        e.x.shr(o.width, o.d, .cl)
      },
      Lowering(.sar, [notCL], [any, inCL]) { e, o in
        if let k = o.constant(1) { return e.x.sar(o.width, o.d, imm: UInt8(truncatingIfNeeded: k)) }
        e.x.sar(o.width, o.d, .cl)
      },
      Lowering(.rotl, [notCL], [any, inCL]) { e, o in
        if let k = o.constant(1) { return e.x.rol(o.width, o.d, imm: UInt8(truncatingIfNeeded: k)) }
        e.x.rol(o.width, o.d, .cl)
      },
      Lowering(.rotr, [notCL], [any, inCL]) { e, o in
        if let k = o.constant(1) { return e.x.ror(o.width, o.d, imm: UInt8(truncatingIfNeeded: k)) }
        e.x.ror(o.width, o.d, .cl)
      },
    ] + (features.contains(.bmi2) ? threeOperandShifts : [])
  }

  /// Shifts by a register without CL, and rotates into another register.
  private static let threeOperandShifts: [Lowering] = [
    Lowering(.shl, [C.r], [C.r, C.count]) { e, o in
      guard let k = o.constant(1) else {
        return e.x.shlx(o.width, o.d, o.register(0), o.register(1))
      }
      let count = UInt8(truncatingIfNeeded: k)
      if count <= 3 && o.d != o.register(0) {
        return e.x.lea(
          o.width, o.d, Address(index: o.register(0), scale: 1 << count))
      }
      if o.d != o.register(0) { e.x.mov(o.width, o.d, o.register(0)) }
      e.x.shl(o.width, o.d, imm: count)
    },
    Lowering(.shr, [C.r], [C.r, C.count]) { e, o in
      guard let k = o.constant(1) else {
        return e.x.shrx(o.width, o.d, o.register(0), o.register(1))
      }
      if o.d != o.register(0) { e.x.mov(o.width, o.d, o.register(0)) }
      e.x.shr(o.width, o.d, imm: UInt8(truncatingIfNeeded: k))
    },
    Lowering(.sar, [C.r], [C.r, C.count]) { e, o in
      guard let k = o.constant(1) else {
        return e.x.sarx(o.width, o.d, o.register(0), o.register(1))
      }
      if o.d != o.register(0) { e.x.mov(o.width, o.d, o.register(0)) }
      e.x.sar(o.width, o.d, imm: UInt8(truncatingIfNeeded: k))
    },
  ]

  static func fields(_ features: Features) -> [Lowering] {
    return [
      Lowering(.extract, [C.r], [C.rm]) { e, o in e.extract(o) },
      Lowering(.sextract, [C.r], [C.rm]) { e, o in e.extractSigned(o) },
      Lowering(
        .deposit, [C(depositSource, alias: 0)], [C.r, C(depositSource)], clobbers: GPR.rcx.set
      ) { e, o in
        e.deposit(o)
      },
      Lowering(.extract2, [C.same], [C.r, C.r]) { e, o in
        e.x.shrd(o.width, o.d, o.register(1), imm: UInt8(truncatingIfNeeded: o.op.pointee.constant))
      },
      Lowering(.bswap16, [C.same], [C.r]) { e, o in
        e.x.bswap(.dword, o.d)
        if o.op.pointee.constant & 4 == 0 { return e.x.shr(.dword, o.d, imm: 16) }
        e.x.sar(.dword, o.d, imm: 16)
        if o.width == .qword { e.x.movsxd(o.d, o.d) }
      },
      Lowering(.bswap32, [C.same], [C.r]) { e, o in
        e.x.bswap(.dword, o.d)
        if o.op.pointee.constant & 4 != 0 && o.width == .qword { e.x.movsxd(o.d, o.d) }
      },
      Lowering(.bswap64, [.i64], [C.same], [C.r]) { e, o in e.x.bswap(.qword, o.d) },
    ] + (features.contains([.lzcnt, .bmi1, .popcnt]) ? counts : plainCounts)
  }

  /// Counts of bits where the host has them.
  private static let counts: [Lowering] = [
    Lowering(.clz, [notCounter], [counted, otherwise], clobbers: GPR.rcx.set) { e, o in
      o.constant(1) == UInt64(o.op.pointee.type.bits)
        ? e.x.lzcnt(o.width, o.d, o.register(0)) : e.countLeading(o)
    },
    Lowering(.ctz, [notCounter], [counted, otherwise], clobbers: GPR.rcx.set) { e, o in
      o.constant(1) == UInt64(o.op.pointee.type.bits)
        ? e.x.tzcnt(o.width, o.d, o.register(0)) : e.countTrailing(o)
    },
    Lowering(.ctpop, [C.r], [C.r]) { e, o in e.x.popcnt(o.width, o.d, o.register(0)) },
  ]

  private static let plainCounts: [Lowering] = [
    Lowering(.clz, [notCounter], [counted, otherwise], clobbers: GPR.rcx.set) { e, o in
      e.countLeading(o)
    },
    Lowering(.ctz, [notCounter], [counted, otherwise], clobbers: GPR.rcx.set) { e, o in
      e.countTrailing(o)
    },
    Lowering(
      .ctpop, [C(counterless & ~GPR.rdx.set, alias: 0)], [C(counterless & ~GPR.rdx.set)],
      clobbers: GPR.rcx.set | GPR.rdx.set
    ) { e, o in e.populationCount(o) },
  ]

  private static let counterless: RegisterSet = C.anyGeneral & ~GPR.rcx.set
  private static let notCounter = C(counterless, isEarly: true)
  private static let counted = C(counterless)
  /// What a count of no bits gives.
  private static let otherwise = C(counterless, [.anyConstant, .memory])
  private static let depositSource: RegisterSet = C.anyGeneral & ~GPR.rcx.set
}

extension Emitter {
  /// `d = a + b`: two-operand forms where a register is shared, else `lea`.
  func addTo(_ w: Width, _ d: GPR, _ a: GPR, _ b: Operand) {
    if d == a {
      add(w, d, b)
      return noteFlags(w, d, isLogical: false)
    }
    switch b.kind {
    case .register:
      let r = GPR.number(b.register)
      guard d == r else { return x.lea(w, d, Address(base: a, index: r)) }
      x.add(w, d, a)
      noteFlags(w, d, isLogical: false)
    case .memory:
      x.mov(w, d, env(b.offset))
      x.add(w, d, a)
      noteFlags(w, d, isLogical: false)
    default:
      x.lea(w, d, Address(a, Int32(truncatingIfNeeded: block.temps[Int(b.payload)].value)))
    }
  }

  func multiply(_ w: Width, signed: Bool, _ b: Operand) {
    switch (b.kind == .memory, signed) {
    case (true, true): x.imul(w, env(b.offset))
    case (true, false): x.mul(w, env(b.offset))
    case (false, true): x.imul(w, GPR.number(b.register))
    case (false, false): x.mul(w, GPR.number(b.register))
    }
  }

  func divide(_ w: Width, signed: Bool, _ b: Operand) {
    if signed { w == .qword ? x.cqo() : x.cdq() } else { x.xor(.dword, .rdx, .rdx) }
    divideDouble(w, signed: signed, b)
  }

  func divideDouble(_ w: Width, signed: Bool, _ b: Operand) {
    switch (b.kind == .memory, signed) {
    case (true, true): x.idiv(w, env(b.offset))
    case (true, false): x.div(w, env(b.offset))
    case (false, true): x.idiv(w, GPR.number(b.register))
    case (false, false): x.div(w, GPR.number(b.register))
    }
  }

  /// A field of bits, zero-extended: a narrow move where it is a byte or a word, else shifts.
  func extract(_ o: OpInPlace) {
    let offset = Int(o.op.pointee.constant)
    let length = Int(o.op.pointee.constant2)
    let a = o.input(0)
    if a.kind == .memory && (length == 8 || length == 16) && offset & 7 == 0 {
      return x.movzx(.dword, o.d, length == 8 ? .byte : .word, env(a.offset + offset >> 3))
    }
    if a.kind == .register && offset == 0 && (length == 8 || length == 16) {
      return x.movzx(.dword, o.d, length == 8 ? .byte : .word, .number(a.register))
    }
    mov(o.width, o.d, a)
    let bits = o.op.pointee.type.bits
    if offset + length == bits {
      if offset != 0 { x.shr(o.width, o.d, imm: UInt8(offset)) }
    } else if offset == 0 && length == 32 {
      x.mov(.dword, o.d, o.d)
    } else if length < 32 && offset + length <= 32 {
      if offset != 0 { x.shr(.dword, o.d, imm: UInt8(offset)) }
      x.and(.dword, o.d, imm: Int32(truncatingIfNeeded: (1 << length) - 1))
      noteFlags(.dword, o.d, isLogical: true)
    } else {
      x.shl(o.width, o.d, imm: UInt8(bits - offset - length))
      x.shr(o.width, o.d, imm: UInt8(bits - length))
    }
  }

  /// A field of bits, sign-extended.
  func extractSigned(_ o: OpInPlace) {
    let offset = Int(o.op.pointee.constant)
    let length = Int(o.op.pointee.constant2)
    let a = o.input(0)
    if offset == 0 && a.kind == .register {
      switch length {
      case 8: return x.movsx(o.width, o.d, .byte, .number(a.register))
      case 16: return x.movsx(o.width, o.d, .word, .number(a.register))
      case 32 where o.width == .qword: return x.movsxd(o.d, .number(a.register))
      default: break
      }
    }
    mov(o.width, o.d, a)
    let bits = o.op.pointee.type.bits
    if offset + length != bits { x.shl(o.width, o.d, imm: UInt8(bits - offset - length)) }
    if length != bits { x.sar(o.width, o.d, imm: UInt8(bits - length)) }
  }

  /// Puts the low bits of operand 1 in the place of a field of the result.
  func deposit(_ o: OpInPlace) {
    let offset = Int(o.op.pointee.constant)
    let length = Int(o.op.pointee.constant2)
    let s = o.register(1)
    let w = o.width
    if offset == 0 && (length == 8 || length == 16) {
      return x.mov(length == 8 ? .byte : .word, o.d, s)
    }
    let field: UInt64 = length >= 64 ? ~0 : (1 << UInt64(length)) - 1
    x.mov(w, .rcx, s)
    if field <= 0x7fff_ffff {
      x.and(.dword, .rcx, imm: Int32(field))
    } else if length < o.op.pointee.type.bits {
      x.shl(w, .rcx, imm: UInt8(o.op.pointee.type.bits - length))
      x.shr(w, .rcx, imm: UInt8(o.op.pointee.type.bits - length))
    }
    if offset != 0 { x.shl(w, .rcx, imm: UInt8(offset)) }
    clear(w, o.d, offset, length)
    x.or(w, o.d, .rcx)
  }

  /// Clears a field of a register.
  private func clear(_ w: Width, _ d: GPR, _ offset: Int, _ length: Int) {
    let field: UInt64 = length >= 64 ? ~0 : (1 << UInt64(length)) - 1
    let mask = ~(field << UInt64(offset))
    if w == .dword || Int64(bitPattern: mask) == Int64(Int32(truncatingIfNeeded: mask)) {
      return x.and(w, d, imm: Int32(truncatingIfNeeded: mask))
    }
    // Rotate the field to the bottom, shift it out, and rotate the rest back.
    x.ror(w, d, imm: UInt8(offset))
    if length < 64 {
      x.shr(w, d, imm: UInt8(length))
      x.shl(w, d, imm: UInt8(length))
    } else {
      x.xor(.dword, d, d)
    }
    x.rol(w, d, imm: UInt8(offset))
  }

  /// Leading zeros by BSR, which counts from the other end and leaves zero alone.
  func countLeading(_ o: OpInPlace) {
    putIfZero(o)
    x.bsr(o.width, .rcx, o.register(0))
    let isZero = x.jccShort(.e)
    x.mov(.dword, o.d, .rcx)
    x.xor(.dword, o.d, imm: Int32(o.op.pointee.type.bits - 1))
    x.bind(isZero)
  }

  /// Trailing zeros by BSF.
  func countTrailing(_ o: OpInPlace) {
    putIfZero(o)
    x.bsf(o.width, .rcx, o.register(0))
    let isZero = x.jccShort(.e)
    x.mov(.dword, o.d, .rcx)
    x.bind(isZero)
  }

  private func putIfZero(_ o: OpInPlace) {
    if let k = o.constant(1) {
      x.movi(o.d, k, preservingFlags: false)
    } else {
      mov(o.width, o.d, o.input(1))
    }
  }

  /// Ones by adding neighbouring fields of 1, 2 and 4 bits, then all bytes by a multiplication.
  func populationCount(_ o: OpInPlace) {
    let w = o.width
    let spread: (UInt64) -> UInt64 = {
      $0 &* 0x0101_0101_0101_0101 & (w == .qword ? ~0 : 0xffff_ffff)
    }
    for (shift, mask) in [(UInt8(1), UInt64(0x55)), (2, 0x33), (4, 0x0f)] {
      x.mov(w, .rcx, o.d)
      x.shr(w, .rcx, imm: shift)
      x.movi(.rdx, spread(mask), preservingFlags: false)
      x.and(w, .rcx, .rdx)
      x.and(w, o.d, .rdx)
      x.add(w, o.d, .rcx)
    }
    x.movi(.rdx, spread(1), preservingFlags: false)
    x.imul(w, o.d, .rdx)
    x.shr(w, o.d, imm: UInt8(o.op.pointee.type.bits - 8))
  }
}
