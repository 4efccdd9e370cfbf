import Machine

/// One channel: runs its program whenever it is active and the device has data or room.
public final class DBDMAChannel {
  /// 0 to 31.
  public let number: Int
  /// The device at the other end.
  public weak var target: (any DBDMATarget)?
  private let bus: Bus
  private let interrupt: InterruptLine?
  /// Goes on with a program that is longer than a burst.
  private var continuation: Timer!
  private var status: UInt32 = 0
  private var commandPointer: UInt32 = 0
  private var interruptSelect: UInt32 = 0
  private var branchSelect: UInt32 = 0
  private var waitSelect: UInt32 = 0
  /// The command under way, and the bytes of it that are still to be moved.
  private var current: DBDMADescriptor?
  private var residual = 0
  private var isRunning = false

  init(_ number: Int, bus: Bus, clock: Clock, interrupt: InterruptLine?) {
    self.number = number
    self.bus = bus
    self.interrupt = interrupt
    continuation = Timer(clock) { [unowned self] in run() }
  }

  // MARK: Registers

  /// Bits of ChannelStatus.
  enum Status {
    static let run: UInt32 = 0x8000
    static let pause: UInt32 = 0x4000
    static let flush: UInt32 = 0x2000
    static let wake: UInt32 = 0x1000
    static let dead: UInt32 = 0x0800
    static let active: UInt32 = 0x0400
    static let branchTaken: UInt32 = 0x0100
    /// What software may set: run, pause, flush, wake and the device's bits.
    static let writable: UInt32 = 0xf0ff
  }

  /// Commands in one go, and the pause after them in nanoseconds.
  private static let burst = 1024
  private static let burstPause: Int64 = 50_000

  private static let table: [Register<DBDMAChannel>] = [
    Register("ChannelControl", at: 0x00, read: { $0.status }, write: { $0.control($1) }),
    Register("ChannelStatus", at: 0x04, read: { $0.status }),
    Register(
      "CommandPtrLo", at: 0x0c, read: { $0.commandPointer },
      write: { $0.setCommandPointer($1) }),
    Register(
      "InterruptSelect", at: 0x10, read: { $0.interruptSelect },
      write: { $0.interruptSelect = $1 & 0xff_00ff }),
    Register(
      "BranchSelect", at: 0x14, read: { $0.branchSelect },
      write: { $0.branchSelect = $1 & 0xff_00ff }),
    Register(
      "WaitSelect", at: 0x18, read: { $0.waitSelect },
      write: { $0.waitSelect = $1 & 0xff_00ff }),
  ]

  private(set) lazy var registers = RegisterFile(self, Self.table)

  func reset() {
    continuation.cancel()
    status = 0
    commandPointer = 0
    interruptSelect = 0
    branchSelect = 0
    waitSelect = 0
    current = nil
    interrupt?.set(false)
  }

  /// CommandPtr can be written only while the channel is neither running nor active.
  private func setCommandPointer(_ value: UInt32) {
    guard status & (Status.run | Status.active) == 0 else { return }
    commandPointer = value & ~0xf
  }

  /// ChannelControl: the upper half says which bits of the lower half are meant.
  private func control(_ value: UInt32) {
    let mask = value >> 16 & Status.writable
    let old = status
    status = status & ~mask | value & mask
    if status & Status.run == 0 {
      status &= ~(Status.active | Status.dead | Status.wake)
      current = nil
      continuation.cancel()
    } else if status & Status.dead == 0 {
      if old & Status.run == 0 || status & Status.wake != 0 { status |= Status.active }
      status &= ~Status.wake
    }
    if status & Status.flush != 0 {
      if let current, status & Status.active != 0 { writeBack(current) }
      status &= ~Status.flush
    }
    run()
  }

  // MARK: The program

  /// To be called when the device has data or room again.
  public func resume() {
    guard status & Status.active != 0 else { return }
    run()
  }

  private var isActive: Bool { status & (Status.active | Status.pause) == Status.active }

