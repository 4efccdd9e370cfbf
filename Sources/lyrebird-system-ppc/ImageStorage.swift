import Devices
import Images

/// A disk image as a drive's medium.
///
/// Errors of the host become errors of the medium, which the guest sees; the first of each kind is
/// told to the user too.
final class ImageStorage: Storage {
  /// The image, with counters for `info blockstats`.
  let image: CountedStorage
  private let name: String
  private let report: (String) -> Void
  private var reported: Set<String> = []

  /// - Parameters:
  ///   - name: the drive's, for messages.
  ///   - report: takes a message for standard error.
  init(_ image: any BlockStorage, name: String, report: @escaping (String) -> Void) {
    self.image = CountedStorage(image)
    self.name = name
    self.report = report
  }

  var sectorCount: UInt64 { image.sectorCount }
  var isReadOnly: Bool { image.isReadOnly }

  func read(_ sector: UInt64, count: Int, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    attempt { () throws(StorageError) in try image.read(sector, into: buffer) }
  }

  func write(_ sector: UInt64, count: Int, from buffer: UnsafeRawBufferPointer) -> Bool {
    attempt { () throws(StorageError) in try image.write(sector, from: buffer) }
  }

  func flush() -> Bool { attempt { () throws(StorageError) in try image.flush() } }

  private func attempt(_ body: () throws(StorageError) -> Void) -> Bool {
    do throws(StorageError) {
      try body()
      return true
    } catch {
      if reported.insert("\(error)").inserted { report("\(name): \(error)") }
      return false
    }
  }
}
