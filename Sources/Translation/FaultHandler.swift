import CSys
import Glibc
import RegisterAllocation

/// What the signal handler leaves of a fault in translated code, and what it needs to know of the
/// processor: one report for each, which its env points to.
public struct FaultReport {
  /// The host address of the instruction.
  public var hostPC: UInt = 0
  /// The host address that the instruction accessed.
  public var address: UInt = 0
  /// SIGSEGV or SIGBUS.
  public var signal: Int32 = 0
  /// The signal's `si_code`.
  public var code: Int32 = 0
  /// Whether the access was a store.
  public var isWrite = false
  /// What the registers held: the general ones by number, and the vector registers' low halves and
  /// high halves in turn.
  var general = InlineArray<16, UInt64>(repeating: 0)
  var vectors = InlineArray<32, UInt64>(repeating: 0)
  /// Where the guard below the return stack starts, and where it ends.
  var guardStart, guardEnd: UInt
  /// Where the empty return stack starts.
  var stackTop: UInt

  init(guardStart: UInt, guardEnd: UInt, stackTop: UInt) {
    (self.guardStart, self.guardEnd, self.stackTop) = (guardStart, guardEnd, stackTop)
  }

  /// What a register held: the low 64 bits of a vector register (numbers from 16 on).
  func value(of register: RegisterNumber) -> UInt64 {
    let number = Int(register)
    return number < 16 ? general[number] : number < 32 ? vectors[2 * (number - 16)] : 0
  }

  /// Keeps what the registers held.
  mutating func keep(_ context: UnsafePointer<mcontext_t>) {
    let g = context.pointee.gregs
    let held =
      [
        g.13, g.14, g.12, g.11, g.15, g.10, g.9, g.8, g.0, g.1, g.2, g.3, g.4, g.5, g.6, g.7,
      ] as InlineArray<16, greg_t>
    for n in 0..<16 { general[n] = UInt64(bitPattern: Int64(held[n])) }
    guard let floats = UnsafeRawPointer(context.pointee.fpregs) else { return }
    // The image of FXSAVE, where the vector registers lie at 160 (Intel SDM, volume 1, 10.5.1).
    withUnsafeMutableBytes(of: &vectors) {
      $0.copyMemory(from: .init(start: floats + 160, count: 256))
    }
  }
}

/// What the signal handler needs: one record, in raw memory, made before any fault.
public struct FaultRecord {
  /// Where the code buffer starts, as executed.
  public var codeStart: UInt = 0
  /// The end of the code buffer, as executed.
  public var codeEnd: UInt = 0
  /// Where translated code continues after a fault.
  public var faultStub: UInt = 0
  /// The first of the instructions of `HostStubs.copy` that may fault.
  public var copyStart: UInt = 0
  /// The end of these instructions.
  public var copyEnd: UInt = 0
  /// Where they continue after a fault.
  public var copyFault: UInt = 0
  /// Where env, which translated code has in rbp, holds the address of its `FaultReport`.
  public var reportOffset = 0
  /// What takes a SIGSEGV or SIGBUS that another process sent, or nil for the default action.
  public var forward:
    (
      @convention(c) (
        Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?
      ) -> Void
    )?
}

/// Answers host faults in translated code by moving the program counter to a stub.
public enum FaultHandler {
  /// The record. Sound: written before translated code runs, and only read from then on.
  nonisolated(unsafe) public static let record: UnsafeMutablePointer<FaultRecord> = {
    let record = UnsafeMutablePointer<FaultRecord>.allocate(capacity: 1)
    record.initialize(to: FaultRecord())
    return record
  }()
  nonisolated(unsafe) private static let raw = record
  /// The one instruction of a helper that may fault. Sound: always the same, whoever writes it.
  nonisolated(unsafe) static let guarded: UnsafeMutablePointer<csys_guarded> = {
    let place = UnsafeMutablePointer<csys_guarded>.allocate(capacity: 1)
    place.initialize(to: csys_guarded())
    return place
  }()

  /// Size of the stack that signal handlers run on.
  private static let stackSize = 64 << 10

  /// Gives the calling thread the stack that its signal handlers run on.
  public static func prepareThread() -> UnsafeMutableRawPointer? {
    var stack = stack_t()
    stack.ss_sp = mmap(
      nil, stackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    stack.ss_size = stackSize
    sigaltstack(&stack, nil)
    return stack.ss_sp
  }

  /// Takes the stack of `prepareThread` back from a thread that ends.
  public static func endThread(_ place: UnsafeMutableRawPointer?) {
    var stack = stack_t()
    stack.ss_flags = 2  // SS_DISABLE
    sigaltstack(&stack, nil)
    munmap(place, stackSize)
  }

  /// Installs the handler for SIGSEGV and SIGBUS on a stack of its own.
  public static func install() {
    _ = (raw, guarded)
    _ = prepareThread()
    var action = sigaction()
    action.__sigaction_handler.sa_sigaction = { signal, info, context in
      FaultHandler.handle(signal, info, context)
    }
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | Int32(bitPattern: 0x4000_0000)
    sigaction(SIGSEGV, &action, nil)
    sigaction(SIGBUS, &action, nil)
  }

  private static func handle(
    _ signal: Int32, _ info: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
  ) {
    let record = raw
    guard let info, let context else { return }
    if info.pointee.si_code <= 0, let forward = record.pointee.forward {
      return forward(signal, info, context)
    }
    let registers = context.assumingMemoryBound(to: ucontext_t.self)
    let pc = UInt(bitPattern: Int(registers.pointee.uc_mcontext.gregs.16))
    let address = UInt(bitPattern: csys_fault_address(info))
    if pc >= record.pointee.copyStart && pc < record.pointee.copyEnd {
      registers.pointee.uc_mcontext.gregs.16 = Int64(bitPattern: UInt64(record.pointee.copyFault))
      return
    }
    if pc >= record.pointee.codeStart && pc < record.pointee.codeEnd {
      guard let report = report(registers.pointee.uc_mcontext.gregs.10, record) else { return }
      if address >= report.pointee.guardStart && address < report.pointee.guardEnd {
        registers.pointee.uc_mcontext.gregs.15 = Int64(bitPattern: UInt64(report.pointee.stackTop))
        return
      }
      report.pointee.keep(&registers.pointee.uc_mcontext)
      report.pointee.hostPC = pc
      report.pointee.address = address
      report.pointee.signal = signal
      report.pointee.code = info.pointee.si_code
      report.pointee.isWrite = registers.pointee.uc_mcontext.gregs.19 & 2 != 0
      registers.pointee.uc_mcontext.gregs.16 = Int64(bitPattern: UInt64(record.pointee.faultStub))
      return
    }
    if pc != 0, pc == guarded.pointee.at {
      registers.pointee.uc_mcontext.gregs.16 = Int64(bitPattern: guarded.pointee.resume)
      return
    }
    // A fault of our own: let the default action have it.
    Glibc.signal(signal, SIG_DFL)
  }

  /// The report of the processor whose env is in rbp.
  private static func report(
    _ rbp: Int64, _ record: UnsafeMutablePointer<FaultRecord>
  ) -> UnsafeMutablePointer<FaultReport>? {
    UnsafeRawPointer(bitPattern: Int(rbp))?
      .load(
        fromByteOffset: record.pointee.reportOffset, as: UnsafeMutablePointer<FaultReport>?.self)
  }
}
