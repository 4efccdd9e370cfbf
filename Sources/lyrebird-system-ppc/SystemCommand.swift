import Glibc
import Options

/// `lyrebird-system-ppc`: options, assembly, run.
enum SystemCommand {
  static func main() {
    do throws(OptionStop) {
      let options = try SystemOptions(arguments: Array(CommandLine.arguments.dropFirst()))
      throw .error(
        "\(SystemOptions.program): machine '\(options.machine.kind.name)' is not in this build")
    } catch {
      switch error {
      case .error(let text): write(text + "\n", to: 2, status: 1)
      case .answer(let text): write(text, to: 1, status: 0)
      case .refusal(let text): write(text, to: 1, status: 1)
      }
    }
  }

  private static func write(_ text: String, to descriptor: Int32, status: Int32) -> Never {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 && errno != EINTR { break }
      rest = rest.dropFirst(max(0, count))
    }
    exit(status)
  }
}
