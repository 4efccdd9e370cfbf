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

  /// - Parameter state: belongs to the new processor.
  init(
    _ emulator: UserEmulator, _ thread: LinuxThread, _ state: UnsafeMutablePointer<PowerPCState>,
    hasVectors: Bool
  ) throws(TranslationError) {
    self.emulator = emulator
    process = emulator.process
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

  deinit { state.deallocate() }

  /// Begins a new thread or process, behind the system call that makes it, with a result of 0.
  func begin(_ arguments: CloneArguments) {
    state.pointee.exitRequest = 0
    registers.setGPR(3, 0)
    registers.setSummaryOverflow(false)
    arguments.prepare(registers)
  }

  /// Returns to a state that the processor was in.
  func restore(_ saved: PowerPCState) {
    state.pointee = saved
    state.pointee.exitRequest = 0
    translator.recover(runner)
  }

  /// Runs until the thread or its process has ended.
  func run() throws(TranslationError) {
    // Where guest memory is not at 0, translated code reaches it through GS.
    if process.space.base != 0 { _ = csys_set_gs_base(UInt64(process.space.base)) }
    let lock = process.lock
    while process.status(of: thread) == nil && !thread.hasEnded {
      let exit = try translator.run(runner)
      lock.acquire()
      defer { lock.release() }
      // Another thread has ended the process meanwhile.
      if process.status(of: thread) != nil { return }
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
    case .dataStorage: stringFault(isWrite: state.pointee.faultWasStore)
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

  /// An access of a string instruction that did not succeed.
  private func stringFault(isWrite: Bool) {
    let address = state.pointee.dar
    let page = process.space.flags(at: address)
    guard !page.contains(.code), isAllowed(address, isWrite: isWrite) else {
      return dataFault(at: address, isWrite: isWrite)
    }
    // Allowed, and yet refused: there is nothing behind it (BUS_ADRERR), or now there is.
    if GuestCopy(process.space).readByte(address) == nil {
      process.raise(SIGBUS, code: 2, address: address, registers)
    }
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
