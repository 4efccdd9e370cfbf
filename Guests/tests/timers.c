// POSIX timers, queued signals and who takes them: timer_create(2), sigqueue(3), sigtimedwait(2),
// signalfd(2). Prints the same natively.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static int fails(long result, int error) { return result == -1 && errno == error; }

// What handlers saw, in order.
static volatile int count;
static siginfo_t seen[64];
static pid_t by[64];

static void handle(int signal, siginfo_t *information, void *context) {
  (void)signal, (void)context;
  if (count < 64) seen[count] = *information, by[count] = syscall(SYS_gettid), count++;
}

static void catch(int signal, int blocksAll) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  if (blocksAll) sigfillset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

static sigset_t block(int first, int last) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal = first; signal <= last; signal++) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  return set;
}

static struct itimerspec after(long microseconds, long interval) {
  return (struct itimerspec){{0, interval * 1000}, {0, microseconds * 1000}};
}

static void waitFor(int wanted) {
  for (int n = 0; n < 5000 && count < wanted; n++) usleep(1000);
}

static void simple(void) {
  timer_t timer;
  static int place;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
  event.sigev_value.sival_ptr = &place;
  struct itimerspec once = after(2000, 0), left, never = after(0, 0), wrong = {{0, 0}, {0, 1000000000}};
  catch(SIGRTMIN + 1, 0);
  check("timer_create", timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  check("unarmed", timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec == 0);
  count = 0;
  timer_settime(timer, 0, &once, NULL);
  waitFor(1);
  check("once", count == 1 && seen[0].si_signo == SIGRTMIN + 1 && seen[0].si_code == SI_TIMER &&
    seen[0].si_value.sival_ptr == &place && seen[0].si_overrun == 0);
  once = (struct itimerspec){{1, 500}, {100, 0}};
  timer_settime(timer, 0, &once, NULL);
  check("the rest", timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 99 &&
    left.it_interval.tv_sec == 1 && left.it_interval.tv_nsec == 500);
  check("the old one", timer_settime(timer, 0, &never, &left) == 0 && left.it_value.tv_sec == 99);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  once = (struct itimerspec){{0, 0}, now};
  count = 0;
  timer_settime(timer, TIMER_ABSTIME, &once, NULL);
  waitFor(1);
  check("a time that has been", count == 1);
  check("wrong time", fails(timer_settime(timer, 0, &wrong, NULL), EINVAL));
  check("timer_delete", timer_delete(timer) == 0);
  event.sigev_signo = 65;
  check("wrong signal", fails(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL));
  check("wrong clock", fails(timer_create(77, NULL, &timer), EINVAL));
  // Without an event: SIGALRM with the kernel's number of the timer.
  int number = -1;
  catch(SIGALRM, 0);
  check("plain", syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &number) == 0);
  struct { long times[4]; } plain = {{0, 0, 0, 1000000}};
  count = 0;
  syscall(SYS_timer_settime, number, 0, &plain, NULL);
  waitFor(1);
  check("SIGALRM", count == 1 && seen[0].si_signo == SIGALRM && seen[0].si_value.sival_int == number);
  fflush(stdout);
  if (fork() == 0) _exit(syscall(SYS_timer_delete, number) == 0);
  int status = -1;
  wait(&status);
  check("not a child's", status == 0 && syscall(SYS_timer_delete, number) == 0);
  check("deleted", fails(syscall(SYS_timer_delete, number), EINVAL));
}

