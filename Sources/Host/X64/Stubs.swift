import IR
import RegisterAllocation

/// The fixed pieces of code at the start of the code buffer: entering and leaving translated
/// code, looking up computed targets, calling helpers, copying guest memory.
///
/// In translated code rbp holds env, rsp the return stack, and each home its guest register;
/// rax, rcx and rdx are free between ops.
struct Stubs {
  /// A global with a home: the register, and the field of env that it leaves.
  struct Home: Sendable {
    let register: RegisterNumber
    let offset: Int
    init(register: RegisterNumber, offset: Int) {
      self.register = register
      self.offset = offset
    }
  }

  /// What stays at code offset 0: where empty entries of the jump table lead. Wants the guest
  /// address in eax.
  private(set) var lookupMiss: UInt = 0
  /// `(env, code)`: saves the host's registers and enters translated code.
  private(set) var enter: UInt = 0
  /// Leaves with a jump's number, which stands behind the call of this stub.
  private(set) var link: UInt = 0
  /// Leaves with kind n; the payload stands behind the call.
  private(set) var exits: [UInt] = []
  /// Leaves with a kind and a payload that are in env already.
  private(set) var exitStored: UInt = 0
  /// Where the fault handler sends translated code: leaves as a fault.
  private(set) var fault: UInt = 0
  /// A return whose target is not what the stack holds; wants the guest address in eax.
  private(set) var returnMiss: UInt = 0
  /// Per helper: calls it from translated code.
  private(set) var helpers: [UInt] = []
  /// `(destination, source, count) -> 0 or 1`: copies bytes; the fault handler makes it return 1.
  private(set) var copy: UInt = 0
  /// Bounds of the copying instruction, and where a fault in it continues.
  private(set) var copyFault: UInt = 0
  private(set) var copyStart: UInt = 0
  private(set) var copyEnd: UInt = 0
  /// Constants of 16 bytes, for floating point.
  var constants: UInt = 0
  /// Constants of 32 bytes, for vectors.
  var vectorConstants: UInt = 0
  /// And parts of the guest's floating-point status.
  var recordConstants: UInt = 0
  /// Per `FloatMode`: goes over to it.
  private(set) var modes: [UInt] = []
  /// Tells those who watch a line: its number in eax, the address of the versions in rcx.
  private(set) var lineTouch: UInt = 0
  /// The assembler behind the last stub.
  var assembler: Assembler

  private let homes: [Home]
  let layout: EnvironmentLayout
  let features: Features

  /// Makes a slow access to paged memory: its number stands behind the call of this stub. Every
  /// register but the result's keeps its value.
  var slowAccess: UInt = 0
  /// By the logarithms of an access's size and of the lesser alignment that it must have: takes a
  /// misaligned one back to where it is made, or makes it slowly.
  var misaligned: [[UInt]] = []

  /// Writes the stubs.
  init(
    at assembler: Assembler, homes: [Home], layout: EnvironmentLayout, helpers: [Helper],
    features: Features, slowAccess: UnsafeRawPointer? = nil
  ) {
    self.assembler = assembler
    self.homes = homes
    self.layout = layout
    self.features = features
    writeLookupMiss()
    writeConstants()
    writeEnter()
    for kind in 0...ExitKind.access.rawValue { exits.append(writeExit(kind)) }
    link = exits[Int(ExitKind.link.rawValue)]
    writeOthers()
    writeModes()
    if let reservation = layout.reservation { writeLineTouch(reservation) }
    writeCopy()
    for helper in helpers { writeHelper(helper) }
    if let slowAccess, let paging = layout.paging {
      writeSlowAccesses(UInt(bitPattern: slowAccess), paging)
    }
    self.assembler.align(to: 64)
  }

  func env(_ offset: Int) -> Address { Address(.rbp, Int32(truncatingIfNeeded: offset)) }

  private static let calleeSaved: [GPR] = [.rbp, .rbx, .r12, .r13, .r14, .r15]
  private static let callerSaved: RegisterSet =
    GPR.rsi.set | GPR.rdi.set | GPR.r8.set | GPR.r9.set | GPR.r10.set | GPR.r11.set | 0xffff_0000

  private mutating func storeHomes(_ set: RegisterSet = .max) {
    for home in homes where set >> RegisterSet(home.register) & 1 != 0 {
      if home.register < 16 {
        assembler.mov(.dword, env(home.offset), GPR.number(home.register))
      } else {
        assembler.movsd(env(home.offset), .number(home.register))
      }
    }
  }

