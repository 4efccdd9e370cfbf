import Machine

/// The interrupt controller of KeyLargo: an OpenPIC of 64 sources, four timers and four
/// interprocessor interrupts.
///
/// After the Open Programmable Interrupt Controller Register Interface Specification 1.2, in the
/// words of the MPC8245 manual's chapter on the EPIC; little-endian. A source is delivered to each
/// processor of its destination register whose current task priority is below the source's and
/// which serves none of the same priority or higher.
public final class OpenPIC: Device {
  public let name = "openpic"
  /// Sources of interrupts from devices.
  public static let sourceCount = 64
  /// What the version register says, and the vector that means nothing.
  static let version: UInt32 = 2
  static let defaultSpuriousVector: UInt32 = 0xff
  /// What the timer frequency register says after reset, in hertz: the timers' clock.
  static let timerFrequency: UInt32 = 4_160_000

  var sources = [Source](repeating: Source(), count: OpenPIC.sourceCount)
  var interprocessor = [Source](repeating: Source(), count: 4)
  var timers: [GlobalTimer] = []
  var processors: [Processor]
  var globalConfiguration: UInt32 = 0
  var processorInit: UInt32 = 0
  var spuriousVector = OpenPIC.defaultSpuriousVector
  var timerFrequencyReport = OpenPIC.timerFrequency
  private let clock: Clock

  /// - Parameters:
  ///   - outputs: the INT pin of each processor, at least one.
  ///   - clock: for the timers.
  public init(outputs: [InterruptLine], clock: Clock) {
    self.clock = clock
    processors = outputs.map { Processor(output: $0) }
    timers = (0..<4).map { _ in GlobalTimer() }
    for index in timers.indices {
      timers[index].timer = Timer(clock) { [unowned self] in expire(index) }
    }
  }

  /// All sources are masked; their inputs keep their levels.
  public func reset() {
    timers.indices.forEach { resetTimer($0) }
    timerFrequencyReport = Self.timerFrequency
    resetSources()
  }

  /// What bit 31 of the global configuration register does: all but the timers.
  func resetSources() {
    sources = [Source](repeating: Source(), count: Self.sourceCount).enumerated().map {
      Source(level: sources[$0.offset].level)
    }
    interprocessor = [Source](repeating: Source(), count: 4)
    for index in processors.indices { processors[index].reset() }
    globalConfiguration = 0
    processorInit = 0
    spuriousVector = Self.defaultSpuriousVector
    update()
  }

  /// Drives a source's input, 0 to 63.
  public func setInput(_ number: Int, _ level: Bool) {
    guard sources.indices.contains(number), sources[number].level != level else { return }
    sources[number].level = level
    if level && !sources[number].isLevelSensitive { sources[number].isPending = true }
    update()
  }

  /// What `info pic` shows: sources that are not masked.
  public var properties: [(name: String, value: String)] {
    sources.indices.filter { !sources[$0].isMasked }.map {
      let source = sources[$0]
      let value = source.vectorPriority | (source.isActive ? Source.activity : 0)
      return ("source \($0)", "0x\(value.hex(8)) destination 0x\(source.destination.hex())")
    }
  }

  // MARK: Delivery

  /// A source of interrupts: an input, a timer, or an interprocessor interrupt.
  struct Source {
    /// Mask, polarity, sense, priority and vector of the vector/priority register.
    var vectorPriority = Source.mask | Source.mode
    /// A bit for each processor.
    var destination: UInt32 = 0
    /// The input.
    var level = false
    /// An edge has come and is not yet acknowledged.
    var isPending = false

    static let mask: UInt32 = 1 << 31
    static let activity: UInt32 = 1 << 30
    static let mode: UInt32 = 1 << 29
    static let sense: UInt32 = 1 << 22
    /// Mask, polarity, sense, priority, vector.
    static let writable: UInt32 = 0x80cf_00ff

    init(level: Bool = false) { self.level = level }

    var isMasked: Bool { vectorPriority & Self.mask != 0 }
    var isLevelSensitive: Bool { vectorPriority & Self.sense != 0 }
    var priority: Int { Int(vectorPriority >> 16 & 0xf) }
    var vector: UInt32 { vectorPriority & 0xff }
    var isActive: Bool { !isMasked && (isLevelSensitive ? level : isPending) }

    mutating func setVectorPriority(_ value: UInt32) { vectorPriority = value & Self.writable }
  }

  /// What belongs to one processor.
  struct Processor {
    let output: InterruptLine
    /// The current task priority register.
    var taskPriority = 15
    /// A bit for each priority being served.
    var serving: UInt16 = 0
    /// A bit for each interprocessor interrupt that waits.
    var waiting: UInt32 = 0

    init(output: InterruptLine) { self.output = output }

    /// The highest priority being served, or -1.
    var servedPriority: Int { 15 - serving.leadingZeroBitCount }

    mutating func reset() {
      taskPriority = 15
      serving = 0
      waiting = 0
    }
  }

  /// Where a source is found.
  private enum Place {
    case source(Int), interprocessor(Int), timer(Int)
  }

