import CSys
import Glibc
import Memory

/// Reading and writing, with the byte order changed where a file's bytes are structures.
enum ConvertedFiles {
  static func read(_ call: SystemCall) throws(Errno) -> Int {
    let kind = call.process.callState.descriptors.kind(call[0])
    let count = call.unsigned(2)
    if kind.isStructured { return try read(call, kind, count) }
    let target = call[1] == 0 ? 0 : try call.target(call[1], count)
    return try call.waiting(SYS_read, call.signed(0), target, count)
  }

  static func write(_ call: SystemCall) throws(Errno) -> Int {
    let kind = call.process.callState.descriptors.kind(call[0])
    let count = call.unsigned(2)
    guard kind == .counter || kind == .fanotify else {
      let source = call[1] == 0 ? 0 : try call.source(call[1], count)
      return try call.waiting(SYS_write, call.signed(0), source, count)
    }
    guard let bytes = call.copy.readBytes(call[1], min(count, 8)) else { throw .fault }
    return try write(call, kind, bytes)
  }

  /// Reads structures: no kernel gives more of them than fit, so they are read aside.
  private static func read(
    _ call: SystemCall, _ kind: DescriptorKind, _ count: Int
  ) throws(Errno) -> Int {
    let size = min(count, 0x1_0000)
    return try withHostBytes(size) { (address, bytes) throws(Errno) in
      let result = try call.waiting(SYS_read, call.signed(0), address, size)
      swap(bytes, result, kind)
      guard call.copy.write(call[1], from: bytes, result) else { throw .fault }
      return result
    }
  }

  /// The number that is added to an eventfd, or fanotify's answer.
  private static func write(
    _ call: SystemCall, _ kind: DescriptorKind, _ source: [UInt8]
  ) throws(Errno) -> Int {
    try withHostBytes(8) { (address, bytes) throws(Errno) in
      bytes.copyMemory(from: source, byteCount: source.count)
      FieldLayout(kind == .counter ? "d" : "ww").swap(bytes, source.count)
      return try call.waiting(SYS_write, call.signed(0), address, source.count)
    }
  }

  // MARK: Vectors

  /// readv of such a file: into the first part, as far as it goes, then into the next.
  static func readVector(_ call: SystemCall, _ kind: DescriptorKind) throws(Errno) -> Int {
    guard call[2] <= 1024 else { throw .invalid }
    let entries = try call.read(call[1], call.unsigned(2) * 8)
    let total = (0..<call.unsigned(2)).reduce(0) { $0 + Int(entries.word(8 * $1 + 4)) }
    let size = min(total, 0x1_0000)
    return try withHostBytes(size) { (address, bytes) throws(Errno) in
      let result = try call.waiting(SYS_read, call.signed(0), address, size)
      swap(bytes, result, kind)
      var position = 0
      for index in 0..<call.unsigned(2) where position < result {
        let part = min(Int(entries.word(8 * index + 4)), result - position)
        guard call.copy.write(entries.word(8 * index), from: bytes + position, part) else {
          throw .fault
        }
        position += part
      }
      return result
    }
  }

  // MARK: Byte order

  private static let event = FieldLayout("wwww")
  private static let signal = FieldLayout("wwwwwwwwwwwwddddhhwdw")
  private static let notice = FieldLayout("wbbhdww")

  /// Changes the byte order of every structure among the bytes that were read.
  private static func swap(
    _ bytes: UnsafeMutableRawPointer, _ count: Int, _ kind: DescriptorKind
  ) {
    switch kind {
    case .counter: FieldLayout("d").swap(bytes, count)
    case .signals:
      for start in stride(from: 0, to: count, by: 128) { signal.swap(bytes + start, count - start) }
    case .watches:
      var start = 0
      while start + 16 <= count {
        let length = bytes.load(fromByteOffset: start + 12, as: UInt32.self)
        event.swap(bytes + start)
        start += 16 + Int(length)
      }
    case .fanotify:
      var start = 0
      while start + 24 <= count {
        let length = Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
        guard length >= 24, start + length <= count else { return }
        notice.swap(bytes + start)
        swapRecords(bytes + start + 24, length - 24)
        start += length
      }
    case .plain, .unknown, .routing, .hashedDirectory: break
    }
  }

  /// The records behind an event of fanotify: a byte of type, a byte, a halfword of length; those
  /// that name a file (types 1 to 3, 10 and 12) go on with the two words of the file system and a
  /// file handle (linux/fanotify.h), type 4 with a descriptor, type 5 with two words.
  private static func swapRecords(_ bytes: UnsafeMutableRawPointer, _ count: Int) {
    var start = 0
    while start + 4 <= count {
      let kind = bytes.load(fromByteOffset: start, as: UInt8.self)
      let length = Int(bytes.loadUnaligned(fromByteOffset: start + 2, as: UInt16.self))
      guard length >= 4, start + length <= count else { return }
      let layout: StaticString =
        switch kind {
        case 4: "bbhw"
        case 5: "bbhww"
        default: "bbhwwww"
        }
      FieldLayout(layout).swap(bytes + start, length)
      start += length
    }
  }
}
