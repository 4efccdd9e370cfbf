// Children that borrow their parent's memory: vfork, posix_spawn, clone and clone3.
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wclobbered"
#pragma GCC diagnostic ignored "-Warray-bounds"
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static void say(const char *name, int isRight) {
  printf("%s %s\n", name, isRight ? "ok" : "WRONG");
  fflush(stdout);
}

static int statusOf(pid_t child) {
  int status = -1;
  if (waitpid(child, &status, 0) != child) return -1;
  return status;
}

// What posix_spawn says of a program that is not there, or not one.
static void spawnErrors(void) {
  char *arguments[] = {"nothing", 0};
  pid_t child = 77;
  say("spawn of nothing", posix_spawn(&child, "/no/such/program", 0, 0, arguments, environ) == ENOENT);
  say("spawn of a directory", posix_spawn(&child, "/tmp", 0, 0, arguments, environ) == EACCES);
  say("no child is left", waitpid(-1, 0, 0) == -1 && errno == ECHILD);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, 999, 1);
  say("spawn with a bad descriptor", posix_spawn(&child, "/bin/true", &actions, 0, arguments, environ) == EBADF);
}

// A program that runs, with actions on descriptors and signals of its own.
static void spawn(void) {
  int ends[2];
  char *arguments[] = {"sh", "-c", "echo spawned; kill -USR1 $$; exit 3", 0}, text[32] = "";
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t set;
  pid_t child;
  pipe(ends);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawnattr_init(&attributes);
  sigemptyset(&set), sigaddset(&set, SIGUSR1);
  posix_spawnattr_setsigmask(&attributes, &set);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  int result = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, environ);
  close(ends[1]);
  say("spawn", result == 0 && read(ends[0], text, sizeof text) == 8 && !strcmp(text, "spawned\n"));
  int status = statusOf(child);
  say("status of the spawned", WIFEXITED(status) && WEXITSTATUS(status) == 3);
  sigset_t now;
  sigprocmask(SIG_SETMASK, 0, &now);
  say("mask of the parent", !sigismember(&now, SIGUSR1));
  close(ends[0]);
}

// A register that calls keep, and what sets it to 99.
#ifdef __powerpc__
#define KEPT "r20"
#define SPOIL "li 20, 99"
#else
#define KEPT "r12"
#define SPOIL "movl $99, %%r12d"
#endif

// vfork: the child's stores are the parent's; its registers, descriptors and signal actions are not.
static volatile int shared;
static void handler(int signal) { shared += signal; }

static void vforks(void) {
  int ends[2], count = eventfd(0, 0);
  pid_t parent = getpid();
  pipe(ends);
  signal(SIGUSR1, handler);
  shared = 1;
  volatile uint32_t marks = 0;
  register uint32_t kept __asm__(KEPT) = 0x12345678;
  __asm__ volatile("" : "+r"(kept));
  pid_t child = vfork();
  if (child == 0) {
    marks = 5;
    __asm__ volatile(SPOIL ::: KEPT);
    if (getpid() != parent && getppid() == parent) shared = 2;
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    dup2(ends[1], count);
    close(ends[0]), close(ends[1]);
    write(count, "12345678", 8);
    for (int n = 0; n < 1000; n++) marks++;
    _exit(9);
  }
  __asm__ volatile("" : "+r"(kept));
  say("the child's stores", shared == 2 && marks == 1005);
  say("the parent's registers", kept == 0x12345678);
  int status = statusOf(child);
  say("status of the child", WIFEXITED(status) && WEXITSTATUS(status) == 9);
  char text[9] = "";
  say("descriptors are the child's own", read(ends[0], text, 8) == 8 && !strcmp(text, "12345678"));
  uint64_t value = 0x0123456789abcdef, back = 0;
  say("an eventfd still counts in words", write(count, &value, 8) == 8 && read(count, &back, 8) == 8 && back == value);
  raise(SIGUSR1);
  say("handlers are the child's own", shared == 2 + SIGUSR1);
  close(ends[0]), close(ends[1]), close(count);
}

