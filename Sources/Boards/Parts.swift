import Devices
import Machine

/// The devices of a machine, made and wired to each other; where they are mapped is the board's.
final class Parts {
  /// What a machine is made with.
  struct Wishes {
    var serialA: any CharacterPort = NullPort()
    var serialB: any CharacterPort = NullPort()
    /// Disks by channel and unit.
    var drives: [Int: any IDEDevice] = [:]
    /// Seconds since the beginning of 1970.
    var time: () -> Int64 = { 0 }
    var powerOff: () -> Void = {}
    var restart: () -> Void = {}
    /// Contents of the non-volatile memory.
    var variables: [String] = []
    var hasPMU = false
    var hasGraphics = true
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
    channels = [line(.ide0), line(.ide1)].enumerated().map { number, interrupt in
      IDEChannel(
        interrupt: interrupt, master: wishes.drives[2 * number],
        slave: wishes.drives[2 * number + 1])
    }
    nvram = MacNVRAM(
      shift: isOldworld ? 4 : 1, contents: try MacNVRAM.formatted(variables: wishes.variables))
    gpio = KeyLargoGPIO(interrupts: [1: line(.gpio1), 9: line(.gpio9)])
    timer = KeyLargoTimer(clock: clock)
    for (channel, number) in zip(channels, Self.dmaChannels) {
      channel.dma = dbdma.channels[number]
    }
    makeVIA(wishes, line(.via))
    try makeBridges(isOldworld, wishes)
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

  private func makeBridges(_ isOldworld: Bool, _ wishes: Wishes) throws(MachineError) {
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
  }

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
    let optional: [(any Device)?] = [cuda, pmu, heathrow, openPIC, grackle]
    return list + optional.compactMap { $0 }
  }
}
