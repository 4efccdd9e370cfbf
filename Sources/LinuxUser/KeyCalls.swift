import CSys
import Glibc
import Memory

/// Keys that the kernel keeps: keyctl(2).
enum KeyCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(269, "add_key", "ssxud", add),
    SystemCallRow(270, "request_key", "sssd", host: SYS_request_key),
    SystemCallRow(271, "keyctl", "dxxxx", control),
  ]

  static func add(_ call: SystemCall) throws(Errno) -> Int {
    let (kind, description) = (try call.source(call[0]), try call.optionalName(1))
    let payload = call[2] == 0 ? 0 : try call.source(call[2], call.unsigned(3))
    return try hostCall(SYS_add_key, kind, description, payload, call.unsigned(3), call.signed(4))
  }

  static func control(_ call: SystemCall) throws(Errno) -> Int {
    /// The operation with numbers behind the first.
    func numbers(_ count: Int) throws(Errno) -> Int {
      func argument(_ index: Int) -> Int { index <= count ? call.signed(index) : 0 }
      return try hostCall(
        SYS_keyctl, call.signed(0), argument(1), argument(2), argument(3), argument(4))
    }
    switch call.signed(0) {
    // GET_KEYRING_ID REVOKE CHOWN SETPERM CLEAR LINK UNLINK, NEGATE SET_REQKEY_KEYRING
    // SET_TIMEOUT ASSUME_AUTHORITY, SESSION_TO_PARENT REJECT INVALIDATE GET_PERSISTENT MOVE
    case 0, 3, 4, 5, 7, 8, 9, 13, 14, 15, 16, 18, 19, 21, 22, 30: return try numbers(4)
    case 1:  // JOIN_SESSION_KEYRING
      return try hostCall(SYS_keyctl, 1, call.optionalName(1))
    case 2:  // UPDATE
      return try hostCall(
        SYS_keyctl, 2, call.signed(1), payload(call), call.unsigned(3))
    case 6, 17: return try buffer(call)  // DESCRIBE GET_SECURITY
    case 11: return try readKey(call)
    case 10:  // SEARCH
      return try hostCall(
        SYS_keyctl, 10, call.signed(1), call.optionalName(2), call.optionalName(3),
        call.signed(4))
    case 12:  // INSTANTIATE
      return try hostCall(
        SYS_keyctl, 12, call.signed(1), payload(call), call.unsigned(3), call.signed(4))
    case 29:  // RESTRICT_KEYRING
      return try hostCall(
        SYS_keyctl, 29, call.signed(1), call.optionalName(2), call.optionalName(3))
    case 31: return try buffer(call, first: 1)  // CAPABILITIES
    default: throw .init(95)  // EOPNOTSUPP
    }
  }

  private static func payload(_ call: SystemCall) throws(Errno) -> Int {
    call[2] == 0 ? 0 : try call.source(call[2], call.unsigned(3))
  }

  /// An operation that fills a buffer with bytes.
  private static func buffer(_ call: SystemCall, first: Int = 2) throws(Errno) -> Int {
    let count = call.unsigned(first + 1)
    let room = call[first] == 0 ? 0 : try call.target(call[first], count)
    if first == 1 { return try hostCall(SYS_keyctl, call.signed(0), room, count) }
    return try hostCall(SYS_keyctl, call.signed(0), call.signed(1), room, count)
  }

  /// READ: bytes, but the numbers of its keys for a keyring.
  private static func readKey(_ call: SystemCall) throws(Errno) -> Int {
    let count = min(call.unsigned(3), 1 << 20)
    if call[2] == 0 { return try hostCall(SYS_keyctl, 11, call.signed(1), 0, 0) }
    let isKeyring = isKeyring(call.signed(1))
    return try withHostBytes(count) { (place, bytes) throws(Errno) in
      let result = try hostCall(SYS_keyctl, 11, call.signed(1), place, count)
      let stored = min(result, count)
      if isKeyring {
        for offset in stride(from: 0, to: stored & ~3, by: 4) {
          FieldLayout("w").swap(bytes + offset)
        }
      }
      guard call.copy.write(call[2], from: bytes, stored) else { throw .fault }
      return result
    }
  }

  /// Whether a key's description begins with "keyring;".
  private static func isKeyring(_ key: Int) -> Bool {
    let kind = Array("keyring;".utf8)
    var text = [UInt8](repeating: 0, count: 4096)
    let count = text.withUnsafeMutableBytes {
      csys_kernel(Int(SYS_keyctl), 6, key, Int(bitPattern: $0.baseAddress), $0.count, 0, 0)
    }
    return count > 0 && text.starts(with: kind)
  }
}

extension SystemCall {
  /// The host address of a name that may be absent.
  func optionalName(_ index: Int) throws(Errno) -> Int {
    self[index] == 0 ? 0 : try source(self[index])
  }
}
