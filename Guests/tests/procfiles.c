// What /proc tells of oneself, of one's threads and of other processes, by whatever name: proc(5).
// Prints the same natively.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static char text[1 << 18];

// Everything that a file holds, with a zero; its size, or -1.
static long fill(int file) {
  long size = 0, count;
  if (file < 0) return -1;
  while ((count = read(file, text + size, sizeof text - 1 - size)) > 0) size += count;
  close(file);
  text[size] = 0;
  return count < 0 ? -1 : size;
}

static long contents(const char *format, ...) {
  char name[128];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  return fill(open(name, O_RDONLY | O_CLOEXEC));
}

// The value behind "NAME:" at the beginning of a line from some place on.
static const char *value(const char *from, const char *name) {
  size_t length = strlen(name);
  for (const char *line = from; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
    if (strncmp(line, name, length) == 0 && line[length] == ':') return line + length + 1;
  return "";
}
static long decimal(const char *name) { return strtol(value(text, name), NULL, 10); }
static unsigned long long set(const char *name) { return strtoull(value(text, name), NULL, 16); }
#define BIT(signal) (1ull << ((signal) - 1))

// A field of `stat`, by its number.
static unsigned long long field(int number) {
  const char *place = strrchr(text, ')');
  for (int n = 2; place && n < number; n++) place = strchr(place + 1, ' ');
  return place ? strtoull(place + 1, NULL, 10) : 0;
}

static void handle(int signal) { (void)signal; }

static void status(void) {
  sigset_t blocked;
  sigemptyset(&blocked), sigaddset(&blocked, SIGUSR1), sigaddset(&blocked, SIGRTMIN + 2);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  signal(SIGUSR2, handle), signal(SIGHUP, SIG_IGN);
  kill(getpid(), SIGUSR1);
  check("status", contents("/proc/self/status") > 0);
  check("numbers", decimal("Pid") == getpid() && decimal("Tgid") == getpid() &&
    decimal("PPid") == getppid() && decimal("Threads") == 1);
  check("state", strncmp(value(text, "State"), "\tR", 2) == 0);
  check("SigBlk", set("SigBlk") == (BIT(SIGUSR1) | BIT(SIGRTMIN + 2)));
  check("ShdPnd", set("ShdPnd") == BIT(SIGUSR1) && set("SigPnd") == 0);
  check("SigCgt", set("SigCgt") == BIT(SIGUSR2));
  check("SigIgn", (set("SigIgn") & (BIT(SIGHUP) | BIT(SIGUSR2) | BIT(SIGSEGV))) == BIT(SIGHUP));
  contents("/proc/self/stat");
  check("stat's signals", field(32) == BIT(SIGUSR1) && field(34) == BIT(SIGUSR2));
  kill(getpid(), SIGUSR2);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGRTMIN + 2);
  contents("/proc/self/status");
  check("SigPnd", set("SigPnd") == BIT(SIGRTMIN + 2) && set("ShdPnd") == BIT(SIGUSR1));
  signal(SIGUSR1, SIG_IGN), signal(SIGRTMIN + 2, SIG_IGN);
  contents("/proc/self/status");
  check("ignored", set("SigPnd") == 0 && set("ShdPnd") == 0);
  sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

static void sizes(void) {
  enum { MORE = 64 << 20 };
  contents("/proc/self/status");
  long size = decimal("VmSize"), data = decimal("VmData"), resident = decimal("VmRSS");
  check("sizes", size > 0 && data > 0 && resident > 0 && size >= resident && decimal("VmStk") > 0 &&
    decimal("VmExe") > 0 && decimal("VmPeak") >= size && decimal("VmHWM") >= resident);
  check("resident", resident == decimal("RssAnon") + decimal("RssFile") + decimal("RssShmem"));
  char *place = mmap(NULL, MORE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(place, MORE, MADV_NOHUGEPAGE);
  contents("/proc/self/status");
  check("more", decimal("VmSize") == size + MORE / 1024 && decimal("VmData") == data + MORE / 1024);
  long before = decimal("RssAnon");
  for (int n = 0; n < 1 << 20; n += 4096) place[n] = 1;
  contents("/proc/self/status");
  check("touched", decimal("RssAnon") - before >= 1024 && decimal("RssAnon") - before < 1200);
  long pages = decimal("VmSize") / 4;
  contents("/proc/self/statm");
  check("statm", strtol(text, NULL, 10) == pages);
  contents("/proc/self/stat");
  check("stat", field(23) == pages * 4096ull && field(1) == 0 && field(20) == 1);
  check("addresses", field(28) - (uintptr_t)&pages < 1 << 20 && field(26) < field(27));
  munmap(place, MORE);
}

// From the line of `smaps` on that begins an area; NULL if there is none.
static const char *area(const void *start, size_t size, const char *access) {
  char line[64];
  snprintf(line, sizeof line, "%08lx-%08lx %s ", (unsigned long)start,
    (unsigned long)start + size, access);
  return strstr(text, line);
}
static long kilobytes(const char *from, const char *name) {
  return from ? strtol(value(strchr(from, '\n'), name), NULL, 10) : -1;
}

static void areas(void) {
  // Sixteen pages between two that keep neighbours away.
  char *place = mmap(NULL, 18 << 12, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  place += 4096;
  mprotect(place, 16 << 12, PROT_READ | PROT_WRITE);
  for (int n = 0; n < 11; n += 2) place[n << 12] = 1;
  check("smaps", contents("/proc/self/smaps") > 0);
  const char *found = area(place, 16 << 12, "rw-p");
  check("area", found && kilobytes(found, "Size") == 64 && kilobytes(found, "Rss") == 24 &&
    kilobytes(found, "Anonymous") == 24 && kilobytes(found, "KernelPageSize") == 4);
  check("flags", found && strncmp(value(found, "VmFlags"), " rd wr mr mw me", 15) == 0);
  mprotect(place, 8 << 12, PROT_READ | PROT_EXEC), mprotect(place + (8 << 12), 8 << 12, PROT_READ);
  contents("/proc/self/smaps");
  check("split", kilobytes(area(place, 8 << 12, "r-xp"), "Rss") == 16 &&
    kilobytes(area(place + (8 << 12), 8 << 12, "r--p"), "Rss") == 8);
  munmap(place - 4096, 18 << 12);
  long sum = 0;
  contents("/proc/self/smaps");
  for (const char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
    if (strncmp(line, "Rss:", 4) == 0) sum += strtol(line + 4, NULL, 10);
  contents("/proc/self/smaps_rollup");
  long rolled = kilobytes(text, "Rss");
  check("smaps_rollup", rolled > sum - 64 && rolled < sum + 64 && strstr(text, " [rollup]\n"));
}

// A second thread: its name and its mask are its own.
static pthread_barrier_t barrier;
static pid_t second;

static void *beside(void *argument) {
  sigset_t blocked;
  sigemptyset(&blocked), sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, NULL);
  prctl(PR_SET_NAME, "second");
  second = syscall(SYS_gettid);
  contents("/proc/thread-self/status");
  *(int *)argument = decimal("Pid") == second && decimal("Tgid") == getpid() &&
    set("SigBlk") == BIT(SIGTERM);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  return NULL;
}

static void threads(void) {
  pthread_t thread;
  int isRight = 0;
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&thread, NULL, beside, &isRight);
  pthread_barrier_wait(&barrier);
  check("thread-self", isRight);
  check("task's status", contents("/proc/self/task/%d/status", second) > 0 &&
    decimal("Pid") == second && decimal("Threads") == 2 && set("SigBlk") == BIT(SIGTERM) &&
    strncmp(value(text, "Name"), "\tsecond\n", 8) == 0 && decimal("VmSize") > 0);
  check("first's status", contents("/proc/self/task/%d/status", getpid()) > 0 &&
    decimal("Pid") == getpid() && set("SigBlk") == 0);
  check("status by number", contents("/proc/%d/status", second) > 0 && set("SigBlk") == BIT(SIGTERM));
  check("task's stat", contents("/proc/%d/task/%d/stat", getpid(), second) > 0 &&
    strtol(text, NULL, 10) == second && strstr(text, "(second)") && field(20) == 2 &&
    field(32) == BIT(SIGTERM) && field(28) - (uintptr_t)&thread < 1 << 20);
  check("task's comm", contents("/proc/self/task/%d/comm", second) == 7 && !strcmp(text, "second\n"));
  check("task's maps", contents("/proc/self/task/%d/maps", second) > 0 && strstr(text, "[stack]"));
  int folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY);
  char name[32];
  snprintf(name, sizeof name, "%d/status", second);
  check("below a descriptor", fill(openat(folder, name, O_RDONLY)) > 0 && decimal("Pid") == second);
  snprintf(name, sizeof name, "/proc/self/task/%d/comm", second);
  int file = open(name, O_WRONLY);
  check("renamed", write(file, "other", 5) == 5 && close(file) == 0 &&
    contents("/proc/self/task/%d/stat", second) > 0 && strstr(text, "(other)"));
  close(folder);
  pthread_barrier_wait(&barrier);
  pthread_join(thread, NULL);
}

static void names(const char *self) {
  char target[512] = "";
  struct stat link, file, own;
  int folder = open("/proc/self", O_RDONLY | O_DIRECTORY);
  check("exe", readlinkat(folder, "exe", target, sizeof target - 1) > 0 && !strcmp(target, self));
  check("exe itself", lstat("/proc/self/exe", &link) == 0 && S_ISLNK(link.st_mode));
  check("exe's file", fstatat(folder, "exe", &file, 0) == 0 && stat(self, &own) == 0 &&
    file.st_ino == own.st_ino);
  check("not followed", open("/proc/self/exe", O_RDONLY | O_NOFOLLOW) < 0 && errno == ELOOP);
  check("no folder", open("/proc/self/maps", O_RDONLY | O_DIRECTORY) < 0 && errno == ENOTDIR);
  check("no process", open("/proc/self/task/1/maps", O_RDONLY) < 0 && errno == ENOENT);
  int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  check("read only", write(maps, "x", 1) < 0 && errno == EBADF && fcntl(maps, F_GETFD) == FD_CLOEXEC);
  int old = open(".", O_RDONLY);
  if (fchdir(folder)) return;
  check("relative", fill(open("status", O_RDONLY)) > 0 && decimal("VmSize") > 0 &&
    fill(open("../self/./maps", O_RDONLY)) > 0 && strstr(text, "[heap]"));
  if (fchdir(old)) return;
  close(maps), close(folder), close(old);
}

// Another process, executed: what ps, pgrep and top read.
static void others(const char *self) {
  int ends[2];
  if (pipe(ends)) return;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 3);
    char *arguments[] = {"an odd name", "wait", "two words", "", NULL};
    char *environment[] = {"OF_CHILD=1", NULL};
    execve(self, arguments, environment);
    _exit(1);
  }
  char byte, target[512] = "";
  close(ends[1]);
  if (read(ends[0], &byte, 1) != 1) return;
  static const char words[] = "an odd name\0wait\0two words\0";
  check("cmdline", contents("/proc/%d/cmdline", child) == sizeof words &&
    memcmp(text, words, sizeof words) == 0);
  check("environ", contents("/proc/%d/environ", child) == 11 && strcmp(text, "OF_CHILD=1") == 0);
  check("comm", contents("/proc/%d/comm", child) == 10 && strcmp(text, "procfiles\n") == 0);
  snprintf(text, sizeof text, "/proc/%d/exe", child);
  check("exe", readlink(text, target, sizeof target - 1) > 0 && strcmp(target, self) == 0);
  struct stat file, own;
  check("exe's file", stat(text, &file) == 0 && stat(self, &own) == 0 && file.st_ino == own.st_ino);
  check("stat", contents("/proc/%d/stat", child) > 0 && strstr(text, "(procfiles) ") &&
    field(4) == (unsigned)getpid() && field(23) >> 31 == 0 && field(24) * 4096 < field(23) &&
    field(26) <= UINTPTR_MAX && field(28) <= UINTPTR_MAX);
  check("status", contents("/proc/%d/status", child) > 0 && decimal("Pid") == child &&
    decimal("PPid") == getpid() && decimal("VmSize") < 2 << 20 && decimal("VmRSS") > 0 &&
    strncmp(value(text, "Name"), "\tprocfiles\n", 11) == 0);
  long size = decimal("VmSize");
  check("statm", contents("/proc/%d/statm", child) > 0 && strtol(text, NULL, 10) == size / 4);
  int highest = 1;
  check("maps", contents("/proc/%d/maps", child) > 0 && strstr(text, self) && strstr(text, "[stack]"));
  for (const char *line = text; line && *line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
    highest &= strstr(line, "vsyscall") || strtoull(line, NULL, 16) <= UINTPTR_MAX;
  check("all of it", highest);
  kill(child, SIGUSR1);
  if (read(ends[0], &byte, 1) != 1) return;
  check("changed words", contents("/proc/%d/cmdline", child) > 16 && !strcmp(text + 12, "WAIT"));
  kill(child, SIGKILL), waitpid(child, NULL, 0), close(ends[0]);
}

static int child(char **arguments) {
  sigset_t set;
  int signal;
  sigemptyset(&set), sigaddset(&set, SIGUSR1), sigprocmask(SIG_BLOCK, &set, NULL);
  if (write(3, "1", 1) != 1) return 1;
  sigwait(&set, &signal);
  memcpy(arguments[1], "WAIT", 4);
  if (write(3, "2", 1) != 1) return 1;
  for (;;) pause();
}

int main(int count, char **arguments) {
  if (count > 1) return child(arguments);
  char self[512] = "";
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
  status();
  sizes();
  areas();
  threads();
  names(self);
  others(self);
  return 0;
}
