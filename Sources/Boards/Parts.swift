import Devices
import Machine

/// The devices of a machine, made and wired to each other; where they are mapped is the board's.
final class Parts {
  /// What a machine is made with.
  struct Wishes {
    var serialA: any CharacterPort = NullPort()
    var serialB: any CharacterPort = NullPort()
    /// Disks and CD-ROMs, by twice the number of the channel plus that of the unit.
    var drives: [Int: ATAUnit] = [:]
    /// Seconds since the beginning of 1970.
    var time: () -> Int64 = { 0 }
    var powerOff: () -> Void = {}
    var restart: () -> Void = {}
    /// Contents of the non-volatile memory.
    var variables: [String] = []
    /// The chip for keyboard, power and clock: a PMU, or CUDA.
    var hasPMU = false
    var hasGraphics = true
    /// The network cards, in the order of their slots.
    var networkCards: [MacMachine.Configuration.NetworkCard] = []
    /// The USB host controller that mac99 has unless it is told not to.
    var hasUSB = false
  }

  let clock: Clock
  let firmware = FirmwareConfiguration()
  let macIO: MacIO
  let escc: ESCC
  let dbdma: DBDMA
  let keyboard = ADBKeyboard()
  let mouse = ADBMouse()
  let adb: ADBBus
  private(set) var cuda: CUDA?
  private(set) var pmu: PMU?
  let channels: [IDEChannel]
  let nvram: MacNVRAM
  private(set) var heathrow: HeathrowPIC?
  private(set) var openPIC: OpenPIC?
  private(set) var grackle: Grackle?
  private(set) var bridges: [UniNorthBridge] = []
  let uniNorth = UniNorth()
  let gpio: KeyLargoGPIO
  let timer: KeyLargoTimer
  private(set) var vga: VGA?
  private(set) var usb: OHCI?
  private(set) var networkCards: [any NetworkCard] = []
  /// The lines to the interrupt controller.
  let lines: [Signal: InterruptLine]
  /// The controller's output, the processor's INT.
  let output: InterruptLine

  /// - Parameters:
  ///   - memory: physical addresses, for direct memory access.
  ///   - output: the processor's INT.
  init(
    _ board: Board, memory: Bus, clock: Clock, output: InterruptLine, _ wishes: Wishes
  ) throws(MachineError) {
    self.clock = clock
    self.output = output
    var lines: [Signal: InterruptLine] = [:]
    for signal in Signal.allCases { lines[signal] = InterruptLine(signal.rawValue) }
    self.lines = lines
    let line = { (signal: Signal) in lines[signal] ?? InterruptLine(signal.rawValue) }
    let isOldworld = board.chips == .oldworld
    macIO = MacIO(isOldworld ? .oldworld : .newworld)
    escc = ESCC(
      portA: wishes.serialA, portB: wishes.serialB, interruptA: line(.serialA),
      interruptB: line(.serialB))
    dbdma = DBDMA(
      bus: memory, clock: clock,
      interrupts: [Self.dmaChannels[0]: line(.ide0DMA), Self.dmaChannels[1]: line(.ide1DMA)])
    adb = ADBBus(devices: [keyboard, mouse])
    let dma = dbdma.channels
    channels = [line(.ide0), line(.ide1)].enumerated().map { number, interrupt in
      IDEChannel(
        unit0: wishes.drives[2 * number], unit1: wishes.drives[2 * number + 1],
        interrupt: interrupt, dma: dma[Self.dmaChannels[number]])
    }
    nvram = MacNVRAM(
      shift: isOldworld ? 4 : 1, contents: try MacNVRAM.formatted(variables: wishes.variables))
    gpio = KeyLargoGPIO(interrupts: [1: line(.gpio1), 9: line(.gpio9)])
    timer = KeyLargoTimer(clock: clock)
    makeVIA(wishes, line(.via))
    try addCards(wishes, to: try makeBridges(isOldworld), memory)
    connect(board)
  }

  /// The DMA channels of both IDE channels (machines.md, 7: +0xb00 and +0xd00).
  static let dmaChannels = [0x16, 0x1a]

  private func makeVIA(_ wishes: Wishes, _ interrupt: InterruptLine) {
    if wishes.hasPMU {
      let attention = InterruptLine("attention") { [unowned self] in gpio.setInput(1, !$0) }
      pmu = PMU(
        clock: clock, interrupt: interrupt, attention: attention, adb: adb, time: wishes.time,
        powerOff: wishes.powerOff, restart: wishes.restart)
    } else {
      cuda = CUDA(
        clock: clock, interrupt: interrupt, adb: adb, time: wishes.time,
        powerOff: wishes.powerOff, restart: wishes.restart)
    }
  }

  /// - Returns: the bus that cards are in.
  private func makeBridges(_ isOldworld: Bool) throws(MachineError) -> PCIBus {
    let signals: [Signal] = [.interruptA, .interruptB, .interruptC, .interruptD]
    let listeners = signals.map { signal in { [unowned self] in lines[signal]?.set($0) ?? () } }
    let bus: PCIBus
    if isOldworld {
      heathrow = HeathrowPIC(output: output)
      let bridge = try Grackle(interrupts: listeners)
      grackle = bridge
      bus = bridge.bus
    } else {
      openPIC = OpenPIC(outputs: [output], clock: clock)
      let main = try UniNorthBridge(.main, interrupts: listeners)
      bridges = [main, try UniNorthBridge(.agp), try UniNorthBridge(.internalBus)]
      bus = main.bus
    }
    try bus.add(macIO, slot: isOldworld ? 16 : 12)
    return bus
  }

  /// The cards in the slots where QEMU's machines have them.
  private func addCards(_ wishes: Wishes, to bus: PCIBus, _ memory: Bus) throws(MachineError) {
    if wishes.hasGraphics {
      let card = try VGA()
      vga = card
      try card.connect(to: bus, slot: 14)
    }
    if wishes.hasUSB {
      let controller = OHCI(dma: memory, clock: clock)
      usb = controller
      try bus.add(controller, slot: 13)
    }
    for (slot, wish) in zip(Self.networkSlots, wishes.networkCards) {
      let card = wish.model.card(address: wish.address, port: wish.port, dma: memory)
      networkCards.append(card)
      try bus.add(card, slot: slot)
    }
  }

  /// The slots of network cards, beside mac-io's of either board.
  static let networkSlots = [15, 17, 18, 19, 20, 21, 22, 23]

  private func connect(_ board: Board) {
    for wire in board.wires {
      lines[wire.signal]?.connect { [unowned self] level in
        heathrow?.setInput(wire.input, level)
        openPIC?.setInput(wire.input, level)
      }
    }
  }

  /// Every device, in the order in which they are reset.
  var devices: [any Device] {
    var list: [any Device] = [firmware, macIO, escc, dbdma, nvram, gpio, timer, uniNorth]
    list += bridges
    list += channels
    let optional: [(any Device)?] = [cuda, pmu, heathrow, openPIC, grackle, vga, usb]
    return list + optional.compactMap { $0 } + networkCards
  }

  /// The PCI buses, the one with the cards first.
  var buses: [PCIBus] { grackle.map { [$0.bus] } ?? bridges.map(\.bus) }

  /// What the interrupt controller tells of itself.
  var controllerProperties: [(name: String, value: String)] {
    heathrow?.properties ?? openPIC?.properties ?? []
  }
}
