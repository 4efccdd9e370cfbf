import CSys
import Glibc
import GuestPowerPC
import HostX64
import IR
import Translation

/// How a run of translated code ended.
public enum Ending: Equatable, Sendable {
  /// The guest raised an exception; the number is the guest's.
  case exception(UInt32)
  /// The guest's memory could not be accessed at an address.
  case fault(address: UInt32, isWrite: Bool)
  /// Somebody asked for an exit: the watchdog, if nobody else.
  case request
}

/// A translator for PowerPC code with what it needs to run in this process.
///
/// One run at a time: see `HostProcess`.
public final class HostMachine: CodeMemory, @unchecked Sendable {
  /// What a machine consists of.
  public struct Configuration: Sendable {
    public var space: GuestSpace
    public var features: Features
    public var techniques: Techniques
    /// The most instructions in a block, and whether jumps are chained.
    public var instructions: Int
    public var chains: Bool
    public var codeBufferSize: Int
    /// Memory is reached by page tables.
    public var isPaged: Bool
    /// New code is executed op by op before it is translated.
    public var interprets: Bool

    public init(
      space: GuestSpace, features: Features = .detect(), techniques: Techniques = Techniques(),
      instructions: Int = 64, chains: Bool = true, codeBufferSize: Int = 1 << 20,
      isPaged: Bool = false, interprets: Bool = false
    ) {
      self.space = space
      self.features = features
      self.techniques = techniques
      self.instructions = instructions
      self.chains = chains
      self.codeBufferSize = codeBufferSize
      self.isPaged = isPaged
      self.interprets = interprets
    }
  }

  public let configuration: Configuration
  public private(set) var translator: Translator!
  /// Reads guest code; nil where there is none.
  public var fetch: (UInt32) -> UInt32? = { _ in nil }
  /// What translations may rely on as to the code.
  public var stability = CodeStability.reported
  /// How often a translation found other code than it was made from.
  public private(set) var differences = 0
  /// Makes the slow accesses, where memory is reached by page tables.
  public let paging: PagedGuestMemory?
  /// The pages that code was translated from.
  public private(set) var codePages: Set<UInt32> = []

  /// - Parameter guestFeatures: the optional parts of the instruction set.
  public convenience init(_ configuration: Configuration, guestFeatures: Feature) throws {
    try self.init(configuration, guest: PowerPCGuest(features: guestFeatures))
  }

  /// - Parameter guest: the processor.
  public init(_ configuration: Configuration, guest: PowerPCGuest) throws {
    self.configuration = configuration
    let isAtZero = configuration.space.base == 0
    let host = X64Host(
      features: configuration.features,
      guestMemory: configuration.isPaged ? .paged : isAtZero ? .atZero : .throughGS)
    let paging = configuration.isPaged ? try PagedGuestMemory(configuration.space) : nil
    self.paging = paging
    translator = try Translator(
      guest: guest, host: host, memory: self,
      codeBufferSize: configuration.codeBufferSize,
      homes: Globals.housed, records: Globals.records, recovered: Globals.recovered,
      techniques: configuration.techniques, accesses: paging,
      memoryBase: configuration.interprets ? configuration.space.base : nil)
    translator.limits = TranslationLimits(
      instructions: configuration.instructions, chains: configuration.chains)
  }

  public var codeSource: CodeSource {
    CodeSource(context: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())) {
      context, address in
      let machine = Unmanaged<HostMachine>.fromOpaque(context)._withUnsafeGuaranteedRef { $0 }
      guard let word = machine.fetch(address) else { return 1 << 32 }
      return switch machine.stability {
      case .reported: UInt64(word)
      case .checked: UInt64(word) | 1 << 33
      case .changing: UInt64(word) | 3 << 33
      }
    }
  }

  public func codeDiffers(at address: UInt32) { differences += 1 }

  public func markCode(page: UInt32) { codePages.insert(page) }

  /// Runs from the program counter in env; the lock must be held.
  public func run(_ env: UnsafeMutableRawPointer, milliseconds: Int = 2_000) throws -> Ending {
    HostProcess.prepareThread()
    csys_set_gs_base(UInt64(configuration.space.base))
    let runner = try translator.attach(env)
    let request = env + translator.guest.layout.exitRequest
    Watchdog.shared.start(request, milliseconds: milliseconds)
    defer { Watchdog.shared.stop() }
    paging?.attach(env, translator.guest.layout)
    var exit = try translator.run(env)
    // A fault in translated code may be none of the guest's: the access is made again, slowly.
    while exit == .fault && paging != nil { exit = try resumed(env) }
    switch exit {
    case .exception(let number):
      if let fault = paging?.fault, number == PagedGuestMemory.faultNumber { return fault }
      return .exception(number)
    case .fetch: return .exception(.max)
    case .request:
      request.storeBytes(of: 0, as: UInt32.self)
      return .request
    case .fault:
      let record = runner.fault.pointee
      return .fault(
        address: UInt32(truncatingIfNeeded: record.address &- configuration.space.base),
        isWrite: record.isWrite)
    }
  }

  /// What comes of making the access at the program counter again.
  private func resumed(_ env: UnsafeMutableRawPointer) throws -> RunExit {
    let exit = translator.stepSlowly(env)
    return exit == .request ? try translator.run(env) : exit
  }
}
