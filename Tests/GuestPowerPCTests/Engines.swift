import EngineSupport
import HostX64
import IR
import Optimizer
import Translation

@testable import GuestPowerPC

/// Something that runs translated code: the ops by the interpreter, or host code.
struct Engine: Sendable {
  let name: String
  /// Runs from `Layout.start` until something is raised.
  let run: @Sendable (InstructionMachine) -> Outcome
}

extension Engine {
  /// The engines that every case runs on; the first is the simplest.
  static let all: [Engine] = [interpreter] + interpreters + hosts

  /// The interpreter of ops, without any pass.
  static let interpreter = OpsEngine(chains: false).engine("interpreter")

  private static let interpreters: [Engine] =
    [
      OpsEngine(chains: true).engine("interpreter, chaining"),
      OpsEngine(chains: true, passes: []).engine("interpreter, liveness"),
      OpsEngine(chains: true, passes: .all).engine("interpreter, optimized"),
      OpsEngine(chains: false, passes: .all, instructions: 1)
        .engine("interpreter, optimized, one instruction"),
    ]
    + Passes.names.map { name, pass in
      OpsEngine(chains: true, passes: .all.subtracting(pass)).engine("interpreter, no \(name)")
    }

  /// Translated code in the forms that options select.
  private static let hosts: [Engine] = {
    let places = [GuestSpace.atZero, GuestSpace.elsewhere].compactMap { $0 }
    guard let space = places.first else { return [] }
    var list = places.map { place in
      HostEngine(.init(space: place)).engine("host, base \(hex(UInt64(place.base)))")
    }
    for place in places {
      list.append(
        HostEngine(.init(space: place, features: []))
          .engine("plain host, base \(hex(UInt64(place.base)))"))
      list.append(
        HostEngine(.init(space: place, interprets: true))
          .engine("ops first, then host, base \(hex(UInt64(place.base)))"))
    }
    for (name, feature) in Features.names {
      var features = Features.detect()
      if features.remove(feature) == nil { continue }
      list.append(HostEngine(.init(space: space, features: features)).engine("host, no \(name)"))
    }
    for name in Techniques.names where name != "interpretation" {
      var techniques = Techniques()
      _ = techniques.remove(name)
      list.append(
        HostEngine(.init(space: space, techniques: techniques)).engine("host, no \(name)"))
    }
    for (name, features) in [("paged host", Features.detect()), ("plain paged host", [])] {
      for place in places {
        list.append(
          HostEngine(.init(space: place, features: features, isPaged: true))
            .engine("\(name), base \(hex(UInt64(place.base)))"))
      }
    }
    return list + [
      HostEngine(.init(space: space, techniques: Techniques(passes: []), isPaged: true))
        .engine("paged host, no passes"),
      HostEngine(.init(space: space, techniques: Techniques(passes: [])))
        .engine("host, no passes"),
      HostEngine(.init(space: space, features: [], techniques: Techniques(passes: [])))
        .engine("plain host, no passes"),
      HostEngine(.init(space: space, instructions: 1)).engine("host, one instruction"),
      HostEngine(.init(space: space, chains: false)).engine("host, no chains"),
      HostEngine(.init(space: space, instructions: 1, chains: false))
        .engine("host, one instruction, no chains"),
    ]
  }()
}

extension Engine {
  /// Engines for a processor of a machine.
  static func system(_ processor: Processor) -> [Engine] {
    let guest = PowerPCGuest(system: processor)
    let places = [GuestSpace.atZero, GuestSpace.elsewhere].compactMap { $0 }
    var list = [
      OpsEngine(chains: false, guest: guest).engine("interpreter"),
      OpsEngine(chains: true, passes: .all, guest: guest).engine("interpreter, optimized"),
    ]
    for place in places {
      list.append(
        HostEngine(.init(space: place, isPaged: true), guest: guest)
          .engine("host, base \(hex(UInt64(place.base)))"))
    }
    guard let space = places.first else { return list }
    let others: [(String, HostMachine.Configuration)] = [
      ("plain host", .init(space: space, features: [], isPaged: true)),
      ("host, no passes", .init(space: space, techniques: Techniques(passes: []), isPaged: true)),
      (
        "host, one instruction, no chains",
        .init(space: space, instructions: 1, chains: false, isPaged: true)
      ),
    ]
    return list + others.map { HostEngine($1, guest: guest).engine($0) }
  }
}

/// Translates and interprets, block after block.
final class OpsEngine: @unchecked Sendable {
  private let guest: PowerPCGuest
  private let block: Block
  private var optimizer: Optimizer?
  private let limits: TranslationLimits
  private let record = CodeRecord()

