import CSys
import Glibc
import Memory

/// Limits and usage of resources.
enum ResourceCalls {
  static let hostUsageSize = 144
  /// RLIMIT_AS, which the guest's address space minds.
  private static let addressSpace = 9
  /// This, RLIMIT_DATA and RLIMIT_STACK speak of the guest's memory: ours must not be limited by
  /// them. Data and stack are only remembered.
  private static let guestOnly: Set<Int> = [2, 3, addressSpace]
  private static let infinity = UInt64.max

  /// rusage: two timevals and fourteen longs.
  static func store(
    _ host: UnsafeRawPointer, _ call: SystemCall, _ address: UInt32
  ) throws(Errno) {
    var result = StructureWriter()
    for index in 0..<18 { result.word(host.load(fromByteOffset: 8 * index, as: UInt64.self)) }
    try call.write(address, result)
  }

  static func usage(_ call: SystemCall) throws(Errno) -> Int {
    try withHostBytes(hostUsageSize) { (address, bytes) throws(Errno) in
      try hostCall(SYS_getrusage, call.signed(0), address)
      try store(bytes, call, call[1])
      return 0
    }
  }

  /// Reads, and then if asked sets, a limit: (current, maximum).
  private static func exchange(
    _ call: SystemCall, process: Int, _ resource: Int, _ new: (UInt64, UInt64)?
  ) throws(Errno) -> (UInt64, UInt64) {
    let isOwn = process == 0 || process == Int(getpid())
    if let new, isOwn, guestOnly.contains(resource) {
      let old = try exchange(call, process: 0, resource, nil)
      guard new.0 <= new.1 else { throw .invalid }
      guard new.1 <= old.1 else { throw .notPermitted }
      call.process.limits[resource] = new
      if resource == addressSpace { call.space.sizeLimit = new.0 }
      return old
    }
    return try withHostStructure((UInt64(0), UInt64(0))) { (old, place) throws(Errno) in
      try withHostStructure(new ?? (0, 0)) { (wanted, _) throws(Errno) in
        try hostCall(SYS_prlimit64, process, resource, new == nil ? 0 : wanted, old)
        return isOwn ? call.process.limits[resource] ?? place.pointee : place.pointee
      }
    }
  }

  /// A limit as a word: what does not fit is unlimited. The old getrlimit's limit is 31 bits.
  private static func word(_ limit: UInt64, _ call: SystemCall) -> UInt32 {
    let most: UInt64 = call.number == 76 ? 0x7fff_ffff : 0xffff_ffff
    return UInt32(truncatingIfNeeded: min(limit, most))
  }

  static func limit(_ call: SystemCall) throws(Errno) -> Int {
    let (current, maximum) = try exchange(call, process: 0, call.signed(0), nil)
    var result = StructureWriter(capacity: 8)
    result.word(word(current, call))
    result.word(word(maximum, call))
    try call.write(call[1], result)
    return 0
  }

  static func setLimit(_ call: SystemCall) throws(Errno) -> Int {
    let fields = try call.read(call[1], 8)
    func wide(_ limit: UInt32) -> UInt64 { limit == 0xffff_ffff ? infinity : UInt64(limit) }
    let new = (wide(fields.word(0)), wide(fields.word(4)))
    _ = try exchange(call, process: 0, call.signed(0), new)
    return 0
  }

  static func limit64(_ call: SystemCall) throws(Errno) -> Int {
    var new: (UInt64, UInt64)?
    if call[2] != 0 {
      let fields = try call.read(call[2], 16)
      new = (fields.doubleword(0), fields.doubleword(8))
    }
    let old = try exchange(call, process: call.signed(0), call.signed(1), new)
    if call[3] != 0 {
      var result = StructureWriter(capacity: 16)
      result.doubleword(old.0)
      result.doubleword(old.1)
      try call.write(call[3], result)
    }
    return 0
  }
}