  /// The source that a processor would be interrupted by: the highest priority, of equal ones the
  /// first; nil if there is none above what it does.
  private func best(for number: Int) -> (Place, Source)? {
    let processor = processors[number]
    var found: (Place, Source)?
    var bound = max(processor.taskPriority, processor.servedPriority)
    func consider(_ place: Place, _ source: Source) {
      if source.priority > bound {
        found = (place, source)
        bound = source.priority
      }
    }
    let bit: UInt32 = 1 << UInt32(number)
    for n in sources.indices where sources[n].isActive && sources[n].destination & bit != 0 {
      consider(.source(n), sources[n])
    }
    for n in 0..<4 where processor.waiting >> UInt32(n) & 1 == 1 && !interprocessor[n].isMasked {
      consider(.interprocessor(n), interprocessor[n])
    }
    for n in 0..<4 where timers[n].source.isActive && timers[n].source.destination & bit != 0 {
      consider(.timer(n), timers[n].source)
    }
    return found
  }

  /// Drives the outputs.
  func update() {
    for number in processors.indices {
      processors[number].output.set(best(for: number) != nil)
    }
  }

  /// Interrupt acknowledge: the vector, and the source is being served.
  func acknowledge(_ number: Int) -> UInt32 {
    guard let (place, source) = best(for: number) else { return spuriousVector }
    processors[number].serving |= 1 << UInt16(source.priority)
    switch place {
    case .source(let n): sources[n].isPending = false
    case .interprocessor(let n): processors[number].waiting &= ~(1 << UInt32(n))
    case .timer(let n): timers[n].source.isPending = false
    }
    update()
    return source.vector
  }

  /// End of interrupt: the highest priority is no longer being served.
  func endInterrupt(_ number: Int) {
    let served = processors[number].servedPriority
    guard served >= 0 else { return }
    processors[number].serving &= ~(1 << UInt16(served))
    update()
  }

  /// Sends an interprocessor interrupt to the processors of a mask.
  func send(_ number: Int, to mask: UInt32) {
    for n in processors.indices where mask >> UInt32(n) & 1 == 1 {
      processors[n].waiting |= 1 << UInt32(number)
    }
    update()
  }

  // MARK: Timers

  /// One of the four global timers.
  struct GlobalTimer {
    var source = Source.ofTimer
    /// The base count register: count inhibit in bit 31, the count in the others.
    var base: UInt32 = 1 << 31
    /// Bit 31 of the current count register: it toggles each time the count reaches zero.
    var toggle: UInt32 = 0
    /// When the count was or will be zero, in nanoseconds.
    var deadline: Int64 = 0
    var timer: Timer?

    static let inhibit: UInt32 = 1 << 31
    var isRunning: Bool { base & Self.inhibit == 0 && base != 0 }
    /// Nanoseconds from one zero to the next.
    var period: Int64 {
      max(1, Int64(base & ~Self.inhibit) * 1_000_000_000 / Int64(OpenPIC.timerFrequency))
    }
  }

  private func resetTimer(_ index: Int) {
    timers[index].source = .ofTimer
    timers[index].base = GlobalTimer.inhibit
    timers[index].toggle = 0
    timers[index].timer?.cancel()
  }

  /// The current count.
  func count(_ index: Int) -> UInt32 {
    let timer = timers[index]
    guard timer.isRunning else { return timer.toggle }
    let left = max(0, min(timer.deadline &- clock.now, timer.period))
    // At most 2^31 counts of about 240 ns: the product needs 128 bits.
    let product = UInt64(left).multipliedFullWidth(by: UInt64(Self.timerFrequency))
    let count = UInt64(1_000_000_000).dividingFullWidth(product).quotient
    return timer.toggle | UInt32(truncatingIfNeeded: count) & ~GlobalTimer.inhibit
  }

  /// Writes a base count; clearing count inhibit starts the timer anew.
  func setBase(_ index: Int, _ value: UInt32) {
    let wasInhibited = timers[index].base & GlobalTimer.inhibit != 0
    timers[index].base = value
    guard timers[index].isRunning else {
      timers[index].timer?.cancel()
      return
    }
    guard wasInhibited else { return }
    timers[index].toggle = 0
    timers[index].deadline = clock.now &+ timers[index].period
    timers[index].timer?.arm(at: timers[index].deadline)
  }

  /// A timer's count has reached zero. Zeros that came too fast to be seen count as one.
  private func expire(_ index: Int) {
    guard timers[index].isRunning else { return }
    timers[index].toggle ^= GlobalTimer.inhibit
    let period = timers[index].period
    let late = max(0, clock.now &- timers[index].deadline)
    timers[index].deadline = timers[index].deadline &+ (late / period &+ 1) &* period
    timers[index].timer?.arm(at: timers[index].deadline)
    timers[index].source.isPending = true
    update()
  }
}

extension OpenPIC.Source {
  /// A timer's source after reset, and as QEMU has it: not masked, of priority 0.
  static var ofTimer: Self {
    var source = Self()
    source.vectorPriority = 0
    return source
  }
}
