import EngineSupport
import HostX64
import Testing
import Translation

@testable import GuestPowerPC

/// A machine in whose memory a piece of code stands, run again and again. Used under
/// `HostProcess.lock`.
final class CodeRunner {
  let machine = InstructionMachine()
  private let host: HostMachine

  init(_ space: GuestSpace, _ features: Features) throws {
    host = try HostMachine(
      .init(space: space, features: features), guest: PowerPCGuest(features: allFeatures))
    let machine = machine
    host.fetch = { machine.word(at: $0) }
  }

  /// Puts other code in the place of what is there.
  func load(_ texts: [String]) throws {
    machine.words = try texts.map { try #require(TestAssembler.assemble($0), "\($0)") }
    host.translator.invalidate(Layout.code..<Layout.code + Layout.codeSize, machine.env)
  }

  /// Runs the code from its start.
  func run() throws {
    machine.state.pointee.nip = Layout.start
    _ = try host.run(machine.env)
  }
}
