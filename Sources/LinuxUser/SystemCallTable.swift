import CSys
import Memory

/// A handler: the result, an error thrown, or one of `SystemCallResult`'s values.
public typealias SystemCallHandler = @Sendable (SystemCall) throws(Errno) -> Int

/// Results that are no numbers for r3.
public enum SystemCallResult {
  /// The handler has set the registers itself (sigreturn).
  public static let registersSet = Int.min
}

/// One row of the system-call table.
///
/// `arguments` has a letter for each argument. It tells `-strace` how to print it and, for a row
/// that goes straight to the host, how to pass it:
///
///     d  a signed number            u  an unsigned number      x  a number, printed as an address
///     f  a file descriptor          D  a directory descriptor  o  an octal mode
///     s  the name of a file         p  a name that is looked up under `-L` first
///     r  memory that the kernel reads                 w  memory that the kernel writes;
///        for both, the next argument is the number of bytes
///     l  a 64-bit number in an aligned pair of registers
///     O  flags of `open`   P  PROT_*   M  MAP_*   S  a signal   A  mode of `access`
///     I  an ioctl          C  a clock  W  a whence  H  how of `sigprocmask`
public final class SystemCallRow: Sendable {
  /// The number in Linux's table for 32-bit PowerPC (asm/unistd_32.h).
  public let number: Int
  /// The name in that table.
  public let name: StaticString
  /// A letter for each argument.
  public let arguments: StaticString
  /// What is done.
  let action: Action

  /// What is done for a call.
  enum Action: Sendable {
    /// The host's call with the same arguments; `waits` if it can block.
    case host(Int32, waits: Bool)
    case handler(SystemCallHandler)
  }

  init(_ number: Int, _ name: StaticString, _ arguments: StaticString, host: Int32) {
    self.number = number
    self.name = name
    self.arguments = arguments
    action = .host(host, waits: false)
  }

  init(_ number: Int, _ name: StaticString, _ arguments: StaticString, waiting host: Int32) {
    self.number = number
    self.name = name
    self.arguments = arguments
    action = .host(host, waits: true)
  }

  init(
    _ number: Int, _ name: StaticString, _ arguments: StaticString,
    _ handler: @escaping SystemCallHandler
  ) {
    self.number = number
    self.name = name
    self.arguments = arguments
    action = .handler(handler)
  }

  /// Whether the call goes to the host with nothing but its arguments' addresses changed.
  public var isPassedOn: Bool {
    if case .host = action { return true }
    return false
  }

  /// Makes the call.
  func perform(_ call: SystemCall) throws(Errno) -> Int {
    switch action {
    case .handler(let handler):
      do throws(Errno) {
        return try handler(call)
      } catch {
        throw DescriptorCheck.earlier(than: error, call)
      }
    case .host(let number, let waits):
      if arguments.utf8CodeUnitCount == 0 { return try hostCall(number) }
      let a = try passed(call)
      if waits { return try call.waiting(number, a[0], a[1], a[2], a[3], a[4], a[5]) }
      // Nothing of ours is touched: other threads may go on.
      call.process.lock.release()
      defer { call.process.lock.acquire() }
      return try hostCall(number, a[0], a[1], a[2], a[3], a[4], a[5])
    }
  }

  /// The host's arguments for a call that goes straight through.
  private func passed(_ call: SystemCall) throws(Errno) -> InlineArray<6, Int> {
    var result = InlineArray<6, Int>(repeating: 0)
    var index = 0
    for position in 0..<arguments.utf8CodeUnitCount {
      switch arguments.utf8Start[position] {
      case UInt8(ascii: "d"), UInt8(ascii: "f"), UInt8(ascii: "D"), UInt8(ascii: "S"),
        UInt8(ascii: "W"), UInt8(ascii: "C"):
        result[position] = call.signed(index)
      case UInt8(ascii: "p"):
        let isBelow = position > 0 && arguments.utf8Start[0] == UInt8(ascii: "D")
        result[position] = try call.lookup(
          call[index], from: isBelow ? call.signed(0) : SystemCall.currentDirectory)
      case UInt8(ascii: "s"):
        result[position] = call[index] == 0 ? 0 : try call.source(call[index])
      case UInt8(ascii: "r"):
        let count = index < 5 ? call.unsigned(index + 1) : 0
        result[position] = call[index] == 0 ? 0 : try call.source(call[index], count)
      case UInt8(ascii: "w"):
        let count = index < 5 ? call.unsigned(index + 1) : 0
        result[position] = call[index] == 0 ? 0 : try call.target(call[index], count)
      case UInt8(ascii: "l"):
        index += index & 1
        result[position] = call.pair(index)
        index += 1
      default: result[position] = call.unsigned(index)
      }
      index += 1
    }
    return result
  }
}

/// The table of all calls that are implemented.
public enum SystemCallTable {
  /// One more than the highest number.
  public static let count = 512

  /// Every row, family by family.
  public static let rows: [SystemCallRow] =
    FileCalls.rows + FileCalls.offsetRows + DirectoryCalls.rows + DirectoryCalls.statusRows
    + MemoryCalls.rows + TimeCalls.rows + ProcessCalls.rows + CloneCalls.rows + IdentityCalls.rows
    + PollingCalls.rows + SignalCalls.rows + SocketCalls.rows + MiscellaneousCalls.rows
    + InterprocessCalls.rows + MessageQueueCalls.rows + NotificationCalls.rows + OldCalls.rows
    + AdministrationCalls.rows + KeyCalls.rows + PeerCalls.rows + ClockAdjustment.rows
    + ExtendedCalls.rows

  private static let byNumber: [SystemCallRow?] = {
    var result = [SystemCallRow?](repeating: nil, count: count)
    for row in rows { result[row.number] = row }
    return result
  }()

  /// The row of a number.
  public static func row(_ number: Int) -> SystemCallRow? {
    number >= 0 && number < count ? byNumber[number] : nil
  }
}
