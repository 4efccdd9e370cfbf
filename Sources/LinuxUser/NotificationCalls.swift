import CSys
import Glibc
import Memory

/// Files that tell of events: inotify(7), fanotify(7), signalfd(2); and file handles
/// (open_by_handle_at(2)), which fanotify speaks of. What is read from them is converted by
/// `ConvertedFiles`.
enum NotificationCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(275, "inotify_init", "", watches),
    SystemCallRow(276, "inotify_add_watch", "fpx", host: SYS_inotify_add_watch),
    SystemCallRow(277, "inotify_rm_watch", "fd", host: SYS_inotify_rm_watch),
    SystemCallRow(305, "signalfd", "fxu", signals),
    SystemCallRow(313, "signalfd4", "fxuO", signals),
    SystemCallRow(318, "inotify_init1", "O", watches),
    SystemCallRow(323, "fanotify_init", "xO", notices),
    SystemCallRow(324, "fanotify_mark", "fxlDp", mark),
    SystemCallRow(345, "name_to_handle_at", "Dpxxx", handle),
    SystemCallRow(346, "open_by_handle_at", "fxO", openHandle),
    SystemCallRow(441, "epoll_pwait2", "fxdxxu", waitEvents),
  ]

  static func watches(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call.number == 318 ? FileFlags.host(call[0]) : 0
    return call.descriptors.note(
      try hostCall(SYS_inotify_init1, flags), .watches)
  }

  static func notices(_ call: SystemCall) throws(Errno) -> Int {
    call.descriptors.note(
      try hostCall(SYS_fanotify_init, call.unsigned(0), FileFlags.host(call[1])), .fanotify)
  }

  /// The mask is a doubleword in the third and fourth argument.
  static func mark(_ call: SystemCall) throws(Errno) -> Int {
    let path = call[5] == 0 ? 0 : try call.lookup(call[5])
    return try hostCall(
      SYS_fanotify_mark, call.signed(0), call.unsigned(1), call.pair(2), call.signed(4), path)
  }

  /// signalfd and signalfd4. Signals that the guest blocks are blocked on the host, so that they
  /// wait there.
  static func signals(_ call: SystemCall) throws(Errno) -> Int {
    guard call[2] == 8 else { throw .invalid }
    let set = try SignalCalls.set(call, call[1])
    call.process.current.signals.synchronizeHost()
    let flags = call.number == 313 ? FileFlags.host(call[3]) : 0
    return try withHostStructure(set) { (place, _) throws(Errno) in
      call.descriptors.note(
        try hostCall(SYS_signalfd4, call.signed(0), place, 8, flags), .signals)
    }
  }

  // MARK: File handles

  /// struct file_handle: a word of size, a word of type, then bytes of the file system's.
  private static func withHandle(
    _ call: SystemCall, _ address: UInt32,
    _ body: (Int, UnsafeMutableRawPointer) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let header = try call.read(address, 8)
    // MAX_HANDLE_SZ.
    guard header.word(0) <= 128 else { throw .invalid }
    return try withHostBytes(136) { (place, bytes) throws(Errno) in
      guard call.copy.read(address, into: bytes, 8 + Int(header.word(0))) else { throw .fault }
      FieldLayout("ww").swap(bytes)
      return try body(place, bytes)
    }
  }

  static func handle(_ call: SystemCall) throws(Errno) -> Int {
    // AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, and the two that later kernels know.
    guard call[4] & ~0x1601 == 0 else { throw .invalid }
    let path = try call.lookup(call[1])
    return try withHandle(call, call[2]) { (place, bytes) throws(Errno) in
      try withHostStructure(UInt32(0)) { (mount, number) throws(Errno) in
        let room = Int(bytes.load(as: UInt32.self))
        let failure = Result { () throws(Errno) in
          try hostCall(SYS_name_to_handle_at, call.signed(0), path, place, mount, call.signed(4))
        }
        // EOVERFLOW tells the size that is needed.
        if case .failure(let error) = failure, error != .overflow { throw error }
        let size = min(Int(bytes.load(as: UInt32.self)), room)
        FieldLayout("ww").swap(bytes)
        guard call.copy.write(call[2], from: bytes, 8 + size) else { throw .fault }
        try call.writeWord(call[3], number.pointee)
        return try failure.get()
      }
    }
  }

  static func openHandle(_ call: SystemCall) throws(Errno) -> Int {
    try withHandle(call, call[1]) { (place, _) throws(Errno) in
      try call.waiting(SYS_open_by_handle_at, call.signed(0), place, FileFlags.host(call[2]))
    }
  }

  // MARK: epoll

  /// epoll_pwait2: epoll_pwait with a timespec of 64 bits.
  static func waitEvents(_ call: SystemCall) throws(Errno) -> Int {
    let time = try TimeFormat.doubleword.optional(call, call[3])
    let mask = try SignalCalls.mask(call, call[4], size: call[5])
    return try PollingCalls.waitEvents(call, mask) { (address, capacity, set) throws(Errno) in
      try withTimespec(time) { (timeout, _) throws(Errno) in
        try call.waiting(SYS_epoll_pwait2, call.signed(0), address, capacity, timeout, set, 8)
      }
    }
  }
}
