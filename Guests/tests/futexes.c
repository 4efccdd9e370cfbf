// futex(2) and futex_waitv(2), by their numbers: each operation, and what is wrong with its arguments.
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int right = 1;
#define CHECK(condition) do { if (!(condition)) { printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno); right = 0; } } while (0)
static void say(const char *name) {
  printf("%s %s\n", name, right ? "ok" : "WRONG");
  right = 1;
}

static long futex(uint32_t *word, int operation, uint32_t value, const void *time, uint32_t *second, uint32_t third) {
  return syscall(SYS_futex, word, operation, value, time, second, third);
}

static uint32_t self(void) { return syscall(SYS_gettid); }
static struct timespec after(clockid_t clock, int milliseconds) {
  struct timespec now;
  clock_gettime(clock, &now);
  now.tv_nsec += milliseconds * 1000000L;
  now.tv_sec += now.tv_nsec / 1000000000, now.tv_nsec %= 1000000000;
  return now;
}

static uint32_t first, second;
static volatile uint32_t begun, woken;

// A thread that waits for a word, until told otherwise by bits.
static void *waits(void *argument) {
  uint32_t bits = (uintptr_t)argument;
  __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
  long result = futex(&first, FUTEX_WAIT_BITSET, 0, 0, 0, bits);
  __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
  return (void *)(uintptr_t)(result == 0 ? 0 : errno);
}

static void begin(pthread_t *threads, int count, void *(*function)(void *), uint32_t bits) {
  uint32_t before = begun;
  for (int n = 0; n < count; n++) pthread_create(&threads[n], 0, function, (void *)(uintptr_t)(bits ? bits : 1u << n));
  while (begun != before + count) usleep(100);
  // Until all of them wait; there is no other way to see it.
  usleep(20000);
}

static void end(pthread_t *threads, int count) {
  for (int n = 0; n < count; n++) {
    void *result;
    pthread_join(threads[n], &result);
    CHECK(result == 0);
  }
}

static void waiting(void) {
  struct timespec short_ = {0, 2000000}, wrong = {0, 1000000000}, late = after(CLOCK_REALTIME, 2);
  first = 5;
  CHECK(futex(&first, FUTEX_WAIT, 4, 0, 0, 0) == -1 && errno == EAGAIN);
  CHECK(futex(&first, FUTEX_WAIT, 5, &short_, 0, 0) == -1 && errno == ETIMEDOUT);
  CHECK(futex(&first, FUTEX_WAIT, 5, &wrong, 0, 0) == -1 && errno == EINVAL);
  CHECK(futex((uint32_t *)((char *)&first + 1), FUTEX_WAIT, 5, &short_, 0, 0) == -1 && errno == EINVAL);
  CHECK(futex((uint32_t *)16, FUTEX_WAIT, 5, &short_, 0, 0) == -1 && errno == EFAULT);
  CHECK(futex(&first, FUTEX_WAIT_BITSET, 5, 0, 0, 0) == -1 && errno == EINVAL);
  CHECK(futex(&first, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &late, 0, ~0u) == -1 && errno == ETIMEDOUT);
  CHECK(futex(&first, FUTEX_WAKE, 100, 0, 0, 0) == 0);
  CHECK(futex(&first, FUTEX_WAKE_BITSET, 100, 0, 0, 0) == -1 && errno == EINVAL);
  CHECK(futex(&first, 99, 0, 0, 0, 0) == -1 && errno == ENOSYS);
  say("waiting");
}

static void bits(void) {
  pthread_t threads[4];
  first = woken = 0;
  begin(threads, 4, waits, 0);
  CHECK(futex(&first, FUTEX_WAKE_BITSET, 100, 0, 0, 0x30) == 0);
  CHECK(futex(&first, FUTEX_WAKE_BITSET, 100, 0, 0, 0x4) == 1);
  CHECK(futex(&first, FUTEX_WAKE_BITSET, 100, 0, 0, 0x3) == 2);
  CHECK(futex(&first, FUTEX_WAKE, 100, 0, 0, 0) == 1);
  end(threads, 4);
  say("bits");
}

static void requeueing(void) {
  pthread_t threads[4];
  first = second = 0;
  begin(threads, 4, waits, ~0u);
  CHECK(futex(&first, FUTEX_CMP_REQUEUE, 1, (void *)2, &second, 7) == -1 && errno == EAGAIN);
  // One is woken, two wait for the other word, one stays.
  CHECK(futex(&first, FUTEX_CMP_REQUEUE, 1, (void *)2, &second, 0) == 3);
  CHECK(futex(&first, FUTEX_WAKE, 100, 0, 0, 0) == 1);
  CHECK(futex(&second, FUTEX_REQUEUE, 0, (void *)1, &first, 0) == 1);
  CHECK(futex(&second, FUTEX_WAKE, 100, 0, 0, 0) == 1 && futex(&first, FUTEX_WAKE, 100, 0, 0, 0) == 1);
  end(threads, 4);
  say("requeueing");
}

