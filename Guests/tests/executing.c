// vfork, posix_spawn, scripts, and what /proc says of oneself. Prints the same natively.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char self[4096], folder[] = "/tmp/executing-XXXXXX";
static int constant = 1;

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static int statusOf(pid_t child) {
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return status;
}

// vfork(2): the child uses the parent's memory, and the parent waits.
static void vforks(void) {
  static volatile int stored;
  volatile int local = 0;
  pid_t child = vfork();
  if (child == 0) {
    usleep(50000);
    stored = 5, local = 6;
    for (int n = 3; n < 100; n++) close(n);
    _exit(3);
  }
  check("vfork: stores and waits", stored == 5 && local == 6);
  check("vfork: status", statusOf(child) == 3 << 8);
  char *const arguments[] = {self, "exit", "4", NULL};
  child = vfork();
  if (child == 0) {
    stored = 7;
    execv("/no/such/program", arguments);
    local = errno;
    execv(self, arguments);
    _exit(9);
  }
  check("vfork: until exec", stored == 7 && local == ENOENT);
  check("vfork: exec", statusOf(child) == 4 << 8);
  child = vfork();
  if (child == 0) {
    int status = 0;
    pid_t grandchild = fork();
    if (grandchild == 0) {
      stored = 100;
      _exit(1);
    }
    waitpid(grandchild, &status, 0);
    stored += status;
    _exit(0);
  }
  check("vfork: a fork in it", statusOf(child) == 0 && stored == 7 + 256);
  stored = 7;
  child = fork();
  if (child == 0) {
    stored = 8;
    _exit(0);
  }
  check("fork: memory of its own", statusOf(child) == 0 && stored == 7);
}

// posix_spawn(3) returns the error of the child's execve.
static void spawns(void) {
  char *const arguments[] = {self, "exit", "5", NULL};
  pid_t child = -1;
  check("spawn", posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0);
  check("spawn: status", statusOf(child) == 5 << 8);
  check("spawn of nothing",
      posix_spawn(&child, "/no/such/program", NULL, NULL, arguments, environ) == ENOENT);
  check("spawn of a folder", posix_spawn(&child, "/", NULL, NULL, arguments, environ) == EACCES);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, 999, 1);
  check("spawn: wrong descriptor",
      posix_spawn(&child, self, &actions, NULL, arguments, environ) == EBADF);
  check("no child left", waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}

static const char *script(int level) {
  static char path[64];
  snprintf(path, sizeof path, "%s/level%d", folder, level);
  return path;
}

// Scripts that interpret each other: `exec_binprm` of fs/exec.c allows five.
static void scripts(void) {
  char text[4200];
  strcpy(text, self);
  for (int level = 0; level < 6; level++) {
    int file = open(script(level), O_WRONLY | O_CREAT | O_EXCL, 0755);
    dprintf(file, "#! %s%s\n", text, level == 0 ? " script  argument " : "");
    close(file);
    strcpy(text, script(level));
  }
  char *const arguments[] = {"zero", "one", "two words", NULL};
  for (int level = 0; level < 6; level++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      execv(script(level), arguments);
      _exit(errno == ELOOP ? 77 : 78);
    }
    printf("script %d: %x\n", level, (unsigned)statusOf(child));
  }
  for (int level = 0; level < 6; level++) unlink(script(level));
  int file = open(script(0), O_WRONLY | O_CREAT, 0644);
  check("a script without an interpreter", write(file, "#!  \n", 5) == 5);
  close(file);
  check("may not be executed", execv(script(0), arguments) < 0 && errno == EACCES);
  chmod(script(0), 0755);
  check("has no format", execv(script(0), arguments) < 0 && errno == ENOEXEC);
  unlink(script(0));
}

// What the program of a script is given.
static int interpreter(int count, char **arguments) {
  char name[17] = "";
  prctl(PR_GET_NAME, name);
  const char *known = strrchr((const char *)getauxval(AT_EXECFN), '/');
  printf("known as %s, %s\n", known ? known + 1 : "nothing", name);
  for (int n = 1; n < count; n++) {
    const char *last = strrchr(arguments[n], '/');
    printf("argument '%s'\n", last ? last + 1 : arguments[n]);
  }
  return 0;
}

static int contents(const char *name, char *text, int size) {
  int file = open(name, O_RDONLY), count = 0, more;
  while ((more = (int)read(file, text + count, (size_t)(size - 1 - count))) > 0) count += more;
  close(file);
  text[count] = 0;
  return count;
}

// Whether a line of /proc/self/maps holds an address and all of a text.
static int mapped(const char *maps, const void *address, const char *access, const char *name) {
  for (const char *line = maps; *line; line = strchr(line, '\n') + 1) {
    unsigned long start, end;
    char flags[8], rest[4200] = "";
    sscanf(line, "%lx-%lx %7s %*x %*s %*u %4199[^\n]", &start, &end, flags, rest);
    if ((uintptr_t)address < start || (uintptr_t)address >= end) continue;
    return strcmp(flags, access) == 0 && strcmp(rest, name) == 0;
  }
  return 0;
}

