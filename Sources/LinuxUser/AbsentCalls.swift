/// Calls of Linux 6.1's table for 32-bit PowerPC (arch/powerpc/kernel/syscalls/syscall.tbl) that
/// have no row in `SystemCallTable`: each gives ENOSYS, and is named once in the log.
public enum AbsentCalls {
  /// One more than the last number of Linux 6.1.
  public static let count = 451

  /// Calls that are absent for one reason.
  public struct Group: Sendable {
    /// Why.
    public let reason: String
    /// Number and name of each.
    public let calls: [(number: Int, name: String)]

    fileprivate init(_ reason: String, _ calls: String) {
      self.reason = reason
      self.calls = calls.split(separator: ",").map { entry in
        let parts = entry.split(separator: " ")
        return (Int(parts[0]) ?? -1, String(parts[1]))
      }
    }
  }

  /// All of them.
  public static let groups: [Group] = [
    Group(
      "Linux 6.1 for 32-bit PowerPC has no such call either",
      """
      17 break, 31 stty, 32 gtty, 35 ftime, 44 prof, 53 lock, 56 mpx, 58 ulimit, 98 profil, \
      101 ioperm, 110 iopl, 112 idle, 113 vm86, 123 modify_ldt, 127 create_module, \
      130 get_kernel_syms, 134 bdflush, 137 afs_syscall, 149 _sysctl, 166 query_module, \
      168 nfsservctl, 187 getpmsg, 188 putpmsg, 201 multiplexer, 225 tuxcall, 278 spu_run, \
      279 spu_create, 310 subpage_prot, 363 switch_endian, 382 kexec_file_load
      """),
    Group(
      "as a kernel that is built without it",
      """
      86 uselib, 235 lookup_dcookie, 268 kexec_load
      """),
    Group(
      "the host's kernel cannot load PowerPC modules: as one that is built without them",
      """
      128 init_module, 129 delete_module, 353 finit_module
      """),
    Group(
      "guest memory has one node: as a kernel without CONFIG_NUMA",
      """
      258 migrate_pages, 259 mbind, 260 get_mempolicy, 261 set_mempolicy, 301 move_pages, \
      450 set_mempolicy_home_node
      """),
    Group(
      "the kernel writes rings in memory, in the host's byte order; programs fall back to threads",
      """
      227 io_setup, 228 io_destroy, 229 io_getevents, 230 io_submit, 231 io_cancel, \
      388 io_pgetevents, 416 io_pgetevents_time64, 425 io_uring_setup, 426 io_uring_enter, \
      427 io_uring_register
      """),
    Group(
      "there is no such bus or firmware",
      """
      198 pciconfig_read, 199 pciconfig_write, 200 pciconfig_iobase, 255 rtas
      """),
    Group(
      "the processor has no protection keys: as a kernel without them",
      """
      384 pkey_alloc, 385 pkey_free, 386 pkey_mprotect
      """),
    Group(
      "it would measure, trace or filter the translator instead of the program",
      """
      319 perf_event_open, 358 seccomp, 361 bpf
      """),
    Group(
      "faults of guest memory are the translator's to answer",
      """
      364 userfaultfd
      """),
    Group(
      "it changes debug registers that the processor does not have",
      """
      256 sys_debug_setcontext
      """),
    Group(
      "optional, the C library does without: a sequence would be one of translated code",
      """
      387 rseq
      """),
  ]

  /// Name and reason of a number.
  public static func entry(_ number: Int) -> (name: String, reason: String)? {
    for group in groups {
      if let call = group.calls.first(where: { $0.number == number }) {
        return (call.name, group.reason)
      }
    }
    return nil
  }

  /// What a call that has a row does not do.
  public static let limits: [Int: String] = [
    26: "refused with EPERM: a tracer would see our registers instead of the guest's",
    54: "the requests of IOControl and InterfaceRequests; ENOTTY for others",
    120: "EINVAL for processes that share memory and signal handlers",
    131: "XFS's own commands give EINVAL",
    136: "the host remembers it; nothing but ADDR_NO_RANDOMIZE changes anything",
    171: "the options that ProcessCalls lists; EINVAL for others",
    221: "priorities are inherited through PI futexes but for those in shared memory",
    271: "operations without structures; EOPNOTSUPP for the others",
    351: "of processes whose guest address 0 is at the same host address: children by fork",
    352: "of processes whose guest address 0 is at the same host address: children by fork",
    422: "priorities are inherited through PI futexes but for those in shared memory",
    435:
      "EINVAL for processes that share memory and signal handlers, or memory with a new time or group",
    440: "of processes whose guest address 0 is at the same host address: children by fork",
  ]
}
