import Options

/// A disk and where it is attached.
struct DriveOptions: Equatable {
  /// What is attached.
  enum Media: Equatable { case disk, cdrom }

  /// QEMU's name of it, such as `ide0-hd0`, or the one that `id=` gave.
  var name: String
  /// The image; nil for an empty CD-ROM drive.
  var file: String?
  /// `raw`, `qcow2`, or nil to look.
  var format: String?
  var media: Media
  /// The IDE channel and the unit on it, 0 or 1 each.
  var bus: Int
  var unit: Int
  /// Whether writes go to a temporary file.
  var isSnapshot: Bool
  var isReadOnly: Bool
  /// `cache=`, as it was written; nil for `writeback`.
  var cache: String?
}

/// An image that was asked for, before it has a place.
struct DriveRequest {
  /// How messages name it.
  let context: String
  var file: String?
  var id: String?
  var format: String?
  var media: DriveOptions.Media = .disk
  /// Whether it waits for a `-device` that names it: `if=none`.
  var isDetached = false
  var isSnapshot: Bool?
  var isReadOnly = false
  var cache: String?
  /// The place, twice the bus plus the unit; nil for the next free one.
  var index: Int?

  init(
    context: String, file: String?, index: Int? = nil, media: DriveOptions.Media = .disk
  ) {
    self.context = context
    self.file = file
    self.index = index
    self.media = media
  }
}

extension DriveRequest {
  /// The formats of images.
  static let formats = ["raw", "qcow2"]
  /// The kinds of buses that QEMU has and these machines have not.
  private static let otherBuses = ["scsi", "floppy", "pflash", "mtd", "sd", "virtio", "xen"]
  /// What is accepted and changes nothing here.
  private static let idle = [
    "aio", "rerror", "werror", "discard", "detect-zeroes", "copy-on-read", "serial", "cyls",
    "heads", "secs", "trans",
  ]

  /// The argument of `-drive`.
  init(drive text: String, context: String) throws(OptionProblem) {
    var options = KeyedOptions(text)
    self.init(context: context, file: options.take("file"))
    id = try options.takeIdentifier()
    let bus = options.take("if") ?? "ide"
    let wanted = try Self.place(&options)
    if let format = options.take("format") ?? options.take("driver") {
      guard Self.formats.contains(format) else {
        throw OptionProblem("Unknown driver '\(format)'")
      }
      self.format = format
    }
    switch options.take("media") ?? "disk" {
    case "disk": break
    case "cdrom": media = .cdrom
    case let other: throw OptionProblem("'\(other)' invalid media")
    }
    isSnapshot = try options.takeFlag("snapshot")
    let (old, new) = (try options.takeFlag("readonly"), try options.takeFlag("read-only"))
    isReadOnly = old ?? new ?? false
    cache = options.take("cache")
    try checkCache()
    for key in Self.idle { _ = options.take(key) }
    if file == nil && media == .disk { throw OptionProblem("Must specify either driver or file") }
    try options.finish()
    isDetached = bus == "none"
    index = wanted.index
    guard bus != "ide" && bus != "none" else { return }
    if Self.otherBuses.contains(bus) {
      throw OptionProblem(
        "machine type does not support if=\(bus),bus=\(wanted.bus),unit=\(wanted.unit)")
    }
    throw OptionProblem("unsupported bus type '\(bus)'")
  }

  private static func place(
    _ options: inout KeyedOptions
  ) throws(OptionProblem) -> (index: Int?, bus: Int, unit: Int) {
    func small(_ number: UInt64?) -> Int? { number.map { Int(min($0, 1 << 20)) } }
    let index = small(try options.takeNumber("index"))
    let bus = small(try options.takeNumber("bus"))
    let unit = small(try options.takeNumber("unit"))
    guard index == nil || (bus == nil && unit == nil) else {
      throw OptionProblem("index cannot be used with bus and unit")
    }
    if let index { return (index, index / 2, index % 2) }
    guard bus != nil || unit != nil else { return (nil, 0, 0) }
    guard (unit ?? 0) < 2 else {
      throw OptionProblem("unit \(unit ?? 0) too big (max is 1)")
    }
    return ((bus ?? 0) * 2 + (unit ?? 0), bus ?? 0, unit ?? 0)
  }

