import Boards
import Debugging
import Devices
import Glibc
import GuestPowerPC
import HostIO
import HostX64
import Machine
import Monitor
import Options
import Translation

/// `lyrebird-system-ppc`: options, assembly, run.
enum SystemCommand {
  static func main() {
    FaultHandler.install()
    do {
      let options = try SystemOptions(arguments: Array(CommandLine.arguments.dropFirst()))
      for warning in options.warnings { put("\(SystemOptions.program): \(warning)\n", to: 2) }
      exit(try SystemAssembly(options).run())
    } catch let stop as OptionStop {
      switch stop {
      case .error(let text): end(text + "\n", to: 2, status: 1)
      case .answer(let text): end(text, to: 1, status: 0)
      case .refusal(let text): end(text, to: 1, status: 1)
      }
    } catch let problem as SystemProblem {
      end("\(SystemOptions.program): \(problem.text)\n", to: 2, status: 1)
    } catch {
      end("\(SystemOptions.program): \(error)\n", to: 2, status: 1)
    }
  }

  /// Writes text for the user.
  static func put(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 && errno != EINTR { break }
      rest = rest.dropFirst(max(0, count))
    }
  }

  private static func end(_ text: String, to descriptor: Int32, status: Int32) -> Never {
    put(text, to: descriptor)
    exit(status)
  }
}
