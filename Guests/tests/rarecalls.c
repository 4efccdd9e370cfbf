// Calls that few programs make, judged by their manual pages: messages by the dozen, vectors with
// flags, memory of other processes, scheduling, locking, old forms that only PowerPC has.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static int fails(long result, int error) { return result == -1 && errno == error; }

static void messages(void) {
  int pair[2];
  char text[4][16] = {"one", "two", "three"}, in[4][16] = {""};
  struct mmsghdr out[4] = {{{0}, 0}}, got[4] = {{{0}, 0}};
  struct iovec to[4], from[4];
  for (int i = 0; i < 4; i++) {
    to[i] = (struct iovec){text[i], strlen(text[i])};
    from[i] = (struct iovec){in[i], 16};
    out[i].msg_hdr.msg_iov = &to[i], out[i].msg_hdr.msg_iovlen = 1;
    got[i].msg_hdr.msg_iov = &from[i], got[i].msg_hdr.msg_iovlen = 1;
  }
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  check("sendmmsg", sendmmsg(pair[0], out, 3, 0) == 3 && out[0].msg_len == 3 && out[2].msg_len == 5);
  check("recvmmsg", recvmmsg(pair[1], got, 2, 0, NULL) == 2 && got[1].msg_len == 3 &&
    strcmp(in[0], "one") == 0 && strcmp(in[1], "two") == 0);
  check("MSG_WAITFORONE", recvmmsg(pair[1], got, 4, MSG_WAITFORONE, NULL) == 1 && got[0].msg_len == 5);
  check("recvmmsg EAGAIN", fails(recvmmsg(pair[1], got, 4, MSG_DONTWAIT, NULL), EAGAIN));
  sendmmsg(pair[0], out, 2, 0);
  struct timespec none = {0, 0};
  check("recvmmsg time", recvmmsg(pair[1], got, 4, MSG_DONTWAIT, &none) == 1);
  check("sendmmsg EFAULT", fails(syscall(SYS_sendmmsg, pair[0], 16, 2, 0), EFAULT));
  close(pair[0]), close(pair[1]);
}

