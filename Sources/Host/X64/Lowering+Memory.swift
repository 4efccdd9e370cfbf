import IR
import RegisterAllocation

/// Fields of env, and guest memory.
extension Lowering {
  static let environment: [Lowering] = [
    Lowering(.ld8u, [C.r], [C.base]) { e, o in e.x.movzx(.dword, o.d, .byte, e.field(o, 0)) },
    Lowering(.ld8s, [C.r], [C.base]) { e, o in e.x.movsx(o.width, o.d, .byte, e.field(o, 0)) },
    Lowering(.ld16u, [C.r], [C.base]) { e, o in e.x.movzx(.dword, o.d, .word, e.field(o, 0)) },
    Lowering(.ld16s, [C.r], [C.base]) { e, o in e.x.movsx(o.width, o.d, .word, e.field(o, 0)) },
    Lowering(.ld32u, [.i64], [C.r], [C.base]) { e, o in e.x.mov(.dword, o.d, e.field(o, 0)) },
    Lowering(.ld32s, [.i64], [C.r], [C.base]) { e, o in e.x.movsxd(o.d, e.field(o, 0)) },
    Lowering(.ld, [C.r], [C.base]) { e, o in e.x.mov(o.width, o.d, e.field(o, 0)) },
    Lowering(.ld, [.f64], [C.x], [C.base]) { e, o in e.x.movsd(o.xd, e.field(o, 0)) },
    Lowering(.ld, [.f32], [C.x], [C.base]) { e, o in e.x.movss(o.xd, e.field(o, 0)) },
    Lowering(.st8, [], [C.ri, C.base]) { e, o in e.storeField(.byte, o) },
    Lowering(.st16, [], [C.ri, C.base]) { e, o in e.storeField(.word, o) },
    Lowering(.st32, [.i64], [], [C.ri, C.base]) { e, o in e.storeField(.dword, o) },
    Lowering(.st, [], [C.ri, C.base]) { e, o in e.storeField(o.width, o) },
    Lowering(.st, [.f64], [], [C.x, C.base]) { e, o in e.x.movsd(e.field(o, 1), o.vector(0)) },
    Lowering(.st, [.f32], [], [C.x, C.base]) { e, o in e.x.movss(e.field(o, 1), o.vector(0)) },
  ]

  /// A load's address is a register or a constant; the index a register or the constant zero.
  static func guestMemory(_ features: Features) -> [Lowering] {
    let movbe = features.contains(.movbe)
    let clobbers: RegisterSet = movbe ? 0 : GPR.rcx.set
    let general = C.anyGeneral & ~clobbers
    let value = C(general, .int32)
    let address = C(general, .anyConstant)
    let index = C(general, .zero)
    return [
      Lowering(.qemu_ld, [C.r], [C.address, C.index]) { e, o in e.loadGuest(o) },
      Lowering(.qemu_st, [.i32], [], [value, address, index], clobbers: clobbers) { e, o in
        e.storeGuest(o)
      },
      Lowering(.qemu_st, [.i64], [], [C(general, .zero), address, index], clobbers: clobbers) {
        e, o in
        e.storeGuest(o)
      },
      Lowering(
        .qemu_cmpxchg, [.i32], [C.fixed(.rax)],
        [C.address, C.fixed(.rax), C.fixed(.rcx)], clobbers: GPR.rax.set | GPR.rcx.set
      ) { e, o in e.compareExchange(o) },
      Lowering(
        .line_watch, [.i32], [C.r], [C.fixed(.rax)], clobbers: GPR.rax.set | GPR.rcx.set
      ) { e, o in e.watchLine(o.d) },
      Lowering(.line_touch, [.i32], [], [C.fixed(.rax)], clobbers: GPR.rax.set | GPR.rcx.set) {
        e, _ in
        e.touchLine()
      },
    ]
  }
}

extension OperandConstraint {
  /// env, or a register that was computed from it.
  static let base = Self(anyGeneral | GPR.rbp.set)
  /// A guest address.
  static let address = Self(anyGeneral, .anyConstant)
  /// What is added to a guest address.
  static let index = Self(anyGeneral, .zero)
}

extension Emitter {
  /// The field that operand `n`, a base, and the op's constant name.
  func field(_ o: OpInPlace, _ n: Int) -> Address {
    Address(o.register(n), Int32(bitPattern: o.op.pointee.constant))
  }

  func storeField(_ w: Width, _ o: OpInPlace) {
    if o.input(0).kind == .constant {
      x.mov(w, field(o, 1), imm: o.immediate(0))
    } else {
      x.mov(w, field(o, 1), o.register(0))
    }
  }

