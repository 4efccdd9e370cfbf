import Devices
import Machine

/// A machine model as a table: which devices, at which addresses, on which lines.
public struct Board: Sendable {
  /// The name that `-M` takes.
  public let name: String
  /// Other names for it that `-M` takes.
  public let aliases: [String]
  /// What `-M help` says.
  public let title: String
  /// The processor without `-cpu`.
  public let defaultProcessor: String
  /// The machine's number that firmware reads in fw_cfg.
  public let machineID: UInt16
  /// How often the time base counts, in hertz; firmware reads it in fw_cfg.
  public let timeBaseFrequency: UInt32
  /// What firmware is told of the processor's clock, in hertz.
  public let clockFrequency: UInt32
  /// What firmware is told of the bus's clock, in hertz.
  public let busFrequency: UInt32
  /// The firmware's memory: address and size.
  public let rom: (address: UInt64, size: Int)
  /// The most memory in bytes.
  public let maximumMemory: Int
  /// The network card that it has by itself.
  public let networkCard: NetworkCardModel
  /// Which chips make it up.
  public let chips: Chips
  /// What is mapped where.
  public let placements: [Placement]
  /// The inputs of the interrupt controller.
  public let wires: [(signal: Signal, input: Int)]

  /// The generations of chips.
  public enum Chips: Sendable {
    /// Grackle, Heathrow, CUDA.
    case oldworld
    /// UniNorth, KeyLargo with OpenPIC, CUDA or PMU.
    case newworld
  }

  /// All boards, the default first.
  public static let all: [Board] = [.g3beige, .mac99]

  /// The board with a name, or nil.
  public static func named(_ name: String) -> Board? {
    all.first { $0.name == name || $0.aliases.contains(name) }
  }
}

/// A window at its address on a bus of the board.
public struct Placement: Sendable {
  /// The buses that a board has windows on.
  public enum Place: String, Sendable {
    /// Physical addresses.
    case memory
    /// The 512 KiB of mac-io.
    case macIO = "mac-io"
  }

  /// The name in the table of `docs/Machines.md`.
  public let name: String
  /// The bus.
  public let place: Place
  /// The address of the window's first byte on that bus.
  public let address: UInt64
  /// Windows of a higher priority lie over it.
  public let priority: Int
  /// The window; nil if the machine was made without that part.
  let window: @Sendable (Parts) -> Window?

  init(
    _ name: String, _ place: Place, _ address: UInt64, priority: Int = 0,
    _ window: @escaping @Sendable (Parts) -> Window?
  ) {
    self.name = name
    self.place = place
    self.address = address
    self.priority = priority
    self.window = window
  }
}

/// The lines from devices to the interrupt controller.
public enum Signal: String, CaseIterable, Sendable {
  case serialA = "ESCC A"
  case serialB = "ESCC B"
  case via = "CUDA or PMU"
  case ide0 = "IDE 0"
  case ide0DMA = "IDE 0 DMA"
  case ide1 = "IDE 1"
  case ide1DMA = "IDE 1 DMA"
  case interruptA = "PCI INTA"
  case interruptB = "PCI INTB"
  case interruptC = "PCI INTC"
  case interruptD = "PCI INTD"
  case gpio1 = "GPIO 1"
  case gpio9 = "GPIO 9"
}
