// Files that tell of events: eventfd, timerfd, signalfd, inotify, epoll; judged by their manual pages.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static void counters(const char *self) {
  int file = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
  uint64_t value = 0, more = 0x100000002;
  check("eventfd", read(file, &value, 8) == 8 && value == 3);
  check("eventfd empty", read(file, &value, 8) == -1 && errno == EAGAIN);
  check("eventfd write", write(file, &more, 8) == 8 && read(file, &value, 8) == 8 && value == more);
  check("eventfd short", read(file, &value, 7) == -1 && errno == EINVAL);
  more = UINT64_MAX;
  check("eventfd most", write(file, &more, 8) == -1 && errno == EINVAL);
  int copy = dup(file);
  eventfd_write(copy, 5);
  uint32_t halves[2];
  struct iovec vector[2] = {{&halves[0], 4}, {&halves[1], 4}};
  ssize_t count = readv(copy, vector, 2);
  memcpy(&value, halves, 8);
  check("eventfd readv", count == 8 && value == 5);
  // The number of a closed descriptor gets a file of another kind.
  int pair[2];
  close(file), close(copy);
  check("pipe after eventfd", pipe(pair) == 0 && pair[0] == file && write(pair[1], "12345678", 8) == 8
    && read(pair[0], &value, 8) == 8 && memcmp(&value, "12345678", 8) == 0);
  check("dup2 over a pipe", dup2(eventfd(9, 0), pair[0]) == pair[0] && read(pair[0], &value, 8) == 8 &&
    value == 9);
  // A descriptor comes through execve.
  eventfd_write(pair[0], 77);
  pid_t child = fork();
  if (child == 0) {
    char number[16];
    snprintf(number, sizeof number, "%d", pair[0]);
    execl(self, self, number, NULL);
    _exit(9);
  }
  int status;
  waitpid(child, &status, 0);
  check("eventfd after execve", status == 0);
  close(pair[0]), close(pair[1]);
}

static void timers(void) {
  int file = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec time = {{0, 5000000}, {0, 5000000}}, left;
  uint64_t count = 0;
  check("timerfd", timerfd_settime(file, 0, &time, NULL) == 0 && read(file, &count, 8) == 8 &&
    count >= 1 && count < 1000);
  usleep(30000);
  check("timerfd expirations", read(file, &count, 8) == 8 && count >= 2 && count < 1000);
  check("timerfd_gettime", timerfd_gettime(file, &left) == 0 && left.it_interval.tv_nsec == 5000000 &&
    left.it_value.tv_sec == 0);
  close(file);
}

static void signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1), sigaddset(&set, SIGRTMIN + 3), sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int file = signalfd(-1, &set, SFD_NONBLOCK);
  struct signalfd_siginfo information[4];
  check("signalfd empty", read(file, information, sizeof information) == -1 && errno == EAGAIN);
  kill(getpid(), SIGUSR1);
  union sigval payload = {.sival_int = 0x1020304};
  sigqueue(getpid(), SIGRTMIN + 3, payload);
  struct pollfd poller = {file, POLLIN, 0};
  check("signalfd poll", poll(&poller, 1, 1000) == 1 && poller.revents == POLLIN);
  check("signalfd read", read(file, information, sizeof information) == 256);
  check("signalfd kill", information[0].ssi_signo == SIGUSR1 && information[0].ssi_code == SI_USER &&
    information[0].ssi_pid == (uint32_t)getpid() && information[0].ssi_uid == getuid());
  check("signalfd queue", information[1].ssi_signo == (uint32_t)SIGRTMIN + 3 &&
    information[1].ssi_code == SI_QUEUE && information[1].ssi_int == 0x1020304);
  pid_t child = fork();
  if (child == 0) _exit(42);
  poll(&poller, 1, 5000);
  check("signalfd child", read(file, information, 128) == 128 && information[0].ssi_signo == SIGCHLD &&
    information[0].ssi_pid == (uint32_t)child && information[0].ssi_status == 42);
  waitpid(child, NULL, 0);
  sigset_t other;
  sigemptyset(&other);
  sigaddset(&other, SIGUSR2);
  check("signalfd change", signalfd(file, &other, 0) == file);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  close(file);
}

static void watches(void) {
  char folder[] = "/tmp/eventfiles-XXXXXX", name[64], text[1024];
  if (!mkdtemp(folder)) return;
  int file = inotify_init1(IN_NONBLOCK);
  int watch = inotify_add_watch(file, folder, IN_CREATE | IN_MOVE | IN_DELETE | IN_ONLYDIR);
  check("inotify", watch == 1);
  snprintf(name, sizeof name, "%s/first", folder);
  char moved[80];
  snprintf(moved, sizeof moved, "%s/a-longer-name-than-that", folder);
  close(open(name, O_CREAT | O_WRONLY, 0600));
  rename(name, moved);
  ssize_t count = read(file, text, sizeof text);
  struct inotify_event *event = (void *)text;
  check("inotify create", count > 16 && event->wd == watch && event->mask == IN_CREATE &&
    event->cookie == 0 && event->len == 16 && strcmp(event->name, "first") == 0);
  struct inotify_event *from = (void *)(event->name + event->len);
  struct inotify_event *to = (void *)(from->name + from->len);
  check("inotify move", from->mask == IN_MOVED_FROM && to->mask == IN_MOVED_TO && from->cookie != 0 &&
    from->cookie == to->cookie && to->len == 32 && strcmp(to->name, "a-longer-name-than-that") == 0);
  check("inotify length", (char *)to + 16 + to->len == text + count);
  check("inotify empty", read(file, text, sizeof text) == -1 && errno == EAGAIN);
  unlink(moved), rmdir(folder);
  check("inotify small", read(file, text, 16) == -1 && errno == EINVAL);
  check("inotify_rm_watch", inotify_rm_watch(file, 99) == -1 && errno == EINVAL);
  check("inotify EFAULT", inotify_add_watch(file, (char *)16, IN_CREATE) == -1 && errno == EFAULT);
  close(file);
}

static void polling(void) {
  int epoll = epoll_create1(0), file = eventfd(0, 0);
  struct epoll_event event = {EPOLLIN, {.u64 = 0x1122334455667788}}, found = {0, {0}};
  int64_t soon[2] = {0, 10000000};
  epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
  check("epoll_pwait2", syscall(SYS_epoll_pwait2, epoll, &found, 1, soon, NULL, 0) == 0);
  eventfd_write(file, 1);
  check("epoll event", syscall(SYS_epoll_pwait2, epoll, &found, 1, NULL, NULL, 0) == 1 &&
    found.events == EPOLLIN && found.data.u64 == event.data.u64);
  check("epoll EFAULT", epoll_ctl(epoll, EPOLL_CTL_MOD, file, (void *)16) == -1 && errno == EFAULT);
  check("epoll most", syscall(SYS_epoll_wait, epoll, &found, 0x7fffffff, 0) == -1 && errno == EINVAL);
  close(epoll), close(file);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    uint64_t value = 0;
    return read(atoi(argv[1]), &value, 8) == 8 && value == 77 ? 0 : 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  counters(argv[0]);
  timers();
  signals();
  watches();
  polling();
  return 0;
}
