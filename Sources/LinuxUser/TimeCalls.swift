import CSys
import Glibc
import Memory

/// Clocks, sleeping, timers and the times of files.
enum TimeCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(13, "time", "x", seconds),
    SystemCallRow(27, "alarm", "u", host: SYS_alarm),
    SystemCallRow(30, "utime", "sx", setTimesOld),
    SystemCallRow(43, "times", "x", processTimes),
    SystemCallRow(78, "gettimeofday", "xx", timeOfDay),
    SystemCallRow(104, "setitimer", "dxx", setIntervalTimer),
    SystemCallRow(105, "getitimer", "dx", intervalTimer),
    SystemCallRow(162, "nanosleep", "xx", sleep),
    SystemCallRow(240, "timer_create", "Cxx", createTimer),
    SystemCallRow(241, "timer_settime", "ddxx", setTimer),
    SystemCallRow(242, "timer_gettime", "dx", timer),
    SystemCallRow(243, "timer_getoverrun", "d", host: SYS_timer_getoverrun),
    SystemCallRow(244, "timer_delete", "d", host: SYS_timer_delete),
    SystemCallRow(245, "clock_settime", "Cx", setClock),
    SystemCallRow(246, "clock_gettime", "Cx", clock),
    SystemCallRow(247, "clock_getres", "Cx", clock),
    SystemCallRow(248, "clock_nanosleep", "Cxxx", clockSleep),
    SystemCallRow(251, "utimes", "sx", setTimesMicro),
    SystemCallRow(290, "futimesat", "Dsx", setTimesMicro),
    SystemCallRow(304, "utimensat", "Dsxx", setTimes),
    SystemCallRow(306, "timerfd_create", "CO", createTimerFile),
    SystemCallRow(311, "timerfd_settime", "fxxx", setTimerFile),
    SystemCallRow(312, "timerfd_gettime", "fx", timerFile),
    SystemCallRow(403, "clock_gettime64", "Cx", clock),
    SystemCallRow(404, "clock_settime64", "Cx", setClock),
    SystemCallRow(406, "clock_getres_time64", "Cx", clock),
    SystemCallRow(407, "clock_nanosleep_time64", "Cxxx", clockSleep),
    SystemCallRow(408, "timer_gettime64", "dx", timer),
    SystemCallRow(409, "timer_settime64", "ddxx", setTimer),
    SystemCallRow(410, "timerfd_gettime64", "fx", timerFile),
    SystemCallRow(411, "timerfd_settime64", "fxxx", setTimerFile),
    SystemCallRow(412, "utimensat_time64", "Dsxx", setTimes),
  ]

  /// Calls from 403 on have 64-bit times.
  private static func format(_ call: SystemCall) -> TimeFormat {
    call.number >= 403 ? .doubleword : .word
  }

  // MARK: Clocks

  static func seconds(_ call: SystemCall) throws(Errno) -> Int {
    let now = Glibc.time(nil)
    if call[0] != 0 { try call.writeWord(call[0], now) }
    return Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: now))
  }

  static func timeOfDay(_ call: SystemCall) throws(Errno) -> Int {
    var time = timeval()
    gettimeofday(&time, nil)
    if call[0] != 0 {
      var result = StructureWriter(capacity: 8)
      result.word(time.tv_sec)
      result.word(time.tv_usec)
      try call.write(call[0], result)
    }
    if call[1] != 0 {
      var zone = StructureWriter(capacity: 8)
      zone.pad(to: 8)
      try call.write(call[1], zone)
    }
    return 0
  }

  /// clock_gettime and clock_getres, whose result may be unwanted. The C library's clock_gettime
  /// reads the vDSO.
  static func clock(_ call: SystemCall) throws(Errno) -> Int {
    var time = timespec()
    let isResolution = call.number == 247 || call.number == 406
    let result =
      isResolution ? clock_getres(call.int32(0), &time) : clock_gettime(call.int32(0), &time)
    guard result == 0 else { throw Errno(csys_errno()) }
    if call[1] == 0 && isResolution { return 0 }
    try format(call).store(time, call, call[1])
    return 0
  }

  static func setClock(_ call: SystemCall) throws(Errno) -> Int {
    let time = try format(call).timespec(call, call[1])
    return try withTimespec(time) { (address, _) throws(Errno) in
      try hostCall(SYS_clock_settime, call.signed(0), address)
    }
  }

  static func processTimes(_ call: SystemCall) throws(Errno) -> Int {
    var buffer = tms()
    let ticks = Glibc.times(&buffer)
    if call[0] != 0 {
      var result = StructureWriter()
      for field in [buffer.tms_utime, buffer.tms_stime, buffer.tms_cutime, buffer.tms_cstime] {
        result.word(field)
      }
      try call.write(call[0], result)
    }
    return Int(UInt32(truncatingIfNeeded: ticks))
  }

  // MARK: Sleeping

  static func sleep(_ call: SystemCall) throws(Errno) -> Int {
    try sleep(call, clock: 0, flags: 0, request: call[0], rest: call[1], .word, SYS_nanosleep)
  }

  static func clockSleep(_ call: SystemCall) throws(Errno) -> Int {
    try sleep(
      call, clock: call.signed(0), flags: call.signed(1), request: call[2], rest: call[3],
      format(call), SYS_clock_nanosleep)
  }

  private static func sleep(
    _ call: SystemCall, clock: Int, flags: Int, request: UInt32, rest: UInt32,
    _ format: TimeFormat, _ number: Int32
  ) throws(Errno) -> Int {
    let time = try format.timespec(call, request)
    return try withTimespec(time) { (wanted, place) throws(Errno) in
      do throws(Errno) {
        if number == SYS_nanosleep { return try call.waiting(number, wanted, wanted) }
        return try call.waiting(number, clock, flags, wanted, wanted)
      } catch {
        // The rest of an absolute time is not told.
        if error == .interrupted, rest != 0, flags & 1 == 0, let place {
          try format.store(place.pointee, call, rest)
        }
        throw error
      }
    }
  }

  // MARK: Interval timers

  private static func timers(_ call: SystemCall, _ address: UInt32) throws(Errno) -> itimerval {
    let fields = try call.read(address, 16)
    return itimerval(
      it_interval: timeval(tv_sec: fields.signed(0), tv_usec: fields.signed(4)),
      it_value: timeval(tv_sec: fields.signed(8), tv_usec: fields.signed(12)))
  }

  private static func store(
    _ timer: itimerval, _ call: SystemCall, _ address: UInt32
  ) throws(Errno) {
    var result = StructureWriter()
    for time in [timer.it_interval, timer.it_value] {
      result.word(time.tv_sec)
      result.word(time.tv_usec)
    }
    try call.write(address, result)
  }

  static func setIntervalTimer(_ call: SystemCall) throws(Errno) -> Int {
    let new = call[1] == 0 ? itimerval() : try timers(call, call[1])
    return try withHostStructure(new) { (wanted, _) throws(Errno) in
      try withHostStructure(itimerval()) { (old, place) throws(Errno) in
        try hostCall(SYS_setitimer, call.signed(0), wanted, old)
        if call[2] != 0 { try store(place.pointee, call, call[2]) }
        return 0
      }
    }
  }

  static func intervalTimer(_ call: SystemCall) throws(Errno) -> Int {
    try withHostStructure(itimerval()) { (address, place) throws(Errno) in
      try hostCall(SYS_getitimer, call.signed(0), address)
      try store(place.pointee, call, call[1])
      return 0
    }
  }

  // MARK: POSIX timers

  /// sigevent on 32-bit PowerPC: value, signal, kind, thread; 64 bytes.
  static func createTimer(_ call: SystemCall) throws(Errno) -> Int {
    let fields = call[1] == 0 ? nil : try call.read(call[1], 16)
    return try withHostBytes(64) { (event, bytes) throws(Errno) in
      if let fields {
        bytes.storeBytes(of: UInt64(fields.word(0)), as: UInt64.self)
        for offset in [4, 8, 12] {
          bytes.storeBytes(of: fields.word(offset), toByteOffset: offset + 4, as: UInt32.self)
        }
      }
      return try withHostStructure(Int32(0)) { (timer, place) throws(Errno) in
        let result = try hostCall(
          SYS_timer_create, call.signed(0), fields == nil ? 0 : event, timer)
        try call.writeWord(call[2], place.pointee)
        return result
      }
    }
  }

  static func setTimer(_ call: SystemCall) throws(Errno) -> Int {
    guard call[2] != 0 else { throw .invalid }
    return try setTimer(call, SYS_timer_settime)
  }

  static func setTimerFile(_ call: SystemCall) throws(Errno) -> Int {
    try setTimer(call, SYS_timerfd_settime)
  }

  private static func setTimer(_ call: SystemCall, _ number: Int32) throws(Errno) -> Int {
    let isWide: TimeFormat = call.number >= 409 ? .doubleword : .word
    let new = try TimerTimes(isWide, call, call[2])
    return try withHostStructure(new) { (wanted, _) throws(Errno) in
      try withHostStructure(TimerTimes()) { (old, place) throws(Errno) in
        try hostCall(number, call.signed(0), call.signed(1), wanted, old)
        if call[3] != 0 { try place.pointee.store(isWide, call, call[3]) }
        return 0
      }
    }
  }

  static func timer(_ call: SystemCall) throws(Errno) -> Int {
    try timer(call, SYS_timer_gettime)
  }

  static func timerFile(_ call: SystemCall) throws(Errno) -> Int {
    try timer(call, SYS_timerfd_gettime)
  }

  private static func timer(_ call: SystemCall, _ number: Int32) throws(Errno) -> Int {
    try withHostStructure(TimerTimes()) { (address, place) throws(Errno) in
      try hostCall(number, call.signed(0), address)
      try place.pointee.store(format(call), call, call[1])
      return 0
    }
  }

  static func createTimerFile(_ call: SystemCall) throws(Errno) -> Int {
    call.descriptors.note(
      try hostCall(SYS_timerfd_create, call.signed(0), FileFlags.host(call[1])), .counter)
  }

  // MARK: Times of files

  /// utimensat with two host timespecs, or none for now.
  private static func setTimes(
    _ directory: Int, _ path: Int, _ times: (timespec, timespec)?, _ flags: Int
  ) throws(Errno) -> Int {
    guard let times else { return try hostCall(SYS_utimensat, directory, path, 0, flags) }
    return try withHostStructure(times) { (address, _) throws(Errno) in
      try hostCall(SYS_utimensat, directory, path, address, flags)
    }
  }

  /// utimensat.
  static func setTimes(_ call: SystemCall) throws(Errno) -> Int {
    let width = format(call)
    var times: (timespec, timespec)?
    if call[2] != 0 {
      times = (
        try width.timespec(call, call[2]), try width.timespec(call, call[2] &+ width.size)
      )
    }
    let path = call[1] == 0 ? 0 : try call.source(call[1])
    return try setTimes(call.signed(0), path, times, call.signed(3))
  }

  /// utime: two words of seconds.
  static func setTimesOld(_ call: SystemCall) throws(Errno) -> Int {
    var times: (timespec, timespec)?
    if call[1] != 0 {
      let fields = try call.read(call[1], 8)
      times = (
        timespec(tv_sec: fields.signed(0), tv_nsec: 0),
        timespec(tv_sec: fields.signed(4), tv_nsec: 0)
      )
    }
    return try setTimes(SystemCall.currentDirectory, call.source(call[0]), times, 0)
  }

  /// utimes and futimesat: two timevals.
  static func setTimesMicro(_ call: SystemCall) throws(Errno) -> Int {
    let first = call.number == 251 ? 0 : 1
    let directory = first == 0 ? SystemCall.currentDirectory : call.signed(0)
    var times: (timespec, timespec)?
    if call[first + 1] != 0 {
      let fields = try call.read(call[first + 1], 16)
      guard fields.word(4) < 1_000_000, fields.word(12) < 1_000_000 else { throw .invalid }
      times = (
        timespec(tv_sec: fields.signed(0), tv_nsec: fields.signed(4) * 1000),
        timespec(tv_sec: fields.signed(8), tv_nsec: fields.signed(12) * 1000)
      )
    }
    let path = call[first] == 0 ? 0 : try call.source(call[first])
    return try setTimes(directory, path, times, 0)
  }
}
