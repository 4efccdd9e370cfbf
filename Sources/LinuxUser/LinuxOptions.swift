/// What the command line says about the guest's process.
public struct LinuxOptions: Sendable {
  /// `-L`: a directory in which absolute names are looked up first; empty for none.
  public var sysroot = ""
  /// `-0`: the guest's argv[0] in place of the program's name.
  public var argumentZero: String?
  /// `-exec-name`: what the program's file is to the guest, if not its name on the host: AT_EXECFN
  /// and the process's name.
  public var executedName: String?
  /// `-s`: bytes of stack.
  public var stackSize: UInt32 = 8 << 20
  /// `-seed`: makes random numbers repeatable.
  public var seed: UInt64?
  /// `-r`: the release that `uname` gives; nil for the host's.
  public var release: String?
  /// The processor's name and version register, for /proc/cpuinfo.
  public var processorName = "750"
  public var processorVersion: UInt32 = 0x0008_0301
  /// AT_HWCAP: PPC_FEATURE_32, HAS_FPU and HAS_MMU, plus HAS_ALTIVEC for a processor that has it.
  public var hardwareCapabilities: UInt32 = 0x8c00_0000
  /// PPC_FEATURE_HAS_ALTIVEC.
  public static let hasVectors: UInt32 = 0x1000_0000
  /// AT_HWCAP2.
  public var hardwareCapabilities2: UInt32 = 0
  /// AT_PLATFORM, nil for none.
  public var platform: String? = "ppc750"
  /// AT_DCACHEBSIZE and AT_ICACHEBSIZE: bytes that `dcbz` clears.
  public var cacheBlockSize: UInt32 = 32
  /// `-strace`: print every system call.
  public var tracesSystemCalls = false
  /// Options of this run that a guest program started by `execve` is to have too.
  public var inheritedArguments: [String] = []

  /// The defaults.
  public init() {}

  /// The guest's environment: the host's with `-E NAME=VALUE` and `-U NAME` applied in order.
  /// - Parameter changes: "NAME=VALUE" sets, "NAME" removes.
  public static func environment(_ host: [String], changes: [String]) -> [String] {
    var result = host
    for change in changes {
      let name = change.prefix { $0 != "=" }
      result.removeAll { $0.hasPrefix(name + "=") }
      if change.contains("=") { result.append(change) }
    }
    return result
  }
}
