import CSys
import Glibc
import Memory

/// Waiting for files.
enum PollingCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(82, "select", "dxxxx", selectOld),
    SystemCallRow(142, "_newselect", "dxxxx", select),
    SystemCallRow(167, "poll", "xud", poll),
    SystemCallRow(236, "epoll_create", "d", host: SYS_epoll_create),
    SystemCallRow(237, "epoll_ctl", "fdfx", controlEvents),
    SystemCallRow(238, "epoll_wait", "fxdd", waitEvents),
    SystemCallRow(280, "pselect6", "dxxxxx", selectMasked),
    SystemCallRow(281, "ppoll", "xuxxu", pollMasked),
    SystemCallRow(303, "epoll_pwait", "fxddxu", waitEvents),
    SystemCallRow(307, "eventfd", "u", createEvent),
    SystemCallRow(314, "eventfd2", "uO", createEvent),
    SystemCallRow(315, "epoll_create1", "x", host: SYS_epoll_create1),
    SystemCallRow(413, "pselect6_time64", "dxxxxx", selectMasked),
    SystemCallRow(414, "ppoll_time64", "xuxxu", pollMasked),
  ]

  static func createEvent(_ call: SystemCall) throws(Errno) -> Int {
    let flags = call.number == 307 ? 0 : FileFlags.host(call[1])
    return call.descriptors.note(
      try hostCall(SYS_eventfd2, call.unsigned(0), flags), .counter)
  }

  // MARK: poll

  /// pollfd: a word and two halfwords.
  private static func withDescriptors(
    _ call: SystemCall, _ body: (Int, Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let count = call.unsigned(1)
    guard count <= 0x1_0000 else { throw .invalid }
    let fields = try call.read(call[0], count * 8)
    return try withHostBytes(count * 8) { (address, bytes) throws(Errno) in
      for offset in stride(from: 0, to: count * 8, by: 8) {
        bytes.storeBytes(of: fields.word(offset), toByteOffset: offset, as: UInt32.self)
        bytes.storeBytes(of: fields.half(offset + 4), toByteOffset: offset + 4, as: UInt16.self)
      }
      let result = try body(address, count)
      for offset in stride(from: 0, to: count * 8, by: 8) {
        let events = bytes.load(fromByteOffset: offset + 6, as: UInt16.self)
        guard call.copy.writeHalf(call[0] &+ UInt32(offset) &+ 6, events) else { throw .fault }
      }
      return result
    }
  }

  static func poll(_ call: SystemCall) throws(Errno) -> Int {
    try withDescriptors(call) { (address, count) throws(Errno) in
      try call.waiting(SYS_poll, address, count, call.signed(2))
    }
  }

  static func pollMasked(_ call: SystemCall) throws(Errno) -> Int {
    let format: TimeFormat = call.number == 414 ? .doubleword : .word
    let timeout = try format.optional(call, call[2])
    let mask = try SignalCalls.mask(call, call[3], size: call[4])
    return try withDescriptors(call) { (address, count) throws(Errno) in
      try withTimespec(timeout) { (time, place) throws(Errno) in
        let result = try SignalCalls.withMask(call, mask) { (set) throws(Errno) in
          try call.waiting(SYS_ppoll, address, count, time, set, 8)
        }
        if let place { try? format.store(place.pointee, call, call[2]) }
        return result
      }
    }
  }

  // MARK: select

  /// A set of descriptors is an array of words, in the order of their bits.
  private static func loadSet(
    _ call: SystemCall, _ address: UInt32, _ size: Int, _ bytes: UnsafeMutableRawPointer
  ) throws(Errno) {
    if address == 0 { return }
    let fields = try call.read(address, size)
    for offset in stride(from: 0, to: size, by: 4) {
      bytes.storeBytes(of: fields.word(offset), toByteOffset: offset, as: UInt32.self)
    }
  }

  private static func storeSet(
    _ call: SystemCall, _ address: UInt32, _ size: Int, _ bytes: UnsafeRawPointer
  ) throws(Errno) {
    if address == 0 { return }
    var result = StructureWriter()
    for offset in stride(from: 0, to: size, by: 4) {
      result.word(bytes.load(fromByteOffset: offset, as: UInt32.self))
    }
    try call.write(address, result)
  }

  /// Calls with the three sets on the host.
  private static func withSets(
    _ call: SystemCall, _ body: (Int, Int, Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let count = call.signed(0)
    guard count >= 0 else { throw .invalid }
    let size = (min(count, 0x1_0000) + 31) / 32 * 4
    let room = size + 8 & ~7
    return try withHostBytes(3 * room) { (address, bytes) throws(Errno) in
      for index in 0..<3 {
        try loadSet(call, call[1 + index], size, bytes + index * room)
      }
      func place(_ index: Int) -> Int { call[1 + index] == 0 ? 0 : address + index * room }
      let result = try body(place(0), place(1), place(2))
      for index in 0..<3 {
        try storeSet(call, call[1 + index], size, bytes + index * room)
      }
      return result
    }
  }

  /// The old call takes a pointer to its five arguments if the first is no plausible count.
  static func selectOld(_ call: SystemCall) throws(Errno) -> Int {
    if call[0] < 4096 { return try select(call) }
    let fields = try call.read(call[0], 20)
    let arguments = InlineArray<6, UInt32> { $0 < 5 ? fields.word(4 * $0) : 0 }
    return try select(SystemCall(call, number: 142, arguments: arguments))
  }

  static func select(_ call: SystemCall) throws(Errno) -> Int {
    var timeout: timespec?
    if call[4] != 0 {
      let fields = try call.read(call[4], 8)
      guard fields.signed(0) >= 0, fields.signed(4) >= 0 else { throw .invalid }
      timeout = timespec(
        tv_sec: fields.signed(0) + fields.signed(4) / 1_000_000,
        tv_nsec: fields.signed(4) % 1_000_000 * 1000)
    }
    return try withSets(call) { (read, write, except) throws(Errno) in
      try withTimespec(timeout) { (time, place) throws(Errno) in
        // The rest of the time is told also when a signal ends the wait.
        defer {
          if let rest = place?.pointee {
            var fields = StructureWriter(capacity: 8)
            fields.word(rest.tv_sec)
            fields.word(rest.tv_nsec / 1000)
            try? call.write(call[4], fields)
          }
        }
        return try call.waiting(SYS_pselect6, call.signed(0), read, write, except, time, 0)
      }
    }
  }

  /// The sixth argument points to the address and the size of a signal mask.
  static func selectMasked(_ call: SystemCall) throws(Errno) -> Int {
    let format: TimeFormat = call.number == 413 ? .doubleword : .word
    let timeout = try format.optional(call, call[4])
    var mask: UInt64?
    if call[5] != 0 {
      let pack = try call.read(call[5], 8)
      mask = try SignalCalls.mask(call, pack.word(0), size: pack.word(4))
    }
    return try withSets(call) { (read, write, except) throws(Errno) in
      try withTimespec(timeout) { (time, place) throws(Errno) in
        defer { if let place { try? format.store(place.pointee, call, call[4]) } }
        return try SignalCalls.withMask(call, mask) { (set) throws(Errno) in
          try withHostStructure((set, 8)) { (pack, _) throws(Errno) in
            try call.waiting(
              SYS_pselect6, call.signed(0), read, write, except, time, set == 0 ? 0 : pack)
          }
        }
      }
    }
  }

  // MARK: epoll

  /// epoll_event: 16 bytes with padding on PowerPC, 12 bytes on x86-64. The data is the guest's.
  static func controlEvents(_ call: SystemCall) throws(Errno) -> Int {
    let hasEvent = call[1] != 2 || call[3] != 0
    let fields = hasEvent ? try call.read(call[3], 16) : StructureReader([])
    return try withHostBytes(12) { (address, bytes) throws(Errno) in
      bytes.storeBytes(of: fields.word(0), as: UInt32.self)
      bytes.storeBytes(of: fields.doubleword(8), toByteOffset: 4, as: UInt64.self)
      return try hostCall(
        SYS_epoll_ctl, call.signed(0), call.signed(1), call.signed(2), address)
    }
  }

  /// epoll_wait and epoll_pwait.
  static func waitEvents(_ call: SystemCall) throws(Errno) -> Int {
    let mask =
      call.number == 303 ? try SignalCalls.mask(call, call[4], size: call[5]) : nil
    return try waitEvents(call, mask) { (address, capacity, set) throws(Errno) in
      try call.waiting(SYS_epoll_pwait, call.signed(0), address, capacity, call.signed(3), set, 8)
    }
  }

  /// Waits under a mask by a call of the host's, which gets room for events, their number and the
  /// mask's address; stores the events.
  static func waitEvents(
    _ call: SystemCall, _ mask: UInt64?, _ wait: (Int, Int, Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    // The most that Linux takes for PowerPC's structure of 16 bytes.
    guard call.signed(2) > 0, call.signed(2) <= Int(Int32.max) / 16 else { throw .invalid }
    let capacity = min(call.signed(2), 0x1_0000)
    return try withHostBytes(12 * capacity) { (address, bytes) throws(Errno) in
      let count = try SignalCalls.withMask(call, mask) { (set) throws(Errno) in
        try wait(address, capacity, set)
      }
      var result = StructureWriter()
      for index in 0..<count {
        result.word(bytes.loadUnaligned(fromByteOffset: 12 * index, as: UInt32.self))
        result.word(0)
        result.doubleword(bytes.loadUnaligned(fromByteOffset: 12 * index + 4, as: UInt64.self))
      }
      try call.write(call[1], result)
      return count
    }
  }
}
