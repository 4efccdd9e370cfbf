import CSys
import Glibc

/// What the signal handler needs and leaves: one record, in raw memory, made before any fault.
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
  /// Where the guard below the return stack starts.
  public var guardStart: UInt = 0
  /// The end of the guard.
  public var guardEnd: UInt = 0
  /// Where the empty return stack starts.
  public var stackTop: UInt = 0
  /// What takes a SIGSEGV or SIGBUS that another process sent, or nil for the default action.
  public var forward:
    (
      @convention(c) (
        Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?
      ) -> Void
    )?
  /// The last fault in translated code: the address of the host instruction.
  public var hostPC: UInt = 0
  /// The host address that the instruction accessed.
  public var address: UInt = 0
  /// SIGSEGV or SIGBUS.
  public var signal: Int32 = 0
  /// The signal's `si_code`.
  public var code: Int32 = 0
  /// Whether the access was a store.
  public var isWrite = false
}

/// Answers host faults in translated code by moving the program counter to a stub.
public enum FaultHandler {
  /// The record. Sound: written before the handler is installed, and then by the one thread that
  /// runs translated code and the handler on that thread.
  nonisolated(unsafe) public static let record: UnsafeMutablePointer<FaultRecord> = {
    let record = UnsafeMutablePointer<FaultRecord>.allocate(capacity: 1)
    record.initialize(to: FaultRecord())
    return record
  }()
  nonisolated(unsafe) private static let raw = record

  /// Size of the stack that signal handlers run on.
  private static let stackSize = 64 << 10

  /// Installs the handler for SIGSEGV and SIGBUS on a stack of its own.
  public static func install() {
    _ = raw
    var stack = stack_t()
    stack.ss_sp = mmap(
      nil, stackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    stack.ss_size = stackSize
    sigaltstack(&stack, nil)
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
      if address >= record.pointee.guardStart && address < record.pointee.guardEnd {
        registers.pointee.uc_mcontext.gregs.15 = Int64(bitPattern: UInt64(record.pointee.stackTop))
        return
      }
      record.pointee.hostPC = pc
      record.pointee.address = address
      record.pointee.signal = signal
      record.pointee.code = info.pointee.si_code
      record.pointee.isWrite = registers.pointee.uc_mcontext.gregs.19 & 2 != 0
      registers.pointee.uc_mcontext.gregs.16 = Int64(bitPattern: UInt64(record.pointee.faultStub))
      return
    }
    // A fault of our own: let the default action have it.
    Glibc.signal(signal, SIG_DFL)
  }
}
