// Futexes with owners while several threads want them: hand-over, time, signals, owners that end, moving, forks.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int right = 1;
#define CHECK(condition) do { if (!(condition)) { printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno); right = 0; } } while (0)
#define FAILS(error, call) do { errno = 0; CHECK((call) == -1 && errno == error); } while (0)
static void say(const char *name) {
  printf("%s %s\n", name, right ? "ok" : "WRONG");
  fflush(stdout);
  right = 1;
}

// FUTEX_PRIVATE_FLAG or not: a program may say so of any word that no other process sees.
static int flag;
static long futex(uint32_t *word, int operation, uint32_t value, const void *time, uint32_t *second, uint32_t third) {
  return syscall(SYS_futex, word, operation | flag, value, time, second, third);
}
static long lock(uint32_t *word, const void *time) { return futex(word, FUTEX_LOCK_PI, 0, time, 0, 0); }
static long tryLock(uint32_t *word) { return futex(word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0); }
static long unlock(uint32_t *word) { return futex(word, FUTEX_UNLOCK_PI, 0, 0, 0, 0); }

static uint32_t self(void) { return syscall(SYS_gettid); }
static uint32_t load(uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static uint32_t owner(uint32_t *word) { return load(word) & FUTEX_TID_MASK; }

static struct timespec after(clockid_t clock, int milliseconds) {
  struct timespec now;
  clock_gettime(clock, &now);
  now.tv_nsec += milliseconds * 1000000L;
  now.tv_sec += now.tv_nsec / 1000000000, now.tv_nsec %= 1000000000;
  return now;
}

// Until a thread sleeps in the kernel: /proc knows.
static void sleeps(uint32_t thread) {
  char name[64], text[512];
  snprintf(name, sizeof name, "/proc/self/task/%u/stat", thread);
  for (int n = 0; n < 30000; n++) {
    FILE *file = fopen(name, "r");
    if (!file) break;
    size_t count = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[count] = 0;
    char *state = strrchr(text, ')');
    // Twice, for it may have slept for something else before.
    if (state && state[2] == 'S') usleep(5000), n += 10000;
    else usleep(1000);
  }
}

static uint32_t word, second, condition;
static uint32_t other, result, mistake;

// A thread that is told what to do, and its result and error.
static void *(*body)(void *);
static void *begins(void *argument) {
  __atomic_store_n(&other, self(), __ATOMIC_SEQ_CST);
  return body(argument);
}
static pthread_t start(void *(*function)(void *), void *argument) {
  pthread_t thread;
  body = function, other = 0;
  if (pthread_create(&thread, 0, begins, argument)) exit(1);
  while (!load(&other)) usleep(100);
  return thread;
}
static void *note(long value) {
  mistake = value == -1 ? errno : 0;
  __atomic_store_n(&result, value, __ATOMIC_SEQ_CST);
  return 0;
}
static void end(pthread_t thread) { pthread_join(thread, 0); }

static void *locks(void *argument) { return note(lock(argument, 0)); }
static void *locksUntil(void *argument) {
  struct timespec late = after(CLOCK_REALTIME, 60);
  return note(lock(argument, &late));
}
static void *triesAndUnlocks(void *argument) {
  FAILS(EAGAIN, tryLock(argument));
  return note(unlock(argument));
}

// Who owns a word, as it says itself.
static void handing(void) {
  pthread_t thread;
  word = 0;
  CHECK(lock(&word, 0) == 0 && word == self());
  end(start(triesAndUnlocks, &word));
  CHECK(result == -1u && mistake == EPERM && word == (self() | FUTEX_WAITERS));
  word = self();
  thread = start(locks, &word), sleeps(other);
  uint32_t next = other;
  CHECK(word == (self() | FUTEX_WAITERS));
  end(start(triesAndUnlocks, &word));
  CHECK(mistake == EPERM);
  FAILS(EDEADLK, lock(&word, 0));
  FAILS(EDEADLK, tryLock(&word));
  CHECK(unlock(&word) == 0);
  // By then it is the other one's, be it awake or not; the end of that leaves it as it is.
  CHECK(load(&word) == (next | FUTEX_WAITERS));
  FAILS(EPERM, unlock(&word));
  end(thread);
  CHECK(result == 0 && word == (next | FUTEX_WAITERS));
  FAILS(ESRCH, lock(&word, 0));
  FAILS(ESRCH, tryLock(&word));
  CHECK(word == (next | FUTEX_WAITERS));
  say("handing over");
}

static void *locksAndEnds(void *argument) {
  note(lock(argument, 0));
  while (load(&second)) usleep(100);
  return 0;
}

static void time_(void) {
  pthread_t thread;
  word = 0;
  CHECK(lock(&word, 0) == 0);
  end(start(locksUntil, &word));
  CHECK(mistake == ETIMEDOUT && word == (self() | FUTEX_WAITERS));
  // Another one goes on waiting.
  thread = start(locks, &word), sleeps(other);
  uint32_t first = other;
  end(start(locksUntil, &word));
  CHECK(mistake == ETIMEDOUT && word == (self() | FUTEX_WAITERS));
  CHECK(unlock(&word) == 0 && owner(&word) == first);
  end(thread);
  word = self();
  struct timespec late = after(CLOCK_MONOTONIC, 5);
  end(start(locksUntil, &word));
  CHECK(mistake == ETIMEDOUT && unlock(&word) == 0 && word == 0);
  FAILS(EPERM, unlock(&word));
  // FUTEX_LOCK_PI2 goes by the other clock.
  word = 0, second = 1;
  thread = start(locksAndEnds, &word);
  while (!owner(&word)) usleep(100);
  FAILS(ETIMEDOUT, futex(&word, 13, 0, &late, 0, 0));
  second = 0, end(thread);
  say("time");
}

// A cycle of waits is seen, however long it is.
static void *locksBoth(void *argument) {
  CHECK(lock(&second, 0) == 0);
  note(lock(argument, 0));
  CHECK(result || unlock(argument) == 0);
  CHECK(unlock(&second) == 0);
  return 0;
}

static void cycle(void) {
  word = second = 0;
  CHECK(lock(&word, 0) == 0);
  pthread_t thread = start(locksBoth, &word);
  sleeps(other);
  FAILS(EDEADLK, lock(&second, 0));
  CHECK(unlock(&word) == 0);
  end(thread);
  CHECK(result == 0 && owner(&word) == 0 && owner(&second) == 0);
  say("cycle");
}

static uint32_t handled;
static void handle(int signal) { (void)signal, __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST); }

