import CSys
import Memory

/// The frames of 32-bit PowerPC Linux (arch/powerpc/kernel/signal_32.c, asm/sigcontext.h,
/// asm/ucontext.h): what a handler finds on its stack, and how sigreturn undoes it.
///
///     rt frame, 1536 bytes               plain frame, 1248 bytes
///     0x000 siginfo            128       0x000 sigcontext          32
///     0x080 ucontext          1184       0x020 mcontext           992
///           0x140 mcontext                0x400 gap               224
///     0x520 gap                224
///
/// Below the frame is a stack frame header with the back chain: 80 bytes for rt, 64 for plain.
struct SignalFrame {
  let process: LinuxProcess
  let registers: any GuestRegisters

  static let rtSize: UInt32 = 1536
  static let rtGap: UInt32 = 80
  static let plainSize: UInt32 = 1248
  static let plainGap: UInt32 = 64
  static let contextOffset: UInt32 = 0x80
  /// mcontext inside a ucontext.
  static let machineOffset: UInt32 = 0xc0
  static let machineSize = 992

  private var copy: GuestCopy { GuestCopy(process.space) }

  /// Builds the frame of a handler and sets the registers for it. False if there is no room.
  func push(
    _ information: SignalInformation, _ action: SignalAction, _ oldMask: UInt64,
    _ details: FaultDetails
  ) -> Bool {
    let hasInformation = action.flags & SignalAction.information != 0
    let size = hasInformation ? Self.rtSize : Self.plainSize
    let top = stackTop(action)
    guard top > size &+ 256 else { return false }
    let frame = (top &- size) & ~15
    let header = frame &- (hasInformation ? Self.rtGap : Self.plainGap)
    var bytes = StructureWriter(capacity: Int(Self.rtSize))
    if hasInformation {
      information.append(to: &bytes)
      appendContext(at: frame &+ Self.contextOffset, oldMask, details, &bytes)
    } else {
      appendPlain(information, action, frame, oldMask, details, &bytes)
    }
    let isWritten = bytes.withBytes { bytes in
      bytes.baseAddress.map { copy.write(frame, from: $0, bytes.count) } ?? false
    }
    guard isWritten, copy.writeWord(header, registers.gpr(1)) else { return false }
    registers.setGPR(1, header)
    registers.setGPR(3, UInt32(bitPattern: information.signal))
    registers.setGPR(4, frame)
    if hasInformation {
      registers.setGPR(5, frame &+ Self.contextOffset)
      registers.setGPR(6, frame)
    }
    let object = VirtualObject.shared
    registers.lr =
      VirtualObject.page(process.space)
      &+ (hasInformation ? object.rtTrampoline : object.plainTrampoline)
    registers.nip = action.handler
    registers.msr &= ~MachineState.littleEndian
    registers.fpscr = 0
    return true
  }

  /// Where the frame goes below: the stack pointer, or the alternate stack's end.
  private func stackTop(_ action: SignalAction) -> UInt32 {
    let pointer = registers.gpr(1)
    let (start, size) = process.current.signals.alternateStack
    guard action.flags & SignalAction.onStack != 0, size != 0 else { return pointer }
    return process.isOnAlternateStack(pointer) ? pointer : start &+ size
  }

  /// Appends a ucontext that lies at `address`: 1184 bytes.
  func appendContext(
    at address: UInt32, _ mask: UInt64, _ details: FaultDetails, _ context: inout StructureWriter
  ) {
    let start = context.count
    context.doubleword(0)
    let stack = process.current.signals.alternateStack
    context.word(stack.pointer)
    context.word(process.alternateStackFlags(registers.gpr(1)))
    context.word(stack.size)
    context.pad(to: start + 48)
    context.word(address &+ Self.machineOffset)
    context.word(mask)
    context.word(mask >> 32)
    context.pad(to: start + Int(Self.machineOffset))
    appendMachine(details, trampoline: VirtualObject.call(VirtualObject.rtReturn), &context)
  }

  private func appendPlain(
    _ information: SignalInformation, _ action: SignalAction, _ frame: UInt32, _ oldMask: UInt64,
    _ details: FaultDetails, _ context: inout StructureWriter
  ) {
    context.pad(to: 12)
    context.word(oldMask >> 32)
    context.word(information.signal)
    context.word(action.handler)
    context.word(oldMask)
    context.word(frame &+ 32)
    appendMachine(details, trampoline: VirtualObject.call(VirtualObject.plainReturn), &context)
  }