static void changing(void) {
  pthread_t threads[2];
  first = 0, second = 12;
  begin(threads, 2, waits, ~0u);
  CHECK(futex(&second, FUTEX_WAKE_OP, 1, (void *)1, &first, FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_GT, 3)) == 0 && first == 5);
  CHECK(futex(&second, FUTEX_WAKE_OP, 1, (void *)1, &first, FUTEX_OP(FUTEX_OP_ADD, -2, FUTEX_OP_CMP_EQ, 5)) == 1 && first == 3);
  CHECK(futex(&first, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 4, FUTEX_OP_CMP_LT, 0)) == 1 && second == 28);
  CHECK(futex(&first, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_ANDN, 12, FUTEX_OP_CMP_NE, 0)) == 0 && second == 16);
  CHECK(futex(&first, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_XOR, -1, FUTEX_OP_CMP_GE, 0)) == 0 && second == (uint32_t)-17);
  end(threads, 2);
  say("changing");
}

// Locks with owners.
static void *locks(void *argument) {
  uint32_t own = self();
  __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
  if (futex(&first, FUTEX_LOCK_PI, 0, 0, 0, 0) != 0) return (void *)1;
  if ((first & FUTEX_TID_MASK) != own) return (void *)2;
  second += 1;
  usleep(1000);
  return (void *)(uintptr_t)(futex(&first, FUTEX_UNLOCK_PI, 0, 0, 0, 0) != 0 ? 3 : 0);
}

static void owners(void) {
  pthread_t threads[3];
  first = second = 0;
  CHECK(futex(&first, FUTEX_TRYLOCK_PI, 0, 0, 0, 0) == 0 && first == self());
  CHECK(futex(&first, FUTEX_LOCK_PI, 0, 0, 0, 0) == -1 && errno == EDEADLK);
  begin(threads, 3, locks, 1);
  CHECK(first == (self() | FUTEX_WAITERS) && second == 0);
  CHECK(futex(&first, FUTEX_UNLOCK_PI, 0, 0, 0, 0) == 0);
  end(threads, 3);
  CHECK(second == 3 && first == 0);
  CHECK(futex(&first, FUTEX_UNLOCK_PI, 0, 0, 0, 0) == -1 && errno == EPERM);
  first = 1;
  CHECK(futex(&first, FUTEX_TRYLOCK_PI, 0, 0, 0, 0) == -1);
  say("owners");
}

// A condition whose waiters are moved to a lock.
static void *waitsForLock(void *argument) {
  __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
  if (futex(&first, FUTEX_WAIT_REQUEUE_PI, 0, 0, &second, 0) != 0) return (void *)(uintptr_t)errno;
  if ((second & FUTEX_TID_MASK) != self()) return (void *)(uintptr_t)201;
  __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
  return (void *)(uintptr_t)(futex(&second, FUTEX_UNLOCK_PI, 0, 0, 0, 0) != 0 ? 202 : 0);
}

static void moving(void) {
  struct timespec late = after(CLOCK_MONOTONIC, 5);
  pthread_t threads[3];
  first = second = woken = 0;
  CHECK(futex(&first, FUTEX_WAIT_REQUEUE_PI, 0, &late, &first, 0) == -1 && errno == EINVAL);
  CHECK(futex(&first, FUTEX_WAIT_REQUEUE_PI, 1, &late, &second, 0) == -1 && errno == EAGAIN);
  CHECK(futex(&first, FUTEX_WAIT_REQUEUE_PI, 0, &late, &second, 0) == -1 && errno == ETIMEDOUT);
  CHECK(futex(&first, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &second, 0) == -1 && errno == EINVAL);
  CHECK(futex(&first, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &second, 3) == -1 && errno == EAGAIN);
  CHECK(futex(&second, FUTEX_LOCK_PI, 0, 0, 0, 0) == 0);
  begin(threads, 3, waitsForLock, 1);
  CHECK(futex(&first, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &second, 0) == 3);
  usleep(10000);
  CHECK(woken == 0);
  CHECK(futex(&second, FUTEX_UNLOCK_PI, 0, 0, 0, 0) == 0);
  end(threads, 3);
  CHECK(woken == 3 && second == 0);
  say("moving");
}