static void interrupt(pthread_t thread) {
  for (uint32_t n = 0; n < 10; n++) {
    uint32_t before = load(&handled);
    pthread_kill(thread, SIGUSR1);
    while (load(&handled) == before) usleep(100);
  }
}

static void signals(int flags) {
  struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
  sigaction(SIGUSR1, &action, 0);
  word = 0;
  CHECK(lock(&word, 0) == 0);
  pthread_t thread = start(locks, &word);
  sleeps(other), interrupt(thread), sleeps(other);
  CHECK(word == (self() | FUTEX_WAITERS) && unlock(&word) == 0);
  end(thread);
  CHECK(result == 0);
}

// Owners that end.

static void ending(void) {
  word = 0, second = 1;
  pthread_t thread = start(locksAndEnds, &word);
  while (!owner(&word)) usleep(100);
  pthread_t waiter = start(locks, &word);
  sleeps(other), second = 0;
  end(thread), end(waiter);
  CHECK(result == 0 && word == (other | FUTEX_WAITERS | FUTEX_OWNER_DIED));
  // Nobody waits: the word keeps the owner's number.
  word = 0;
  end(start(locksAndEnds, &word));
  CHECK(word == other);
  FAILS(ESRCH, lock(&word, 0));
  say("ending");
}

static pthread_mutex_t mutex;
static void makeMutex(pthread_mutex_t *mutex, int robust, int shared) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  if (robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  if (shared) pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  CHECK(pthread_mutex_init(mutex, &attributes) == 0);
}

static void *locksRobustly(void *argument) {
  (void)argument;
  CHECK(pthread_mutex_lock(&mutex) == 0);
  while (load(&second)) usleep(100);
  return 0;
}
static void *inheritsRobustly(void *argument) {
  (void)argument;
  int value = pthread_mutex_lock(&mutex);
  if (value == EOWNERDEAD) __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST), pthread_mutex_consistent(&mutex);
  else if (value) return note(value);
  pthread_mutex_unlock(&mutex);
  return 0;
}

