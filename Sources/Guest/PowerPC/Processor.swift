/// A processor model: its version register and what it has.
public struct Processor: Sendable {
  /// The name that `-cpu` takes.
  public let name: String
  /// PVR.
  public let version: UInt32
  /// Optional parts of the instruction set.
  public let features: Feature

  /// The models, most specific names of QEMU's list (version registers from the user's manuals).
  public static let all: [Processor] = [
    Processor(name: "603", version: 0x0003_0100, features: .floatingGraphics),
    Processor(name: "603e", version: 0x0006_0101, features: .floatingGraphics),
    Processor(name: "604", version: 0x0004_0103, features: .floatingGraphics),
    Processor(name: "604e", version: 0x0009_0204, features: .floatingGraphics),
    Processor(name: "740", version: 0x0008_0301, features: .floatingGraphics),
    Processor(name: "750", version: 0x0008_0301, features: .floatingGraphics),
    Processor(
      name: "7400", version: 0x000c_0209,
      features: [.floatingGraphics, .dataCacheBlockAllocate]),
    Processor(
      name: "7410", version: 0x800c_1104,
      features: [.floatingGraphics, .dataCacheBlockAllocate]),
    Processor(
      name: "7447", version: 0x8002_0101,
      features: [.floatingGraphics, .dataCacheBlockAllocate]),
    Processor(
      name: "7450", version: 0x8000_0201,
      features: [.floatingGraphics, .dataCacheBlockAllocate]),
    Processor(
      name: "7455", version: 0x8001_0303,
      features: [.floatingGraphics, .dataCacheBlockAllocate]),
  ]

  /// The model with a name, or nil.
  public static func named(_ name: String) -> Processor? {
    let wanted = name.lowercased()
    return all.first { $0.name == wanted }
  }
}
