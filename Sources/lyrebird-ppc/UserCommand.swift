import Glibc
import GuestPowerPC
import HostX64
import LinuxUser
import Memory
import Translation

/// `lyrebird-ppc`: options, assembly, run.
enum UserCommand {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    FaultHandler.install()
    do {
      let space = try UserAddressSpace()
      var options = LinuxOptions()
      options.sysroot = "/usr/powerpc-linux-gnu"
      let host = X64Host(features: .detect(), guestBaseIsZero: space.base == 0)
      let emulator = try UserEmulator(
        space: space, options: options, processor: Processor.named("750")!, host: host,
        codeBufferSize: 64 << 20)
      var environment: [[UInt8]] = []
      var entry = environ
      while let pointer = entry.pointee {
        environment.append(Array(String(cString: pointer).utf8))
        entry += 1
      }
      try emulator.load(
        path: arguments[0], arguments: arguments.map { Array($0.utf8) }, environment: environment)
      exit(try emulator.run())
    } catch {
      let text = "lyrebird-ppc: \(error)\n"
      _ = write(2, text, text.utf8.count)
      exit(1)
    }
  }
}