static void endingRobustly(void) {
  pthread_t waiters[4];
  makeMutex(&mutex, 1, 0);
  second = 1, handled = result = 0;
  pthread_t thread = start(locksRobustly, 0);
  while (pthread_mutex_trylock(&mutex) == 0) pthread_mutex_unlock(&mutex);
  for (int n = 0; n < 4; n++) waiters[n] = start(inheritsRobustly, 0), sleeps(other);
  second = 0;
  end(thread);
  for (int n = 0; n < 4; n++) end(waiters[n]);
  CHECK(handled == 1 && result == 0);
  // And where nobody waits yet.
  end(start(locksRobustly, 0));
  CHECK(pthread_mutex_lock(&mutex) == EOWNERDEAD && pthread_mutex_consistent(&mutex) == 0);
  CHECK(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_destroy(&mutex) == 0);
  say("ending robustly");
}

// Threads that are moved from a condition to a lock.
static void *waits(void *argument) { return note(futex(&condition, FUTEX_WAIT_REQUEUE_PI, 0, argument, &word, 0)); }
static void *waitsShortly(void *argument) {
  struct timespec late = after(CLOCK_MONOTONIC, 100);
  (void)argument;
  return waits(&late);
}
static long move(int value) { return futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &word, value); }

static void moving(void) {
  word = condition = 0;
  pthread_t thread = start(waits, 0);
  sleeps(other);
  CHECK(word == 0);
  // Only that operation wakes it, and with that word.
  FAILS(EINVAL, futex(&condition, FUTEX_WAKE, 1, 0, 0, 0));
  FAILS(EINVAL, futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &second, 0));
  FAILS(EAGAIN, move(1));
  // Nobody has the lock: it does, from now on.
  CHECK(move(0) == 1 && owner(&word) == other);
  end(thread);
  CHECK(result == 0 && owner(&word) == other);
  // Somebody has it; a signal that comes before does not matter.
  word = 0;
  CHECK(lock(&word, 0) == 0);
  thread = start(waits, 0), sleeps(other);
  interrupt(thread), sleeps(other);
  CHECK(word == self() && move(0) == 1 && word == (self() | FUTEX_WAITERS));
  CHECK(unlock(&word) == 0 && owner(&word) == other);
  end(thread);
  CHECK(result == 0);
  // One that comes afterwards ends the wait, as does the time.
  word = 0;
  CHECK(lock(&word, 0) == 0);
  thread = start(waits, 0), sleeps(other);
  CHECK(move(0) == 1);
  pthread_kill(thread, SIGUSR1), end(thread);
  CHECK(mistake == EAGAIN && owner(&word) == self());
  thread = start(waitsShortly, 0), sleeps(other);
  CHECK(move(0) == 1 || (sleeps(other), 1));
  end(thread);
  CHECK(mistake == ETIMEDOUT && owner(&word) == self());
  CHECK(unlock(&word) == 0 && word == 0 && move(0) == 0 && word == 0);
}

// A fork's child has the words and none of the threads.
static void forking(void) {
  int status;
  word = second = 0;
  CHECK(lock(&word, 0) == 0);
  pthread_t thread = start(locks, &word);
  sleeps(other);
  pid_t child = fork();
  if (child == 0) {
    struct timespec late = after(CLOCK_REALTIME, 10);
    // The parent's, who lives.
    FAILS(EPERM, unlock(&word));
    // Linux 6.18 refuses to wait for a thread that has not got a private word's memory.
    CHECK(lock(&word, &late) == -1 && (errno == ETIMEDOUT || (flag && errno == EPERM)));
    word = 0;
    CHECK(lock(&word, 0) == 0 && word == self());
    thread = start(locks, &word), sleeps(other);
    CHECK(unlock(&word) == 0 && owner(&word) == other);
    end(thread);
    fflush(stdout);
    _exit(right ? 3 : 4);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3);
  CHECK(word == (self() | FUTEX_WAITERS) && unlock(&word) == 0 && owner(&word) == other);
  end(thread);
  CHECK(result == 0);
  say("forking");
}

// Many threads and one lock, taken in every way.
enum { threads = 8, rounds = 1500 };
static uint64_t counter;
static uint32_t failures;

static void *hammers(void *argument) {
  uintptr_t number = (uintptr_t)argument;
  for (int n = 0; n < rounds;) {
    struct timespec soon = after(CLOCK_REALTIME, 1);
    int kind = (n + number) % 4, value = -1;
    if (kind == 0) value = pthread_mutex_trylock(&mutex);
    if (kind == 1) value = pthread_mutex_timedlock(&mutex, &soon);
    if (kind >= 2) value = pthread_mutex_lock(&mutex);
    if (value) {
      if (value != EBUSY && value != ETIMEDOUT) __atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
      if (kind == 0 && pthread_mutex_lock(&mutex)) return 0;
      if (kind == 1) continue;
    }
    counter++;
    if (n % 64 == 0) usleep(10);
    counter++;
    if (pthread_mutex_unlock(&mutex)) __atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
    n++;
  }
  return 0;
}

