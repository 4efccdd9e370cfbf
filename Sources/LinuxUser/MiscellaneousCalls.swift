import CSys
import Glibc
import Memory

/// The processors that a process runs on.
enum SchedulingCalls {
  /// A set of processors is an array of words on 32-bit PowerPC, in the order of their bits.
  static func affinity(_ call: SystemCall) throws(Errno) -> Int {
    guard call[1] & 3 == 0, call[1] > 0 else { throw .invalid }
    let size = min(call.unsigned(1), 1024)
    return try withHostBytes(size + 8) { (address, bytes) throws(Errno) in
      let count = try hostCall(
        SYS_sched_getaffinity, call.signed(0), (size + 7) & ~7, address)
      let stored = min(count, size)
      var result = StructureWriter()
      for offset in stride(from: 0, to: stored, by: 4) {
        result.word(bytes.load(fromByteOffset: offset, as: UInt32.self))
      }
      try call.write(call[2], result)
      return stored
    }
  }

  static func setAffinity(_ call: SystemCall) throws(Errno) -> Int {
    let size = min(call.unsigned(1), 1024) & ~3
    let fields = try call.read(call[2], size)
    return try withHostBytes(size + 8) { (address, bytes) throws(Errno) in
      for offset in stride(from: 0, to: size, by: 4) {
        bytes.storeBytes(of: fields.word(offset), toByteOffset: offset, as: UInt32.self)
      }
      return try hostCall(SYS_sched_setaffinity, call.signed(0), (size + 7) & ~7, address)
    }
  }

  static func currentProcessor(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(8) { (address, bytes) throws(Errno) in
      try hostCall(SYS_getcpu, address, address + 4)
      for index in 0..<2 where call[index] != 0 {
        try call.writeWord(call[index], bytes.load(fromByteOffset: 4 * index, as: UInt32.self))
      }
      return 0
    }
  }

  /// sched_param is one word.
  static func parameter(_ call: SystemCall) throws(Errno) -> Int {
    guard call[1] != 0 else { throw .invalid }
    return try withHostStructure(UInt32(0)) { (address, place) throws(Errno) in
      try hostCall(SYS_sched_getparam, call.signed(0), address)
      try call.writeWord(call[1], place.pointee)
      return 0
    }
  }

  static func setParameter(_ call: SystemCall) throws(Errno) -> Int {
    guard call[1] != 0, call.signed(0) >= 0 else { throw .invalid }
    return try withHostStructure(call.readWord(call[1])) { (address, _) throws(Errno) in
      try hostCall(SYS_sched_setparam, call.signed(0), address)
    }
  }

  static func setScheduler(_ call: SystemCall) throws(Errno) -> Int {
    guard call[2] != 0, call.signed(0) >= 0, call.signed(1) >= 0 else { throw .invalid }
    return try withHostStructure(call.readWord(call[2])) { (address, _) throws(Errno) in
      try hostCall(SYS_sched_setscheduler, call.signed(0), call.signed(1), address)
    }
  }

  /// sched_rr_get_interval and its time64 form.
  static func interval(_ call: SystemCall) throws(Errno) -> Int {
    let format: TimeFormat = call.number == 423 ? .doubleword : .word
    return try withTimespec(timespec()) { (address, place) throws(Errno) in
      try hostCall(SYS_sched_rr_get_interval, call.signed(0), address)
      if let place { try format.store(place.pointee, call, call[1]) }
      return 0
    }
  }
}

/// The system as a whole, and what belongs to no other family.
enum MiscellaneousCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(74, "sethostname", "ru", host: SYS_sethostname),
    SystemCallRow(103, "syslog", "dwu", host: SYS_syslog),
    SystemCallRow(116, "sysinfo", "x", systemInformation),
    SystemCallRow(121, "setdomainname", "ru", host: SYS_setdomainname),
    SystemCallRow(122, "uname", "x", name),
    SystemCallRow(154, "sched_setparam", "dx", SchedulingCalls.setParameter),
    SystemCallRow(155, "sched_getparam", "dx", SchedulingCalls.parameter),
    SystemCallRow(156, "sched_setscheduler", "ddx", SchedulingCalls.setScheduler),
    SystemCallRow(157, "sched_getscheduler", "d", host: SYS_sched_getscheduler),
    SystemCallRow(159, "sched_get_priority_max", "d", host: SYS_sched_get_priority_max),
    SystemCallRow(160, "sched_get_priority_min", "d", host: SYS_sched_get_priority_min),
    SystemCallRow(161, "sched_rr_get_interval", "dx", SchedulingCalls.interval),
    SystemCallRow(359, "getrandom", "wux", random),
    SystemCallRow(423, "sched_rr_get_interval_time64", "dx", SchedulingCalls.interval),
  ]

  /// struct new_utsname: six fields of 65 bytes.
  static func name(_ call: SystemCall) throws(Errno) -> Int {
    try withHostStructure(utsname()) { (address, place) throws(Errno) in
      try hostCall(SYS_uname, address)
      let fields = UnsafeRawPointer(place).assumingMemoryBound(to: CChar.self)
      func field(_ index: Int) -> String { String(cString: fields + 65 * index) }
      var result = StructureWriter(capacity: 390)
      result.string(field(0), size: 65)
      result.string(field(1), size: 65)
      result.string(call.process.options.release ?? field(2), size: 65)
      result.string(field(3), size: 65)
      result.string("ppc", size: 65)
      result.string(field(5), size: 65)
      try call.write(call[0], result)
      return 0
    }
  }

  /// struct sysinfo: 64 bytes; amounts are told in a unit that lets them fit in a word.
  static func systemInformation(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(112) { (address, bytes) throws(Errno) in
      try hostCall(SYS_sysinfo, address)
      func long(_ index: Int) -> UInt64 { bytes.load(fromByteOffset: 8 * index, as: UInt64.self) }
      var unit = UInt64(bytes.load(fromByteOffset: 104, as: UInt32.self))
      let amounts = [4, 5, 6, 7, 8, 9].map(long)
      // x86-64 counts bytes; pages are counted when bytes do not fit.
      let fits = amounts.allSatisfy { $0 <= 0xffff_ffff }
      let shift: UInt64 = fits ? 0 : 12
      unit <<= shift
      var result = StructureWriter()
      for index in 0..<4 { result.word(long(index)) }
      for amount in amounts { result.word(amount >> shift) }
      result.half(bytes.load(fromByteOffset: 80, as: UInt16.self))
      result.pad(to: 44)
      result.word(long(11) >> shift)
      result.word(long(12) >> shift)
      result.word(unit)
      result.pad(to: 64)
      try call.write(call[0], result)
      return 0
    }
  }

  static func random(_ call: SystemCall) throws(Errno) -> Int {
    if call.process.random.isSeeded {
      let bytes = call.process.random.bytes(min(call.unsigned(1), 1 << 20))
      try call.write(call[0], bytes: bytes)
      return bytes.count
    }
    return try call.waiting(
      SYS_getrandom, call.target(call[0], call.unsigned(1)), call.unsigned(1), call.signed(2))
  }
}
