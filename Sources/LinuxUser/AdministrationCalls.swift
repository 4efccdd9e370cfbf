import CSys
import Glibc
import Memory

/// Calls of the superuser's that the host judges: mounting, swapping, quotas, name spaces,
/// sandboxes, the machine's life.
enum AdministrationCalls {
  static let rows: [SystemCallRow] = [
    SystemCallRow(21, "mount", "sssxx", mount),
    SystemCallRow(22, "umount", "s", unmount),
    SystemCallRow(51, "acct", "s", host: SYS_acct),
    SystemCallRow(52, "umount2", "sx", host: SYS_umount2),
    SystemCallRow(87, "swapon", "sx", host: SYS_swapon),
    SystemCallRow(88, "reboot", "xxxs", host: SYS_reboot),
    SystemCallRow(111, "vhangup", "", host: SYS_vhangup),
    SystemCallRow(115, "swapoff", "s", host: SYS_swapoff),
    SystemCallRow(131, "quotactl", "xsdx", quotas),
    SystemCallRow(203, "pivot_root", "ss", host: SYS_pivot_root),
    SystemCallRow(282, "unshare", "x", unshare),
    SystemCallRow(350, "setns", "fx", host: SYS_setns),
    SystemCallRow(428, "open_tree", "Dsx", tree),
    SystemCallRow(429, "move_mount", "DsDsx", host: 429),
    SystemCallRow(430, "fsopen", "sx", host: 430),
    SystemCallRow(431, "fsconfig", "fussd", configure),
    SystemCallRow(432, "fsmount", "fxx", host: 432),
    SystemCallRow(433, "fspick", "Dsx", host: 433),
    SystemCallRow(442, "mount_setattr", "Dsxxu", setAttributes),
    SystemCallRow(443, "quotactl_fd", "fxdx", quotas),
    SystemCallRow(444, "landlock_create_ruleset", "xux", ruleset),
    SystemCallRow(445, "landlock_add_rule", "fuxx", addRule),
    SystemCallRow(446, "landlock_restrict_self", "fx", host: 446),
  ]

  /// unshare(2): which descriptors are known goes with them.
  static func unshare(_ call: SystemCall) throws(Errno) -> Int {
    let result = try hostCall(SYS_unshare, call.unsigned(0))
    if UInt64(call[0]) & CloneFlag.files != 0 { call.process.current.separateDescriptors() }
    return result
  }

  // MARK: Mounting

  /// The last argument is text for most file systems; a page of it is read.
  static func mount(_ call: SystemCall) throws(Errno) -> Int {
    func name(_ index: Int) throws(Errno) -> Int {
      call[index] == 0 ? 0 : try call.source(call[index])
    }
    return try hostCall(
      SYS_mount, name(0), call.source(call[1]), name(2), call.unsigned(3), name(4))
  }

  static func unmount(_ call: SystemCall) throws(Errno) -> Int {
    try hostCall(SYS_umount2, call.source(call[0]), 0)
  }

  /// OPEN_TREE_CLOEXEC is O_CLOEXEC, the same on both sides.
  static func tree(_ call: SystemCall) throws(Errno) -> Int {
    try hostCall(428, call.signed(0), call.source(call[1]), call.unsigned(2))
  }

  /// fsconfig: the value's size is the last argument for FSCONFIG_SET_BINARY (2).
  static func configure(_ call: SystemCall) throws(Errno) -> Int {
    let size = call[1] == 2 ? max(call.signed(4), 1) : 1
    let value = call[3] == 0 ? 0 : try call.source(call[3], size)
    let key = call[2] == 0 ? 0 : try call.source(call[2])
    return try hostCall(431, call.signed(0), call.unsigned(1), key, value, call.signed(4))
  }

  /// struct mount_attr: four doublewords.
  static func setAttributes(_ call: SystemCall) throws(Errno) -> Int {
    // AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH, AT_RECURSIVE.
    guard call[2] & ~0x9900 == 0 else { throw .invalid }
    let size = try extensible(call, 4, least: 32)
    let path = try call.source(call[1])
    return try call.withStructure(call[3], FieldLayout("dddd"), size: size) {
      (place) throws(Errno) in
      try hostCall(442, call.signed(0), path, call.unsigned(2), place, size)
    }
  }

  /// The size of a structure that may grow: at least that of its first form, at most a page.
  static func extensible(_ call: SystemCall, _ index: Int, least: Int) throws(Errno) -> Int {
    guard call.unsigned(index) >= least else { throw .invalid }
    guard call.unsigned(index) <= 4096 else { throw .argumentListTooLong }
    return call.unsigned(index)
  }

  // MARK: Quotas

  private enum QuotaCommand {
    static let turnOn = 0x80_0002
    static let format = 0x80_0004
    static let information = 0x80_0005
    static let setInformation = 0x80_0006
    static let limits = 0x80_0007
    static let setLimits = 0x80_0008
    static let nextLimits = 0x80_0009
  }

  /// quotactl(command, device, identity, address) and quotactl_fd(descriptor, command, ...).
  static func quotas(_ call: SystemCall) throws(Errno) -> Int {
    let isNamed = call.number == 131
    let device = isNamed ? call[1] == 0 ? 0 : try call.source(call[1]) : 0
    func host(_ address: Int) throws(Errno) -> Int {
      if isNamed {
        return try hostCall(SYS_quotactl, call.unsigned(0), device, call.signed(2), address)
      }
      return try hostCall(443, call.signed(0), call.unsigned(1), call.signed(2), address)
    }
    // The command is above the kind of quota.
    switch call.unsigned(isNamed ? 0 : 1) >> 8 {
    case QuotaCommand.turnOn: return try host(call.source(call[3]))
    case QuotaCommand.format: return try call.withResult(call[3], FieldLayout("w"), host)
    case QuotaCommand.information: return try call.withResult(call[3], FieldLayout("ddww"), host)
    case QuotaCommand.setInformation:
      return try call.withStructure(call[3], FieldLayout("ddww"), host)
    case QuotaCommand.limits: return try call.withResult(call[3], FieldLayout("ddddddddww"), host)
    case QuotaCommand.setLimits:
      return try call.withStructure(call[3], FieldLayout("ddddddddww"), host)
    case QuotaCommand.nextLimits:
      return try call.withResult(call[3], FieldLayout("ddddddddww"), host)
    // Q_SYNC and Q_QUOTAOFF; XFS's own have structures that are not converted.
    case 0x80_0001, 0x80_0003: return try host(0)
    default: throw .invalid
    }
  }

  // MARK: Landlock

  /// struct landlock_ruleset_attr: doublewords.
  static func ruleset(_ call: SystemCall) throws(Errno) -> Int {
    if call[0] == 0 { return try hostCall(444, 0, call.unsigned(1), call.unsigned(2)) }
    let size = try extensible(call, 1, least: 8)
    return try call.withStructure(call[0], FieldLayout("ddd"), size: size) {
      (place) throws(Errno) in
      try hostCall(444, place, size, call.unsigned(2))
    }
  }

  /// struct landlock_path_beneath_attr: a doubleword and a descriptor, packed.
  static func addRule(_ call: SystemCall) throws(Errno) -> Int {
    guard call[1] == 1 else { throw .invalid }
    return try call.withStructure(call[2], FieldLayout("dw")) { (place) throws(Errno) in
      try hostCall(445, call.signed(0), 1, place, call.unsigned(3))
    }
  }
}
