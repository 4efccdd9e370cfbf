import CSys
import Glibc
import Memory

/// Requests of `ioctl` on network interfaces (netdevice(7)). They have the same numbers on both
/// sides; struct ifreq has a name of 16 bytes and 16 bytes of value, 24 on the host.
enum InterfaceRequests {
  /// How the value lies, by request.
  private static let layouts: [UInt32: FieldLayout] = {
    let word = FieldLayout("w")
    let half = FieldLayout("h")
    // SIOCGIFNAME, the index, metric, MTU, length of the queue: numbers.
    var result: [UInt32: FieldLayout] = [:]
    for request: UInt32 in [0x8910, 0x8933, 0x891d, 0x891e, 0x8921, 0x8922, 0x8942, 0x8943] {
      result[request] = word
    }
    // The flags, and addresses, whose first halfword is their family.
    for request: UInt32 in [
      0x8913, 0x8914, 0x8915, 0x8916, 0x8917, 0x8918, 0x8919, 0x891a, 0x891b, 0x891c, 0x8927,
    ] {
      result[request] = half
    }
    return result
  }()

  private static let nameSize = 16
  private static let guestSize = 32

  /// Makes a request; nil if it is none of these.
  static func perform(_ call: SystemCall) throws(Errno) -> Int? {
    guard let layout = layouts[call[1]] else { return nil }
    return try withHostBytes(40) { (place, bytes) throws(Errno) in
      guard call.copy.read(call[2], into: bytes, guestSize) else { throw .fault }
      layout.swap(bytes + nameSize)
      let result = try hostCall(SYS_ioctl, call.signed(0), call.unsigned(1), place)
      layout.swap(bytes + nameSize)
      guard call.copy.write(call[2], from: bytes, guestSize) else { throw .fault }
      return result
    }
  }
}