static void overruns(void) {
  timer_t timer;
  int signal = SIGRTMIN + 2;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
  event.sigev_value.sival_int = 1234;
  struct itimerspec often = after(1000, 1000), never = after(0, 0);
  sigset_t set = block(signal, signal);
  siginfo_t information;
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  timer_settime(timer, 0, &often, NULL);
  usleep(30000);
  check("sigwaitinfo", sigwaitinfo(&set, &information) == signal && information.si_code == SI_TIMER &&
    information.si_value.sival_int == 1234);
  check("overruns", information.si_overrun >= 20 && information.si_overrun < 20000 &&
    timer_getoverrun(timer) == information.si_overrun);
  int file = signalfd(-1, &set, 0);
  struct signalfd_siginfo read_;
  usleep(10000);
  check("of a file", read(file, &read_, sizeof read_) == sizeof read_ && read_.ssi_signo == (unsigned)signal &&
    read_.ssi_code == SI_TIMER && read_.ssi_int == 1234 && read_.ssi_overrun >= 5);
  timer_settime(timer, 0, &never, NULL);
  struct timespec none = {0, 0};
  sigtimedwait(&set, NULL, &none);
  check("none", fails(sigtimedwait(&set, NULL, &none), EAGAIN));
  timer_delete(timer), close(file);
  // Without notification only the time is there.
  event.sigev_notify = SIGEV_NONE;
  struct itimerspec left;
  check("SIGEV_NONE", timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
    timer_settime(timer, 0, &often, NULL) == 0 && timer_gettime(timer, &left) == 0 &&
    left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 1000000 && left.it_interval.tv_nsec == 1000000);
  usleep(3000);
  check("no signal", fails(sigtimedwait(&set, NULL, &none), EAGAIN) && timer_delete(timer) == 0);
  // The time that the process runs.
  event.sigev_notify = SIGEV_SIGNAL;
  struct itimerspec soon = after(5000, 0);
  check("processor time", timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) == 0 &&
    timer_settime(timer, 0, &soon, NULL) == 0);
  sigset_t pending;
  long rounds = 0;
  do sigpending(&pending); while (!sigismember(&pending, signal) && ++rounds < 100000000);
  check("its signal", sigtimedwait(&set, &information, &none) == signal && information.si_code == SI_TIMER);
  timer_delete(timer);
}

static pthread_barrier_t barrier;
static pid_t other;
static volatile int notified;

static void *waits(void *argument) {
  (void)argument;
  other = syscall(SYS_gettid);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  return NULL;
}

static void notify(union sigval value) { notified = value.sival_int; }

static void threads(void) {
  pthread_t thread;
  timer_t timer;
  struct itimerspec soon = after(2000, 0);
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&thread, NULL, waits, NULL);
  pthread_barrier_wait(&barrier);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 1};
  event._sigev_un._tid = other;
  count = 0;
  check("SIGEV_THREAD_ID", timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
    timer_settime(timer, 0, &soon, NULL) == 0);
  waitFor(1);
  check("its thread", count == 1 && by[0] == other);
  timer_delete(timer);
  event._sigev_un._tid = 1;
  check("nobody's thread", fails(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL));
  pthread_barrier_wait(&barrier);
  pthread_join(thread, NULL);
  event = (struct sigevent){.sigev_notify = SIGEV_THREAD};
  event.sigev_value.sival_int = 77, event.sigev_notify_function = notify;
  check("SIGEV_THREAD", timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
    timer_settime(timer, 0, &soon, NULL) == 0);
  for (int n = 0; n < 5000 && !notified; n++) usleep(1000);
  check("a thread for it", notified == 77 && timer_delete(timer) == 0);
}

// Signals that wait, by number and, of one number, in order.
static void send(void) {
  for (int n = 0; n < 3; n++)
    for (int signal = SIGRTMIN + 5; signal >= SIGRTMIN + 3; signal--) {
      union sigval value = {.sival_int = 10 * (signal - SIGRTMIN) + n};
      sigqueue(getpid(), signal, value);
    }
  kill(getpid(), SIGUSR1), kill(getpid(), SIGUSR1);
}

static int isInOrder(int number, int signal, int code, int value) {
  if (number == 0) return signal == SIGUSR1 && code == SI_USER;
  return signal == SIGRTMIN + 3 + (number - 1) / 3 && code == SI_QUEUE &&
    value == 10 * (signal - SIGRTMIN) + (number - 1) % 3;
}

