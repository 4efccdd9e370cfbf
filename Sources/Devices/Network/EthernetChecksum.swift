/// The checksum of Ethernet (IEEE 802.3, 3.2.9), as address filters hash with it.
enum EthernetChecksum {
  /// The register of a checksum shifted towards the high end, bytes lowest bit first.
  static func bigEndian(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      for bit in 0..<8 {
        let carry = crc >> 31 ^ UInt32(byte >> UInt8(bit) & 1)
        crc = crc << 1 ^ (carry == 1 ? 0x04c1_1db7 : 0)
      }
    }
    return crc
  }

  /// The same shifted towards the low end; its complement follows a frame, lowest byte first.
  static func littleEndian(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    return crc
  }
}
