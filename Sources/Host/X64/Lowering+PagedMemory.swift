import IR
import RegisterAllocation

/// Guest memory behind a page table (`PageTable`): the host page is looked up, and an access that
/// is misaligned, or whose page has no word, goes a slow path behind the block's end. From there
/// it comes back if it lies within one page that has a word.
extension Lowering {
  static func pagedMemory(_ features: Features) -> [Lowering] {
    // rcx becomes the host address.
    let usable = C.anyGeneral & ~(GPR.rcx.set | GPR.pageTable.set)
    let register = C(usable), index = C(0, .zero)
    let others = C.anyGeneral & ~(GPR.rax.set | GPR.pageTable.set)
    let isSwapping = features.contains(.movbe)
    return [
      Lowering(.qemu_ld, [C.r], [register, index], clobbers: GPR.rcx.set) { e, o in
        e.loadPaged(o)
      },
      Lowering(
        .qemu_st, [.i32], [], [C(usable, .int32), register, index], clobbers: GPR.rcx.set
      ) { e, o in e.storePaged(o, isSwapping: isSwapping) },
      Lowering(
        .qemu_st, [.i64], [], [C(usable, .zero), register, index], clobbers: GPR.rcx.set
      ) { e, o in e.storePaged(o, isSwapping: isSwapping) },
      // Rare with one processor, so always slow.
      Lowering(
        .qemu_cmpxchg, [.i32], [C.fixed(.rax)],
        [C(others), C.fixed(.rax), C(others)], clobbers: GPR.rax.set
      ) { e, o in e.exchangePaged(o) },
    ]
  }
}

/// A branch to a slow path, and where that comes back to.
struct SlowPath {
  var branch: Fixup
  var resume: UInt
  /// The access itself, if it can be made misaligned, at the host address in rcx.
  var access: UInt?
}

extension Emitter {
  /// Finds the host address of the access whose guest address is operand `n`.
  private func pagedAddress(_ o: OpInPlace, _ n: Int, isStore: Bool) -> (Address, SlowPath) {
    let base = GPR.number(o.input(n).register)
    let displacement = o.op.pointee.displacement
    let size = o.op.pointee.memory.bytes
    if onlySlowAccesses { return (Address(.rcx), SlowPath(branch: x.jmp(), resume: 0)) }
    if displacement == 0 {
      x.mov(.dword, .rcx, base)
    } else {
      x.lea(.dword, .rcx, Address(base, displacement))
    }
    x.shr(.dword, .rcx, imm: 12)
    let table = Int32(isStore ? PageTable.storeOffset : 0)
    x.mov(.qword, .rcx, Address(base: .pageTable, index: .rcx, scale: 8, displacement: table))
    // The word has bit 0 set, and counts one too many for that.
    let place = Address(base: .rcx, index: base, displacement: displacement &- 1)
    if size == 1 {
      x.test(.byte, .rcx, imm: 1)
      return (place, SlowPath(branch: x.jcc(.e), resume: 0))
    }
    x.lea(.qword, .rcx, place)
    x.test(.byte, .rcx, imm: Int32(size - 1))
    let branch = x.jcc(.ne)
    let mayBeMisaligned = o.op.pointee.memory.alignment < size
    let access = mayBeMisaligned ? x.currentAddress : nil
    return (Address(.rcx), SlowPath(branch: branch, resume: 0, access: access))
  }

  func loadPaged(_ o: OpInPlace) {
    let (place, path) = pagedAddress(o, 0, isStore: false)
    loadGuest(o, from: place)
    note(o, path, .load, base: o.input(0), value: .register(o.d.rawValue))
  }

  func storePaged(_ o: OpInPlace, isSwapping: Bool) {
    let (place, path) = pagedAddress(o, 1, isStore: true)
    let operation = o.op.pointee.memory
    let value = o.input(0)
    if !isSwapping, value.kind == .register, operation.bytes > 1, !operation.isLittleEndian {
      storeSwapped(o, at: place)
    } else {
      storeGuest(o, at: place)
    }
    note(o, path, .store, base: o.input(1), value: value)
  }

  /// Loads a vector register.
  /// - Parameter load: loads it from a host address.
  func loadPaged(_ o: OpInPlace, by load: (Address) -> Void) {
    let (place, path) = pagedAddress(o, 0, isStore: false)
    load(place)
    note(o, path, .load, base: o.input(0), value: .register(o.step.pointee.operands[0].register))
  }

  /// Stores a vector register.
  /// - Parameter store: stores it at a host address.
  func storePaged(_ o: OpInPlace, by store: (Address) -> Void) {
    let (place, path) = pagedAddress(o, 1, isStore: true)
    store(place)
    note(o, path, .store, base: o.input(1), value: o.input(0))
  }

  func exchangePaged(_ o: OpInPlace) {
    let path = SlowPath(branch: x.jmp(), resume: 0)
    note(o, path, .exchange, base: o.input(0), value: o.input(2), expected: GPR.rax.rawValue)
  }

  /// Without MOVBE: the value is swapped where it is, and back again. A read before that, because
  /// the value must not be found swapped by a fault.
  private func storeSwapped(_ o: OpInPlace, at place: Address) {
    let s = GPR.number(o.input(0).register)
    let bytes = o.op.pointee.memory.bytes
    x.test(.byte, place, imm: 0)
    let swap = {
      bytes == 2
        ? self.x.rol(.word, s, imm: 8) : self.x.bswap(bytes == 8 ? .qword : .dword, s)
    }
    swap()
    x.mov(bytes == 2 ? .word : bytes == 8 ? .qword : .dword, place, s)
    swap()
  }

  private func note(
    _ o: OpInPlace, _ path: SlowPath, _ kind: SlowAccess.Kind, base: Operand, value: Operand,
    expected: RegisterNumber = noRegister
  ) {
    let n = accessCount
    guard n < Self.capacity else {
      x.overflowed = true
      return
    }
    let isConstant = value.kind == .constant
    accesses[n] = SlowAccess(
      address: instruction, operation: o.op.pointee.memory, base: base.register,
      displacement: kind == .exchange ? 0 : o.op.pointee.displacement,
      value: isConstant ? noRegister : value.register,
      constant: isConstant ? UInt32(bitPattern: o.immediate(0)) : 0, expected: expected,
      kind: kind, isWide: o.op.pointee.type.bits >= 64)
    slowPaths[n] = path
    slowPaths[n].resume = x.currentAddress
    accessCount += 1
  }

  func writeSlowPaths() {
    for n in 0..<accessCount where !x.overflowed {
      let path = slowPaths[n]
      x.bind(path.branch)
      if let access = path.access {
        let operation = accesses[n].operation
        let stubs = stubs.misaligned[operation.bytes.trailingZeroBitCount]
        x.call(to: stubs[operation.alignment.trailingZeroBitCount])
        let back = x.jmp()
        x.patch(back, to: access)
      } else {
        x.call(to: stubs.slowAccess)
      }
      x.dword(accessBase &+ UInt32(truncatingIfNeeded: n))
      x.jmp(to: path.resume)
    }
  }
}
