// fork, exec, pipes, waiting, signals between processes. Prints the same natively.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t children, pokes;
static void childEnded(int signal) { (void)signal, children++; }
static void poked(int signal) { (void)signal, pokes++; }

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static void reap(const char *name, pid_t child) {
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status)) printf("%s: exit %d\n", name, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: signal %d\n", name, WTERMSIG(status));
  else printf("%s: status %x\n", name, (unsigned)status);
}

static pid_t begin(void) {
  fflush(stdout);
  return fork();
}

static void pipes(void) {
  int down[2], up[2];
  if (pipe(down) || pipe(up)) exit(1);
  pid_t child = begin();
  if (child == 0) {
    close(down[1]), close(up[0]);
    char byte;
    unsigned sum = 0;
    while (read(down[0], &byte, 1) == 1) sum = sum * 31 + (unsigned char)byte;
    if (write(up[1], &sum, sizeof sum) != sizeof sum) _exit(1);
    _exit(3);
  }
  close(down[0]), close(up[1]);
  for (int n = 0; n < 3000; n++) {
    char byte = (char)n;
    if (write(down[1], &byte, 1) != 1) exit(1);
  }
  close(down[1]);
  unsigned sum = 0;
  check("pipe", read(up[0], &sum, sizeof sum) == sizeof sum);
  printf("sum %08x\n", sum);
  close(up[0]);
  reap("pipe child", child);
}

static void execute(char *self) {
  pid_t child = begin();
  if (child == 0) {
    char *arguments[] = {self, "child", "with space", "", NULL};
    char *environment[] = {"ONLY=this", NULL};
    int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(kept, 100), dup3(closed, 101, O_CLOEXEC);
    signal(SIGUSR1, SIG_IGN), signal(SIGUSR2, poked);
    sigset_t set;
    sigemptyset(&set), sigaddset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    execve("/proc/self/exe", arguments, environment);
    _exit(9);
  }
  reap("exec", child);
  char *arguments[] = {"x", NULL};
  check("exec of nothing", execv("/no/such/program", arguments) < 0 && errno == ENOENT);
  check("exec of a folder", execv("/", arguments) < 0 && errno == EACCES);
}

static int executed(int count, char **arguments, char **environment) {
  extern char **environ;
  (void)environment;
  for (int n = 1; n < count; n++) printf("exec argument '%s'\n", arguments[n]);
  check("exec environment", environ[0] && strcmp(environ[0], "ONLY=this") == 0 && !environ[1]);
  check("close on exec", fcntl(100, F_GETFD) == 0 && fcntl(101, F_GETFD) < 0 && errno == EBADF);
  struct sigaction action;
  sigaction(SIGUSR1, NULL, &action);
  check("ignored stays ignored", action.sa_handler == SIG_IGN);
  sigaction(SIGUSR2, NULL, &action);
  check("caught becomes default", action.sa_handler == SIG_DFL);
  sigset_t set;
  sigprocmask(SIG_SETMASK, NULL, &set);
  check("mask stays", sigismember(&set, SIGHUP) == 1 && sigismember(&set, SIGINT) == 0);
  return 55;
}

static void deaths(void) {
  static const int signals[] = {SIGKILL, SIGTERM, SIGABRT, SIGSEGV, SIGFPE,
      SIGILL, SIGUSR1, SIGPIPE};
  for (unsigned n = 0; n < sizeof signals / sizeof *signals; n++) {
    pid_t child = begin();
    if (child == 0) {
      // Its message would go to the test's standard error.
      close(2);
      raise(signals[n]);
      _exit(1);
    }
    reap("death", child);
  }
  pid_t child = begin();
  if (child == 0)
    for (;;) pause();
  kill(child, SIGINT);
  reap("interrupted", child);
  child = begin();
  if (child == 0)
    for (volatile int n = 0;; n++) {}
  kill(child, SIGTERM);
  reap("busy", child);
}

static void signals(void) {
  struct sigaction action = {.sa_handler = childEnded, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &action, NULL);
  pid_t child = begin();
  if (child == 0) _exit(7);
  reap("SIGCHLD child", child);
  check("SIGCHLD", children == 1);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGUSR1, poked);
  sigset_t set, old;
  sigemptyset(&set), sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  child = begin();
  if (child == 0) {
    kill(getppid(), SIGUSR1);
    _exit(0);
  }
  reap("poking child", child);
  check("blocked", pokes == 0);
  sigpending(&set);
  check("pending", sigismember(&set, SIGUSR1) == 1);
  sigsuspend(&old);
  check("delivered", pokes == 1);
  sigprocmask(SIG_SETMASK, &old, NULL);
  // A read that a signal interrupts: EINTR without SA_RESTART.
  action = (struct sigaction){.sa_handler = poked};
  sigaction(SIGUSR1, &action, NULL);
  int ends[2];
  if (pipe(ends)) exit(1);
  child = begin();
  if (child == 0) {
    for (int n = 0; n < 20; n++) usleep(20000), kill(getppid(), SIGUSR1);
    _exit(0);
  }
  char byte;
  check("EINTR", read(ends[0], &byte, 1) < 0 && errno == EINTR);
  reap("interrupting child", child);
}

