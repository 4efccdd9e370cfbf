import Boards
import Glibc
import GuestPowerPC
import HostIO
import HostX64
import Machine
import Translation

/// `lyrebird-system-ppc`: options, assembly, run.
enum SystemCommand {
  static func main() {
    FaultHandler.install()
    do { exit(try run()) } catch {
      print("lyrebird-system-ppc: \(error)")
      exit(1)
    }
  }

  static func run() throws -> Int32 {
    var boot = BootWishes(firmware: "/usr/share/qemu/openbios-ppc")
    var board = Board.g3beige
    var arguments = CommandLine.arguments.dropFirst()
    var memory = 128
    while let word = arguments.popFirst() {
      switch word {
      case "-kernel": boot.kernel = arguments.popFirst()
      case "-initrd": boot.initrd = arguments.popFirst()
      case "-append": boot.commandLine = arguments.popFirst() ?? ""
      case "-M": board = Board.named(arguments.popFirst() ?? "") ?? board
      case "-m": memory = Int(arguments.popFirst() ?? "") ?? memory
      default: print("what is \(word)")
      }
    }
    boot.isTextOnly = true
    let runner = try MachineRunner()
    let devices = CharacterDevices(events: runner.events, mailbox: runner.mailbox)
    if let specification = try CharacterSpecification.device("mon:stdio", label: "serial0") {
      try devices.add(specification)
    }
    var wanted = MacMachine.Configuration(
      board: board, processor: Processor.named(board.defaultProcessor)!, memorySize: memory << 20,
      boot: boot)
    if let port = devices.use("serial0") { wanted.serialA = port }
    wanted.hasGraphics = false
    wanted.time = { Int64(time(nil)) }
    devices.setActions(.init(quit: { runner.quit() }))
    let machine = try MacMachine(
      wanted, clock: runner.clock, host: X64Host(features: .detect(), guestMemory: .paged))
    runner.connect(machine)
    machine.emulator.supervisor.log = { print($0) }
    if getenv("WATCH") != nil { Watch.start(machine) }
    try runner.events.start()
    let status = try runner.run()
    devices.finish()
    print(machine.emulator.translator.counters)
    return status
  }
}
