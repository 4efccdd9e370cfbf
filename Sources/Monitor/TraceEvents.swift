import Machine

/// The trace events of the program, found by name or pattern.
///
/// Used on the machine's thread, as the events themselves are.
public final class TraceEvents {
  /// The events, in the order in which they were listed.
  public private(set) var all: [TraceEvent] = []
  private var named: [String: TraceEvent] = [:]
  /// Patterns obeyed so far, for events that are listed later.
  private var obeyed: [TracePattern] = []

  /// A list of events.
  public init(_ events: [TraceEvent] = []) { add(events) }

  /// Lists more events; patterns that were obeyed before count for them too.
  public func add(_ events: [TraceEvent]) {
    for event in events where named[event.name] == nil {
      named[event.name] = event
      all.append(event)
      for pattern in obeyed where pattern.matches(event.name) {
        event.isEnabled = pattern.enables
      }
    }
  }

  /// The events that a pattern matches.
  public func matching(_ pattern: TracePattern) -> [TraceEvent] {
    if pattern.isPlain { return named[pattern.text].map { [$0] } ?? [] }
    return all.filter { pattern.matches($0.name) }
  }

  /// Switches what a pattern matches.
  /// - Returns: false if it names an event that is neither here nor one of QEMU's.
  @discardableResult
  public func obey(_ pattern: TracePattern) -> Bool {
    obeyed.append(pattern)
    let events = matching(pattern)
    for event in events { event.isEnabled = pattern.enables }
    return !events.isEmpty || !pattern.isPlain || Self.isForeign(pattern.text)
  }

  /// Whether a name has the form of one of QEMU's events for something that is not emulated here.
  ///
  /// The rule: its first word, up to an underline, begins an event of QEMU's (7.2). QEMU accepts
  /// events of devices that its machine does not have, and so does this program.
  public static func isForeign(_ name: String) -> Bool {
    guard let place = name.firstIndex(of: "_") else { return false }
    return foreignWords.contains(name[..<place])
  }

  /// The first words of QEMU's 4,456 trace events (7.2).
  private static let foreignWords = Set(
    """
    acpi adb ahci aio allwinner alsa apc apic apm armsse artist aspeed ati audio avr await backup
    balloon bcm2835 bdrv blk block bmdma bonito breakpoint buffer cadence calc canokey ccm cd cg3
    clipboard clock cmsdk colo commit console cpu cpuhp cs4231 cuda curl dbus dino dirty dirtylimit
    dirtyrate displaychangelistener displaysurface dma dp8393x dpcd e1000 e1000e e1000x ebpf ecc
    empty escc esp espdma exec execute exynos fdc fdctrl file find flatview flic fw g364fb gd
    gdbstub get gic gicv3 global goldfish grackle grlib guest handle hbitmap hd hda heathrow hid
    i2c i8257 i82596 ide imx imx7 input ioapic iotkit iscsi jazz jazzio job keymap kvm lance lasi
    lasips2 led ledma load loader loadvm lockcnt loongarch lsi luring m25p80 m48txx macfb macio
    mark mdio megasas memory mhp migrate migration mipsnet mirror module monitor mos6522 mps2
    mptsas msf2 msix multifd mv64361 nbd ncq ne2000 net npcm7xx nrf51 nvic nvme nvram object ocm
    opba open oss parallel pc87312 pca954x pca955x pci pckbd pcnet pflash pic piix4 pl011 pl031
    pl181 pl330 pmu pnv poll postcopy ppc ppc405 ppc405ep ppc40x ppc440 ppc4xx ppm pr prep process
    ps2 put pvrdma pvscsi pxa2xx qauthz qbus qcow2 qcrypto qdev qed qemu qio qmp query qxl ram
    rc4030 rdma rdmacm reentrant resettable rs6000mc run runstate sabre save savevm scsi sdbus
    sdcard sdhci sdl2 send serial sftp sh shakti sii3112 sii9022 skip slavio sm501 socket source
    spapr sparc32 spice sriov ssh stm32f4xx stream sun4v sungem sunhme superio system tco thread
    tpm translate tsc2005 tulip tz uffd unin usb v9fs vdagent vfio vga vhost via via1 virt virtio
    virtqueue visit vm vmstate vmware vnc vof wct xen xenfb xics xive xkeymap xlnx
    """.split(whereSeparator: \.isWhitespace))
}

/// What to do with some trace events: `NAME`, `PAT*`, and with `-` before it to switch off.
public struct TracePattern: Equatable, Sendable {
  /// The name, or the pattern with `*` for any characters and `?` for any one.
  public let text: String
  /// Whether it switches on.
  public let enables: Bool

  /// A pattern as the user wrote it.
  public init(_ text: String) {
    enables = !text.hasPrefix("-")
    self.text = enables ? text : String(text.dropFirst())
  }

  /// A pattern and what to do with it.
  public init(_ text: String, enables: Bool) {
    self.text = text
    self.enables = enables
  }

  /// Whether it is a name: only a `*` makes a pattern of it, as for QEMU.
  public var isPlain: Bool { !text.utf8.contains(UInt8(ascii: "*")) }

  /// Whether it matches a name.
  public func matches(_ name: String) -> Bool {
    isPlain ? text == name : Self.matches(Array(text.utf8), Array(name.utf8))
  }

  /// Matches with one place to come back to: a `*` before it never has to be looked at again.
  private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (p, n) = (0, 0)
    var retry: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        retry = (p + 1, n)
        p += 1
      } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let (place, taken) = retry {
        p = place
        n = taken + 1
        retry = (place, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
