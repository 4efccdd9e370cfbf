import Foundation
import Testing

@testable import HostIO

/// The mailbox between threads, and the I/O thread's times.
struct MailboxTests {
  @Test("Work is done in order, a waiting thread is woken, and a deadline ends the wait")
  func order() throws {
    let mailbox = MachineMailbox()
    final class Log: @unchecked Sendable { var numbers: [Int] = [] }
    let log = Log()
    let start = HostTime.now
    #expect(!mailbox.wait(until: start + 2_000_000))
    #expect(HostTime.now >= start + 2_000_000)
    Thread.detachNewThread {
      usleep(5000)
      for n in 0..<100 { mailbox.post { log.numbers.append(n) } }
    }
    while log.numbers.count < 100 {
      #expect(mailbox.wait(until: HostTime.now + 5_000_000_000))
      mailbox.drain()
    }
    #expect(log.numbers == Array(0..<100))
    mailbox.nudge()
    #expect(mailbox.wait(until: nil))
  }

  @Test("The deadline is told once, an earlier one replaces a later one, alarms come in order")
  func times() throws {
    let events = try HostEvents()
    let mailbox = MachineMailbox()
    final class Log: @unchecked Sendable { var names: [String] = [] }
    let log = Log()
    events.onDeadline = { mailbox.post { log.names.append("deadline") } }
    try events.start()
    defer { events.stop() }
    events.setDeadline(HostTime.now + 3_600_000_000_000)
    usleep(2000)
    events.after(40_000_000) { mailbox.post { log.names.append("late") } }
    events.after(20_000_000) { mailbox.post { log.names.append("early") } }
    events.setDeadline(HostTime.now + 1_000_000)
    let limit = HostTime.now + 5_000_000_000
    while log.names.count < 3, HostTime.now < limit {
      mailbox.wait(until: limit)
      mailbox.drain()
    }
    #expect(log.names == ["deadline", "early", "late"])
  }
}