static void sharing(void) {
  volatile int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  volatile int own = 1;
  pid_t child = begin();
  if (child == 0) {
    *shared = 99, own = 2;
    _exit(0);
  }
  reap("sharing child", child);
  check("shared memory", *shared == 99 && own == 1);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) exit(1);
  child = begin();
  if (child == 0) {
    char text[16];
    ssize_t length = read(pair[1], text, sizeof text);
    if (write(pair[1], text, (size_t)length) != length) _exit(1);
    _exit(0);
  }
  struct pollfd wait = {.fd = pair[0], .events = POLLIN};
  check("poll times out", poll(&wait, 1, 1) == 0);
  check("send", write(pair[0], "ping", 4) == 4);
  check("poll", poll(&wait, 1, 20000) == 1 && wait.revents & POLLIN);
  char text[16] = "";
  check("receive", read(pair[0], text, sizeof text) == 4 && strcmp(text, "ping") == 0);
  reap("socket child", child);
  check("no child left", wait4(-1, NULL, 0, NULL) < 0 && errno == ECHILD);
}

// vfork(2): the child has its parent's memory, but descriptors, actions and a mask of its own.
static void borrowing(void) {
  static volatile int shared;
  extern char **environ;
  fflush(stdout);
  signal(SIGUSR2, poked);
  int kept = open("/dev/null", O_RDONLY);
  pid_t child = vfork();
  if (child == 0) {
    shared = getpid();
    signal(SIGUSR2, SIG_IGN), close(kept);
    _exit(6);
  }
  reap("vfork child", child);
  check("vfork shares memory", shared == child);
  struct sigaction action;
  sigaction(SIGUSR2, NULL, &action);
  check("vfork copies actions", action.sa_handler == poked);
  check("vfork copies descriptors", fcntl(kept, F_GETFD) == 0);
  child = vfork();
  if (child == 0) {
    close(2);
    raise(SIGABRT);
  }
  reap("vfork child", child);
  child = vfork();
  if (child == 0) {
    shared = execl("/no/such/program", "x", NULL) < 0 ? errno : 0;
    execl("/bin/sh", "sh", "-c", "exit 8", NULL);
  }
  check("vfork shares errno", shared == ENOENT);
  reap("vfork and exec", child);
  // The C library tells of the child's error through shared memory (posix_spawn(3)).
  char *nothing[] = {"x", NULL}, *something[] = {"sh", "-c", "exit 9", NULL};
  check("spawn of nothing", posix_spawn(&child, "/no/such", NULL, NULL, nothing, environ) == ENOENT);
  check("spawn", posix_spawn(&child, "/bin/sh", NULL, NULL, something, environ) == 0);
  reap("spawned", child);
  close(kept), signal(SIGUSR2, SIG_DFL);
}

static volatile int cloned;
static int beClone(void *argument) {
  cloned += *(int *)argument;
  return 11;
}

// clone(2): the signal at the end may be another than SIGCHLD (wait: __WCLONE), memory shared.
static void clones(void) {
  static char stack[65536] __attribute__((aligned(16)));
  int one = 1, status = 0;
  fflush(stdout);
  pid_t child = clone(beClone, stack + sizeof stack, 0, &one);
  check("clone is no child", waitpid(child, &status, 0) < 0 && errno == ECHILD);
  check("clone", waitpid(child, &status, __WCLONE) == child && WEXITSTATUS(status) == 11);
  check("clone has its own memory", cloned == 0);
  child = clone(beClone, stack + sizeof stack, CLONE_VM | SIGCHLD, &one);
  reap("clone with memory", child);
  check("clone shares memory", cloned == 1);
}

// A process that ends gives back the robust mutexes that it holds.
static void mutexes(void) {
  pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(mutex, &attributes);
  for (int n = 0; n < 2; n++) {
    pid_t child = begin();
    if (child == 0) {
      close(2);
      pthread_mutex_lock(mutex);
      if (n) raise(SIGTERM);
      _exit(0);
    }
    reap("owner", child);
    check("owner's mutex", pthread_mutex_lock(mutex) == EOWNERDEAD);
    check("consistent", pthread_mutex_consistent(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
  }
}

int main(int count, char **arguments, char **environment) {
  if (count > 1) return executed(count, arguments, environment);
  char path[4096] = "";
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  const char *name = strrchr(path, '/'), *own = strrchr(arguments[0], '/');
  check("/proc/self/exe", length > 0 && name && own && strcmp(name, own) == 0);
  pipes();
  execute(arguments[0]);
  deaths();
  signals();
  borrowing();
  clones();
  mutexes();
  sharing();
  return 0;
}
