import Devices
import Images
import Monitor

/// The drives of a machine and what is in them.
final class MachineDrives {
  /// A drive.
  struct Drive {
    let options: DriveOptions
    var storage: ImageStorage?
    let unit: ATAUnit
  }

  private(set) var drives: [Drive] = []
  private let report: (String) -> Void

  /// Opens the images.
  /// - Throws: a message that names the drive's option and what is wrong.
  init(_ wanted: [DriveOptions], report: @escaping (String) -> Void) throws(SystemProblem) {
    self.report = report
    for options in wanted {
      let storage = try open(options)
      // QEMU's serial numbers count the drives' places from 1.
      let serial = "QM0000\(options.bus * 2 + options.unit + 1)"
      let unit: ATAUnit
      if options.media == .cdrom {
        unit = ATAPICDROM(medium: storage, serial: serial)
      } else if let storage {
        unit = ATADisk(storage: storage, serial: serial)
      } else {
        continue
      }
      drives.append(Drive(options: options, storage: storage, unit: unit))
    }
  }

  private func open(_ options: DriveOptions) throws(SystemProblem) -> ImageStorage? {
    guard let file = options.file else { return nil }
    do throws(StorageError) {
      return try open(
        file, options.format, isReadOnly: options.isReadOnly, isSnapshot: options.isSnapshot,
        name: options.name)
    } catch {
      throw SystemProblem("Could not open '\(file)': \(error)")
    }
  }

  private func open(
    _ file: String, _ format: String?, isReadOnly: Bool, isSnapshot: Bool, name: String
  ) throws(StorageError) -> ImageStorage {
    let base = try Images.open(
      path: file, format: format.flatMap { ImageFormat(rawValue: $0) },
      readOnly: isReadOnly || isSnapshot)
    let image = isSnapshot ? try Images.snapshot(over: base) : base
    return ImageStorage(image, name: name, report: report)
  }

  /// The units by their places: twice the channel plus the unit.
  var units: [Int: ATAUnit] {
    Dictionary(uniqueKeysWithValues: drives.map { ($0.options.bus * 2 + $0.options.unit, $0.unit) })
  }

  /// Makes everything durable; at the end of the run.
  func flush() {
    for drive in drives where drive.storage?.isReadOnly == false { _ = drive.storage?.flush() }
  }

  /// What `info block` and `info blockstats` show.
  var descriptions: [MonitoredBlockDevice] {
    drives.map { drive in
      var device = MonitoredBlockDevice(name: drive.options.name)
      device.attachment =
        "/machine/unattached/device[\(drive.options.bus * 2 + drive.options.unit)]"
      device.isRemovable = drive.options.media == .cdrom
      guard let image = drive.storage?.image else { return device }
      let files = Images.describe(image)
      device.file =
        files.first.map { $0.path.isEmpty ? files.dropFirst().first?.path : $0.path } ?? nil
      device.format = files.first?.format.rawValue ?? "raw"
      device.isReadOnly = image.isReadOnly
      device.virtualSize = image.sectorCount * 512
      device.fileSize = files.first?.allocatedSize ?? 0
      device.readBytes = image.reads.bytes
      device.writtenBytes = image.writes.bytes
      device.reads = image.reads.operations
      device.writes = image.writes.operations
      device.flushes = image.flushes.operations
      return device
    }
  }

  /// Takes the medium out of a CD-ROM drive, or puts another one in.
  func change(_ name: String, to file: String?, format: String?) throws(MonitorError) {
    guard let index = drives.firstIndex(where: { $0.options.name == name }) else {
      throw MonitorError("Device '\(name)' not found")
    }
    guard let unit = drives[index].unit as? ATAPICDROM else {
      throw MonitorError("Device '\(name)' is not removable")
    }
    var storage: ImageStorage?
    if let file {
      do throws(StorageError) {
        storage = try open(file, format, isReadOnly: true, isSnapshot: false, name: name)
      } catch { throw MonitorError("Could not open '\(file)': \(error)") }
    }
    drives[index].storage = storage
    unit.change(storage)
  }
}
