import Machine

/// The registers of the OpenPIC: four groups, each a window at its place in 256 KiB.
extension OpenPIC {
  /// The whole, to be mapped at mac-io+0x40000.
  public var window: Window { Window("openpic", size: 0x4_0000, .bus(groups, from: 0)) }

  /// The four groups.
  private var groups: Bus {
    let bus = Bus("openpic", size: 0x4_0000)
    let rows: [(name: String, base: UInt32, size: UInt64)] = [
      ("glb", 0x0_0000, 0x10f0), ("tmr", 0x0_10f0, 0x220), ("src", 0x1_0000, 0x2000),
      ("cpu", 0x2_0000, 0x1_f100),
    ]
    for row in rows {
      let handler = ClosureHandler(
        read: { [unowned self] offset, _ in UInt64(read(row.base &+ offset)) },
        write: { [unowned self] offset, _, value in
          write(row.base &+ offset, UInt32(truncatingIfNeeded: value))
          return true
        })
      let window = Window(row.name, size: row.size, handler, .little, sizes: 4...4)
      // The rows do not overlap.
      try? bus.map(window, at: UInt64(row.base))
    }
    return bus
  }

  /// What a register that does not exist reads as.
  private static let nothing: UInt32 = .max

  /// The global registers: 0x1000 to 0x10ff.
  static let globalRegisters: [Register<OpenPIC>] = [
    Register(
      "Feature reporting", at: 0x1000,
      read: {
        UInt32(sourceCount - 1) << 16 | UInt32($0.processors.count - 1) << 8 | version
      }),
    Register(
      "Global configuration", at: 0x1020, read: { $0.globalConfiguration },
      write: {
        if $1 >> 31 == 1 { $0.resetSources() } else { $0.globalConfiguration = $1 & 1 << 29 }
      }),
    Register("Vendor identification", at: 0x1080),
    Register(
      "Processor initialization", at: 0x1090, read: { $0.processorInit },
      write: { $0.processorInit = $1 & $0.processorMask }),
    interprocessorRegister(0), interprocessorRegister(1), interprocessorRegister(2),
    interprocessorRegister(3),
    Register(
      "Spurious vector", at: 0x10e0, read: { $0.spuriousVector },
      write: { $0.spuriousVector = $1 & 0xff }),
    Register(
      "Timer frequency reporting", at: 0x10f0, read: { $0.timerFrequencyReport },
      write: { $0.timerFrequencyReport = $1 }),
  ]

  private static func interprocessorRegister(_ number: Int) -> Register<OpenPIC> {
    Register(
      "IPI \(number) vector/priority", at: 0x10a0 + 0x10 * UInt32(number),
      read: { pic in
        let isWaiting = pic.processors.contains { $0.waiting >> UInt32(number) & 1 == 1 }
        let source = pic.interprocessor[number]
        return source.vectorPriority | (isWaiting && !source.isMasked ? Source.activity : 0)
      },
      write: {
        $0.interprocessor[number].setVectorPriority($1)
        $0.update()
      })
  }

  /// The registers of a timer, by offset from the first.
  private enum TimerRegister {
    static let currentCount: UInt32 = 0x00
    static let baseCount: UInt32 = 0x10
    static let vectorPriority: UInt32 = 0x20
    static let destination: UInt32 = 0x30
  }

  /// The registers of a processor.
  private enum ProcessorRegister {
    static let dispatch: ClosedRange<UInt32> = 0x40...0x70
    static let taskPriority: UInt32 = 0x80
    static let whoAmI: UInt32 = 0x90
    static let acknowledge: UInt32 = 0xa0
    static let endOfInterrupt: UInt32 = 0xb0
  }

  private var processorMask: UInt32 { 1 << UInt32(processors.count & 31) &- 1 }

  private func read(_ offset: UInt32) -> UInt32 {
    guard offset & 0xf == 0 else { return Self.nothing }
    switch offset {
    case 0..<0x1000: return readProcessor(0, offset)
    case 0x1100..<0x1200: return readTimer(Int(offset >> 6 & 3), offset & 0x3f)
    case 0x1000..<0x1100:
      return Self.globalRegisters.first { $0.offset == offset }?.read(self) ?? Self.nothing
    case 0x1_0000..<0x1_0800: return readSource(Int(offset >> 5 & 0x3f), offset & 0x10 != 0)
    case 0x2_0000...: return readProcessor(Int((offset - 0x2_0000) >> 12), offset & 0xfff)
    default: return Self.nothing
    }
  }

  private func write(_ offset: UInt32, _ value: UInt32) {
    guard offset & 0xf == 0 else { return }
    switch offset {
    case 0..<0x1000: writeProcessor(0, offset, value)
    case 0x1100..<0x1200: writeTimer(Int(offset >> 6 & 3), offset & 0x3f, value)
    case 0x1000..<0x1100:
      Self.globalRegisters.first { $0.offset == offset }?.write(self, value)
    case 0x1_0000..<0x1_0800:
      writeSource(Int(offset >> 5 & 0x3f), offset & 0x10 != 0, value)
    case 0x2_0000...:
      writeProcessor(Int((offset - 0x2_0000) >> 12), offset & 0xfff, value)
    default: return
    }
  }

  private func readSource(_ number: Int, _ isDestination: Bool) -> UInt32 {
    let source = sources[number]
    if isDestination { return source.destination }
    return source.vectorPriority | (source.isActive ? Source.activity : 0)
  }

  private func writeSource(_ number: Int, _ isDestination: Bool, _ value: UInt32) {
    if isDestination {
      sources[number].destination = value & processorMask
    } else {
      sources[number].setVectorPriority(value)
    }
    update()
  }

  private func readTimer(_ number: Int, _ offset: UInt32) -> UInt32 {
    let timer = timers[number]
    switch offset {
    case TimerRegister.currentCount: return count(number)
    case TimerRegister.baseCount: return timer.base
    case TimerRegister.vectorPriority:
      return timer.source.vectorPriority | (timer.source.isActive ? Source.activity : 0)
    default: return timer.source.destination
    }
  }

  private func writeTimer(_ number: Int, _ offset: UInt32, _ value: UInt32) {
    switch offset {
    case TimerRegister.currentCount: return
    case TimerRegister.baseCount: setBase(number, value)
    case TimerRegister.vectorPriority: timers[number].source.setVectorPriority(value)
    default: timers[number].source.destination = value & processorMask
    }
    update()
  }

  private func readProcessor(_ number: Int, _ offset: UInt32) -> UInt32 {
    guard processors.indices.contains(number) else { return Self.nothing }
    switch offset {
    case ProcessorRegister.taskPriority: return UInt32(processors[number].taskPriority)
    case ProcessorRegister.whoAmI: return UInt32(number)
    case ProcessorRegister.acknowledge: return acknowledge(number)
    case ProcessorRegister.endOfInterrupt: return 0
    default: return Self.nothing
    }
  }

  private func writeProcessor(_ number: Int, _ offset: UInt32, _ value: UInt32) {
    guard processors.indices.contains(number) else { return }
    switch offset {
    case ProcessorRegister.dispatch: send(Int((offset - 0x40) >> 4), to: value)
    case ProcessorRegister.taskPriority:
      processors[number].taskPriority = Int(value & 0xf)
      update()
    case ProcessorRegister.endOfInterrupt: endInterrupt(number)
    default: return
    }
  }
}
