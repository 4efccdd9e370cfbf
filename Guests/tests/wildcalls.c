// A fuzzer of system calls: children that make random calls with wild arguments.
//
//     wildcalls SEED CHILDREN CALLS [trace]
//
// Each child has a seed of its own, which is printed when a fault ends it: with that seed, one child
// and `trace` its calls are printed. The children work in a temporary directory, as an unprivileged
// user in name spaces of their own where the program was started by the superuser. A child that a
// signal of a fault ends is no error: it may have unmapped its own code.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, ROOM = 16 * PAGE, LAST = 452 };

// Calls that end or multiply the child, reach other processes, or make the whole host wait.
static const short forbidden[] = {
  1, 2, 120, 189, 234, 435,      // exit fork clone vfork exit_group clone3
  11, 362,                       // execve execveat
  37, 208, 177, 322, 424,        // kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal
  36, 348, 88,                   // sync syncfs reboot
  119, 172, 249,                 // sigreturn rt_sigreturn swapcontext: registers from anywhere
  436, 61, 203,                  // close_range chroot pivot_root
};
// Objects of System V that outlive the process, and the network: only in name spaces of our own.
static const short outside[] = {117, 393, 395, 399, 262, 102, 328, 335, 341, 349};

static uint8_t *room;
static uint32_t state;
static int isAlone;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static uint32_t below(uint32_t n) { return next() % n; }

static int isIn(const short *list, size_t count, int number) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == number) return 1;
  return 0;
}

// An address: of memory that may be used, at its very end, or of none.
static uint32_t address(void) {
  static const uint32_t edges[] = {
    0, 1, 4, 4095, 0x10000, 0x7fffffff, 0x80000000, 0xbffffff0, 0xc0000000, 0xfffe0000, 0xfffefffc,
    0xffff0000, 0xfffff000, 0xfffffffc, 0xffffffff,
  };
  uint32_t base = (uint32_t)room;
  switch (below(10)) {
  case 0: return edges[below(sizeof edges / sizeof *edges)];
  case 1: return base + 4 * PAGE - below(40);          // before a page without access
  case 2: return base + 5 * PAGE + below(PAGE);        // read only
  case 3: return base + 4 * PAGE + below(PAGE);        // no access
  case 4: return (uint32_t)&address;                   // code
  case 5: return (uint32_t)__builtin_frame_address(0); // the stack
  case 6: return base + 8 * PAGE - below(200);         // across the end of a file
  default: return base + below(4) * PAGE + below(16) * 64;
  }
}

static uint32_t number(void) {
  switch (below(8)) {
  case 0: return next();
  case 1: return 1u << below(32);
  case 2: return -1u << below(32);
  case 3: return below(2) ? 0x7fffffff : -1 - below(140);
  case 4: return below(9000);
  default: return below(70);
  }
}

static uint32_t argument(void) {
  switch (below(8)) {
  case 0: case 1: case 2: return address();
  case 3: return 3 + below(14); // a descriptor
  case 4: return 1u << below(13);
  case 5: return 0;
  default: return number();
  }
}

// New contents for the memory that may be used: numbers, addresses, names.
static void refill(void) {
  static const char *names[] = {"a", "b", "dir", "dir/c", "link", "", ".", "user.x", "fifo", "sock"};
  for (int i = 0; i < 24; i++) {
    uint32_t *place = (uint32_t *)(room + below(4) * PAGE + below(16) * 64 + 4 * below(8));
    *place = argument();
  }
  for (int i = 0; i < 6; i++)
    strcpy((char *)room + below(4) * PAGE + below(16) * 64, names[below(10)]);
}

static void tick(int signal) { (void)signal; }

