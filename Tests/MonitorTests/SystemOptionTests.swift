import Debugging
import HostIO
import Options
import Testing

@testable import lyrebird_system_ppc

/// The command line. Messages are those that qemu-system-ppc 7.2 gave for the same arguments, with
/// this program's name.
struct SystemOptionTests {
  private static func words(_ line: String) -> [String] {
    line.split(separator: " ").map(String.init)
  }
  private func parse(_ line: String) throws -> SystemOptions {
    try SystemOptions(arguments: Self.words(line))
  }

  @Test(
    "Errors",
    arguments: [
      ("-foo", "-foo: invalid option"), ("-", "-: invalid option"), ("--", "--: invalid option"),
      ("-m", "-m: requires an argument"), ("-D", "-D: requires an argument"),
      (
        "-m foo",
        "-m foo: Parameter 'size' expects a non-negative number below 2^64\n"
          + "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\n"
          + "and exabytes, respectively."
      ),
      ("-m 64M,slots=3", "slots specified but no max-size"),
      ("-m 128,foo=1", "-m 128,foo=1: Invalid parameter 'foo'"),
      ("-m 3G", "Too much memory for this machine: 3072 MB, maximum 2047 MB"),
      ("-m 2G", "Too much memory for this machine: 2048 MB, maximum 2047 MB"),
      ("-M mac99 -m 4G", "RAM size more than 2 GiB is not supported"),
      ("-M foo", "unsupported machine type\nUse -machine help to list supported machines"),
      ("-M g3beige,foo=bar", "Property 'g3beige-machine.foo' not found"),
      ("-M g3beige,via=cuda", "Property 'g3beige-machine.via' not found"),
      ("-M mac99,via=foo", "Invalid via value\nValid values are cuda, pmu, pmu-adb."),
      ("-M g3beige,graphics=foo", "Parameter 'graphics' expects 'on' or 'off'"),
      ("-M accel=kvm", "invalid accelerator kvm"),
      ("-accel foo", "-accel foo: invalid accelerator foo"),
      ("-accel tcg,foo=bar", "-accel tcg,foo=bar: Property 'tcg-accel.foo' not found"),
      ("-accel tcg,tb-size=foo", "-accel tcg,tb-size=foo: Parameter 'tb-size' expects uint64"),
      ("-accel tcg,thread=foo", "-accel tcg,thread=foo: Invalid 'thread' setting foo"),
      (
        "-accel tcg,split-wx=foo",
        "-accel tcg,split-wx=foo: Parameter 'split-wx' expects 'on' or 'off'"
      ),
      ("-cpu foo", "unable to find CPU model 'foo'"),
      ("-cpu 750,foo", "Expected key=value format, found foo."),
      ("-smp 2", "Invalid SMP CPUs 2. The max CPUs supported by machine 'g3beige' is 1"),
      ("-smp foo", "Parameter 'smp.cpus' expects integer"),
      ("-initrd x", "-initrd only allowed with -kernel option"),
      ("-append x", "-append only allowed with -kernel option"),
      ("a.img b.img", "b.img: drive with bus=0, unit=0 (index=0) exists"),
      ("-hda a -hda b", "-hda b: drive with bus=0, unit=0 (index=0) exists"),
      ("-cdrom a -hdc b", "-hdc b: drive with bus=1, unit=0 (index=2) exists"),
      ("-drive foo=bar", "-drive foo=bar: Must specify either driver or file"),
      ("-drive file=d,if=foo", "-drive file=d,if=foo: unsupported bus type 'foo'"),
      ("-drive file=d,media=foo", "-drive file=d,media=foo: 'foo' invalid media"),
      ("-drive file=d,format=foo", "-drive file=d,format=foo: Unknown driver 'foo'"),
      (
        "-drive file=d,index=9",
        "-drive file=d,index=9: machine type does not support if=ide,bus=4,unit=1"
      ),
      (
        "-drive if=scsi,file=d",
        "-drive if=scsi,file=d: machine type does not support if=scsi,bus=0,unit=0"
      ),
      (
        "-drive file=d,snapshot=foo",
        "-drive file=d,snapshot=foo: Parameter 'snapshot' expects 'on' or 'off'"
      ),
      (
        "-drive id=1a,file=d",
        "-drive id=1a,file=d: Parameter 'id' expects an identifier\n"
          + "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter."
      ),
      ("-device foo", "-device foo: 'foo' is not a valid device model name"),
      (
        "-device ide-hd,drive=nosuch",
        "-device ide-hd,drive=nosuch: Property 'ide-hd.drive' can't find value 'nosuch'"
      ),
      ("-boot foo", "Boot device 'o' was given twice"), ("-boot x", "Invalid boot device 'x'"),
      ("-boot once=x", "Invalid boot device 'x'"),
      ("-boot foo=bar", "Parameter 'boot.foo' is unexpected"),
      (
        "-serial foo",
        "-serial foo: 'foo' is not a valid char driver\nlyrebird-system-ppc: -serial foo: "
          + "could not connect serial device to character backend 'foo'"
      ),
      (
        "-serial tcp:127.0.0.1:5570,foo=on",
        "-serial tcp:127.0.0.1:5570,foo=on: Invalid parameter 'foo'\nlyrebird-system-ppc: "
          + "-serial tcp:127.0.0.1:5570,foo=on: could not connect serial device to character "
          + "backend 'tcp:127.0.0.1:5570,foo=on'"
      ),
      (
        "-parallel foo",
        "-parallel foo: 'foo' is not a valid char driver\nlyrebird-system-ppc: -parallel foo: "
          + "could not connect parallel device to character backend 'foo'"
      ),
      (
        "-monitor foo",
        "-monitor foo: 'foo' is not a valid char driver\n"
          + "lyrebird-system-ppc: -monitor foo: parse error: foo"
      ),
      ("-chardev foo", "-chardev foo: chardev: no id specified"),
      ("-chardev foo,id=a", "-chardev foo,id=a: 'foo' is not a valid char driver name"),
      ("-chardev stdio,id=a,foo=b", "-chardev stdio,id=a,foo=b: Invalid parameter 'foo'"),
      ("-chardev file,id=a", "-chardev file,id=a: chardev: file: no filename given"),
      ("-chardev null,id=a -chardev null,id=a", "-chardev null,id=a: Duplicate ID 'a' for chardev"),
      (
        "-chardev socket,id=a,host=y", "-chardev socket,id=a,host=y: chardev: socket: no port given"
      ),
      (
        "-chardev socket,id=a,path=/x,wait=off",
        "-chardev socket,id=a,path=/x,wait=off: "
          + "'wait' option is incompatible with socket in client connect mode"
      ),
      (
        "-chardev socket,id=a,path=/x,server=on,reconnect=3",
        "-chardev socket,id=a,path=/x,server=on,reconnect=3: "
          + "'reconnect' option is incompatible with socket in server listen mode"
      ),
      ("-dfilter foo", "-dfilter foo: Bad range specifier"),
      ("-trace bar=3", "-trace bar=3: Invalid parameter 'bar'"),
      ("-g foo", "-g foo: invalid resolution or depth"),
      ("-g 800x600x7", "-g 800x600x7: invalid resolution or depth"),
      ("-vga foo", "unknown vga type: foo"),
      ("-display foo", "-display foo: Parameter 'type' does not accept value 'foo'"),
      ("-display none,foo=bar", "-display none,foo=bar: Parameter 'foo' is unexpected"),
      ("-nic foo", "-nic foo: Parameter 'type' does not accept value 'foo'"),
      ("-rtc foo=bar", "-rtc foo=bar: Invalid parameter 'foo'"),
      (
        "-rtc base=foo",
        "invalid datetime format\nvalid formats: '2006-06-17T16:01:21' or '2006-06-17'"
      ),
      ("-rtc clock=foo", "invalid option value 'foo'"),
      ("-icount foo", "-icount foo: icount: Invalid shift value"),
      ("-icount shift=11", "-icount shift=11: icount: Invalid shift value"),
      (
        "-icount shift=3,align=foo",
        "-icount shift=3,align=foo: Parameter 'align' expects 'on' or 'off'"
      ),
      ("-uuid foo", "-uuid foo: failed to parse UUID string: wrong format"),
      ("-name foo=bar", "-name foo=bar: Invalid parameter 'foo'"),
      ("-virtfs x", "-virtfs x: Option not supported"),
      ("-semihosting", "-semihosting: Option not supported"),
    ])
  func errors(line: String, message: String) {
    #expect(throws: OptionStop.error("lyrebird-system-ppc: " + message)) {
      try SystemOptions(arguments: Self.words(line))
    }
  }

  @Test("A missing file of trace events is named as QEMU names it")
  func missingTraceFile() {
    #expect(throws: OptionStop.error("lyrebird-system-ppc:/nofile: No such file or directory")) {
      try SystemOptions(arguments: ["-trace", "events=/nofile"])
    }
  }

  @Test(
    "Lists go to standard output",
    arguments: [
      ("-h", "-machine or -M [type=]name", 0), ("--version", "lyrebird-system-ppc version", 0),
      ("-M help", "mac99                Mac99 based PowerMAC\n", 0),
      ("-cpu help", "PowerPC 750", 0), ("-accel help", "tcg\n", 0), ("-device help", "ide-cd", 0),
      ("-d help", "in_asm", 1), ("-d foo", "in_asm", 1),
    ])
  func lists(line: String, part: String, status: Int) throws {
    do {
      _ = try parse(line)
      Issue.record("nothing thrown")
    } catch OptionStop.answer(let text) {
      #expect(text.contains(part) && status == 0)
    } catch OptionStop.refusal(let text) {
      #expect(text.contains(part) && status == 1)
    }
  }

  @Test("The line of the issue")
  func issue() throws {
    let options = try SystemOptions(arguments: [
      "-monitor", "stdio", "disk.img", "-trace", "exec*", "-d", "in_asm,op,out_asm", "-D",
      "ppc.log",
    ])
    #expect(options.machine.kind.name == "g3beige")
    #expect(options.logItems == [.guestCode, .ops, .hostCode])
    #expect(options.logFile == "ppc.log")
    #expect(options.trace.requests.count == 1)
    #expect(options.drives.map(\.name) == ["ide0-hd0", "ide1-cd0"])
    #expect(options.drives.map(\.file) == ["disk.img", nil])
    let (serials, monitors) = options.consoles
    #expect(serials.map { $0?.backend } == [.null(name: "vc")])
    #expect(monitors.map { $0?.backend } == [.stdio(signals: true)])
  }

  @Test(
    "Sizes of memory",
    arguments: [
      ("128", 128 << 20), ("256M", 256 << 20), ("1G", 1 << 30), ("1.5G", 3 << 29),
      ("0x100", 256 << 20),
      ("4k", 8192), ("size=64M", 64 << 20), ("64M,slots=2,maxmem=1G", 64 << 20),
      ("0100", 100 << 20), ("0", nil),
    ] as [(String, UInt64?)])
  func memory(text: String, size: UInt64?) throws {
    #expect(try parse("-m \(text)").memorySize == size)
  }

  @Test("Drives find their places")
  func drives() throws {
    let options = try parse(
      "-drive file=a,format=qcow2,readonly=on -drive file=b,media=cdrom,index=3 -hdc c,,d "
        + "-drive if=none,id=x,file=e,snapshot=on -device ide-hd,drive=x,bus=ide.0 -snapshot")
    #expect(options.drives.map(\.name) == ["ide0-hd0", "ide1-cd1", "ide1-hd0", "x"])
    #expect(options.drives.map(\.file) == ["a", "b", "c,,d", "e"])
    #expect(options.drives.map(\.isReadOnly) == [true, true, false, false])
    #expect(options.drives.map(\.isSnapshot) == [true, true, true, true])
    #expect(options.drives.map(\.unit) == [0, 1, 0, 1])
    #expect(try parse("-nodefaults").drives.isEmpty)
    #expect(try parse("-drive file=a,,b").drives[0].file == "a,b")
  }

  @Test("Consoles, with what is added by itself")
  func consoles() throws {
    let plain = try parse("-nographic").consoles
    #expect(plain.serials.map { $0?.backend } == [.stdio(signals: false)])
    #expect(plain.serials[0]?.hasMonitor == true && plain.monitors.isEmpty)
    let split = try parse("-nographic -monitor none").consoles
    #expect(split.serials.map { $0?.hasMonitor } == [false] && split.monitors == [nil])
    let mixed = try parse("-nographic -serial null -serial none").consoles
    #expect(mixed.serials.map { $0?.label } == ["serial0", nil])
    #expect(mixed.monitors.map { $0?.backend } == [.stdio(signals: false)])
    let shared = try parse("-serial mon:stdio").consoles
    #expect(shared.serials[0]?.isShared == true && shared.monitors.isEmpty)
    #expect(try parse("-nodefaults").consoles.serials.isEmpty)
  }

  @Test("The rest")
  func rest() throws {
    let options = try parse(
      "-M g3beige -M mac99,via=pmu -machine graphics=off -cpu 7400 -L /a -L /b -boot d "
        + "-boot once=c,menu=on -rtc base=2000-03-01T00:00:01,clock=vm -icount auto,sleep=off "
        + "-S -no-reboot -no-shutdown -prom-env a?=b -prom-env c=d -accel tcg,tb-size=32 -singlestep "
        + "-g 800x600x16 -uuid 12345678-1234-1234-1234-1234567890AB -name x,process=y -nic none "
        + "-d int -d exec,trace:foo* -action reboot=reset -vga none -usb -k de -pidfile p -daemonize"
    )
    #expect(options.machine.kind.name == "mac99")
    #expect(options.machine.powerController == .pmu && !options.machine.hasGraphics)
    #expect(options.processor == "7400" && options.searchPaths == ["/a", "/b"])
    #expect(options.boot == BootOptions(order: "d", once: "c", hasMenu: true))
    // 951868801 is `date -u -d '2000-03-01 00:00:01' +%s`.
    #expect(options.clock.base == .time(951_868_801) && options.clock.followsVirtualTime)
    #expect(
      options.instructionCount == InstructionCountOptions(shift: nil, sleeps: false, aligns: false))
    #expect(options.startsPaused && !options.endsAtReset && options.staysAtShutdown)
    #expect(options.firmwareVariables == ["a?=b", "c=d"])
    #expect(options.codeBufferSize == 32 << 20 && options.singleInstructions)
    #expect(options.resolution == Resolution(width: 800, height: 600, depth: 16))
    #expect(options.name == "x" && options.uuid == "12345678-1234-1234-1234-1234567890ab")
    #expect(options.networks.cards.isEmpty && options.hasVGA == false)
    #expect(options.logItems == .execution && options.trace.requests.count == 1)
    #expect(options.pidFile == "p" && options.daemonizes)
  }

  @Test("Any words at all")
  func fuzz() {
    let words = [
      "-m", "-M", "-drive", "-serial", "-chardev", "file=", ",", "=", "tcp:", ":", "unix:", "mon:",
      "id=a", "-boot", "-icount", "shift=", "-rtc", "base=", "2020-02-30", "99999999999999999999",
      "-trace", "-d", "trace:", "-g", "x", "-smp", "index=", "-cpu", "750", "no", "server", "-nic",
      "user", "hostfwd=", "net=", "10.0.2.0/", "-net", "nic", "mac=", "52:54", "-netdev", "netdev=",
    ]
    var state: UInt64 = 99
    func next(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state >> 8) % limit
    }
    var refused = 0
    for _ in 0..<4000 {
      let line = (0..<next(6) + 1).map { _ in
        (0..<next(4) + 1).map { _ in words[next(words.count)] }.joined()
      }
      do { _ = try SystemOptions(arguments: line) } catch { refused += 1 }
    }
    #expect(refused > 0)
  }
}