  /// Appends an mcontext: 48 words, 33 doubles, the trampoline's two words, 33 vectors.
  private func appendMachine(
    _ details: FaultDetails, trampoline: [UInt32], _ context: inout StructureWriter
  ) {
    let start = context.count
    for index in 0..<32 { context.word(registers.gpr(index)) }
    context.word(registers.nip)
    context.word(registers.msr | (registers.hasVectors ? MachineState.vectors : 0))
    context.word(registers.gpr(3))
    context.word(registers.ctr)
    context.word(registers.lr)
    context.word(registers.xer)
    context.word(registers.cr)
    context.word(0)
    context.word(details.vector)
    context.word(details.dataAddress)
    context.word(details.status)
    context.pad(to: start + 0xc0)
    for index in 0..<32 { context.doubleword(registers.fpr(index)) }
    context.doubleword(registers.fpscr)
    for word in trampoline { context.word(word) }
    if registers.hasVectors { appendVectors(&context) }
    context.pad(to: start + Self.machineSize)
  }

  /// The last vector holds VRSAVE in its first word and VSCR in its last.
  private func appendVectors(_ context: inout StructureWriter) {
    for index in 0..<32 {
      let (high, low) = registers.vr(index)
      context.doubleword(high)
      context.doubleword(low)
    }
    context.word(registers.vrsave)
    context.doubleword(0)
    context.word(registers.vscr)
  }

  // MARK: Returning

  /// sigreturn. False if the frame cannot be read.
  func popPlain() -> Bool {
    let frame = registers.gpr(1) &+ Self.plainGap
    guard let bytes = copy.readBytes(frame, 32) else { return false }
    let context = StructureReader(bytes)
    guard restoreMachine(context.word(28)) else { return false }
    let mask = UInt64(context.word(12)) << 32 | UInt64(context.word(24))
    process.current.signals.setBlockedLazily(mask)
    return true
  }

  /// rt_sigreturn. False if the frame cannot be read.
  func popRT() -> Bool {
    let address = registers.gpr(1) &+ Self.rtGap &+ Self.contextOffset
    guard let bytes = copy.readBytes(address, 60) else { return false }
    let context = StructureReader(bytes)
    guard restoreContext(address) else { return false }
    // As the kernel does, errors of the alternate stack are ignored here.
    _ = process.setAlternateStack(
      context.word(8), flags: context.word(12), size: context.word(16), registers.gpr(1))
    return true
  }

  /// Takes registers and mask from a ucontext (rt_sigreturn, swapcontext).
  func restoreContext(_ address: UInt32) -> Bool {
    guard let bytes = copy.readBytes(address, 60) else { return false }
    let context = StructureReader(bytes)
    guard restoreMachine(context.word(48)) else { return false }
    process.current.signals.setBlockedLazily(
      UInt64(context.word(56)) << 32 | UInt64(context.word(52)))
    return true
  }

  private func restoreMachine(_ address: UInt32) -> Bool {
    guard let bytes = copy.readBytes(address, Self.machineSize) else { return false }
    let context = StructureReader(bytes)
    for index in 0..<32 { registers.setGPR(index, context.word(4 * index)) }
    let msr = context.word(132)
    registers.nip = context.word(128)
    registers.msr =
      registers.msr & ~MachineState.littleEndian | msr & MachineState.littleEndian
    registers.ctr = context.word(140)
    registers.lr = context.word(144)
    registers.xer = context.word(148)
    registers.cr = context.word(152)
    for index in 0..<32 { registers.setFPR(index, context.doubleword(0xc0 + 8 * index)) }
    registers.fpscr = UInt32(truncatingIfNeeded: context.doubleword(0x1c0))
    if registers.hasVectors, msr & MachineState.vectors != 0 { restoreVectors(context) }
    registers.clearReservation()
    return true
  }

  private func restoreVectors(_ context: StructureReader) {
    for index in 0..<32 {
      let offset = 0x1d0 + 16 * index
      registers.setVR(index, (context.doubleword(offset), context.doubleword(offset + 8)))
    }
    registers.vrsave = context.word(0x3d0)
    registers.vscr = context.word(0x3dc)
  }
}

extension LinuxProcess {
  /// Whether an address is on the alternate stack.
  func isOnAlternateStack(_ pointer: UInt32) -> Bool {
    let (start, size) = current.signals.alternateStack
    return size != 0 && pointer &- start < size
  }

  /// SS_DISABLE 2, SS_ONSTACK 1, or 0.
  func alternateStackFlags(_ pointer: UInt32) -> UInt32 {
    if current.signals.alternateStack.size == 0 { return 2 }
    return isOnAlternateStack(pointer) ? 1 : 0
  }

  /// sigaltstack's change. EPERM while on that stack, ENOMEM below MINSIGSTKSZ, EINVAL.
  func setAlternateStack(
    _ start: UInt32, flags: UInt32, size: UInt32, _ pointer: UInt32
  ) -> Errno? {
    if isOnAlternateStack(pointer) { return .notPermitted }
    let mode = flags & 0x7fff_ffff
    guard mode <= 2 else { return .invalid }
    if mode == 2 {
      current.signals.alternateStack = (0, 0)
      return nil
    }
    if size < 2048 { return .noMemory }
    current.signals.alternateStack = (start, size)
    return nil
  }
}
