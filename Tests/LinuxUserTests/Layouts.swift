/// Layouts of 32-bit PowerPC Linux, recorded from a program of Debian's powerpc-linux-gnu-gcc 12
/// with the kernel's own headers, run under qemu-ppc: "structure size" and "structure.field offset
/// size".
enum Layouts {
  /// Offset and size of each field by "structure.field"; offset 0 and the size by "structure".
  static let fields: [String: (offset: Int, size: Int)] = {
    var result: [String: (offset: Int, size: Int)] = [:]
    for entry in text.split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
      let parts = entry.split(separator: " ")
      let numbers = parts.dropFirst().compactMap { Int($0) }
      result[String(parts[0])] = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    }
    return result
  }()

  /// Requests of ioctl by name, from the same program.
  static let requests: [String: UInt32] = {
    var result: [String: UInt32] = [:]
    for entry in requestText.split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
      let parts = entry.split(separator: " ")
      result[String(parts[0])] = UInt32(parts[1].dropFirst(2), radix: 16)
    }
    return result
  }()

  private static let text = """
    stat64 104; stat64.st_dev 0 8; stat64.st_ino 8 8; stat64.st_mode 16 4; stat64.st_nlink 20 4;
    stat64.st_uid 24 4; stat64.st_gid 28 4; stat64.st_rdev 32 8; stat64.st_size 48 8;
    stat64.st_blksize 56 4; stat64.st_blocks 64 8; stat64.st_atime 72 4;
    stat64.st_atime_nsec 76 4; stat64.st_mtime 80 4; stat64.st_mtime_nsec 84 4;
    stat64.st_ctime 88 4; stat64.st_ctime_nsec 92 4; stat 72; stat.st_dev 0 4; stat.st_ino 4 4;
    stat.st_mode 8 4; stat.st_nlink 12 2; stat.st_uid 16 4; stat.st_gid 20 4; stat.st_rdev 24 4;
    stat.st_size 28 4; stat.st_blksize 32 4; stat.st_blocks 36 4; stat.st_atime 40 4;
    stat.st_atime_nsec 44 4; stat.st_mtime 48 4; stat.st_mtime_nsec 52 4; stat.st_ctime 56 4;
    stat.st_ctime_nsec 60 4; statx 256; statx.stx_mask 0 4; statx.stx_blksize 4 4;
    statx.stx_attributes 8 8; statx.stx_nlink 16 4; statx.stx_uid 20 4; statx.stx_gid 24 4;
    statx.stx_mode 28 2; statx.stx_ino 32 8; statx.stx_size 40 8; statx.stx_blocks 48 8;
    statx.stx_attributes_mask 56 8; statx.stx_atime 64 16; statx.stx_mtime 112 16;
    statx.stx_rdev_major 128 4; statx.stx_dev_minor 140 4; statx.stx_mnt_id 144 8;
    statx.stx_dio_mem_align 152 4; statfs64 88; statfs64.f_type 0 4; statfs64.f_bsize 4 4;
    statfs64.f_blocks 8 8; statfs64.f_ffree 40 8; statfs64.f_fsid 48 8; statfs64.f_namelen 56 4;
    statfs64.f_frsize 60 4; statfs64.f_flags 64 4; statfs 64; statfs.f_type 0 4;
    statfs.f_blocks 8 4; statfs.f_fsid 28 8; statfs.f_namelen 36 4; statfs.f_flags 44 4;
    ucontext 1184; ucontext.uc_stack 8 12; ucontext.uc_regs 48 4; ucontext.uc_sigmask 52 8;
    ucontext.uc_mcontext 192 992; mcontext 992; mcontext.mc_gregs 0 192;
    mcontext.mc_fregs 192 264; mcontext.mc_pad 456 8; mcontext.mc_vregs 464 528; sigcontext 32;
    sigcontext.signal 16 4; sigcontext.handler 20 4; sigcontext.oldmask 24 4;
    sigcontext.regs 28 4; siginfo 128; siginfo.si_pid 12 4; siginfo.si_uid 16 4;
    siginfo.si_value 20 4; siginfo.si_status 20 4; siginfo.si_addr 12 4; siginfo.si_code 8 4;
    sysinfo 64; sysinfo.uptime 0 4; sysinfo.loads 4 12; sysinfo.totalram 16 4;
    sysinfo.procs 40 2; sysinfo.totalhigh 44 4; sysinfo.freehigh 48 4; sysinfo.mem_unit 52 4;
    rusage 72; rusage.ru_utime 0 8; rusage.ru_maxrss 16 4; rusage.ru_nivcsw 68 4;
    new_utsname 390; new_utsname.machine 260 65; flock 16; flock.l_start 4 4; flock.l_len 8 4;
    flock.l_pid 12 4; flock64 32; flock64.l_start 8 8; flock64.l_len 16 8; flock64.l_pid 24 4;
    termios 44; termios.c_cc 16 19; termios.c_line 35 1; termios.c_ispeed 36 4
    """

  private static let requestText = """
    TCGETS 0x402c7413; TCSETS 0x802c7414; TCSETSW 0x802c7415; TCSETSF 0x802c7416;
    TCSBRK 0x2000741d; TCXONC 0x2000741e; TCFLSH 0x2000741f; TIOCGWINSZ 0x40087468;
    TIOCSWINSZ 0x80087467; TIOCGPGRP 0x40047477; TIOCSPGRP 0x80047476; TIOCOUTQ 0x40047473;
    TIOCGPTN 0x40045430; TIOCSPTLCK 0x80045431; TIOCGPTPEER 0x20005441; FIONREAD 0x4004667f;
    FIONBIO 0x8004667e; FIOASYNC 0x8004667d; FIOCLEX 0x20006601; FIONCLEX 0x20006602;
    TIOCSCTTY 0x540e; TIOCGSID 0x5429
    """
}
