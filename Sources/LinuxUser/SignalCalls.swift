import CSys
import Glibc
import Memory

/// Sending, blocking, catching and waiting for signals.
enum SignalCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(29, "pause", "", pause),
    SystemCallRow(37, "kill", "dS", send),
    SystemCallRow(48, "signal", "Sx", setHandler),
    SystemCallRow(67, "sigaction", "Sxx", setActionOld),
    SystemCallRow(68, "sgetmask", "") { Int($0.process.current.signals.blocked & 0xffff_ffff) },
    SystemCallRow(72, "sigsuspend", "x", suspendOld),
    SystemCallRow(73, "sigpending", "x", pending),
    SystemCallRow(119, "sigreturn", "") { call in
      SignalFrame(process: call.process, registers: call.registers).returned(isRT: false)
    },
    SystemCallRow(126, "sigprocmask", "Hxx", setMaskOld),
    SystemCallRow(172, "rt_sigreturn", "") { call in
      SignalFrame(process: call.process, registers: call.registers).returned(isRT: true)
    },
    SystemCallRow(173, "rt_sigaction", "Sxxu", setAction),
    SystemCallRow(174, "rt_sigprocmask", "Hxxu", setMask),
    SystemCallRow(175, "rt_sigpending", "xu", pending),
    SystemCallRow(176, "rt_sigtimedwait", "xxxu", wait),
    SystemCallRow(177, "rt_sigqueueinfo", "dSx", enqueue),
    SystemCallRow(178, "rt_sigsuspend", "xu", suspend),
    SystemCallRow(185, "sigaltstack", "xx", alternateStack),
    SystemCallRow(208, "tkill", "dS", sendToThread),
    SystemCallRow(249, "swapcontext", "xxd", swapContext),
    SystemCallRow(250, "tgkill", "ddS", sendToThread),
    SystemCallRow(322, "rt_tgsigqueueinfo", "ddSx", enqueue),
    SystemCallRow(421, "rt_sigtimedwait_time64", "xxxu", wait),
  ]

  // MARK: Sets

  /// A set in memory: the word of the low signals first.
  static func set(_ call: SystemCall, _ address: UInt32) throws(Errno) -> UInt64 {
    let fields = try call.read(address, 8)
    return UInt64(fields.word(4)) << 32 | UInt64(fields.word(0))
  }

  private static func store(
    _ call: SystemCall, _ address: UInt32, _ set: UInt64
  ) throws(Errno) {
    var result = StructureWriter(capacity: 8)
    result.word(set)
    result.word(set >> 32)
    try call.write(address, result)
  }

  /// A set that must be there, with its size, which must be 8.
  private static func wanted(
    _ call: SystemCall, _ address: UInt32, size: UInt32
  ) throws(Errno) -> UInt64 {
    guard size == 8 else { throw .invalid }
    return try set(call, address)
  }

  /// An optional set with its size, which must be 8.
  static func mask(
    _ call: SystemCall, _ address: UInt32, size: UInt32
  ) throws(Errno) -> UInt64? {
    if address == 0 { return nil }
    guard size == 8 else { throw .invalid }
    return try set(call, address)
  }

  /// A host call that waits under another mask. If a signal ends it, that mask stays until the
  /// signal is delivered.
  static func withMask(
    _ call: SystemCall, _ mask: UInt64?, _ body: (Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    guard let mask else { return try body(0) }
    let process = call.process
    process.current.signals.beginWaiting(mask)
    process.collectSignals()
    do throws(Errno) {
      if process.current.signals.nextDeliverable() != nil { throw .interrupted }
      let host = process.current.signals.hostMask(mask & ~Signal.untouchable)
      let result = try withHostStructure(host) { (address, _) throws(Errno) in
        try body(address)
      }
      process.current.signals.endWaiting()
      return result
    } catch {
      process.collectSignals()
      let isSignalled = process.current.signals.nextDeliverable() != nil
      if !isSignalled { process.current.signals.endWaiting() }
      throw error == .restart && isSignalled ? .interrupted : error
    }
  }

  // MARK: Sending

  /// A signal to ourselves that can be delivered at once needs no host call.
  private static func deliverToSelf(
    _ call: SystemCall, _ signal: Int32, code: Int32
  ) -> Bool {
    guard signal > 0, signal <= Signal.count, signal != Signal.kill, signal != Signal.stop else {
      return false
    }
    let action = call.process.current.signals.actions[Int(signal)]
    guard !call.process.current.signals.isBlocked(signal), !action.isIgnored else { return false }
    if action.isDefault {
      let kind = Signal.defaultAction(signal)
      guard kind == .core || kind == .terminate else { return false }
    }
    let information = SignalInformation.fromSelf(
      signal, code: code, process: call.process.number)
    call.process.current.signals.enqueue(information)
    return true
  }

  /// Before a SIGKILL of a process to itself, which nobody hears of but the host's kernel.
  private static func prepareToDie(_ call: SystemCall, _ signal: Int32) {
    if signal == Signal.kill { call.process.releaseMutexes() }
  }

  static func send(_ call: SystemCall) throws(Errno) -> Int {
    let isOwn = call.int32(0) == call.process.number && call.process.threads.count == 1
    if isOwn, deliverToSelf(call, call.int32(1), code: 0) { return 0 }
    if call.int32(0) == call.process.number { prepareToDie(call, call.int32(1)) }
    return try hostCall(SYS_kill, call.signed(0), call.signed(1))
  }

  /// tkill and tgkill: SI_TKILL is -6.
  static func sendToThread(_ call: SystemCall) throws(Errno) -> Int {
    let isGroup = call.number == 250
    let thread = call.int32(isGroup ? 1 : 0)
    let signal = call.int32(isGroup ? 2 : 1)
    let isOwn =
      thread == call.process.current.number
      && (!isGroup || call.int32(0) == call.process.number)
    if isOwn, deliverToSelf(call, signal, code: -6) { return 0 }
    if call.process.threads.contains(where: { $0.number == thread }) { prepareToDie(call, signal) }
    if isGroup { return try hostCall(SYS_tgkill, call.signed(0), Int(thread), Int(signal)) }
    return try hostCall(SYS_tkill, Int(thread), Int(signal))
  }

  /// rt_sigqueueinfo and rt_tgsigqueueinfo. Only the fields of SI_QUEUE are carried.
  static func enqueue(_ call: SystemCall) throws(Errno) -> Int {
    let isGroup = call.number == 322
    let fields = try call.read(call[isGroup ? 3 : 2], 24)
    return try withHostBytes(128) { (address, bytes) throws(Errno) in
      for index in 0..<3 {
        bytes.storeBytes(of: fields.word(4 * index), toByteOffset: 4 * index, as: UInt32.self)
        bytes.storeBytes(
          of: fields.word(12 + 4 * index), toByteOffset: 16 + 4 * index, as: UInt32.self)
      }
      if isGroup {
        return try hostCall(
          SYS_rt_tgsigqueueinfo, call.signed(0), call.signed(1), call.signed(2), address)
      }
      return try hostCall(SYS_rt_sigqueueinfo, call.signed(0), call.signed(1), address)
    }
  }

  // MARK: Catching

  private static func change(
    _ call: SystemCall, _ new: SignalAction?
  ) throws(Errno) -> SignalAction {
    let signal = call.int32(0)
    guard signal >= 1, signal <= Signal.count else { throw .invalid }
    let old = call.process.current.signals.actions[Int(signal)]
    guard var new else { return old }
    guard signal != Signal.kill, signal != Signal.stop else { throw .invalid }
    new.mask &= ~Signal.untouchable
    call.process.current.signals.actions[Int(signal)] = new
    if new != old { call.process.current.signals.installOnHost(signal) }
    return old
  }

  /// The kernel's struct sigaction: handler, flags, restorer, mask.
  static func setAction(_ call: SystemCall) throws(Errno) -> Int {
    guard call[3] == 8 else { throw .invalid }
    var new: SignalAction?
    if call[1] != 0 {
      let fields = try call.read(call[1], 20)
      new = SignalAction(
        handler: fields.word(0), flags: fields.word(4), restorer: fields.word(8),
        mask: UInt64(fields.word(16)) << 32 | UInt64(fields.word(12)))
    }
    let old = try change(call, new)
    if call[2] != 0 {
      var result = StructureWriter()
      for word in [old.handler, old.flags, old.restorer] { result.word(word) }
      result.word(old.mask)
      result.word(old.mask >> 32)
      try call.write(call[2], result)
    }
    return 0
  }

  /// struct old_sigaction: handler, mask of one word, flags, restorer.
  static func setActionOld(_ call: SystemCall) throws(Errno) -> Int {
    var new: SignalAction?
    if call[1] != 0 {
      let fields = try call.read(call[1], 16)
      new = SignalAction(
        handler: fields.word(0), flags: fields.word(8), restorer: fields.word(12),
        mask: UInt64(fields.word(4)))
    }
    let old = try change(call, new)
    if call[2] != 0 {
      var result = StructureWriter()
      result.word(old.handler)
      result.word(old.mask)
      result.word(old.flags)
      result.word(old.restorer)
      try call.write(call[2], result)
    }
    return 0
  }

  /// signal(2): reset on delivery, not blocked meanwhile.
  static func setHandler(_ call: SystemCall) throws(Errno) -> Int {
    let flags = SignalAction.resetHandler | SignalAction.noDefer
    return Int(try change(call, SignalAction(handler: call[1], flags: flags)).handler)
  }

  static func alternateStack(_ call: SystemCall) throws(Errno) -> Int {
    let process = call.process
    let pointer = call.registers.gpr(1)
    let old = process.current.signals.alternateStack
    let flags = process.alternateStackFlags(pointer)
    if call[0] != 0 {
      let fields = try call.read(call[0], 12)
      let error = process.setAlternateStack(
        fields.word(0), flags: fields.word(4), size: fields.word(8), pointer)
      if let error { throw error }
    }
    if call[1] != 0 {
      var result = StructureWriter()
      for word in [old.pointer, flags, old.size] { result.word(word) }
      try call.write(call[1], result)
    }
    return 0
  }

  // MARK: Blocking

  /// SIG_BLOCK 0, SIG_UNBLOCK 1, SIG_SETMASK 2, over the signals that `scope` covers.
  private static func change(
    _ call: SystemCall, _ set: UInt64, scope: UInt64
  ) throws(Errno) {
    let old = call.process.current.signals.blocked
    let new: UInt64
    switch call[0] {
    case 0: new = old | set
    case 1: new = old & ~set
    case 2: new = old & ~scope | set
    default: throw .invalid
    }
    if new & ~Signal.untouchable != old { call.process.current.signals.setBlocked(new) }
  }

  static func setMask(_ call: SystemCall) throws(Errno) -> Int {
    guard call[3] == 8 else { throw .invalid }
    let old = call.process.current.signals.blocked
    if call[1] != 0 { try change(call, set(call, call[1]), scope: ~0) }
    if call[2] != 0 { try store(call, call[2], old) }
    return 0
  }

  static func setMaskOld(_ call: SystemCall) throws(Errno) -> Int {
    let old = call.process.current.signals.blocked
    if call[1] != 0 {
      try change(call, UInt64(call.readWord(call[1])), scope: 0xffff_ffff)
    }
    if call[2] != 0 { try call.writeWord(call[2], old) }
    return 0
  }

  /// sigpending and rt_sigpending: the host's queue and ours.
  static func pending(_ call: SystemCall) throws(Errno) -> Int {
    call.process.collectSignals()
    return try withHostStructure(UInt64(0)) { (address, place) throws(Errno) in
      try hostCall(SYS_rt_sigpending, address, 8)
      var set = place.pointee
      for entry in call.process.current.signals.queue { set |= Signal.bit(entry.signal) }
      set &= call.process.current.signals.blocked
      // The old call has one word of the set, the other one as much as is asked for.
      let size = call.number == 73 ? 4 : call.unsigned(1)
      guard size <= 8 else { throw .invalid }
      var result = StructureWriter(capacity: 8)
      result.word(set)
      result.word(set >> 32)
      let bytes = result.withBytes { Array($0.prefix(size)) }
      try call.write(call[0], bytes: bytes)
      return 0
    }
  }

  // MARK: Waiting

  static func pause(_ call: SystemCall) throws(Errno) -> Int {
    try suspend(call, call.process.current.signals.blocked)
  }

  static func suspend(_ call: SystemCall) throws(Errno) -> Int {
    try suspend(call, wanted(call, call[0], size: call[1]))
  }

  /// The old call takes the mask itself.
  static func suspendOld(_ call: SystemCall) throws(Errno) -> Int {
    try suspend(call, UInt64(call[0]))
  }

  private static func suspend(_ call: SystemCall, _ mask: UInt64) throws(Errno) -> Int {
    try withMask(call, mask) { (set) throws(Errno) in
      try call.waiting(SYS_rt_sigsuspend, set, 8)
    }
  }

  /// rt_sigtimedwait: from our queue first, then from the host's.
  static func wait(_ call: SystemCall) throws(Errno) -> Int {
    let wanted = try wanted(call, call[0], size: call[3])
    let format: TimeFormat = call.number == 421 ? .doubleword : .word
    let timeout = try format.optional(call, call[2])
    call.process.collectSignals()
    let queue = call.process.current.signals.queue
    if let index = queue.firstIndex(where: { wanted & Signal.bit($0.signal) != 0 }) {
      return try tell(call, call.process.current.signals.queue.remove(at: index))
    }
    return try withTimespec(timeout) { (time, _) throws(Errno) in
      try withHostStructure(wanted) { (set, _) throws(Errno) in
        try withHostBytes(128) { (information, bytes) throws(Errno) in
          _ = try call.waiting(SYS_rt_sigtimedwait, set, information, time, 8)
          return try tell(call, SignalInformation(host: UnsafeRawPointer(bytes)))
        }
      }
    }
  }

  private static func tell(
    _ call: SystemCall, _ information: SignalInformation
  ) throws(Errno) -> Int {
    if call[1] != 0 { try call.write(call[1], information.structure) }
    return Int(information.signal)
  }

  // MARK: Contexts

  /// swapcontext(old, new, size): saves the registers and the mask, takes others.
  static func swapContext(_ call: SystemCall) throws(Errno) -> Int {
    guard call.signed(2) >= 1184 else { throw .invalid }
    let frame = SignalFrame(process: call.process, registers: call.registers)
    if call[0] != 0 {
      let blocked = call.process.current.signals.blocked
      var context = StructureWriter(capacity: 1184)
      frame.appendContext(at: call[0], blocked, FaultDetails(), &context)
      try call.write(call[0], context)
    }
    if call[1] == 0 { return 0 }
    guard frame.restoreContext(call[1]) else { throw .fault }
    return SystemCallResult.registersSet
  }
}

extension SignalFrame {
  /// The end of sigreturn and rt_sigreturn; a frame that cannot be read is a SIGSEGV.
  fileprivate func returned(isRT: Bool) -> Int {
    let isRestored = isRT ? popRT() : popPlain()
    if !isRestored {
      process.raise(Signal.segv, code: 1, address: registers.gpr(1), registers)
    }
    return SystemCallResult.registersSet
  }
}
