import Debugging
import Glibc
import GuestPowerPC
import HostX64
import LinuxUser
import Memory
import Options
import Translation

/// `lyrebird-ppc`: options, assembly, run.
enum UserCommand {
  static func main() {
    FaultHandler.install()
    let options: UserOptions
    do throws(OptionStop) {
      let environment = hostEnvironment().map { String(decoding: $0, as: UTF8.self) }
      options = try UserOptions(
        arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)
    } catch {
      switch error {
      case .error(let text): fail(text)
      case .answer(let text): end(text, status: 0)
      case .refusal(let text): end(text, status: 1)
      }
    }
    do { try run(options) } catch let error as Errno {
      let reason = String(cString: strerror(error.rawValue))
      fail("\(UserOptions.name): cannot reserve the guest's address space: \(reason)")
    } catch { fail("\(UserOptions.name): \(error)") }
  }

  private static func run(_ options: UserOptions) throws -> Never {
    let space = try UserAddressSpace(requestedBase: options.base, size: options.reservedSize)
    let host = X64Host(features: options.features, guestBaseIsZero: space.base == 0)
    let emulator = try UserEmulator(
      space: space, options: options.complete(), processor: options.processor, host: host,
      codeBufferSize: options.codeBufferSize, techniques: options.techniques)
    let limits = emulator.translator.limits
    if options.singleInstructions { emulator.translator.limits.instructions = 1 }
    emulator.translator.limits.chains =
      limits.chains && !options.logItems.contains(.withoutChaining)
    let log = options.logItems.isEmpty ? nil : try UserLog(options, emulator)
    let path = options.command[0]
    try emulator.load(
      path: path, arguments: commandBytes(options.command.count),
      environment: environment(
        InheritedEnvironment.unmarked(hostEnvironment()), options.environmentChanges))
    log?.programLoaded(path: path)
    let finish = { (status: Int32) -> Void in
      log?.finish()
      if getenv("LYREBIRD_STATISTICS") != nil {
        put(TranslationStatistics.text(emulator.translator), to: 2)
      }
      exit(status)
    }
    emulator.onEnd = finish
    finish(try emulator.run())
    exit(1)
  }

  // MARK: Bytes in, bytes out

  private static func fail(_ text: String) -> Never {
    put(text + "\n", to: 2)
    exit(1)
  }

  private static func end(_ text: String, status: Int32) -> Never {
    put(text, to: 1)
    exit(status)
  }

  private static func put(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
  }

  private static func bytes(_ pointer: UnsafePointer<CChar>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
  }

  /// The last arguments of this process: names need not be UTF-8.
  private static func commandBytes(_ count: Int) -> [[UInt8]] {
    let all = CommandLine.unsafeArgv
    let total = Int(CommandLine.argc)
    return (total - count..<total).compactMap { all[$0].map { bytes($0) } }
  }

  private static func hostEnvironment() -> [[UInt8]] {
    var result: [[UInt8]] = []
    var entry = environ
    while let pointer = entry.pointee {
      result.append(bytes(pointer))
      entry += 1
    }
    return result
  }

  /// The guest's environment: the host's with the changes of `-E` and `-U` in order.
  private static func environment(_ host: [[UInt8]], _ changes: [String]) -> [[UInt8]] {
    var result = host
    for change in changes {
      let name = Array(change.utf8.prefix { $0 != UInt8(ascii: "=") }) + [UInt8(ascii: "=")]
      result.removeAll { $0.starts(with: name) }
      if change.utf8.contains(UInt8(ascii: "=")) { result.append(Array(change.utf8)) }
    }
    return result
  }
}