static void vectors(void) {
  char name[] = "/tmp/rarecalls-XXXXXX", text[16] = "";
  int file = mkstemp(name);
  struct iovec vector[2] = {{"hello ", 6}, {"world", 5}}, in[2] = {{text, 3}, {text + 3, 12}};
  check("pwritev2", pwritev2(file, vector, 2, 10, RWF_DSYNC) == 11 && lseek(file, 0, SEEK_CUR) == 0);
  check("preadv2", preadv2(file, in, 2, 10, 0) == 11 && strcmp(text, "hello world") == 0);
  check("pwritev2 position", pwritev2(file, vector, 1, -1, 0) == 6 && lseek(file, 0, SEEK_CUR) == 6);
  check("preadv2 flags", fails(preadv2(file, in, 2, 0, 0x40000000), EOPNOTSUPP));
  check("preadv EFAULT", fails(syscall(SYS_preadv, file, 16, 2, 0, 0), EFAULT));
  uint64_t how[3] = {O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0};
  check("openat2", fails(syscall(SYS_openat2, AT_FDCWD, name, how, sizeof how), ENOTDIR));
  how[0] = O_RDWR | O_LARGEFILE, how[2] = 4; // RESOLVE_NO_SYMLINKS
  int again = syscall(SYS_openat2, AT_FDCWD, name, how, sizeof how);
  check("openat2 file", again >= 0 && read(again, text, 5) == 5);
  how[0] = 1ull << 40;
  check("openat2 EINVAL", fails(syscall(SYS_openat2, AT_FDCWD, name, how, sizeof how), EINVAL));
  check("openat2 small", fails(syscall(SYS_openat2, AT_FDCWD, name, how, 8), EINVAL));
  int pair[2];
  loff_t from = 10, none = 1ll << 40;
  if (pipe(pair)) return;
  check("splice", splice(file, &from, pair[1], NULL, 5, 0) == 5 && from == 15 &&
    read(pair[0], text, 16) == 5 && memcmp(text, "hello", 5) == 0);
  check("vmsplice", vmsplice(pair[1], vector, 2, 0) == 11 && read(pair[0], text, 16) == 11);
  check("copy_file_range", copy_file_range(file, &none, again, NULL, 4, 0) == 0);
  struct flock lock = {F_WRLCK, SEEK_SET, 5, 10, 0};
  check("F_OFD_SETLK", fcntl(file, F_OFD_SETLK, &lock) == 0);
  lock.l_pid = 0;
  check("F_OFD_GETLK", fcntl(again, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK &&
    lock.l_start == 5 && lock.l_len == 10 && lock.l_pid == -1);
  struct f_owner_ex owner = {F_OWNER_PID, getpid()}, read = {0, 0};
  check("F_SETOWN_EX", fcntl(file, F_SETOWN_EX, &owner) == 0 && fcntl(file, F_GETOWN_EX, &read) == 0 &&
    read.type == F_OWNER_PID && read.pid == getpid());
  unlink(name);
}

static void memory(void) {
  static volatile char own[32] = "in the parent";
  char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child = fork();
  if (child == 0) {
    strcpy((char *)own, "in the child");
    shared[0] = 1;
    pause();
    _exit(0);
  }
  while (!*(volatile char *)shared) usleep(1000);
  char text[32] = "";
  struct iovec local = {text, 32}, remote = {(void *)own, 32}, wild = {(void *)16, 32};
  check("process_vm_readv", process_vm_readv(child, &local, 1, &remote, 1, 0) == 32 &&
    strcmp(text, "in the child") == 0 && strcmp((char *)own, "in the parent") == 0);
  strcpy(text, "written");
  check("process_vm_writev", process_vm_writev(child, &local, 1, &remote, 1, 0) == 32 &&
    process_vm_readv(child, &local, 1, &remote, 1, 0) == 32 && strcmp(text, "written") == 0);
  check("process_vm EFAULT", fails(process_vm_readv(child, &local, 1, &wild, 1, 0), EFAULT));
  int process = syscall(SYS_pidfd_open, child, 0);
  check("pidfd_open", process >= 0);
  check("pidfd_send_signal", syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0) == 0);
  int status;
  waitpid(child, &status, 0);
  check("killed", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  check("pidfd after", fails(syscall(SYS_pidfd_send_signal, process, 0, NULL, 0), ESRCH));
  check("mlockall", mlockall(MCL_CURRENT) == 0 || errno == ENOMEM || errno == EPERM);
  check("mlockall EINVAL", fails(mlockall(0), EINVAL) && fails(mlockall(0x10000), EINVAL));
  check("munlockall", munlockall() == 0);
}

static void scheduling(void) {
  uint32_t attributes[14] = {48};
  check("sched_getattr", syscall(SYS_sched_getattr, 0, attributes, 48, 0) == 0 &&
    attributes[0] == 48 && attributes[1] == SCHED_OTHER && (int)attributes[4] == 0);
  attributes[1] = SCHED_BATCH, attributes[4] = 3;
  check("sched_setattr", syscall(SYS_sched_setattr, 0, attributes, 0) == 0 &&
    sched_getscheduler(0) == SCHED_BATCH && getpriority(PRIO_PROCESS, 0) == 3);
  check("sched_getattr small", fails(syscall(SYS_sched_getattr, 0, attributes, 8, 0), EINVAL));
  check("sched_setattr EFAULT", fails(syscall(SYS_sched_setattr, 0, 16, 0), EFAULT));
  check("ioprio", syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 5) == 0 &&
    syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 5));
  struct timex time = {.modes = 0};
  check("adjtimex", adjtimex(&time) >= 0 && time.tick >= 9000 && time.tick <= 11000 &&
    time.time.tv_sec > 0);
  check("adjtimex EFAULT", fails(syscall(SYS_adjtimex, 16), EFAULT));
}

// Messages of netlink's, which the C library asks for the interfaces.
static void interfaces(void) {
  struct ifaddrs *first = NULL;
  int links = 0, wrong = 0;
  check("getifaddrs", getifaddrs(&first) == 0);
  for (struct ifaddrs *i = first; i; i = i->ifa_next) {
    if (strcmp(i->ifa_name, "lo") == 0 && i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET)
      links += (i->ifa_flags & IFF_LOOPBACK) != 0;
    wrong += if_nametoindex(i->ifa_name) == 0;
  }
  check("loopback", links == 1 && wrong == 0);
}