  private mutating func loadHomes(_ set: RegisterSet = .max) {
    for home in homes where set >> RegisterSet(home.register) & 1 != 0 {
      if home.register < 16 {
        assembler.mov(.dword, .number(home.register), env(home.offset))
      } else {
        assembler.movsd(XMM.number(home.register), env(home.offset))
      }
    }
  }

  private mutating func writeEnter() {
    assembler.align(to: 16)
    enter = assembler.currentAddress
    for register in Self.calleeSaved { assembler.push(register) }
    assembler.sub(.qword, .rsp, imm: 8)
    assembler.mov(.qword, .rbp, .rdi)
    assembler.mov(.qword, .rax, .rsi)
    assembler.mov(.qword, env(layout.hostStack), .rsp)
    assembler.mov(.qword, .rsp, env(layout.returnStack))
    loadHomes()
    if let paging = layout.paging { assembler.mov(.qword, .pageTable, env(paging.pageTable)) }
    loadByteOrders()
    loadFloatStatus()
    assembler.jmp(.rax)
  }

  /// Restores the host's registers and returns to the runtime.
  mutating func writeLeave() {
    storeHomes()
    storeFloatStatus()
    assembler.mov(.qword, env(layout.returnStack), .rsp)
    assembler.mov(.qword, .rsp, env(layout.hostStack))
    assembler.add(.qword, .rsp, imm: 8)
    for register in Self.calleeSaved.reversed() { assembler.pop(register) }
    assembler.ret()
  }

  /// Puts the status of the guest's floating-point operations away for ours, and takes it back:
  /// functions of ours raise flags of their own, and round to nearest.
  ///
  /// The one takes rax, the other rcx.
  mutating func storeFloatStatus() {
    if let status = currentStatus(.rax) { assembler.stmxcsr(status) }
    if let host = layout.hostFloatStatus { assembler.ldmxcsr(env(host)) }
  }

  mutating func loadFloatStatus() {
    if let status = currentStatus(.rcx) { assembler.ldmxcsr(status) }
  }

  /// The status of the mode; without modes there is one.
  private mutating func currentStatus(_ register: GPR) -> Address? {
    guard let status = layout.floatStatus else { return nil }
    guard let mode = layout.floatMode else { return env(status) }
    assembler.mov(.dword, register, env(mode))
    return Address(
      base: .rbp, index: register, displacement: Int32(truncatingIfNeeded: status))
  }

  /// Go over to a floating-point mode.
  private mutating func writeModes() {
    guard let status = layout.floatStatus, let mode = layout.floatMode else { return }
    for (number, target) in [(Int32(0), 0), (4, 4)] {
      assembler.align(to: 16)
      modes.append(assembler.currentAddress)
      assembler.stmxcsr(env(status + 4 - target))
      assembler.ldmxcsr(env(status + target))
      assembler.mov(.dword, env(mode), imm: number)
      assembler.ret()
    }
  }

  /// Clears bit 31 of the version and adds two. Where the reservation is this processor's own, it
  /// adds two to both versions: others lose theirs.
  private mutating func writeLineTouch(_ r: EnvironmentLayout.Reservation) {
    let kept = env(layout.spillSlots - 8)
    assembler.align(to: 16)
    lineTouch = assembler.currentAddress
    assembler.mov(.qword, kept, .rdx)
    assembler.mov(.dword, .rdx, env(r.address))
    assembler.lineNumber(.rdx, r)
    assembler.cmp(.dword, .rdx, .rax)
    assembler.lea(.qword, .rcx, Address(base: .rcx, index: .rax, scale: 4))
    assembler.mov(.qword, .rdx, kept)
    let isOther = assembler.jccShort(.ne)
    assembler.cmp(.dword, env(r.valid), imm: 0)
    let isNone = assembler.jccShort(.e)
    assembler.mov(.dword, .rax, Address(.rcx))
    assembler.cmp(.dword, .rax, env(r.version))
    let isLost = assembler.jccShort(.ne)
    assembler.mov(.dword, .rax, imm: 2)
    assembler.xadd(.dword, Address(.rcx), .rax, lock: true)
    assembler.add(.dword, env(r.version), imm: 2)
    assembler.ret()
    for jump in [isOther, isNone, isLost] { assembler.bind(jump) }
    assembler.mov(.dword, .rax, imm: Int32(bitPattern: 0x8000_0002))
    assembler.xadd(.dword, Address(.rcx), .rax, lock: true)
    assembler.ret()
  }