  private func checkCache() throws(OptionProblem) {
    let modes = ["writeback", "none", "writethrough", "directsync", "unsafe"]
    guard cache.map(modes.contains) ?? true else { throw OptionProblem("invalid cache option") }
  }
}

/// `-device`.
struct DeviceRequest {
  let context: String
  /// The media of the devices that there are, by name.
  static let known: [String: DriveOptions.Media] = ["ide-hd": .disk, "ide-cd": .cdrom]

  let media: DriveOptions.Media
  let drive: String?
  let bus: String?
  let unit: Int?

  /// The argument of `-device`.
  init(_ text: String, context: String) throws(OptionProblem) {
    var options = KeyedOptions(text, implied: "driver")
    let driver = options.take("driver") ?? ""
    guard let media = Self.known[driver] else {
      throw OptionProblem("'\(driver)' is not a valid device model name")
    }
    self.context = context
    self.media = media
    drive = options.take("drive")
    bus = options.take("bus")
    unit = try options.takeNumber("unit").map { Int(min($0, 99)) }
    _ = try options.takeIdentifier()
    for key in ["bootindex", "serial", "model", "ver", "wwn"] { _ = options.take(key) }
    if let part = options.parts.first {
      throw OptionProblem("Property '\(driver).\(part.key)' not found")
    }
    if media == .disk && drive == nil { throw OptionProblem("No drive specified") }
  }
}

// MARK: Places

extension SystemOptions {
  /// The units of both channels.
  private static let places = 4

  /// Gives every image its place.
  mutating func completeDrives() throws(SystemProblem) {
    for request in driveRequests where !request.isDetached { try attach(request) }
    for device in deviceRequests { try attach(device) }
    // QEMU's machines have an empty CD-ROM drive by themselves.
    if hasDefaults && deviceRequests.isEmpty && isFree(2) {
      add(DriveRequest(context: "", file: nil, media: .cdrom), at: 2)
    }
  }

  private func isFree(_ index: Int) -> Bool {
    !drives.contains { $0.bus * 2 + $0.unit == index }
  }

  private mutating func attach(_ request: DriveRequest) throws(SystemProblem) {
    let index = request.index ?? (0...Self.places).first(where: isFree) ?? Self.places
    let (bus, unit) = (index / 2, index % 2)
    guard isFree(index) else {
      throw SystemProblem(
        "\(request.context): drive with bus=\(bus), unit=\(unit) (index=\(index)) exists")
    }
    guard index < Self.places else {
      throw SystemProblem(
        "\(request.context): machine type does not support if=ide,bus=\(bus),unit=\(unit)")
    }
    add(request, at: index)
  }

  private mutating func attach(_ device: DeviceRequest) throws(SystemProblem) {
    var request = DriveRequest(context: device.context, file: nil, media: device.media)
    if let id = device.drive {
      guard let named = driveRequests.first(where: { $0.id == id && $0.isDetached }) else {
        let name = device.media == .disk ? "ide-hd" : "ide-cd"
        throw SystemProblem(
          "\(device.context): Property '\(name).drive' can't find value '\(id)'")
      }
      request = named
      request.media = device.media
    }
    if let bus = device.bus {
      guard bus == "ide.0" || bus == "ide.1" else {
        throw SystemProblem("\(device.context): Bus '\(bus)' not found")
      }
      let first = bus == "ide.0" ? 0 : 2
      let index = device.unit.map { first + $0 } ?? (isFree(first) ? first : first + 1)
      guard index < first + 2, isFree(index) else {
        throw SystemProblem("\(device.context): IDE unit \(index - first) is in use")
      }
      request.index = index
    }
    try attach(request)
  }

  private mutating func add(_ request: DriveRequest, at index: Int) {
    let (bus, unit) = (index / 2, index % 2)
    let kind = request.media == .disk ? "hd" : "cd"
    drives.append(
      DriveOptions(
        name: request.id ?? "ide\(bus)-\(kind)\(unit)", file: request.file,
        format: request.format, media: request.media, bus: bus, unit: unit,
        isSnapshot: request.isSnapshot ?? isSnapshot,
        isReadOnly: request.isReadOnly || request.media == .cdrom, cache: request.cache))
  }
}