#ifdef __powerpc__
// Numbers and structures that only 32-bit PowerPC has.
static void old(void) {
  struct { uint32_t ino, off; uint16_t length; char name[]; } *entry;
  static char text[2048] __attribute__((aligned(8)));
  char folder[] = "/tmp/rarecalls-XXXXXX", name[64];
  if (!mkdtemp(folder)) return;
  const char *names[] = {"x", "four", "longer-name"};
  for (int i = 0; i < 3; i++) {
    snprintf(name, sizeof name, "%s/%s", folder, names[i]);
    close(open(name, O_CREAT | O_WRONLY, 0600));
  }
  int directory = open(folder, O_RDONLY | O_DIRECTORY), found = 0, kinds = 0, total = 0;
  long count;
  while ((count = syscall(SYS_getdents, directory, text, 64)) > 0)
    for (long at = 0; at < count; at += entry->length) {
      entry = (void *)(text + at);
      for (int i = 0; i < 3; i++)
        if (strcmp(entry->name, names[i]) == 0) {
          found++, kinds += text[at + entry->length - 1] == 8;
          if (entry->length != ((10 + strlen(names[i]) + 2 + 3) & ~3)) total -= 100;
        }
      total++;
    }
  check("getdents", count == 0 && found == 3 && kinds == 3 && total == 5);
  check("getdents small", lseek(directory, 0, SEEK_SET) == 0 &&
    fails(syscall(SYS_getdents, directory, text, 11), EINVAL));
  struct { uint32_t ino, off; uint16_t length; char name[256]; } one;
  found = total = 0;
  lseek(directory, 0, SEEK_SET);
  while (syscall(SYS_readdir, directory, &one, 1) == 1 && total < 99) {
    for (int i = 0; i < 3; i++) found += strcmp(one.name, names[i]) == 0;
    total += one.length == strlen(one.name);
  }
  check("readdir", found == 3 && total == 5);
  for (int i = 0; i < 3; i++) snprintf(name, sizeof name, "%s/%s", folder, names[i]), unlink(name);
  rmdir(folder);
  struct utsname host;
  char field[5][65], small[5][9];
  uname(&host);
  check("olduname", syscall(SYS_olduname, field) == 0 && strcmp(field[2], host.release) == 0 &&
    strcmp(field[4], "ppc") == 0);
  check("oldolduname", syscall(SYS_oldolduname, small) == 0 && strncmp(small[2], host.release, 8) == 0);
  check("sgetmask", syscall(SYS_ssetmask, 1 << 9) == 0 && syscall(SYS_sgetmask) == 1 << 9 &&
    syscall(SYS_ssetmask, 0) == 1 << 9);
  check("sysfs", syscall(SYS_sysfs, 3) > 2 && syscall(SYS_sysfs, 1, "proc") >= 0 &&
    syscall(SYS_sysfs, 2, 0, text) == 0 && text[0] != 0);
  check("restart_syscall", fails(syscall(SYS_restart_syscall), EINTR));
  struct { int free; uint32_t inodes; char names[12]; } usage;
  struct stat status;
  stat("/tmp", &status);
  check("ustat", syscall(SYS_ustat, (uint32_t)status.st_dev, &usage) == 0);
  check("ustat EINVAL", fails(syscall(SYS_ustat, 0x7fffff, &usage), EINVAL));
  int64_t time[26] = {0};
  check("clock_adjtime64", syscall(SYS_clock_adjtime64, CLOCK_REALTIME, time) >= 0 && time[11] > 9000 &&
    time[11] < 11000 && time[9] > 0);
  // Where exceptions are off, one that the FPSCR enables (ZE is bit 27) leaves ZX (bit 5) and the target
  // as it was.
  uint32_t mode = 9;
  check("PR_GET_FPEXC", prctl(PR_GET_FPEXC, &mode) == 0 && mode == PR_FP_EXC_PRECISE);
  check("PR_SET_FPEXC", prctl(PR_SET_FPEXC, PR_FP_EXC_NONRECOV) == 0 && prctl(PR_GET_FPEXC, &mode) == 0 &&
    mode == PR_FP_EXC_NONRECOV);
  check("PR_SET_FPEXC EINVAL", fails(prctl(PR_SET_FPEXC, 4), EINVAL) && fails(prctl(PR_SET_FPEXC, 0x80), EINVAL));
  double quotient = 7, word;
  prctl(PR_SET_FPEXC, PR_FP_EXC_DISABLED);
  __asm__ volatile("mtfsb1 27\n fdiv %0,%2,%3\n mffs %1\n mtfsb0 27\n mtfsb0 5"
    : "+f"(quotient), "=f"(word) : "f"(1.0), "f"(0.0));
  prctl(PR_SET_FPEXC, PR_FP_EXC_PRECISE);
  uint64_t bits;
  memcpy(&bits, &word, sizeof bits);
  check("division without exceptions", quotient == 7 && (bits & 0x44000010) == 0x44000010);
  check("PR_GET_ENDIAN", prctl(PR_GET_ENDIAN, &mode) == 0 && mode == PR_ENDIAN_BIG);
  check("PR_SET_ENDIAN EINVAL", fails(prctl(PR_SET_ENDIAN, 7), EINVAL));
  check("stime EFAULT", fails(syscall(SYS_stime, 16), EFAULT) || errno == EPERM);
}
#endif

