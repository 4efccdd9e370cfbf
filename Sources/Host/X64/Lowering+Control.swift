import IR
import RegisterAllocation

/// Comparisons, carries, and everything that leaves a block.
extension Lowering {
  static let comparisons: [Lowering] = [
    Lowering(.setcond, [C.newR], [C.rm, C.ri]) { e, o in e.setCondition(o, negate: false) },
    Lowering(.negsetcond, [C.newR], [C.rm, C.ri]) { e, o in e.setCondition(o, negate: true) },
    Lowering(.setcond, test: true, [C.newR], [C.rm, testConstant]) { e, o in
      e.setCondition(o, negate: false)
    },
    Lowering(.negsetcond, test: true, [C.newR], [C.rm, testConstant]) { e, o in
      e.setCondition(o, negate: true)
    },
    Lowering(.movcond, [movcondResult], [C.rm, C.ri, C.rm, C.r]) { e, o in e.moveConditionally(o) },
    Lowering(.movcond, test: true, [movcondResult], [C.rm, testConstant, C.rm, C.r]) { e, o in
      e.moveConditionally(o)
    },
    Lowering(.brcond, [], [C.rm, C.ri]) { e, o in e.branch(o) },
    Lowering(.brcond, test: true, [], [C.rm, testConstant]) { e, o in e.branch(o) },
  ]

  private static let testConstant = C(C.anyGeneral, [.int32, .oneBit])
  private static let movcondResult = C(C.anyGeneral, alias: 3, isEarly: true)

  static let carries: [Lowering] = [
    Lowering(.addco, [C.same], [C.r, C.rmi]) { e, o in e.add(o.width, o.d, o.input(1)) },
    Lowering(.addc1o, [C.same], [C.r, C.rmi]) { e, o in
      e.x.stc()
      e.adc(o.width, o.d, o.input(1))
    },
    Lowering(.addci, [C.same], [C.r, C.rmi]) { e, o in e.adc(o.width, o.d, o.input(1)) },
    Lowering(.addcio, [C.same], [C.r, C.rmi]) { e, o in e.adc(o.width, o.d, o.input(1)) },
    Lowering(.subbo, [C.same], [C.r, C.rmi]) { e, o in e.sub(o.width, o.d, o.input(1)) },
    Lowering(.subb1o, [C.same], [C.r, C.rmi]) { e, o in
      e.x.stc()
      e.sbb(o.width, o.d, o.input(1))
    },
    Lowering(.subbi, [C.same], [C.r, C.rmi]) { e, o in e.sbb(o.width, o.d, o.input(1)) },
    Lowering(.subbio, [C.same], [C.r, C.rmi]) { e, o in e.sbb(o.width, o.d, o.input(1)) },
  ]

  /// What a function may destroy of the registers that hold values; the homes among them are
  /// saved around the call (`Stubs`).
  private static let calleeOwned: RegisterSet =
    GPR.rax.set | GPR.rcx.set | GPR.rdx.set | GPR.rsi.set | GPR.rdi.set | GPR.r8.set | GPR.r9.set
    | GPR.r10.set | GPR.r11.set | 0xffff_0000

  static let control: [Lowering] = [
    Lowering(.set_label, [.i32], [], []) { e, o in e.place(label: o.op.pointee.constant) },
    Lowering(.br, [.i32], [], []) { e, o in e.jump(label: o.op.pointee.constant) },
    Lowering(.goto_tb, [.i32], [], []) { e, o in e.gotoBlock(o.op.pointee.constant2) },
    Lowering(.call_tb, [.i32], [], [C(0, .anyConstant)]) { e, o in
      e.callBlock(o.op.pointee.constant2, returningTo: o.immediate(0))
    },
    Lowering(.goto_ptr, [.i32], [], [C.fixed(.rax)], clobbers: GPR.rcx.set) { e, _ in
      e.loadTarget()
      e.x.jmp(.rcx)
    },
    Lowering(.call_ptr, [.i32], [], [C.fixed(.rax), C(0, .anyConstant)], clobbers: GPR.rcx.set) {
      e, o in
      e.callComputed(returningTo: o.immediate(1))
    },
    Lowering(.ret_ptr, [.i32], [], [C.fixed(.rax)]) { e, _ in e.returnFromBlock() },
    Lowering(.exit_tb, [.i32], [], []) { e, o in
      e.exit(o.op.pointee.constant, o.op.pointee.constant2)
    },
    Lowering(
      .call, [.i32, .i64], [C.fixed(.rax)], [C.fixed(.rax), C.fixed(.rdx), C.fixed(.rcx)],
      clobbers: calleeOwned
    ) { e, o in e.x.call(to: e.stubs.helpers[Int(o.op.pointee.constant)]) },
    Lowering(.mb, [.i32], [], []) { e, o in
      // x86 reorders only a store with a later load.
      // Any access with LOCK orders what MFENCE does in memory like ours, and takes less time.
      if o.op.pointee.constant & 2 != 0 {
        e.x.or(.dword, e.env(e.layout.spillSlots &- 8), .rbp, lock: true)
      }
    },
  ]
}

