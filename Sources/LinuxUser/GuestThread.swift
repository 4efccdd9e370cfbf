import CSys
import Glibc
import GuestPowerPC
import Memory
import Translation

/// A guest processor that runs one thread: from exception to exception.
final class GuestThread {
  /// The kernel's side of it.
  let thread: LinuxThread
  /// The processor's state.
  let state: UnsafeMutablePointer<PowerPCState>
  let registers: ProcessorRegisters
  let runner: Runner
  private let process: LinuxProcess
  private let translator: Translator
  private unowned let emulator: UserEmulator
  /// Whose processor this is, where it is another's meanwhile (`BorrowedMemory`).
  private let owner: GuestThread?

  /// - Parameters:
  ///   - state: belongs to the new processor.
  ///   - process: another one than the emulator's, in its memory.
  init(
    _ emulator: UserEmulator, _ thread: LinuxThread, _ state: UnsafeMutablePointer<PowerPCState>,
    hasVectors: Bool, process: LinuxProcess? = nil
  ) throws(TranslationError) {
    owner = nil
    self.emulator = emulator
    self.process = process ?? emulator.process
    translator = emulator.translator
    self.thread = thread
    self.state = state
    registers = ProcessorRegisters(state, hasVectors: hasVectors)
    runner = try emulator.translator.attach(
      UnsafeMutableRawPointer(state) + PowerPCState.envOffset)
    thread.exitRequest = UnsafeMutableRawPointer(state).advanced(
      by: MemoryLayout<PowerPCState>.offset(of: \.exitRequest)!
    ).assumingMemoryBound(to: UInt32.self)
  }

  /// The first thread of a process on its parent's processor, which the parent does not use
  /// meanwhile.
  init(borrowing parent: GuestThread, _ process: LinuxProcess) {
    owner = parent
    emulator = parent.emulator
    translator = parent.translator
    (state, registers, runner) = (parent.state, parent.registers, parent.runner)
    self.process = process
    thread = process.threads[0]
    thread.exitRequest = parent.thread.exitRequest
  }

  deinit { if owner == nil { state.deallocate() } }

  /// Sets the registers that a new thread or process has behind clone(2).
  func begin(_ call: SystemCall) {
    registers.setGPR(3, 0)
    registers.setSummaryOverflow(false)
    if call[1] != 0 { registers.setGPR(1, call[1]) }
    if call[0] & ThreadCalls.CloneFlag.setTLS != 0 { registers.setGPR(2, call[3]) }
  }

  /// Runs until the thread or its process has ended.
  func run() throws(TranslationError) {
    // Where guest memory is not at 0, translated code reaches it through GS.
    if process.space.base != 0 { _ = csys_set_gs_base(UInt64(process.space.base)) }
    let lock = process.lock
    while process.exitStatus == nil && !thread.hasEnded {
      let exit = try translator.run(runner)
      lock.acquire()
      defer { lock.release() }
      // Another thread has ended the process meanwhile.
      if process.exitStatus != nil { return }
      switch exit {
      case .exception(let number): handle(PowerPCException(rawValue: number))
      case .fault: handleFault()
      case .fetch: fetchFault(at: state.pointee.nip)
      case .request:
        state.pointee.exitRequest = 0
        process.deliverPendingSignals(registers)
      }
    }
  }

  private func handle(_ exception: PowerPCException) {
    let nip = state.pointee.nip
    if process.isLogged { emulator.onException?(exception, state) }
    switch exception {
    case .systemCall: process.handleSystemCall(registers, thread)
    case .trap: process.raise(SIGTRAP, code: 1, address: nip, registers)
    case .illegal, .vectorUnavailable, .floatingPointUnavailable:
      process.raise(SIGILL, code: 1, address: nip, registers)
    case .privileged: process.raise(SIGILL, code: 5, address: nip, registers)
    case .floatingPoint:
      process.raise(SIGFPE, code: floatingPointCode, address: nip, registers)
    case .alignment: process.raise(SIGBUS, code: 1, address: nip, registers)
    case .instructionStorage: fetchFault(at: nip)
    case .dataStorage: dataFault(at: state.pointee.dar, isWrite: true)
    default: process.raise(SIGILL, code: 1, address: nip, registers)
    }
  }

  /// si_code of SIGFPE, as Linux reckons it from the FPSCR.
  private var floatingPointCode: Int32 {
    let active = state.pointee.fpscr
    let enabled = (active & 0xf8) << 22
    let found = active & enabled
    if active & 0x80 != 0 && active & 0x2000_0000 != 0 { return 7 }
    if found & 0x1000_0000 != 0 { return 4 }
    if found & 0x0800_0000 != 0 { return 5 }
    if found & 0x0400_0000 != 0 { return 3 }
    if found & 0x0200_0000 != 0 { return 6 }
    return 0
  }

  private func handleFault() {
    let report = runner.fault.pointee
    if process.isLogged { emulator.onException?(.dataStorage, state) }
    let address = UInt32(truncatingIfNeeded: report.address &- process.space.base)
    if report.signal == SIGBUS {
      return process.raise(SIGBUS, code: report.code, address: address, registers)
    }
    dataFault(at: address, isWrite: report.isWrite)
  }

  /// A refused access: code that is about to change, or the program's error.
  private func dataFault(at address: UInt32, isWrite: Bool) {
    if isWrite && process.space.codePageWritten(address) { return }
    if process.lock.isShared, isAllowed(address, isWrite: isWrite) { return }
    segmentationFault(at: address, isWrite: isWrite)
  }

  /// Whether another thread has allowed the access meanwhile.
  private func isAllowed(_ address: UInt32, isWrite: Bool) -> Bool {
    let wanted: PageFlags = isWrite ? [.mapped, .writable] : [.mapped, .readable]
    return process.space.flags(at: address).isSuperset(of: wanted)
  }

  /// A word that could not be fetched when its block was made.
  private func fetchFault(at address: UInt32) {
    // Nothing announces that a page without code is mapped: the block must not be met again.
    if address < process.space.limit {
      translator.invalidate(address..<(address | 3), runner.env)
    }
    if process.space.flags(at: address).contains(.executable) { return }
    segmentationFault(at: address, vector: 0x400)
  }

  /// - Parameters:
  ///   - vector: 0x300 for a data access, 0x400 for a fetch.
  private func segmentationFault(
    at address: UInt32, isWrite: Bool = false, vector: UInt32 = 0x300
  ) {
    let isMapped = process.space.flags(at: address).contains(.mapped)
    state.pointee.dar = address
    // DSISR: no translation, or protection; and whether it was a store (Book III, 2.3.16).
    let status: UInt32 = (isMapped ? 0x0800_0000 : 0x4000_0000) | (isWrite ? 0x0200_0000 : 0)
    process.raise(
      SIGSEGV, code: isMapped ? 2 : 1, address: address, registers,
      details: FaultDetails(vector: vector, dataAddress: address, status: status))
  }
}