// What is found wrong first where several things are.
static void orders(void) {
  sigset_t set;
  struct iovec vector = {&set, sizeof set};
  char bytes[12] = "abcdefghijk";
  long kept;
  check("preadv at a negative position", fails(syscall(SYS_preadv, -1, &vector, 1, -1l, -1l), EINVAL));
  check("pwritev at a negative position", fails(syscall(SYS_pwritev, -1, (void *)16, 1, -5l, -1l), EINVAL));
  check("socketpair at a bad address", fails(syscall(SYS_socketpair, 99, SOCK_STREAM, 0, (void *)16), EFAULT));
  check("setgroups at a bad address", fails(syscall(SYS_setgroups, 3, (void *)16), EFAULT) || errno == EPERM);
  check("setgroups of too many", fails(syscall(SYS_setgroups, -1, (void *)16), EINVAL) || errno == EPERM);
  check("rt_sigpending of a part", syscall(SYS_rt_sigpending, bytes, 3) == 0 && memcmp(bytes, "\0\0\0defghijk", 12) == 0);
  check("rt_sigpending of too much", fails(syscall(SYS_rt_sigpending, bytes, 9), EINVAL));
  check("rt_sigtimedwait of a wrong size", fails(syscall(SYS_rt_sigtimedwait, 0, 0, 0, 4), EINVAL));
  check("rt_sigtimedwait of nothing", fails(syscall(SYS_rt_sigtimedwait, 0, 0, 0, 8), EFAULT));
  check("rt_sigsuspend of a wrong size", fails(syscall(SYS_rt_sigsuspend, 0, 4), EINVAL));
  kept = personality(0xffffffff);
  check("personality", personality(kept | ADDR_NO_RANDOMIZE) == kept &&
    personality(kept) == (kept | ADDR_NO_RANDOMIZE));
}

// Positions in directories fit the 32 bits of `struct dirent`, and lead back (readdir(3), seekdir(3)).
static void directories(void) {
  char folder[] = "/tmp/rarecalls-XXXXXX", name[64], seen[256] = "";
  check("mkdtemp", mkdtemp(folder) != NULL);
  for (int n = 0; n < 60; n++) {
    snprintf(name, sizeof name, "%s/%d", folder, n);
    close(open(name, O_CREAT | O_WRONLY, 0600));
  }
  DIR *directory = opendir(folder);
  int count = 0;
  long place = 0;
  struct dirent *entry;
  errno = 0;
  while ((entry = readdir(directory))) {
    if (count == 30) strcpy(seen, entry->d_name);
    if (++count == 30) place = telldir(directory);
  }
  check("readdir", count == 62 && errno == 0);
  seekdir(directory, place);
  entry = readdir(directory);
  check("seekdir", entry && strcmp(entry->d_name, seen) == 0);
  rewinddir(directory);
  for (count = 0; readdir(directory);) count++;
  check("rewinddir", count == 62);
  closedir(directory);
  for (int n = 0; n < 60; n++) snprintf(name, sizeof name, "%s/%d", folder, n), unlink(name);
  rmdir(folder);
}

