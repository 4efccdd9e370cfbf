import Memory

/// Names of the system calls, for messages.
public enum SystemCallNames {
  /// The name of a number in Linux's 32-bit PowerPC table.
  public static func name(_ number: Int) -> String {
    if let row = SystemCallTable.row(number) { return "\(row.name)" }
    for entry in unimplemented.split(separator: ",") {
      let parts = entry.split(separator: " ")
      if parts.count == 2, Int(parts[0]) == number { return String(parts[1]) }
    }
    return "unknown"
  }

  /// Number and name of every call of the table (asm/unistd_32.h) that has no row: each gives
  /// ENOSYS and is named once in the log.
  static let unimplemented = """
    0 restart_syscall, 17 break, 18 oldstat, 21 mount, 22 umount, 25 stime, 26 ptrace, \
    28 oldfstat, 31 stty, 32 gtty, 35 ftime, 44 prof, 51 acct, 52 umount2, 53 lock, 56 mpx, \
    58 ulimit, 59 oldolduname, 62 ustat, 69 ssetmask, 79 settimeofday, 84 oldlstat, 86 uselib, \
    87 swapon, 88 reboot, 89 readdir, 98 profil, 101 ioperm, 109 olduname, 110 iopl, 111 vhangup, \
    112 idle, 113 vm86, 115 swapoff, 117 ipc, 123 modify_ldt, 124 adjtimex, 127 create_module, \
    128 init_module, 129 delete_module, 130 get_kernel_syms, 131 quotactl, 134 bdflush, \
    135 sysfs, 137 afs_syscall, 141 getdents, 149 _sysctl, 166 query_module, 168 nfsservctl, \
    187 getpmsg, 188 putpmsg, 198 pciconfig_read, 199 pciconfig_write, 200 pciconfig_iobase, \
    201 multiplexer, 203 pivot_root, 225 tuxcall, 227 io_setup, 228 io_destroy, 229 io_getevents, \
    230 io_submit, 231 io_cancel, 235 lookup_dcookie, 239 remap_file_pages, 255 rtas, \
    256 sys_debug_setcontext, 258 migrate_pages, 259 mbind, 260 get_mempolicy, 261 set_mempolicy, \
    262 mq_open, 263 mq_unlink, 264 mq_timedsend, 265 mq_timedreceive, 266 mq_notify, \
    267 mq_getsetattr, 268 kexec_load, 269 add_key, 270 request_key, 271 keyctl, 273 ioprio_set, \
    274 ioprio_get, 275 inotify_init, 276 inotify_add_watch, 277 inotify_rm_watch, 278 spu_run, \
    279 spu_create, 282 unshare, 285 vmsplice, 301 move_pages, 305 signalfd, 310 subpage_prot, \
    313 signalfd4, 318 inotify_init1, 319 perf_event_open, 323 fanotify_init, 324 fanotify_mark, \
    343 recvmmsg, 345 name_to_handle_at, 346 open_by_handle_at, 347 clock_adjtime, 349 sendmmsg, \
    350 setns, 351 process_vm_readv, 352 process_vm_writev, 353 finit_module, 354 kcmp, \
    355 sched_setattr, 356 sched_getattr, 358 seccomp, 361 bpf, 362 execveat, 363 switch_endian, \
    364 userfaultfd, 380 preadv2, 381 pwritev2, 382 kexec_file_load, 384 pkey_alloc, \
    385 pkey_free, 386 pkey_mprotect, 387 rseq, 388 io_pgetevents, 393 semget, 394 semctl, \
    395 shmget, 396 shmctl, 397 shmat, 398 shmdt, 399 msgget, 400 msgsnd, 401 msgrcv, 402 msgctl, \
    405 clock_adjtime64, 416 io_pgetevents_time64, 417 recvmmsg_time64, 418 mq_timedsend_time64, \
    419 mq_timedreceive_time64, 420 semtimedop_time64, 424 pidfd_send_signal, 425 io_uring_setup, \
    426 io_uring_enter, 427 io_uring_register, 428 open_tree, 429 move_mount, 430 fsopen, \
    431 fsconfig, 432 fsmount, 433 fspick, 434 pidfd_open, 435 clone3, 437 openat2, \
    438 pidfd_getfd, 440 process_madvise, 441 epoll_pwait2, 442 mount_setattr, 443 quotactl_fd, \
    444 landlock_create_ruleset, 445 landlock_add_rule, 446 landlock_restrict_self, \
    448 process_mrelease, 449 futex_waitv, 450 set_mempolicy_home_node
    """
}