  /// Runs commands until the program stops or must wait.
  private func run() {
    guard !isRunning, isActive else { return }
    isRunning = true
    defer { isRunning = false }
    for _ in 0..<Self.burst {
      guard isActive else { return }
      if current == nil, !fetch() { return }
      guard let command = current, execute(command) else { return }
    }
    continuation.arm(in: Self.burstPause)
  }

  private func fetch() -> Bool {
    guard let command = DBDMADescriptor(bus, at: UInt64(commandPointer)) else { return die() }
    current = command
    residual = command.requestCount
    return true
  }

  /// Stops the channel for good, until software clears its run bit.
  private func die() -> Bool {
    status = status & ~Status.active | Status.dead
    current = nil
    return false
  }

  /// Does a command, or goes on with it; false if the channel waits, has stopped or died.
  private func execute(_ command: DBDMADescriptor) -> Bool {
    switch command.command {
    case .outputMore, .outputLast: move(command, isInput: false)
    case .inputMore, .inputLast: move(command, isInput: true)
    case .storeQuad: store(command)
    case .loadQuad: load(command)
    case .nop: finish(command)
    case .stop:
      stop()
    case nil: die()
    }
  }

  /// The pointer stays at STOP: software wakes the channel after it has put a command there.
  private func stop() -> Bool {
    status &= ~Status.active
    current = nil
    return false
  }

  private func move(_ command: DBDMADescriptor, isInput: Bool) -> Bool {
    guard command.key < 4 else { return die() }
    if residual > 0 {
      let done = UInt64(command.requestCount - residual)
      guard let target else { return false }
      guard
        let moved = target.transfer(
          isInput: isInput, on: bus, address: command.address &+ done, count: residual)
      else { return die() }
      // The transfer may have reached our own registers.
      guard current != nil else { return false }
      residual = max(0, residual - moved)
      if residual > 0 { return false }
    }
    return finish(command)
  }

  private func store(_ command: DBDMADescriptor) -> Bool {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: command.dependent >> (8 * $0)) }
    guard bus.write(command.address, Array(bytes.prefix(command.quadCount))) else { return die() }
    return finish(command)
  }

  private func load(_ command: DBDMADescriptor) -> Bool {
    guard let bytes = bus.read(command.address, count: command.quadCount) else { return die() }
    bus.write(UInt64(commandPointer) + DBDMADescriptor.dependentOffset, bytes)
    return finish(command)
  }

  /// The end of a command: wait, write-back, interrupt, branch.
  private func finish(_ command: DBDMADescriptor) -> Bool {
    guard status & Status.active != 0 else { return false }
    if command.wait.isMet(condition(waitSelect)) { return false }
    let mayBranch = command.command != .storeQuad && command.command != .loadQuad
    let isTaken = mayBranch && command.branch.isMet(condition(branchSelect))
    status = status & ~Status.branchTaken | (isTaken ? Status.branchTaken : 0)
    writeBack(command)
    current = nil
    commandPointer =
      isTaken
      ? command.dependent & ~0xf : commandPointer &+ UInt32(DBDMADescriptor.size)
    if command.interrupt.isMet(condition(interruptSelect)) {
      interrupt?.set(true)
      interrupt?.set(false)
    }
    return true
  }

  /// Whether the device's status bits under a select register's mask have its value.
  private func condition(_ select: UInt32) -> Bool {
    let mask = select >> 16 & 0xff
    return status & mask == select & mask
  }

  /// Writes residual count and status into the descriptor; a quad command has no count.
  private func writeBack(_ command: DBDMADescriptor) {
    let place = UInt64(commandPointer)
    let isQuad = command.command == .storeQuad || command.command == .loadQuad
    let values =
      isQuad
      ? [UInt16(truncatingIfNeeded: status)]
      : [UInt16(truncatingIfNeeded: residual), UInt16(truncatingIfNeeded: status)]
    let bytes = values.flatMap {
      [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
    }
    let offset =
      isQuad ? DBDMADescriptor.statusOffset : DBDMADescriptor.residualCountOffset
    bus.write(place &+ offset, bytes)
  }
}