// Calls that would wait are interrupted: the handler and the timer are set anew each time, for the
// call before may have changed them.
static void arm(void) {
  struct sigaction action = {.sa_handler = tick};
  sigset_t none;
  sigemptyset(&none);
  sigaction(SIGALRM, &action, NULL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  struct itimerval time = {{0, 4000}, {0, 4000}};
  setitimer(ITIMER_REAL, &time, NULL);
}

// Keeps a call from what would harm the host or this test.
static void tame(int call, uint32_t *a) {
  switch (call) {
  case 90: case 192: a[1] &= 0xffffff; a[3] &= ~0x8000u; break; // mmap: no gigabytes at once
  case 163: a[2] &= 0xffffff; break;                            // mremap
  case 45: if (a[0] > 0x20000000) a[0] = 0; break;              // brk
  case 205: if (a[2] == 22 || a[2] == 23) a[2] = 0; break;      // madvise: MADV_POPULATE_*
  case 6: case 63: case 316: a[0] = 3 + a[0] % 20; a[1] = 3 + a[1] % 20; break; // close dup2 dup3
  case 250: a[0] = getpid(); a[1] = getpid(); a[2] %= 16; break; // tgkill
  // sigsuspend with SIGALRM blocked: only a mask that is nowhere.
  case 72: a[0] &= ~(1u << 13); break;
  case 178: a[0] = 0xfffefffc; break;
  case 325: a[0] = 0; break;                                     // prlimit64
  case 96: case 97: case 273: case 274: a[1] = getpid(); break;  // priorities
  // What goes to standard error must be what is announced there: write and its like, splicing.
  case 4: case 146: case 186: case 226: case 283: case 284: case 285: case 381:
    for (int i = 0; i < 3; i++) if (a[i] == 2) a[i] = 3;
    break;
  case 75: if (a[0] == 1) a[0] = 0; break;                       // setrlimit of the file size
  }
}

static void child(uint32_t seed, int calls, int isTraced) {
  state = seed * 2654435761u | 1;
  for (int i = 0; i < calls; i++) {
    int call = below(20) ? below(LAST) : number();
    uint32_t a[6];
    refill();
    for (int n = 0; n < 6; n++) a[n] = argument();
    if (isIn(forbidden, sizeof forbidden / sizeof *forbidden, call)) continue;
    if (!isAlone && isIn(outside, sizeof outside / sizeof *outside, call)) continue;
    tame(call, a);
    arm();
    if (isTraced)
      dprintf(2, "%d: %d(%x, %x, %x, %x, %x, %x)\n", i, call, a[0], a[1], a[2], a[3], a[4], a[5]);
    syscall(call, a[0], a[1], a[2], a[3], a[4], a[5]);
  }
  _exit(0);
}

// The memory and the files that the calls are about.
static void prepare(void) {
  room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(room + 4 * PAGE, PAGE, PROT_NONE);
  mprotect(room + 5 * PAGE, PAGE, PROT_READ);
  int file = open("a", O_RDWR | O_CREAT, 0666); // 3
  if (write(file, "some text that calls may read\n", 30) != 30) exit(3);
  mmap(room + 7 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
  mkdir("dir", 0777);
  int pair[2];
  if (symlink("a", "link") || mkfifo("fifo", 0666) || pipe2(pair, O_NONBLOCK)) exit(3);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
  eventfd(3, EFD_NONBLOCK);
  timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  inotify_add_watch(inotify_init1(IN_NONBLOCK), ".", IN_ALL_EVENTS);
  epoll_create1(0);
  open("dir", O_RDONLY | O_DIRECTORY);
  memfd_create("m", 0);
  socket(AF_INET, SOCK_DGRAM, 0);
  socket(AF_NETLINK, SOCK_RAW, 0);
}

// As little as possible is left to harm.
static void confine(void) {
  struct rlimit limit = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = limit.rlim_max = 64;
  setrlimit(RLIMIT_NOFILE, &limit);
  dup2(open("/dev/null", O_RDWR), 1);
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  if (getuid() != 0) return;
  if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
    _exit(3);
}

// Makes standard error a pipe, whose text a process of its own passes on: no call can seek in it, so
// that what is announced there is not lost.
static pid_t passErrors(void) {
  int ends[2];
  if (pipe(ends)) exit(3);
  pid_t process = fork();
  if (process == 0) {
    static char text[PAGE];
    ssize_t count;
    close(ends[1]);
    while ((count = read(ends[0], text, sizeof text)) > 0)
      if (write(2, text, count) != count) break;
    _exit(0);
  }
  dup2(ends[1], 2);
  close(ends[0]), close(ends[1]);
  return process;
}

// Waits for a child, not much longer than a second: it may have stopped itself, or have blocked the
// signal that ends its waiting.
static int await(pid_t process) {
  int status = 0;
  for (int i = 0; i < 1000; i++) {
    if (waitpid(process, &status, WNOHANG) == process) return status;
    usleep(i < 100 ? 200 : 1000);
  }
  kill(process, SIGKILL);
  waitpid(process, &status, 0);
  return status;
}

static int removeEntry(const char *path, const struct stat *s, int kind, struct FTW *f) {
  (void)s, (void)kind, (void)f;
  return remove(path) != 0 && errno != ENOENT;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  uint32_t seed = strtoul(argv[1], NULL, 0);
  char name[] = "/tmp/wildcalls-XXXXXX";
  if (!mkdtemp(name) || chmod(name, 0777) || chdir(name)) return 3;
  isAlone = unshare(CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWNS) == 0;
  umask(0);
  pid_t passer = passErrors();
  prepare();
  for (int i = 0; i < atoi(argv[2]); i++) {
    pid_t process = fork();
    if (process == 0) {
      confine();
      child(seed + i, atoi(argv[3]), argc > 4);
    }
    int status = await(process);
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int isFault = signal == SIGILL || signal == SIGTRAP || signal == SIGABRT || signal == SIGBUS ||
      signal == SIGFPE || signal == SIGSEGV;
    if (isFault) printf("%u died %d\n", seed + i, signal);
    fflush(stdout);
  }
  if (chdir("/") == 0) nftw(name, removeEntry, 16, FTW_DEPTH | FTW_PHYS);
  close(2);
  waitpid(passer, NULL, 0);
  puts("done");
  return 0;
}
