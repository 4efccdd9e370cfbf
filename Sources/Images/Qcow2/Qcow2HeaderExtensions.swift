/// The header extensions that matter here.
struct Qcow2HeaderExtensions {
  /// The format of the backing file.
  private(set) var backingFormat: String?
  /// The feature name table's names of incompatible features, by bit.
  private(set) var incompatibleFeatureNames: [UInt8: String] = [:]

  private enum Kind {
    static let end: UInt32 = 0
    static let backingFormat: UInt32 = 0xe279_2aca
    static let featureNames: UInt32 = 0x6803_f857
  }

  /// Bytes in an entry of the feature name table.
  private static let featureNameSize = 48

  /// Reads the extensions in a range of the file.
  init(_ file: HostFile, _ range: Range<UInt64>) throws(StorageError.Cause) {
    let bytes = try Qcow2Header.read(file, range)
    var position = 0
    while bytes.count - position >= 8 {
      let kind: UInt32 = bytes.number(position)
      let length = Int(bytes.number(position + 4, as: UInt32.self))
      guard kind != Kind.end else { return }
      guard length <= bytes.count - position - 8 else {
        throw .corrupt("header extension of \(length) bytes")
      }
      take(kind, Array(bytes[position + 8..<position + 8 + length]))
      position += 8 + ((length + 7) & ~7)
    }
  }

  private mutating func take(_ kind: UInt32, _ bytes: [UInt8]) {
    switch kind {
    case Kind.backingFormat:
      backingFormat = String(decoding: bytes, as: UTF8.self)
    case Kind.featureNames:
      for start in stride(from: 0, to: bytes.count, by: Self.featureNameSize) {
        let entry = bytes[start..<min(bytes.count, start + Self.featureNameSize)]
        guard entry.count > 2, entry[start] == 0 else { continue }
        let name = String(decoding: entry.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
        incompatibleFeatureNames[entry[start + 1]] = name
      }
    default:
      return
    }
  }
}
