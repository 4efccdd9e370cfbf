import Boards
import HostIO

/// How virtual time that counts instructions (`-icount`) stands to the host's.
///
/// The machine's thread alone uses it. Times are nanoseconds; the host's begins with the machine.
final class InstructionPace {
  private let clock: InstructionClock
  private let mailbox: MachineMailbox
  private let options: InstructionCountOptions
  /// When the processor fell asleep, by `HostTime`; nil while it runs.
  private var asleepSince: Int64?
  /// Of `shift=auto`: when it was looked at last in virtual time, and what was found.
  private var lastAdjustment: Int64 = 0
  private var lastLead: Int64 = 0
  /// Of `align=on`: when the last warning was given, and how many there were.
  private var lastWarning: Int64 = 0
  private var warnings = 0

  init(_ clock: InstructionClock, _ mailbox: MachineMailbox, _ options: InstructionCountOptions) {
    self.clock = clock
    self.mailbox = mailbox
    self.options = options
  }

  // MARK: Sleep

  /// Lets time pass to the next deadline, or until somebody posts something: in a moment with
  /// `sleep=off`; else as long as it takes, but virtual time moves by what it is to move, so that
  /// two runs that nobody disturbs are alike.
  func sleep(until deadline: Int64?) {
    guard let deadline else {
      asleepSince = asleepSince ?? HostTime.now
      mailbox.wait(until: nil)
      return
    }
    guard options.sleeps else { return clock.skip(to: deadline) }
    let start = asleepSince ?? HostTime.now
    asleepSince = start
    if mailbox.wait(until: start &+ max(0, deadline &- clock.now)) { return }
    clock.skip(to: deadline)
    asleepSince = nil
  }

  /// The processor goes on: if somebody woke it before its time, virtual time is what it slept.
  func wake() {
    guard let start = asleepSince else { return }
    asleepSince = nil
    if options.sleeps { clock.skip(to: clock.now &+ HostTime.now &- start) }
  }

  // MARK: Pace

  /// Holds virtual time and the host's together, as far as that is wanted.
  func keep(host: Int64) {
    if options.shift == nil { adjust(host) }
    if options.aligns { align(host) }
  }

  /// What the host's time and virtual time may differ by before instructions take another time.
  private static let tolerance: Int64 = 100_000_000
  private static let greatestShift: Int64 = 10
  /// With what `shift=auto` begins: 125 million instructions a second.
  static let firstShift = 3

  /// `shift=auto`: each tenth of a second, instructions take half the time if virtual time runs
  /// ahead more and more, and twice the time if it falls behind.
  private func adjust(_ host: Int64) {
    let now = clock.now
    guard now &- lastAdjustment >= 100_000_000 else { return }
    lastAdjustment = now
    let lead = now &- host
    if lead > 0 && lastLead &+ Self.tolerance < 2 &* lead && clock.shift > 0 {
      clock.setShift(clock.shift - 1)
    } else if lead < 0 && lastLead &- Self.tolerance > 2 &* lead
      && clock.shift < Self.greatestShift
    {
      clock.setShift(clock.shift + 1)
    }
    lastLead = lead
  }

  /// `align=on`: waits where virtual time is ahead by more than three milliseconds, and says so
  /// where it is behind.
  private func align(_ host: Int64) {
    let lead = clock.now &- host
    if lead > 3_000_000 {
      mailbox.wait(until: HostTime.now &+ lead)
    } else if lead < -3_000_000 {
      warn(late: -lead, host)
    }
  }

  /// At most each two seconds, and a hundred times.
  private func warn(late: Int64, _ host: Int64) {
    guard host &- lastWarning > 2_000_000_000, warnings < 100 else { return }
    lastWarning = host
    warnings += 1
    let tenths = late / 100_000_000
    let text = "the guest is late by \(tenths / 10).\(tenths % 10) seconds"
    SystemCommand.put("\(SystemOptions.program): warning: \(text)\n", to: 2)
  }
}