extension Emitter {
  /// Sets the flags for the op's comparison of operands 0 and 1.
  private func flags(_ o: OpInPlace) -> HostCondition {
    let condition = o.op.pointee.condition
    if condition.rawValue >= Condition.tsteq.rawValue {
      let meet = testBits(o.width, o.input(0), o.input(1))
      return condition == .tstne ? meet : meet.inverted
    }
    if let condition = knownFlags(o) { return condition }
    compare(o.width, o.input(0), o.input(1))
    return HostCondition(condition)
  }

  func setCondition(_ o: OpInPlace, negate: Bool) {
    let condition = flags(o)
    x.setcc(condition, o.d)
    x.movzx(.dword, o.d, .byte, o.d)
    if negate { x.neg(o.width, o.d) }
  }

  func moveConditionally(_ o: OpInPlace) {
    let condition = flags(o)
    let w: Width = o.temps[Int(o.op.pointee.output(0))].type == .i64 ? .qword : .dword
    let value = o.input(2)
    value.kind == .memory
      ? x.cmovcc(w, condition, o.d, env(value.offset))
      : x.cmovcc(w, condition, o.d, GPR.number(value.register))
  }

  // MARK: Branches and labels

  func branch(_ o: OpInPlace) { branch(o, flags(o)) }

  /// Branches to the op's label.
  func branch(_ o: OpInPlace, _ condition: HostCondition) {
    let label = Int(o.op.pointee.constant)
    if labels[label].exit == -2 {
      // The branch itself leaves: it is linked to the target block.
      x.alignForPatch(2)
      let fixup = x.jcc(condition)
      let cold = coldExit(label)
      labels[label].exit = Int32(noteExit(fixup, target: cold))
      return
    }
    labels[label].fixup = x.jcc(condition)
    labels[label].isPending = true
  }

  /// The target of the chained exit behind a label.
  private func coldExit(_ label: Int) -> UInt32 {
    var n = block.mainCount
    while n < block.opCount {
      if ops[n].opcode == .set_label && Int(ops[n].constant) == label {
        return ops[n + 1].constant2
      }
      n += 1
    }
    return 0
  }

  func place(label: UInt32) {
    let label = Int(label)
    if labels[label].exit >= 0 {
      writeStub(Int(labels[label].exit))
      isBehindChainedLabel = true
      return
    }
    if labels[label].isPending { x.bind(labels[label].fixup) }
    if let exemption = labels[label].exemption { resume(exemption) }
  }

  func jump(label: UInt32) {
    labels[Int(label)].fixup = x.jmp()
    labels[Int(label)].isPending = true
  }

  // MARK: Leaving

  /// A chained jump; behind a label whose branch leaves by itself there is nothing to do.
  func gotoBlock(_ target: UInt32) {
    if isBehindChainedLabel {
      isBehindChainedLabel = false
      return
    }
    x.alignForPatch(1)
    let n = noteExit(x.jmp(), target: target)
    pendingStubs[pendingStubCount] = UInt32(n)
    pendingStubCount += 1
  }

  func callBlock(_ target: UInt32, returningTo address: Int32) {
    x.push(imm: address)
    x.alignForPatch(1)
    let n = noteExit(x.call(), target: target)
    pendingStubs[pendingStubCount] = UInt32(n)
    pendingStubCount += 1
  }

  /// Calls the code for the guest address in eax: that of the cached target, if it is that one.
  func callComputed(returningTo address: Int32) {
    x.push(imm: address)
    x.alignForPatch(1)
    x.cmp(.dword, .rax, imm: Int32(InlineCache.empty))
    let constant = UInt32(x.offset) &- 4
    x.alignForPatch(2)
    let other = x.jcc(.ne)
    x.alignForPatch(1)
    let n = noteExit(x.call(), target: 0)
    exits[n].cache = InlineCache(constant: constant, branch: other.offset, byTable: 0)
    returns[n] = x.currentAddress
    pendingStubs[pendingStubCount] = UInt32(n)
    pendingStubCount += 1
  }

  /// Writes what a computed call does for a target that it does not hold: fill the cache if it is
  /// empty, else go by the table. Both come back behind the call.
  func writeCacheStub(_ n: Int) {
    guard let cache = exits[n].cache, !x.overflowed else { return }
    exits[n].stub = UInt32(x.offset)
    x.patch(Fixup(offset: exits[n].operand, size: 4), to: x.currentAddress)
    x.patch(Fixup(offset: cache.branch, size: 4), to: x.currentAddress)
    let fill = x.call()
    x.jmp(to: returns[n])
    x.bind(fill)
    x.call(to: stubs.exits[Int(ExitKind.cache.rawValue)])
    x.dword(linkBase &+ UInt32(truncatingIfNeeded: n))
    exits[n].cache?.byTable = UInt32(x.offset)
    loadTarget()
    x.call(.rcx)
    x.jmp(to: returns[n])
  }

  /// rcx = the code for the guest address in rax.
  func loadTarget() { x.loadTarget(layout) }

  /// Returns to the host address on the stack if the guest address beside it is the one in eax.
  func returnFromBlock() {
    x.cmp(.dword, Address(.rsp, 8), .rax)
    x.jcc(.ne, to: stubs.returnMiss)
    x.ret(imm: 8)
  }

  func exit(_ kind: UInt32, _ payload: UInt32) {
    if payload == .max {
      x.mov(.dword, env(layout.exitKind), imm: Int32(kind))
      return x.jmp(to: stubs.exitStored)
    }
    x.call(to: stubs.exits[Int(kind)])
    x.dword(payload)
  }
}