// Several words at once: struct futex_waitv of linux/futex.h.
struct word {
  uint64_t value, address;
  uint32_t flags, reserved;
};
struct time64 {
  int64_t seconds, nanoseconds;
};
static struct word words[3];

static void *waitsForAny(void *argument) {
  __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
  return (void *)syscall(449, words, 3, 0, 0, 0);
}

static void several(void) {
  static uint32_t values[3] = {7, 8, 9};
  for (int n = 0; n < 3; n++) words[n] = (struct word){7 + n, (uintptr_t)&values[n], 2, 0};
  pthread_t thread;
  void *result;
  struct timespec late = after(CLOCK_MONOTONIC, 3);
  struct time64 until = {late.tv_sec, late.tv_nsec};
  CHECK(syscall(449, words, 3, 0, &until, CLOCK_MONOTONIC) == -1 && errno == ETIMEDOUT);
  values[1] = 1;
  CHECK(syscall(449, words, 3, 0, 0, 0) == -1 && errno == EAGAIN);
  values[1] = 8;
  CHECK(syscall(449, words, 0, 0, 0, 0) == -1 && errno == EINVAL);
  CHECK(syscall(449, words, 129, 0, 0, 0) == -1 && errno == EINVAL);
  CHECK(syscall(449, words, 3, 1, 0, 0) == -1 && errno == EINVAL);
  CHECK(syscall(449, (void *)16, 3, 0, 0, 0) == -1 && errno == EFAULT);
  words[0].flags = 1;
  CHECK(syscall(449, words, 3, 0, 0, 0) == -1 && errno == EINVAL);
  words[0].flags = 2, words[0].reserved = 1;
  CHECK(syscall(449, words, 3, 0, 0, 0) == -1 && errno == EINVAL);
  words[0].reserved = 0;
  begin(&thread, 1, waitsForAny, 1);
  CHECK(futex(&values[2], FUTEX_WAKE, 1, 0, 0, 0) == 1);
  pthread_join(thread, &result);
  CHECK(result == (void *)2);
  say("several");
}

