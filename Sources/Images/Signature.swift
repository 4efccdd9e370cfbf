/// What a file of an image format begins with.
struct Signature {
  /// The name of the format.
  let format: String
  /// Where in the file the bytes are.
  let position: Int
  /// What is there.
  let bytes: [UInt8]

  private init(_ format: String, _ position: Int = 0, _ bytes: [UInt8]) {
    self.format = format
    self.position = position
    self.bytes = bytes
  }

  private init(_ format: String, _ text: String) {
    self.init(format, 0, Array(text.utf8))
  }

  /// The signatures that are recognised; only qcow2 is implemented.
  static let all: [Signature] = [
    Signature("qcow2", qcow2 + [0, 0, 0, 2]),
    Signature("qcow2", qcow2 + [0, 0, 0, 3]),
    Signature("qcow", qcow2),
    Signature("qed", "QED\0"),
    Signature("vmdk", "KDMV"),
    Signature("vmdk", "COWD"),
    Signature("vmdk", "# Disk DescriptorFile"),
    Signature("vdi", 0x40, [0x7f, 0x10, 0xda, 0xbe]),
    Signature("vpc", "conectix"),
    Signature("vhdx", "vhdxfile"),
    Signature("parallels", "WithoutFreeSpace"),
    Signature("parallels", "WithouFreSpacExt"),
    Signature("bochs", "Bochs Virtual HD Image"),
    Signature("luks", 0, Array("LUKS".utf8) + [0xba, 0xbe]),
  ]

  /// "QFI" and 0xfb: the magic number of qcow2.
  static let qcow2 = Array("QFI".utf8) + [0xfb]

  /// The number of bytes that tell formats apart.
  static let length = 512

  private init(_ format: String, _ bytes: [UInt8]) { self.init(format, 0, bytes) }

  /// The format that the beginning of a disk shows; nil for none of them.
  static func format(of start: UnsafeRawBufferPointer) -> String? {
    all.first { signature in
      let end = signature.position + signature.bytes.count
      guard end <= start.count else { return false }
      return start[signature.position..<end].elementsEqual(signature.bytes)
    }?.format
  }
}
