import Options

/// One option of the command line: its names, its argument, what it does.
struct SystemOptionRow: Sendable {
  /// The names without dashes.
  let names: [String]
  /// What the help calls the argument; nil for none.
  let argument: String?
  /// What the help says.
  let help: String
  /// Does what the option says. It gets the argument, and how messages name the option.
  let apply: @Sendable (inout SystemOptions, String, String) throws -> Void

  init(
    _ names: String, _ argument: String? = nil, _ help: String,
    _ apply: @escaping @Sendable (inout SystemOptions, String, String) throws -> Void
  ) {
    self.names = names.split(separator: "|").map(String.init)
    self.argument = argument
    self.help = help
    self.apply = apply
  }

  /// The option with a name.
  static func named(_ name: Substring) -> SystemOptionRow? {
    let rows = [machine, disks, display, networks, characters, debugging, refused]
    for row in rows.joined() where row.names.contains(String(name)) { return row }
    return nil
  }

  /// What `-help` prints.
  static var help: String {
    var text = """
      lyrebird-system-ppc version \(SystemOptions.versionNumber)
      usage: \(SystemOptions.program) [options] [disk_image]

      'disk_image' is a raw hard disk image for IDE hard disk 0

      """
    let sections = [
      ("Standard options", machine), ("Block device options", disks),
      ("Display options", display), ("Network options", networks),
      ("Character device options", characters),
      ("Debug options", debugging),
    ]
    for (title, rows) in sections {
      text += "\n\(title):\n"
      for row in rows {
        let names = row.names.map { "-" + $0 }.joined(separator: " or ")
        let head = names + (row.argument.map { " " + $0 } ?? "")
        let gap =
          head.count < 15 ? String(repeating: " ", count: 16 - head.count) : "\n" + indent
        text += head + gap + row.help.split(separator: "\n").joined(separator: "\n" + indent) + "\n"
      }
    }
    return text
  }

  private static let indent = String(repeating: " ", count: 16)

  /// An option that is understood and changes nothing here.
  static func idle(_ names: String, _ argument: String?, _ help: String) -> SystemOptionRow {
    SystemOptionRow(names, argument, help) { _, _, _ in }
  }

  /// Options of QEMU's that are not supported, with whether they take an argument.
  private static let refused: [SystemOptionRow] =
    """
    add-fd audio-help audio audiodev= blockdev= bt= chroot= compat= dtb= dump-vmstate= echr=
    enable-fips enable-kvm enable-sync-profile fda= fdb= fsdev= full-screen fw_cfg= gdb= global=
    incoming= iscsi= loadvm= mem-path= mem-prealloc mtdblock= netfilter= numa= object= only-migratable
    option-rom= overcommit= perfmap jitdump plugin= portrait preconfig qmp= qmp-pretty= qtest=
    qtest-log= readconfig= rotate= runas= run-with= s sandbox= sd= seed= set= smbios= spice= tpmdev=
    usbdevice= virtfs= watchdog= watchdog-action= writeconfig= xen-attach acpitable= no-acpi no-hpet
    no-fd-bootchk win2k-hack semihosting semihosting-config= icount-align
    """.split(whereSeparator: \.isWhitespace).map { word in
      let takesArgument = word.hasSuffix("=")
      let name = String(takesArgument ? word.dropLast() : word)
      return SystemOptionRow(name, takesArgument ? "argument" : nil, "") { _, _, _ in
        throw OptionProblem("Option not supported")
      }
    }
}