static void *hammersWord(void *argument) {
  (void)argument;
  for (int n = 0; n < rounds; n++) {
    uint32_t own = self(), none = 0;
    if (!__atomic_compare_exchange_n(&word, &none, own, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
      if (lock(&word, 0)) __atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
    counter++;
    if (n % 64 == 0) sched_yield();
    if (owner(&word) != own) __atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_compare_exchange_n(&word, &own, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
      if (unlock(&word)) __atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
  }
  return 0;
}

static void hammering(void) {
  pthread_t list[threads];
  for (int robust = 0; robust < 2; robust++) {
    makeMutex(&mutex, robust, 0);
    counter = failures = 0;
    for (uintptr_t n = 0; n < threads; n++) pthread_create(&list[n], 0, hammers, (void *)n);
    for (int n = 0; n < 200; n++) usleep(100), pthread_kill(list[0], SIGUSR1);
    for (int n = 0; n < threads; n++) pthread_join(list[n], 0);
    CHECK(counter == 2 * threads * rounds && failures == 0);
    CHECK(pthread_mutex_trylock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
  }
  word = counter = failures = 0;
  for (int n = 0; n < threads; n++) pthread_create(&list[n], 0, hammersWord, 0);
  for (int n = 0; n < threads; n++) pthread_join(list[n], 0);
  CHECK(counter == threads * rounds && failures == 0 && owner(&word) == 0);
  say("hammering");
}

// A condition whose waiters come and go, and are moved.
static uint32_t turn, woken;
static void *waitsForTurns(void *argument) {
  (void)argument;
  for (int n = 0; n < 100; n++) {
    if (lock(&word, 0)) return note(1);
    uint32_t seen = load(&turn);
    if (unlock(&word)) return note(2);
    long moved = futex(&turn, FUTEX_WAIT_REQUEUE_PI, seen, 0, &word, 0);
    if (moved != 0 && errno != EAGAIN) return note(3);
    if (moved != 0 && lock(&word, 0)) return note(4);
    if (owner(&word) != self()) return note(5);
    woken++;
    if (unlock(&word)) return note(6);
  }
  __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
  return 0;
}

static void turns(void) {
  pthread_t list[4];
  word = turn = woken = handled = result = 0;
  for (int n = 0; n < 4; n++) pthread_create(&list[n], 0, waitsForTurns, 0);
  while (load(&handled) != 4 && !load(&result)) {
    CHECK(lock(&word, 0) == 0);
    uint32_t now = __atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
    CHECK(futex(&turn, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &word, now) >= 0);
    CHECK(unlock(&word) == 0);
    usleep(50);
  }
  for (int n = 0; n < 4; n++) pthread_join(list[n], 0);
  CHECK(result == 0 && woken == 400 && owner(&word) == 0);
  say("turns");
}

// Locks of several processes.
static void sharing(void) {
  int status;
  pthread_mutex_t *common = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *count = (int *)(common + 1);
  makeMutex(common, 1, 1);
  for (int n = 0; n < 3; n++)
    if (fork() == 0) {
      for (int round = 0; round < 300; round++) {
        if (pthread_mutex_lock(common)) _exit(1);
        ++*count;
        if (round % 50 == 0) usleep(10);
        pthread_mutex_unlock(common);
      }
      _exit(0);
    }
  for (int n = 0; n < 3; n++) CHECK(wait(&status) > 0 && status == 0);
  CHECK(*count == 900);
  pid_t child = fork();
  if (child == 0) pthread_mutex_lock(common), _exit(0);
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(pthread_mutex_lock(common) == EOWNERDEAD && pthread_mutex_consistent(common) == 0);
  CHECK(pthread_mutex_unlock(common) == 0);
  say("sharing");
}

int main(void) {
  for (int kind = 0; kind < 2; kind++) {
    flag = kind ? FUTEX_PRIVATE_FLAG : 0;
    handing();
    time_();
    cycle();
    signals(0), signals(SA_RESTART), say("signals");
    ending();
    moving(), say("moving");
    forking();
    turns();
  }
  endingRobustly();
  hammering();
  sharing();
  return 0;
}