static void files(char **arguments) {
  static char text[1 << 16];
  int local = contents("/proc/self/maps", text, sizeof text);
  check("maps: code", mapped(text, (void *)(uintptr_t)contents, "r-xp", self));
  check("maps: data", mapped(text, &constant, "rw-p", self));
  check("maps: stack", mapped(text, &local, "rw-p", "[stack]"));
  free(malloc(1));
  contents("/proc/self/maps", text, sizeof text);
  check("maps: heap", mapped(text, (char *)sbrk(0) - 1, "rw-p", "[heap]"));
  contents("/proc/self/environ", text, sizeof text);
  check("environ", strcmp(text, environ[0]) == 0);
  contents("/proc/self/cmdline", text, sizeof text);
  check("cmdline", strcmp(text, arguments[0]) == 0);
  contents("/proc/self/comm", text, sizeof text);
  check("comm", strcmp(text, "executing\n") == 0);
  contents("/proc/self/stat", text, sizeof text);
  unsigned long start = 0;
  int number = 0;
  char name[32] = "";
  sscanf(text, "%d (%31[^)]) %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
      "%*s %*s %*s %*s %*s %*s %*s %*s %lu", &number, name, &start);
  check("stat", number == getpid() && strcmp(name, "executing") == 0);
  check("stat: stack", start > (uintptr_t)&local && start <= (uintptr_t)arguments);
  contents("/proc/cpuinfo", text, sizeof text);
  check("cpuinfo", strncmp(text, "processor\t: 0\n", 14) == 0);
}

// readdir(3) without large files (this is built so) takes positions of 31 bits; seekdir(3) goes back.
static void directory(void) {
  char path[64];
  for (int n = 0; n < 40; n++) {
    snprintf(path, sizeof path, "%s/entry%d", folder, n);
    close(open(path, O_WRONLY | O_CREAT, 0600));
  }
  DIR *stream = opendir(folder);
  long places[64], count = 0;
  char names[64][32];
  struct dirent *entry;
  while (places[count] = telldir(stream), count < 63 && (entry = readdir(stream)))
    strcpy(names[count++], entry->d_name);
  check("readdir", count == 42);
  int same = 0;
  for (long n = count - 1; n >= 0; n--) {
    seekdir(stream, places[n]);
    entry = readdir(stream);
    same += entry && strcmp(entry->d_name, names[n]) == 0;
  }
  check("seekdir", same == 42);
  closedir(stream);
  for (int n = 0; n < 40; n++) {
    snprintf(path, sizeof path, "%s/entry%d", folder, n);
    unlink(path);
  }
}

// Variables that loaders listen to are the program's own, in their order.
static char *const loaderVariables[] = {"LD_LIBRARY_PATH=/nowhere", "A=1", "GLIBC_TUNABLES=x", "LD_BIND_NOW=", NULL};

static int hasLoaderVariables(void) {
  int n = 0;
  while (loaderVariables[n] && environ[n] && strcmp(environ[n], loaderVariables[n]) == 0) n++;
  return !loaderVariables[n] && !environ[n];
}

static void variables(void) {
  char *const arguments[] = {self, "environment", NULL};
  pid_t child = fork();
  if (child == 0) {
    execve(self, arguments, loaderVariables);
    _exit(9);
  }
  check("loader's variables", statusOf(child) == 5 << 8);
}

// AT_SECURE is for programs that begin with another group or user than the real one.
static int secureAfter(gid_t real, gid_t effective) {
  pid_t child = fork();
  if (child == 0) {
    if (setregid(real, effective)) _exit(99);
    execl(self, self, "secure", (char *)0);
    _exit(98);
  }
  return WEXITSTATUS(statusOf(child));
}

static void secure(void) {
  // Only root may take another group; others see that nothing is secure where nothing differs.
  int other = geteuid() ? secureAfter(getgid(), getgid()) : secureAfter(65534, getegid());
  check("AT_SECURE", secureAfter(getgid(), getgid()) == 20 && other == (geteuid() ? 20 : 21));
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "secure") == 0) return 20 + (int)getauxval(AT_SECURE);
  if (count == 2 && strcmp(arguments[1], "environment") == 0) return hasLoaderVariables() ? 5 : 6;
  if (count == 3 && strcmp(arguments[1], "exit") == 0) return atoi(arguments[2]);
  if (count > 1) return interpreter(count, arguments);
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0 || !mkdtemp(folder)) return 1;
  vforks();
  spawns();
  variables();
  scripts();
  files(arguments);
  directory();
  secure();
  rmdir(folder);
  return 0;
}