// Which of two mistakes is told: as futex_init_timeout, do_futex, get_futex_key and what follows look.
#define FAILS(error, ...) CHECK(futex(__VA_ARGS__) == -1 && errno == error)
static void order(void) {
  struct timespec late = {0, 1000000000}, soon = {0, 1000};
  const void *nowhere = (void *)16;
  uint32_t *odd = (uint32_t *)((char *)&first + 1), *gone = (uint32_t *)32;
  enum { WAITS = FUTEX_WAIT_BITSET, PRIVATE = FUTEX_PRIVATE_FLAG, REAL = FUTEX_CLOCK_REALTIME, NOBODY = 0x3ffffffe };
  first = 5, second = 0;
  // The time before the word, its place and its value.
  FAILS(EFAULT, odd, FUTEX_WAIT, 4, nowhere, 0, 0);
  FAILS(EINVAL, gone, FUTEX_WAIT, 4, &late, 0, 0);
  FAILS(EINVAL, &first, FUTEX_WAIT, 4, &late, 0, 0);
  FAILS(EINVAL, gone, WAITS, 4, &soon, 0, 0);
  FAILS(EINVAL, odd, FUTEX_WAIT, 5, &soon, 0, 0);
  FAILS(EAGAIN, &first, FUTEX_WAIT, 4, &soon, 0, 0);
  FAILS(EFAULT, gone, FUTEX_WAIT | PRIVATE, 4, &soon, 0, 0);
  // Where no time is waited for nothing is looked at.
  CHECK(futex(&first, FUTEX_WAKE, 1, nowhere, 0, 0) == 0);
  FAILS(ENOSYS, &first, 99, 1, nowhere, 0, 0);
  // A clock that an operation has no use for; the time is before it.
  FAILS(ENOSYS, odd, FUTEX_WAKE | REAL, 1, 0, 0, 0);
  FAILS(ENOSYS, odd, FUTEX_LOCK_PI | REAL, 0, &soon, 0, 0);
  FAILS(EINVAL, odd, FUTEX_LOCK_PI | REAL, 0, &late, 0, 0);
  FAILS(ENOSYS, odd, FUTEX_TRYLOCK_PI | REAL, 0, 0, 0, 0);
  FAILS(ENOSYS, odd, FUTEX_UNLOCK_PI | REAL, 0, 0, 0, 0);
  FAILS(ENOSYS, odd, FUTEX_WAKE_OP | REAL, 0, 0, &second, 0);
  FAILS(ENOSYS, odd, FUTEX_CMP_REQUEUE_PI | REAL, 1, 0, &second, 0);
  // Locks: the time, the place, the owner.
  first = self();
  FAILS(EFAULT, &first, FUTEX_LOCK_PI, 0, nowhere, 0, 0);
  FAILS(EINVAL, &first, FUTEX_LOCK_PI, 0, &late, 0, 0);
  FAILS(EDEADLK, &first, FUTEX_LOCK_PI, 0, &soon, 0, 0);
  FAILS(EDEADLK, &first, FUTEX_TRYLOCK_PI, 0, nowhere, 0, 0);
  FAILS(EINVAL, odd, FUTEX_LOCK_PI, 0, &soon, 0, 0);
  FAILS(EFAULT, gone, FUTEX_LOCK_PI, 0, &soon, 0, 0);
  first = NOBODY;
  FAILS(ESRCH, &first, FUTEX_LOCK_PI, 0, 0, 0, 0);
  FAILS(ESRCH, &first, FUTEX_TRYLOCK_PI, 0, 0, 0, 0);
  first = 1;
  FAILS(EAGAIN, &first, FUTEX_TRYLOCK_PI, 0, 0, 0, 0);
  // Who unlocks, before where.
  FAILS(EPERM, odd, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  FAILS(EFAULT, gone, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  first = 0;
  FAILS(EPERM, &first, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  say("order");
}

static void orderOfTwo(void) {
  struct timespec late = {0, 1000000000}, soon = {0, 1000};
  uint32_t *odd = (uint32_t *)((char *)&second + 1), *gone = (uint32_t *)32;
  first = 5, second = 0;
  FAILS(EFAULT, &first, FUTEX_WAIT_REQUEUE_PI, 5, (void *)16, &first, 0);
  FAILS(EINVAL, &first, FUTEX_WAIT_REQUEUE_PI, 5, &late, &second, 0);
  FAILS(EINVAL, &first, FUTEX_WAIT_REQUEUE_PI, 4, &soon, &first, 0);
  FAILS(EINVAL, &first, FUTEX_WAIT_REQUEUE_PI, 4, &soon, odd, 0);
  FAILS(EAGAIN, &first, FUTEX_WAIT_REQUEUE_PI, 4, &soon, &second, 0);
  FAILS(EINVAL, &first, FUTEX_CMP_REQUEUE_PI, 1, (void *)-1, &second, 4);
  FAILS(EINVAL, &first, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, odd, 4);
  FAILS(EAGAIN, &first, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &second, 4);
  CHECK(second == 0);
  FAILS(EINVAL, &first, FUTEX_CMP_REQUEUE, 1, (void *)-1, gone, 4);
  FAILS(EINVAL, &first, FUTEX_CMP_REQUEUE, 1, (void *)1, odd, 4);
  FAILS(EAGAIN, &first, FUTEX_CMP_REQUEUE, 1, (void *)1, &second, 4);
  // The second word is changed last; an operation that there is not changes nothing.
  FAILS(EINVAL, odd, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0));
  FAILS(EINVAL, &first, FUTEX_WAKE_OP, 1, (void *)1, odd, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0));
  FAILS(EFAULT, &first, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, (void *)1, gone, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0));
  FAILS(ENOSYS, &first, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(6, 1, 0, 0));
  CHECK(second == 0);
  FAILS(ENOSYS, &first, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_SET, 1, 9, 0));
  CHECK(second == 1);
  // Several words: numbers, the clock, the time, the words.
  static uint32_t value = 7;
  words[0] = (struct word){8, (uintptr_t)&value, 2, 0};
  struct time64 wrong = {0, 1000000000};
  CHECK(syscall(449, 0, 1, 0, 0, 0) == -1 && errno == EINVAL);
  CHECK(syscall(449, words, 1, 0, 16, 7) == -1 && errno == EINVAL);
  CHECK(syscall(449, words, 1, 0, 16, CLOCK_MONOTONIC) == -1 && errno == EFAULT);
  CHECK(syscall(449, words, 1, 0, &wrong, CLOCK_MONOTONIC) == -1 && errno == EINVAL);
  CHECK(syscall(449, 16, 1, 0, &wrong, CLOCK_MONOTONIC) == -1 && errno == EINVAL);
  CHECK(syscall(449, words, 1, 0, 0, 7) == -1 && errno == EAGAIN);
  say("order of two");
}

int main(void) {
  order();
  orderOfTwo();
  waiting();
  bits();
  requeueing();
  changing();
  owners();
  moving();
  several();
  return 0;
}