  /// The host address of a guest access whose address and index are operands `n` and `n + 1`.
  ///
  /// A single register holds a zero-extended address, and the displacement is within the guards
  /// around guest memory, so its sum needs no truncation: what would wrap faults in a guard, and
  /// guest addresses near both ends are never mapped. Every other sum is truncated to 32 bits by
  /// the address-size prefix.
  func guestAddress(_ o: OpInPlace, _ n: Int, hasIndex: Bool = true) -> Address {
    let displacement = o.op.pointee.opcode == .qemu_cmpxchg ? 0 : o.op.pointee.displacement
    let base = o.input(n)
    let index = hasIndex ? o.input(n + 1) : .none
    let isSmall = displacement >= -0x8000 && displacement < 0x8000
    if base.kind == .constant {
      let sum = o.immediate(n) &+ displacement
      let register = index.kind == .register ? GPR.number(index.register) : nil
      return Address(
        base: register, displacement: sum, segmentGS: guestMemory == .throughGS, addressSize32: true
      )
    }
    let register = index.kind == .register ? GPR.number(index.register) : nil
    return Address(
      base: .number(base.register), index: register, displacement: displacement,
      segmentGS: guestMemory == .throughGS, addressSize32: register != nil || !isSmall)
  }

  func loadGuest(_ o: OpInPlace) { loadGuest(o, from: guestAddress(o, 0)) }

  /// Loads from a host address.
  func loadGuest(_ o: OpInPlace, from m: Address) {
    let operation = o.op.pointee.memory
    switch operation.bytes {
    case 1:
      operation.isSigned ? x.movsx(o.width, o.d, .byte, m) : x.movzx(.dword, o.d, .byte, m)
    case 2: loadHalf(o, operation, m)
    default:
      let w: Width = operation.bytes == 8 ? .qword : .dword
      if operation.isLittleEndian {
        x.mov(w, o.d, m)
      } else if features.contains(.movbe) {
        x.movbe(w, o.d, m)
      } else {
        x.mov(w, o.d, m)
        x.bswap(w, o.d)
      }
      if w == .dword && o.width == .qword && operation.isSigned { x.movsxd(o.d, o.d) }
    }
  }

  private func loadHalf(_ o: OpInPlace, _ operation: MemoryOperation, _ m: Address) {
    if operation.isLittleEndian {
      return operation.isSigned ? x.movsx(o.width, o.d, .word, m) : x.movzx(.dword, o.d, .word, m)
    }
    x.movzx(.dword, o.d, .word, m)
    x.rol(.word, o.d, imm: 8)
    if operation.isSigned { x.movsx(o.width, o.d, .word, o.d) }
  }

  func storeGuest(_ o: OpInPlace) { storeGuest(o, at: guestAddress(o, 1)) }

  /// Stores to a host address.
  func storeGuest(_ o: OpInPlace, at m: Address) {
    let operation = o.op.pointee.memory
    let w = Width(rawValue: UInt8(operation.bytes.trailingZeroBitCount)) ?? .dword
    let value = o.input(0)
    if value.kind == .constant {
      let k = o.immediate(0)
      let swapped =
        operation.isLittleEndian || w == .byte
        ? k : w == .word ? k.byteSwapped >> 16 : k.byteSwapped
      return x.mov(w, m, imm: swapped)
    }
    let s = GPR.number(value.register)
    if operation.isLittleEndian || w == .byte { return x.mov(w, m, s) }
    if features.contains(.movbe) { return x.movbe(w, m, s) }
    x.mov(.qword, .rcx, s)
    if w == .word { x.rol(.word, .rcx, imm: 8) } else { x.bswap(w, .rcx) }
    x.mov(w, m, .rcx)
  }

  /// Compares a guest word with rax and replaces it by rcx; the old word in rax.
  func compareExchange(_ o: OpInPlace) {
    let isSwapped = !o.op.pointee.memory.isLittleEndian
    if isSwapped {
      x.bswap(.dword, .rax)
      x.bswap(.dword, .rcx)
    }
    x.cmpxchg(.dword, guestAddress(o, 0, hasIndex: false), .rcx, lock: true)
    if isSwapped { x.bswap(.dword, .rax) }
  }
}

// MARK: Reservations

extension Emitter {
  /// Sets bit 31 of the version of the line at the address in rax, with a fence if it was clear.
  func watchLine(_ d: GPR) {
    guard let r = layout.reservation else { return }
    x.lineNumber(.rax, r)
    x.mov(.qword, .rcx, env(r.versions))
    x.lea(.qword, .rcx, Address(base: .rcx, index: .rax, scale: 4))
    x.cmp(.dword, Address(.rcx), imm: 0)
    let isWatched = x.jccShort(.s)
    x.mov(.dword, .rax, imm: .min)
    x.or(.dword, Address(.rcx), .rax, lock: true)
    x.bind(isWatched)
    x.mov(.dword, d, Address(.rcx))
  }

  /// Tells those who watch the line at the address in rax.
  func touchLine() {
    guard let r = layout.reservation else { return }
    x.lineNumber(.rax, r)
    x.mov(.qword, .rcx, env(r.versions))
    x.cmp(.dword, Address(base: .rcx, index: .rax, scale: 4), imm: 0)
    let isAlone = x.jccShort(.ns)
    x.call(to: stubs.lineTouch)
    x.bind(isAlone)
  }
}

extension Assembler {
  /// Turns a guest address into the number of its line's version.
  mutating func lineNumber(_ address: GPR, _ r: EnvironmentLayout.Reservation) {
    shr(.dword, address, imm: UInt8(r.lineShift))
    and(.dword, address, imm: 1 << Int32(r.countShift) - 1)
  }
}
