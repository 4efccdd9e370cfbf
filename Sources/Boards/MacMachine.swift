import Devices
import GuestPowerPC
import IR
import Machine
import RegisterAllocation
import Translation

/// A Power Macintosh: a board's devices around a processor.
public final class MacMachine {
  /// The model.
  public let board: Board
  /// The processor and its memory.
  public let emulator: SystemEmulator
  /// Physical addresses.
  public let bus = Bus("system")
  let parts: Parts
  private let ram: PhysicalMemory
  private let rom: PhysicalMemory
  private var setup: FirmwareSetup
  /// What was put in memory before the start.
  var loadedImages: [FirmwareSetup.Image] { setup.images }
  private let boot: BootWishes
  private let power: Configuration.Power
  /// Asked for by the guest: what is to happen, once it is safe.
  public private(set) var request: Request?

  /// What a guest can ask of its machine.
  public enum Request: Sendable {
    case powerOff, restart
  }

  /// What a machine is made of.
  public struct Configuration {
    /// The model.
    public var board: Board
    /// The processor.
    public var processor: Processor
    /// Bytes of RAM.
    public var memorySize: Int
    /// What is started.
    public var boot: BootWishes
    /// The other end of channel A of the ESCC, the first serial line.
    public var serialA: any CharacterPort = NullPort()
    /// The other end of channel B, the second serial line.
    public var serialB: any CharacterPort = NullPort()
    /// Disks and CD-ROMs, by twice the number of the channel plus that of the unit.
    public var drives: [Int: ATAUnit] = [:]
    /// Seconds since the beginning of 1970, for the clock in CUDA or PMU.
    public var time: () -> Int64 = { 0 }
    /// Open Firmware's variables in the non-volatile memory, as `name=value` (`-prom-env`).
    public var variables: [String] = []
    /// What is there for keyboard, power and clock.
    public var power = Power.cuda
    /// The kinds: CUDA; a PMU with USB for keyboard and mouse; a PMU with ADB.
    public enum Power: UInt16, Sendable {
      case cuda, pmu, pmuWithADB
    }
    /// The network cards, at most `maximumNetworkCards`.
    public var networkCards: [NetworkCard] = []
    /// The slots that the boards have for them.
    public static let maximumNetworkCards = Parts.networkSlots.count
    /// A network card, and what is at the other end of its cable.
    public struct NetworkCard {
      /// Which card.
      public var model: NetworkCardModel
      /// The station address, six bytes.
      public var address: [UInt8]
      /// The other end.
      public var port: any NetworkPort

      /// By default a card with QEMU's first address, and nothing at the other end.
      public init(
        _ model: NetworkCardModel, address: [UInt8] = [0x52, 0x54, 0, 0x12, 0x34, 0x56],
        port: any NetworkPort = UnconnectedNetworkPort()
      ) {
        self.model = model
        self.address = address
        self.port = port
      }
    }
    /// A VGA card.
    public var hasGraphics = true
    /// A USB host controller.
    public var hasUSB = false
    /// Bytes for translated code.
    public var codeBufferSize = 256 << 20
    /// What the translator does to be fast.
    public var techniques = Techniques()
    /// `-icount`: an instruction takes `1 << countShift` nanoseconds.
    public var countShift: Int?

    /// A machine without drives, network card and USB, whose serial lines lead nowhere.
    public init(board: Board, processor: Processor, memorySize: Int, boot: BootWishes) {
      self.board = board
      self.processor = processor
      self.memorySize = memorySize
      self.boot = boot
    }
  }

  /// Makes the machine and loads what it starts with.
  public init(_ wanted: Configuration, clock: Clock, host: any Host) throws {
    board = wanted.board
    boot = wanted.boot
    power = wanted.power
    ram = try PhysicalMemory(size: wanted.memorySize)
    rom = try PhysicalMemory(size: board.rom.size)
    let prefix = board.chips == .oldworld ? "ppc_heathrow" : "ppc_core99"
    try bus.map(Window("\(prefix).ram", ram), at: 0)
    try bus.map(
      Window("\(prefix).bios", rom, isReadOnly: true), at: board.rom.address, priority: -1)
    emulator = try SystemEmulator(
      processor: wanted.processor, host: host, bus: bus, clock: clock,
      timeBaseFrequency: UInt64(board.timeBaseFrequency), codeBufferSize: wanted.codeBufferSize,
      techniques: wanted.techniques, countShift: wanted.countShift)
    var wishes = Parts.Wishes()
    wishes.serialA = wanted.serialA
    wishes.serialB = wanted.serialB
    wishes.drives = wanted.drives
    wishes.time = wanted.time
    wishes.variables = wanted.variables
    wishes.hasPMU = wanted.power != .cuda
    wishes.networkCards = wanted.networkCards
    wishes.hasGraphics = wanted.hasGraphics
    wishes.hasUSB = wanted.hasUSB
    let relay = RequestRelay()
    wishes.powerOff = { relay.machine?.ask(.powerOff) }
    wishes.restart = { relay.machine?.ask(.restart) }
    let supervisor = emulator.supervisor
    let output = Machine.InterruptLine("INT") { level in
      TraceEvent.pinSet("env [0x0] pin 4 level \(level ? 1 : 0)")
      supervisor.setLine(.external, level)
    }
    parts = try Parts(board, memory: bus, clock: clock, output: output, wishes)
    setup = FirmwareSetup(
      board: board, rom: rom, ram: ram, configuration: parts.firmware)
    relay.machine = self
    try place()
    try reset()
  }

  /// Maps the board's windows.
  private func place() throws(MachineError) {
    for placement in board.placements {
      guard let window = placement.window(parts) else { continue }
      switch placement.place {
      case .memory:
        try bus.map(window, at: placement.address, priority: placement.priority)
      case .macIO: try parts.macIO.bus.map(window, at: placement.address)
      }
    }
  }

  /// Asks for something, as the guest does.
  public func ask(_ request: Request) {
    self.request = request
    emulator.exitRequest.pointee = 1
  }

  /// What the guest asked for was done.
  public func clearRequest() { request = nil }

  /// The state after power-on: what is in memory is as it was loaded.
  public func reset() throws(MachineError) {
    request = nil
    for device in parts.devices { device.reset() }
    try setup.loadFirmware(boot.firmware)
    // Firmware is told only where it is not part of mac-io.
    let nvram = board.placements.first { $0.name == "NVRAM" && $0.place == .memory }
    let address = nvram?.address ?? 0
    try setup.prepare(
      boot, nvramAddress: UInt32(truncatingIfNeeded: address), via: power.rawValue)
    emulator.reset()
  }
}

/// Where the devices' wishes go before the machine is whole.
private final class RequestRelay {
  weak var machine: MacMachine?
}