static void queues(void) {
  sigset_t set = block(SIGRTMIN + 3, SIGRTMIN + 5), empty;
  sigaddset(&set, SIGUSR1), sigprocmask(SIG_BLOCK, &set, NULL), sigemptyset(&empty);
  struct timespec none = {0, 0}, soon = {0, 2000000};
  siginfo_t information;
  int right = 1;
  send();
  for (int n = 0; n < 10; n++)
    right &= sigtimedwait(&set, &information, &none) == information.si_signo &&
      isInOrder(n, information.si_signo, information.si_code, information.si_value.sival_int) &&
      information.si_pid == getpid() && information.si_uid == getuid();
  check("taken in order", right && fails(sigtimedwait(&set, &information, &soon), EAGAIN));
  int file = signalfd(-1, &set, SFD_NONBLOCK);
  struct signalfd_siginfo many[16];
  send();
  check("read", read(file, many, 4 * sizeof *many) == 4 * sizeof *many &&
    read(file, many + 4, 12 * sizeof *many) == 6 * sizeof *many && fails(read(file, many, sizeof *many), EAGAIN));
  for (int n = right = 0; n < 10; n++)
    right += isInOrder(n, many[n].ssi_signo, many[n].ssi_code, many[n].ssi_int) &&
      many[n].ssi_pid == (unsigned)getpid() && many[n].ssi_ptr == (uintptr_t)many[n].ssi_ptr;
  check("read in order", right == 10);
  close(file);
  // Handlers that block the others run one after the other.
  for (int signal = SIGRTMIN + 3; signal <= SIGRTMIN + 5; signal++) catch(signal, 1);
  catch(SIGUSR1, 1);
  send();
  count = 0;
  sigsuspend(&empty);
  check("one for sigsuspend", count >= 1 && seen[0].si_signo == SIGUSR1);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  for (int n = right = 0; n < 10; n++)
    right += isInOrder(n, seen[n].si_signo, seen[n].si_code, seen[n].si_value.sival_int);
  check("handled in order", count == 10 && right == 10);
  // Others are interrupted as soon as they begin: the highest number's is done first.
  for (int signal = SIGRTMIN + 3; signal <= SIGRTMIN + 5; signal++) catch(signal, 0);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int signal = SIGRTMIN + 3; signal <= SIGRTMIN + 5; signal++) kill(getpid(), signal);
  count = 0;
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  check("begun in order", count == 3 && seen[0].si_signo == SIGRTMIN + 5 &&
    seen[1].si_signo == SIGRTMIN + 4 && seen[2].si_signo == SIGRTMIN + 3);
}

static void limits(void) {
  sigset_t set = block(SIGRTMIN + 3, SIGRTMIN + 3);
  struct rlimit old, zero;
  getrlimit(RLIMIT_SIGPENDING, &old);
  zero = old, zero.rlim_cur = 0;
  setrlimit(RLIMIT_SIGPENDING, &zero);
  union sigval value = {.sival_int = 5};
  check("no room", fails(sigqueue(getpid(), SIGRTMIN + 3, value), EAGAIN));
  timer_t timer;
  check("no room for a timer", fails(timer_create(CLOCK_MONOTONIC, NULL, &timer), EAGAIN));
  // Without room the number alone is kept.
  siginfo_t information;
  check("kill", kill(getpid(), SIGRTMIN + 3) == 0 && sigwaitinfo(&set, &information) == SIGRTMIN + 3 &&
    information.si_code == SI_USER && information.si_pid == 0);
  setrlimit(RLIMIT_SIGPENDING, &old);
  // As if from the kernel, or another one's: only to oneself.
  memset(&information, 0, sizeof information);
  information.si_code = SI_QUEUE, information.si_value.sival_int = 9;
  check("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 3, &information) == 0 &&
    sigwaitinfo(&set, &information) == SIGRTMIN + 3 && information.si_value.sival_int == 9);
  information.si_code = SI_USER;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) _exit(fails(syscall(SYS_rt_sigqueueinfo, getppid(), SIGRTMIN + 3, &information), EPERM) ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  check("not as another", status == 0);
  struct timespec wrong = {0, -1};
  check("wrong time", fails(sigtimedwait(&set, NULL, &wrong), EINVAL));
  // A handler of another signal ends the waiting.
  catch(SIGALRM, 0);
  alarm(1);
  count = 0;
  check("interrupted", fails(sigwaitinfo(&set, NULL), EINTR) && count == 1);
}

int main(void) {
  simple();
  overruns();
  threads();
  queues();
  limits();
  return 0;
}
