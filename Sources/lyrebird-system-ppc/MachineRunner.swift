import Boards
import HostIO
import Machine

/// The machine's thread: runs the processor, serves timers and what other threads post, and sleeps
/// while there is nothing to do.
///
/// Sound: only `mailbox` is used on other threads; they reach all else by what they post there.
final class MachineRunner: @unchecked Sendable {
  /// Virtual time in nanoseconds: the host's while the machine runs.
  private(set) lazy var clock = Clock { [unowned self] in now }
  let events: HostEvents
  let mailbox = MachineMailbox()
  var machine: MacMachine!
  /// Whether the machine runs, or was stopped by the monitor or `-S`.
  private(set) var isRunning = true
  /// Set when the run is over, with the exit status.
  private var exitStatus: Int32?
  /// Called before a reset of the machine.
  var willReset: () -> Void = {}
  /// Told when virtual time stops or goes on.
  var onRunning: (Bool) -> Void = { _ in }
  private var state = State.running

  /// Why the machine does not run.
  private enum State: String {
    case running
    case paused
    case prelaunch = "paused (prelaunch)"
    case shutdown = "paused (shutdown)"
  }

  /// What `info status` shows.
  var status: String { state.rawValue }

  /// `-no-reboot`, `-no-shutdown`.
  var restarts = true
  var staysAfterPowerOff = false

  /// `-icount`; nil for virtual time that is the host's.
  private let counting: InstructionCountOptions?
  private var countsInstructions: Bool { counting != nil }
  private var pace: InstructionPace?

  /// Virtual time while stopped, or what is added to the host's.
  private var stoppedAt: Int64 = 0
  private var offset: Int64 = 0

  init(counting: InstructionCountOptions?) throws {
    self.counting = counting
    events = try HostEvents()
    offset = 0 &- HostTime.now
  }

  /// With counted instructions, the processor's.
  private var now: Int64 {
    if countsInstructions { return machine?.emulator.instructionClock?.now ?? 0 }
    return isRunning ? HostTime.now &+ offset : stoppedAt
  }

  /// Connects the clock and the mailbox with the processor.
  func connect(_ machine: MacMachine) {
    self.machine = machine
    if let counting, let clock = machine.emulator.instructionClock {
      pace = InstructionPace(clock, mailbox, counting)
    }
    // Sound: one word that translated code polls; any thread may set it at any time.
    nonisolated(unsafe) let request = machine.emulator.exitRequest
    // Counted instructions run to the end of what was granted, or no two runs would be alike.
    if !countsInstructions { mailbox.onPost = { request.pointee = 1 } }
    let mailbox = mailbox
    events.onDeadline = { mailbox.nudge() }
    clock.onDeadline = { [unowned self] in announce($0) }
  }

  private func announce(_ deadline: Int64?) {
    if countsInstructions { return }
    events.setDeadline(isRunning ? deadline.map { $0 &- offset } : nil)
  }

  /// `-S`: nothing runs before `resume`.
  func pauseBeforeLaunch() { stop(.prelaunch) }

  /// Stops virtual time and the processor.
  func stop() { stop(.paused) }

  private func stop(_ reason: State) {
    guard isRunning else { return }
    state = reason
    stoppedAt = now
    isRunning = false
    announce(nil)
    onRunning(false)
  }

  /// Goes on.
  func resume() {
    guard !isRunning else { return }
    state = .running
    offset = stoppedAt &- HostTime.now
    isRunning = true
    announce(clock.deadline)
    onRunning(true)
  }

  /// Ends the run.
  func quit(_ status: Int32 = 0) { exitStatus = status }

  /// Runs the machine to its end.
  /// - Returns: the exit status.
  func run() throws -> Int32 {
    while true {
      mailbox.drain()
      if let exitStatus { return exitStatus }
      guard isRunning else {
        if machine.request != nil { try serveRequest() } else { mailbox.wait(until: nil) }
        continue
      }
      clock.runTimers()
      if !machine.emulator.isIdle { pace?.wake() }
      try machine.emulator.run()
      pace?.keep(host: HostTime.now &+ offset)
      if machine.request != nil { try serveRequest() }
      if machine.emulator.isIdle && isRunning && exitStatus == nil {
        sleep()
      }
    }
  }

  /// Waits for the next timer, or for what others post.
  private func sleep() {
    if let pace { return pace.sleep(until: clock.deadline) }
    mailbox.wait(until: clock.deadline.map { $0 &- offset })
  }

  private func serveRequest() throws {
    switch machine.request {
    case .restart where restarts:
      willReset()
      try machine.reset()
    default:
      machine.clearRequest()
      if staysAfterPowerOff { stop(.shutdown) } else { quit() }
    }
  }
}
