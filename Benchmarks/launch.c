// launch PROGRAM [ARGUMENT...]: runs a program and writes what it cost to file descriptor 3, as
// one line: wait status, CPU time and wall time in microseconds, peak memory in KiB.
// A process of its own, because peak memory counts that of the process that forked.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  fcntl(3, F_SETFD, FD_CLOEXEC);
  long long start = now();
  pid_t child = fork();
  if (child == 0) {
    execv(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 1;
  long long wall = now() - start;
  long long user = usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec;
  long long system = usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec;
  dprintf(3, "%d %lld %lld %ld\n", status, user + system, wall, usage.ru_maxrss);
  return 0;
}
