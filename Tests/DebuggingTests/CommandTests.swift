import Foundation
import Testing

/// The command line of lyrebird-ppc, from outside.
struct CommandTests {
  @Test(
    "Options that end the run",
    arguments: [
      (["-foo", "x"], 1, "lyrebird-ppc: unknown option 'foo'\n"),
      (["-B"], 1, "lyrebird-ppc: missing argument for option 'B'\n"),
      (["-cpu", "bogus", "x"], 1, "lyrebird-ppc: unable to find CPU model 'bogus'\n"),
      (["-dfilter", "zzz", "x"], 1, "lyrebird-ppc: Bad range specifier: zzz\n"),
      ([], 1, "lyrebird-ppc: no user program specified\n"),
      (["-strace"], 1, "lyrebird-ppc: no user program specified\n"),
      (["-s", "1q", "x"], 1, "lyrebird-ppc: invalid argument '1q' for option 's'\n"),
      (["-E", "=a", "x"], 1, "lyrebird-ppc: invalid argument '=a' for option 'E'\n"),
      (["-p", "4095", "x"], 1, "lyrebird-ppc: page size must be a power of two\n"),
      (["-tb-size", "0", "x"], 1, "lyrebird-ppc: Invalid code buffer size: 0 (1 to 1024 MiB)\n"),
      (["-B", "0x123", "x"], 1, "cannot reserve the guest's address space: Invalid argument\n"),
      (["-R", "4096", "x"], 1, "cannot reserve the guest's address space: Invalid argument\n"),
      (["-seed", "x", "x"], 1, "lyrebird-ppc: Invalid seed number: x\n"),
      (["-host-features", "fm", "x"], 1, "unknown host feature 'fm'"),
      (
        ["-D", "/no/dir/x", "-d", "exec", "/bin/sh"], 1, "Error opening logfile /no/dir/x: No such"
      ),
      (["/no/such/program"], 1, "lyrebird-ppc: /no/such/program: cannot open: No such file"),
      (["/bin/sh"], 1, "lyrebird-ppc: /bin/sh: not a 32-bit ELF file"),
    ] as [([String], Int32, String)])
  func refusals(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let result = try Command.lyrebird(arguments)
    #expect(result.status == status)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.text.isEmpty)
  }

  @Test(
    "Options that answer",
    arguments: [
      (["-version"], 0, "lyrebird-ppc version "), (["--version"], 0, "lyrebird-ppc version "),
      (["-h"], 0, "LYREBIRD_LD_PREFIX"), (["--help"], 0, "-one-insn-per-tb"),
      (["-d", "help"], 1, "\nin_asm "), (["-d", "bogus"], 1, "\nin_asm "),
      (["-cpu", "help"], 1, "PowerPC 750              PVR 00080301\n"),
    ] as [([String], Int32, String)])
  func answers(_ arguments: [String], _ status: Int32, _ text: String) throws {
    let result = try Command.lyrebird(arguments)
    #expect(result.status == status)
    #expect(result.text.contains(text), "\(result.text)")
    #expect(result.errors.isEmpty)
  }

  @Test(
    "Guest programs run with every option",
    arguments: [
      [], ["-one-insn-per-tb"], ["--singlestep"], ["-d", "nochain"], ["-host-features", "none"],
      ["-host-features", "-movbe,-bmi2"], ["-cpu", "7400"], ["-s", "1M"], ["-tb-size", "1"],
      ["-R", "0xc0000000"], ["-seed", "5"], ["-p", "4096"], ["-L", "/usr/powerpc-linux-gnu"],
      ["-B", "0x100000000000"], ["-E", "A=1,B=2", "-U", "HOME"], ["-r", "9.9"],
    ])
  func options(_ options: [String]) throws {
    for name in ["hello", "hello-dynamic", "hello-pie"] {
      guard let guest = Command.guest(name) else { return }
      let result = try Command.lyrebird(options + [guest])
      #expect(result.status == 0, "\(name)")
      #expect(result.text == "Hello from PowerPC.\n", "\(name)")
      #expect(result.errors.isEmpty, "\(name): \(result.errors)")
    }
  }

  @Test("The environment stands for options, and the command line overrides it")
  func environment() throws {
    guard let guest = Command.guest("hello") else { return }
    let wrong = ["LYREBIRD_CPU": "bogus"]
    #expect(try Command.lyrebird([guest], environment: wrong).status == 1)
    let traced = try Command.lyrebird([guest], environment: ["LYREBIRD_STRACE": ""])
    #expect(traced.errors.contains(" write(1,"))
    let both = ["LYREBIRD_LOG": "strace", "LYREBIRD_LOG_FILENAME": "/no/such/file"]
    let logged = try Command.lyrebird(["-D", "/dev/stderr", guest], environment: both)
    #expect(logged.errors.contains(" write(1,"))
  }

  @Test("LYREBIRD_STATISTICS prints what the translator did")
  func statistics() throws {
    guard let guest = Command.guest("hello") else { return }
    let lines = try Command.lyrebird([guest], environment: ["LYREBIRD_STATISTICS": "1"]).errorLines
    #expect(lines.first == "Translation buffer state:")
    for title in ["gen code size ", "TB count ", "TB flush count ", "guest instructions "] {
      let value = lines.first { $0.hasPrefix(title) }?.dropFirst(20).first
      #expect(value?.isNumber == true, "\(title)")
    }
  }
}