// Exceptions and signals that kill such a child, and what arrives for the parent meanwhile.
static void deaths(void) {
  pid_t child = vfork();
  if (child == 0) {
    // Who ran the child says something about it.
    close(2);
    *(volatile int *)4 = 0;
    _exit(1);
  }
  int status = statusOf(child);
  say("a fault kills the child alone", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  child = vfork();
  if (child == 0) {
    kill(getpid(), SIGKILL);
    _exit(1);
  }
  status = statusOf(child);
  say("and so does a signal", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  shared = 0;
  child = vfork();
  if (child == 0) {
    kill(getppid(), SIGUSR1);
    usleep(1000);
    shared += 100;
    _exit(0);
  }
  statusOf(child);
  say("the parent's signals wait for it", shared == 100 + SIGUSR1);
}

// A child of the child, and a child that forks.
static void nested(void) {
  volatile int depth = 0;
  pid_t child = vfork();
  if (child == 0) {
    depth = 1;
    pid_t second = vfork();
    if (second == 0) {
      depth = 2;
      _exit(4);
    }
    int status = statusOf(second);
    pid_t third = fork();
    if (third == 0) {
      depth = 50;
      _exit(6);
    }
    int other = statusOf(third);
    _exit(WEXITSTATUS(status) * 10 + WEXITSTATUS(other));
  }
  int status = statusOf(child);
  say("children of the child", WIFEXITED(status) && WEXITSTATUS(status) == 46 && depth == 2);
}

// clone with a stack of its own, memory lent, and a descriptor of the process.
static int count(void *argument) {
  *(int *)argument += 1;
  return 21;
}

static void clones(void) {
  char *stack = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int value = 1, descriptor = -1;
  pid_t child = clone(count, stack + 65536, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &value, &descriptor);
  struct pollfd ready = {descriptor, POLLIN, 0};
  say("clone that borrows", child > 0 && value == 2);
  say("its descriptor", descriptor > 0 && poll(&ready, 1, 1000) == 1);
  say("its status", WEXITSTATUS(statusOf(child)) == 21);
  child = clone(count, stack + 65536, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &value);
  say("clone that shares descriptors", child > 0 && value == 3 && WEXITSTATUS(statusOf(child)) == 21);
  child = clone(count, stack + 65536, SIGCHLD, &value);
  say("clone that copies", child > 0 && WEXITSTATUS(statusOf(child)) == 21 && value == 3);
  child = clone(count, stack + 65536, CLONE_SIGHAND | SIGCHLD, &value);
  say("handlers without memory", child == -1 && errno == EINVAL);
  close(descriptor);
}

// clone3: struct clone_args of linux/sched.h.
struct arguments {
  uint64_t flags, pidfd, child, parent, signal, stack, size, tls, set, setSize, group;
};

static int clone3(struct arguments *arguments, size_t size) { return syscall(435, arguments, size); }

static void clone3s(void) {
  uint32_t number = 0, own = 0;
  int descriptor = -1;
  struct arguments arguments = {
    CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_PIDFD, (uintptr_t)&descriptor, (uintptr_t)&own, (uintptr_t)&number,
    SIGCHLD, 0, 0, 0, 0, 0, 0};
  pid_t child = clone3(&arguments, sizeof arguments);
  if (child == 0) _exit(own == (uint32_t)getpid() ? 11 : 12);
  say("clone3", child > 0 && number == (uint32_t)child && own == 0);
  siginfo_t information;
  say("clone3's descriptor", waitid(P_PIDFD, descriptor, &information, WEXITED) == 0 && information.si_status == 11);
  close(descriptor);
  struct arguments wrong = {0};
  wrong.signal = 65;
  say("a signal that is none", clone3(&wrong, sizeof wrong) == -1 && errno == EINVAL);
  wrong.signal = 0, wrong.stack = 4096;
  say("a stack without a size", clone3(&wrong, sizeof wrong) == -1 && errno == EINVAL);
  wrong.stack = 0, wrong.flags = SIGCHLD;
  say("a signal among the flags", clone3(&wrong, sizeof wrong) == -1 && errno == EINVAL);
  wrong.flags = 0;
  say("too small a structure", clone3(&wrong, 56) == -1 && errno == EINVAL);
  say("too large a structure", clone3(&wrong, 8192) == -1 && errno == E2BIG);
  say("a bad address", clone3((void *)16, 64) == -1 && errno == EFAULT);
  // 0x100000000 is CLONE_CLEAR_SIGHAND.
  shared = 0;
  struct arguments clear = {0x100000000ull, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 0};
  child = clone3(&clear, 64);
  if (child == 0) {
    struct sigaction now;
    sigaction(SIGUSR1, 0, &now);
    _exit(now.sa_handler == SIG_DFL);
  }
  // 0x80 is CLONE_NEWTIME, 0x200000000 CLONE_INTO_CGROUP.
  char before[64] = "", after[64] = "";
  readlink("/proc/self/ns/time", before, sizeof before - 1);
  struct arguments newTime = {0x80, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 0};
  pid_t timed = clone3(&newTime, 64);
  if (timed == 0) _exit(readlink("/proc/self/ns/time", after, sizeof after - 1) > 0 && strcmp(before, after) ? 3 : 4);
  say("a time of its own", timed > 0 ? WEXITSTATUS(statusOf(timed)) == 3 : errno == (geteuid() ? EPERM : EINVAL));
  struct arguments grouped = {0x200000000ull, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 9999};
  // A kernel without control groups makes the child.
  pid_t member = clone3(&grouped, sizeof grouped);
  if (member == 0) _exit(0);
  say("a group that is none", member > 0 ? statusOf(member) == 0 && access("/proc/cgroups", F_OK) : errno == EBADF);
  say("a group too far back", clone3(&grouped, 80) == -1 && errno == EINVAL);
  wrong.flags = 1ull << 40;
  say("a flag that is none", clone3(&wrong, 64) == -1 && errno == EINVAL);
  say("cleared handlers", child > 0 && WEXITSTATUS(statusOf(child)) == 1);
}

// The same beside threads that go on: one counts, one waits for what children write.
static volatile int counter, stops;
static int ends[2];

static void *counts(void *unused) {
  while (!stops) counter++;
  return unused;
}

static void *reads(void *unused) {
  uintptr_t sum = 0;
  char letter;
  while (read(ends[0], &letter, 1) == 1) sum += letter;
  return (void *)sum;
}

static void *spawns(void *unused) {
  uintptr_t good = 0;
  for (int n = 0; n < 100; n++) {
    char *arguments[] = {"sh", "-c", "exit 5", 0};
    pid_t child;
    int result = posix_spawn(&child, n % 2 ? "/bin/sh" : "/bin/nothing", 0, 0, arguments, environ);
    good += n % 2 ? result == 0 && WEXITSTATUS(statusOf(child)) == 5 : result == ENOENT;
  }
  return (void *)good;
}

static void threads(void) {
  pthread_t counting, reading, spawning[2];
  void *sum, *good[2];
  pipe(ends);
  pthread_create(&counting, 0, counts, 0);
  pthread_create(&reading, 0, reads, 0);
  int before = counter;
  pid_t child = vfork();
  if (child == 0) {
    while (counter == before) {}
    write(ends[1], "\1\2\3", 3);
    _exit(7);
  }
  say("vfork beside threads", WEXITSTATUS(statusOf(child)) == 7 && counter != before);
  child = vfork();
  if (child == 0) {
    before = counter;
    while (counter == before) {}
    raise(SIGKILL);
  }
  int status = statusOf(child);
  say("killed beside threads", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  for (int n = 0; n < 2; n++) pthread_create(&spawning[n], 0, spawns, 0);
  for (int n = 0; n < 2; n++) pthread_join(spawning[n], &good[n]);
  say("spawning threads", good[0] == (void *)100 && good[1] == (void *)100);
  stops = 1;
  close(ends[1]);
  pthread_join(counting, 0);
  pthread_join(reading, &sum);
  say("the children's bytes", sum == (void *)6);
}

int main(void) {
  spawnErrors();
  spawn();
  vforks();
  deaths();
  nested();
  clones();
  clone3s();
  for (int n = 0; n < 300; n++) {
    char *arguments[] = {"true", 0};
    pid_t child;
    if (posix_spawn(&child, n % 2 ? "/bin/true" : "/bin/nothing", 0, 0, arguments, environ) == 0) statusOf(child);
  }
  threads();
  puts("end");
  return 0;
}
