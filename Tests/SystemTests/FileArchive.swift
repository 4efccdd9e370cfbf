import Foundation

/// A cpio archive of the kind that Linux takes files from when it starts (Linux documentation,
/// driver-api/early-userspace/buffer-format: "newc").
struct FileArchive {
  private(set) var bytes: [UInt8] = []
  private var count = 0

  /// Adds an executable file at the root.
  mutating func add(_ name: String, _ contents: Data) {
    count += 1
    append(name, mode: 0o100755, [UInt8](contents))
  }

  /// Ends the archive.
  mutating func close() { append("TRAILER!!!", mode: 0, []) }

  /// Number, mode, owner, group, links, time, size, device, special device, length of the name,
  /// checksum; the name; the contents.
  private mutating func append(_ name: String, mode: Int, _ contents: [UInt8]) {
    let path = [UInt8](name.utf8) + [0]
    let fields = [count, mode, 0, 0, 1, 0, contents.count, 0, 0, 0, 0, path.count, 0]
    bytes += [UInt8]("070701".utf8)
    for field in fields {
      let digits = String(field, radix: 16)
      bytes += [UInt8]((String(repeating: "0", count: 8 - digits.utf8.count) + digits).utf8)
    }
    bytes += path
    pad()
    bytes += contents
    pad()
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  /// An initial file system with more files in it: Linux unpacks one archive behind the other.
  static func extend(_ image: Data, with files: [String]) throws -> [UInt8] {
    var archive = FileArchive()
    for file in files {
      let url = URL(fileURLWithPath: file)
      archive.add(url.lastPathComponent, try Data(contentsOf: url))
    }
    archive.close()
    let gap = [UInt8](repeating: 0, count: (4 - image.count % 4) % 4)
    return [UInt8](image) + gap + archive.bytes
  }
}
