/// The SMART commands of a disk that never fails by itself.
extension ATADisk {
  /// What has to be in the cylinder registers.
  private static let key: (mid: UInt8, high: UInt8) = (0x4f, 0xc2)

  /// Attributes: number, flags, value, worst value, threshold.
  private static let attributes: [(id: UInt8, flags: UInt8, value: UInt8, threshold: UInt8)] = [
    (0x01, 0x03, 100, 6),  // Read error rate.
    (0x05, 0x03, 100, 36),  // Reallocated sectors.
    (0x09, 0x03, 100, 0),  // Power-on hours.
  ]

  /// SMART by the Features register.
  func smart() {
    guard (registers.mid, registers.high) == Self.key else { return fail(Failure.aborted) }
    let isEnabling = registers.features == 0xd8
    guard isSMARTEnabled || isEnabling else { return fail(Failure.aborted) }
    switch registers.features {
    case 0xd0: giveBytes(attributeSector)
    case 0xd1: giveBytes(thresholdSector)
    case 0xd2: succeed()  // Attribute autosave.
    case 0xd8:
      isSMARTEnabled = true
      succeed()
    case 0xd9:
      isSMARTEnabled = false
      succeed()
    case 0xda: succeed()  // The key stays as it is: no threshold has been passed.
    default: fail(Failure.aborted)
    }
  }

  /// SMART READ DATA.
  private var attributeSector: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 512)
    bytes[0] = 1
    for (n, row) in Self.attributes.enumerated() {
      let place = 2 + 12 * n
      bytes[place] = row.id
      bytes[place + 1] = row.flags
      bytes[place + 3] = row.value
      bytes[place + 4] = row.value
    }
    bytes[362] = 0x02  // Off-line data collection has been completed.
    return withChecksum(bytes)
  }

  /// SMART READ THRESHOLDS.
  private var thresholdSector: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 512)
    bytes[0] = 1
    for (n, row) in Self.attributes.enumerated() {
      bytes[2 + 12 * n] = row.id
      bytes[3 + 12 * n] = row.threshold
    }
    return withChecksum(bytes)
  }

  /// The last byte makes the sum of all zero.
  private func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    result[511] = 0 &- bytes.dropLast().reduce(0, &+)
    return result
  }

  private func giveBytes(_ bytes: [UInt8]) {
    giveSector(
      stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
    )
  }
}