// Data of control messages: SO_TIMESTAMP's timeval (socket(7)), IP_PKTINFO's addresses (ip(7)).
static void ancillary(void) {
  int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof to;
  bind(in, (struct sockaddr *)&to, length);
  getsockname(in, (struct sockaddr *)&to, &length);
  setsockopt(in, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof one);
  setsockopt(in, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
  setsockopt(in, IPPROTO_IP, IP_RECVTOS, &one, sizeof one);
  sendto(out, "x", 1, 0, (struct sockaddr *)&to, length);
  char byte, control[256];
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control,
    .msg_controllen = sizeof control};
  check("recvmsg", recvmsg(in, &message, 0) == 1 && !(message.msg_flags & MSG_CTRUNC));
  int stamped = 0, addressed = 0, served = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    struct timeval *time = (void *)CMSG_DATA(c);
    struct in_pktinfo *information = (void *)CMSG_DATA(c);
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMP)
      stamped = c->cmsg_len == CMSG_LEN(sizeof *time) && time->tv_sec > 1000000000 &&
        time->tv_usec < 1000000;
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
      addressed = information->ipi_addr.s_addr == htonl(INADDR_LOOPBACK) &&
        information->ipi_ifindex == (int)if_nametoindex("lo");
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
      served = c->cmsg_len == CMSG_LEN(1) && *CMSG_DATA(c) == 0;
  }
  check("SO_TIMESTAMP", stamped);
  check("IP_PKTINFO", addressed);
  check("IP_RECVTOS", served);
  close(in), close(out);
}

static void ring(int signal) { (void)signal; }

// pselect's call tells what is left of the time, also when a signal ends it (select(2), NOTES).
static void rests(void) {
  struct sigaction action = {.sa_handler = ring}, old;
  sigaction(SIGALRM, &action, &old);
  struct itimerval soon = {{0, 0}, {0, 50000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  struct timespec left = {100, 0};
  check("pselect EINTR", fails(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &left, NULL), EINTR));
  check("rest of its time", left.tv_sec < 100 && left.tv_sec > 0);
  sigaction(SIGALRM, &old, NULL);
  // MREMAP_DONTUNMAP takes the address as a hint (mremap(2)).
  char *from = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *to = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(to, 65536);
  check("mremap's hint", syscall(SYS_mremap, from, 4096, 4096, MREMAP_MAYMOVE | 4, to + 8192) ==
    (long)to + 8192);
}

int main(int argc, char **argv) {
  if (argc > 1) return strcmp(argv[1], "again") == 0 ? 44 : 45;
  setvbuf(stdout, NULL, _IOLBF, 0);
  messages();
  vectors();
  memory();
  scheduling();
  interfaces();
  directories();
  ancillary();
  rests();
  int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), status = -1;
  if (fork() == 0) {
    char *arguments[] = {argv[0], "again", NULL};
    syscall(SYS_execveat, file, "", arguments, environ, AT_EMPTY_PATH);
    _exit(46);
  }
  wait(&status);
  check("execveat", WIFEXITED(status) && WEXITSTATUS(status) == 44);
  status = -1;
  int copy = memfd_create("program", MFD_CLOEXEC);
  while (sendfile(copy, file, NULL, 1 << 20) > 0) {}
  if (fork() == 0) {
    char *arguments[] = {argv[0], "again", NULL};
    syscall(SYS_execveat, copy, "", arguments, environ, AT_EMPTY_PATH);
    _exit(46);
  }
  wait(&status);
  check("execveat of memory", WIFEXITED(status) && WEXITSTATUS(status) == 44);
  check("execveat ENOENT", fails(syscall(SYS_execveat, file, "", 0, 0, 0), ENOENT));
  orders();
#ifdef __powerpc__
  old();
#endif
  return 0;
}