  private mutating func writeExit(_ kind: UInt32) -> UInt {
    assembler.align(to: 16)
    let address = assembler.currentAddress
    if kind == ExitKind.cache.rawValue {
      assembler.mov(.dword, env(layout.programCounter), .rax)
    }
    assembler.pop(.rax)
    assembler.mov(.dword, .rax, Address(.rax))
    assembler.mov(.dword, env(layout.exitPayload), .rax)
    assembler.mov(.dword, env(layout.exitKind), imm: Int32(kind))
    writeLeave()
    return address
  }

  private mutating func writeOthers() {
    assembler.align(to: 16)
    exitStored = assembler.currentAddress
    writeLeave()
    assembler.align(to: 16)
    fault = assembler.currentAddress
    if features.contains(.avx2) { assembler.vzeroupper() }
    assembler.mov(.dword, env(layout.exitKind), imm: Int32(ExitKind.fault.rawValue))
    writeLeave()
    assembler.align(to: 16)
    returnMiss = assembler.currentAddress
    assembler.and(.dword, .rax, imm: ~3)
    // The stack has lost step with the guest: empty it, and go by the table.
    assembler.mov(.qword, .rsp, env(layout.returnStackTop))
    assembler.loadTarget(layout)
    assembler.jmp(.rcx)
  }

  private mutating func writeLookupMiss() {
    lookupMiss = assembler.currentAddress
    assembler.mov(.dword, env(layout.programCounter), .rax)
    assembler.mov(.dword, env(layout.exitKind), imm: Int32(ExitKind.lookup.rawValue))
    writeLeave()
  }

  private mutating func writeCopy() {
    assembler.align(to: 16)
    copy = assembler.currentAddress
    assembler.mov(.qword, .rcx, .rdx)
    copyStart = assembler.currentAddress
    assembler.repMovsb()
    copyEnd = assembler.currentAddress
    assembler.mov(.dword, .rax, imm: 0)
    assembler.ret()
    copyFault = assembler.currentAddress
    assembler.mov(.dword, .rax, imm: 1)
    assembler.ret()
  }

  /// A helper takes its operands in rax, rdx, rcx and leaves its result in rax.
  private mutating func writeHelper(_ helper: Helper) {
    assembler.align(to: 16)
    helpers.append(assembler.currentAddress)
    let looksAtStatus = helper.flags.contains(.readsFloatStatus)
    if looksAtStatus, features.contains(.avx512f), let record = layout.floatRecord {
      writeShortWay(record)
    }
    let isPure = helper.flags.isSuperset(of: [.noReadGlobals, .noWriteGlobals])
    let leavesHomes = isPure || helper.flags.contains(.noHomes)
    let saved = leavesHomes ? Self.callerSaved : .max
    storeHomes(saved)
    assembler.mov(.qword, env(layout.returnStack), .rsp)
    assembler.mov(.qword, .rsp, env(layout.hostStack))
    assembler.mov(.qword, .rdi, .rbp)
    assembler.mov(.qword, .rsi, .rax)
    if looksAtStatus, let status = layout.floatStatus { assembler.stmxcsr(env(status)) }
    let keepsStatus = looksAtStatus || helper.flags.contains(.noFloatStatus)
    if !keepsStatus { storeFloatStatus() }
    callFunction(UInt(bitPattern: helper.address))
    if !keepsStatus { loadFloatStatus() }
    assembler.mov(.qword, .rsp, env(layout.returnStack))
    loadHomes(
      leavesHomes || helper.flags.contains(.noWriteGlobals) ? saved & Self.callerSaved : .max)
    assembler.ret()
  }

  /// Calls a function of ours, near or far.
  mutating func callFunction(_ target: UInt) {
    if assembler.reaches(target) {
      assembler.call(to: target)
    } else {
      assembler.movabs(.rax, UInt64(target))
      assembler.call(.rax)
    }
    loadByteOrders()
  }
}

extension Assembler {
  /// rcx = the code for the guest address in rax, by the jump table.
  mutating func loadTarget(_ layout: EnvironmentLayout) {
    if let paging = layout.paging {
      mov(.dword, .rcx, .rax)
      shr(.dword, .rcx, imm: 28)
      let segments = Int32(truncatingIfNeeded: paging.codeSegments)
      mov(.qword, .rcx, Address(base: .rbp, index: .rcx, scale: 8, displacement: segments))
    } else {
      mov(.qword, .rcx, Address(.rbp, Int32(truncatingIfNeeded: layout.jumpTable)))
    }
    mov(.dword, .rcx, Address(base: .rcx, index: .rax))
    add(.qword, .rcx, Address(.rbp, Int32(truncatingIfNeeded: layout.codeBase)))
  }
}