  /// - Parameter passes: those of the optimizer, or nil for the ops as the guest makes them.
  init(
    chains: Bool, passes: Passes? = nil, instructions: Int = 64,
    guest: PowerPCGuest = PowerPCGuest(features: allFeatures)
  ) {
    self.guest = guest
    block = Block(names: guest.names)
    limits = TranslationLimits(instructions: instructions, chains: chains)
    let homes = Globals.homes.map { Globals.home(ofGPR: $0).temp }
    optimizer = passes.map { Optimizer(block, passes: $0, homes: homes) }
  }

  deinit {
    block.deallocate()
    optimizer?.deallocate()
    record.deallocate()
  }

  func engine(_ name: String) -> Engine {
    Engine(name: name) { machine in HostProcess.lock.withLock { _ in self.run(machine) } }
  }

  private func run(_ machine: InstructionMachine) -> Outcome {
    var memory = MachineMemory(machine: machine)
    var pc = Layout.start
    for _ in 0..<16_384 / limits.instructions {
      block.clear()
      _ = guest.translate(
        into: block, at: pc, key: guest.key(machine.env), from: machine.code, limits: limits,
        record: record)
      if let problem = block.verify().first { return Outcome(nip: pc, signal: "\(problem)") }
      if optimizer != nil {
        optimizer?.run(block)
        if let problem = block.verify().first { return Outcome(nip: pc, signal: "\(problem)") }
      }
      var interpreter = Interpreter(
        block, env: machine.env, floatStatus: guest.layout.floatStatus)
      if let outcome = outcome(interpreter.run(memory: &memory), machine, &pc) { return outcome }
    }
    return Outcome(nip: pc, signal: "no end")
  }

  /// The end of a run, or nil if it goes on at `pc`.
  private func outcome(
    _ exit: BlockExit, _ machine: InstructionMachine, _ pc: inout UInt32
  ) -> Outcome? {
    switch exit {
    case .goto_tb(_, let target), .call_tb(_, let target, _, _), .goto_ptr(let target),
      .call_ptr(let target, _, _):
      pc = target
    case .ret_ptr(let target): pc = target & ~3
    case .exit_tb(let kind, let payload):
      pc = machine.state.pointee.nip
      if machine.supervisor != nil, kind == ExitKind.request.rawValue {
        return Outcome(nip: pc, signal: "request")
      }
      guard kind == ExitKind.exception.rawValue else { return nil }
      let exception = payload == .max ? machine.state.pointee.exitPayload : payload
      return Outcome(nip: pc, signal: signal(of: exception))
    case .fault(let address, let instruction):
      return Outcome(nip: instruction, signal: "SEGV", address: address)
    case .misaligned(let address, let instruction):
      machine.state.pointee.dar = address
      return Outcome(nip: instruction, signal: "BUS")
    case .invalid(let op): return Outcome(nip: pc, signal: "invalid op \(op)")
    }
    return nil
  }
}

/// Translates to host code and runs it, in guest memory of its own.
final class HostEngine: @unchecked Sendable {
  private let configuration: HostMachine.Configuration
  /// Made when it is first used.
  private lazy var host: HostMachine = {
    configuration.space.map(Layout.memory, size: Layout.memorySize)
    do {
      let machine = try HostMachine(configuration, guest: guest)
      machine.paging?.mapped = Layout.memory..<Layout.memory + UInt32(Layout.memorySize)
      return machine
    } catch {
      preconditionFailure("\(error)")
    }
  }()

  private let guest: PowerPCGuest

  init(
    _ configuration: HostMachine.Configuration,
    guest: PowerPCGuest = PowerPCGuest(features: allFeatures)
  ) {
    self.configuration = configuration
    self.guest = guest
  }

  func engine(_ name: String) -> Engine {
    Engine(name: name) { machine in HostProcess.lock.withLock { _ in self.run(machine) } }
  }

  private func run(_ machine: InstructionMachine) -> Outcome {
    let memory = host.configuration.space.host(Layout.memory)
    memory.update(from: machine.memory, count: Layout.memorySize)
    let own = machine.state.pointee.memoryBase
    machine.state.pointee.memoryBase = UInt64(host.configuration.space.base)
    machine.state.pointee.nip = Layout.start
    host.fetch = { machine.word(at: $0) }
    host.translator.forgetRuns()
    host.translator.invalidate(
      Layout.code..<Layout.code + Layout.codeSize, machine.env)
    defer {
      machine.memory.update(from: memory, count: Layout.memorySize)
      machine.state.pointee.memoryBase = own
      host.fetch = { _ in nil }
    }
    do {
      let ending = try host.run(machine.env)
      let nip = machine.state.pointee.nip
      switch ending {
      case .exception(let number): return Outcome(nip: nip, signal: signal(of: number))
      case .fault(let address, _): return Outcome(nip: nip, signal: "SEGV", address: address)
      case .request:
        return Outcome(nip: nip, signal: machine.supervisor == nil ? "no end" : "request")
      }
    } catch {
      return Outcome(nip: 0, signal: "\(error)")
    }
  }
}
