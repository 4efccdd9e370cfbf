import Boards
import HostIO
import Machine

/// The machine's thread: runs the processor, serves timers and what other threads post, and sleeps
/// while there is nothing to do.
final class MachineRunner {
  /// Virtual time in nanoseconds: the host's while the machine runs.
  private(set) lazy var clock = Clock { [unowned self] in now }
  let events: HostEvents
  let mailbox = MachineMailbox()
  var machine: MacMachine!
  /// Whether the machine runs, or was stopped by the monitor or `-S`.
  private(set) var isRunning = true
  /// Set when the run is over, with the exit status.
  private var exitStatus: Int32?
  /// `-no-reboot`, `-no-shutdown`.
  var restarts = true
  var staysAfterPowerOff = false

  /// Virtual time while stopped, or what is added to the host's.
  private var stoppedAt: Int64 = 0
  private var offset: Int64 = 0

  init() throws {
    events = try HostEvents()
    offset = 0 &- HostTime.now
  }

  private var now: Int64 { isRunning ? HostTime.now &+ offset : stoppedAt }

  /// Connects the clock and the mailbox with the processor.
  func connect(_ machine: MacMachine) {
    self.machine = machine
    // Sound: one word that translated code polls; any thread may set it at any time.
    nonisolated(unsafe) let request = machine.emulator.exitRequest
    mailbox.onPost = { request.pointee = 1 }
    let mailbox = mailbox
    events.onDeadline = { mailbox.nudge() }
    clock.onDeadline = { [unowned self] in announce($0) }
  }

  private func announce(_ deadline: Int64?) {
    events.setDeadline(isRunning ? deadline.map { $0 &- offset } : nil)
  }

  /// Stops virtual time and the processor.
  func stop() {
    guard isRunning else { return }
    stoppedAt = now
    isRunning = false
    announce(nil)
  }

  /// Goes on.
  func resume() {
    guard !isRunning else { return }
    offset = stoppedAt &- HostTime.now
    isRunning = true
    announce(clock.deadline)
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
        mailbox.wait(until: nil)
        continue
      }
      clock.runTimers()
      try machine.emulator.run()
      try serveRequest()
      if machine.emulator.isIdle && isRunning && exitStatus == nil {
        mailbox.wait(until: clock.deadline.map { $0 &- offset })
      }
    }
  }

  private func serveRequest() throws {
    switch machine.request {
    case nil: return
    case .restart where restarts: try machine.reset()
    default:
      if staysAfterPowerOff { stop() } else { quit() }
      machine.clearRequest()
    }
  }
}
