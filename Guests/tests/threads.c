// Threads: creation, locks, signals, cancellation, mutexes whose owner dies, forks, code made at run time,
// children in threads' memory.
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *name, int isRight) {
  printf("%s %s\n", name, isRight ? "ok" : "WRONG");
  fflush(stdout);
}

#define CHECK(condition) do { if (!(condition)) { printf("line %d: %s\n", __LINE__, #condition); isRight = 0; } } while (0)

// Creation: results, numbers of their own, thread-local variables, keys with destructors.
static __thread uint32_t local = 7;
static pthread_key_t key;
static uint32_t destroyed;

static void destroy(void *value) { __atomic_add_fetch(&destroyed, (uint32_t)(uintptr_t)value, __ATOMIC_SEQ_CST); }

static void *start(void *argument) {
  uintptr_t n = (uintptr_t)argument;
  if (local != 7) return (void *)1;
  local = n;
  pthread_setspecific(key, (void *)n);
  if (syscall(SYS_gettid) == getpid()) return (void *)2;
  return (void *)(n * 3 + local);
}

static void creation(void) {
  int isRight = 1;
  pthread_key_create(&key, destroy);
  uint32_t sum = 0;
  for (uintptr_t n = 1; n <= 200; n++) {
    pthread_t thread;
    void *result;
    CHECK(pthread_create(&thread, 0, start, (void *)n) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == (void *)(n * 4));
    sum += n;
  }
  CHECK(destroyed == sum && local == 7);
  say("creation", isRight);
}

// Many at once: all meet at a barrier.
enum { many = 100 };
static pthread_barrier_t barrier;

static void *meet(void *argument) {
  int last = 0;
  for (int n = 0; n < 3; n++) last += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
  return (void *)(uintptr_t)last;
}

static void crowd(void) {
  int isRight = 1;
  static pthread_t threads[many];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  pthread_barrier_init(&barrier, 0, many);
  for (int n = 0; n < many; n++) CHECK(pthread_create(&threads[n], &attributes, meet, 0) == 0);
  uintptr_t last = 0;
  for (int n = 0; n < many; n++) {
    void *result;
    CHECK(pthread_join(threads[n], &result) == 0);
    last += (uintptr_t)result;
  }
  CHECK(last == 3);
  say("crowd", isRight);
}

// Locks of every kind around a counter, and a queue between two threads.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_rwlock_t readWrite = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;
static uint32_t counters[4];

static void *count(void *argument) {
  for (int n = 0; n < 20000; n++) {
    pthread_mutex_lock(&mutex); counters[0]++; pthread_mutex_unlock(&mutex);
    pthread_spin_lock(&spin); counters[1]++; pthread_spin_unlock(&spin);
    if (n % 4 == 0) {
      pthread_rwlock_wrlock(&readWrite); counters[2]++; pthread_rwlock_unlock(&readWrite);
    } else {
      pthread_rwlock_rdlock(&readWrite); (void)*(volatile uint32_t *)&counters[2]; pthread_rwlock_unlock(&readWrite);
    }
    sem_wait(&semaphore); counters[3]++; sem_post(&semaphore);
  }
  return 0;
}

static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static uint32_t slot, isFull;

static void *produce(void *argument) {
  for (uint32_t n = 1; n <= 20000; n++) {
    pthread_mutex_lock(&mutex);
    while (isFull) pthread_cond_wait(&emptied, &mutex);
    slot = n, isFull = 1;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static pthread_mutex_t inheriting;
static uint32_t inherited;

static void *inherit(void *argument) {
  for (int n = 0; n < 5000; n++) {
    pthread_mutex_lock(&inheriting);
    inherited++;
    if (n % 64 == 0) sched_yield();
    pthread_mutex_unlock(&inheriting);
  }
  return 0;
}

static void locks(void) {
  int isRight = 1;
  pthread_t threads[4];
  pthread_spin_init(&spin, 0);
  sem_init(&semaphore, 0, 1);
  for (int n = 0; n < 4; n++) pthread_create(&threads[n], 0, count, 0);
  for (int n = 0; n < 4; n++) pthread_join(threads[n], 0);
  CHECK(counters[0] == 80000 && counters[1] == 80000 && counters[2] == 20000 && counters[3] == 80000);
  pthread_create(&threads[0], 0, produce, 0);
  uint64_t sum = 0;
  for (uint32_t n = 1; n <= 20000; n++) {
    pthread_mutex_lock(&mutex);
    while (!isFull) pthread_cond_wait(&filled, &mutex);
    sum += slot, isFull = 0;
    pthread_cond_signal(&emptied);
    pthread_mutex_unlock(&mutex);
  }
  pthread_join(threads[0], 0);
  CHECK(sum == 20000ull * 20001 / 2);
  // A mutex whose owner the kernel knows.
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  CHECK(pthread_mutex_init(&inheriting, &attributes) == 0);
  for (int n = 0; n < 4; n++) pthread_create(&threads[n], 0, inherit, 0);
  for (int n = 0; n < 4; n++) pthread_join(threads[n], 0);
  CHECK(inherited == 20000);
  say("locks", isRight);
}

// A stack that reservations keep right: a cell that comes back between lwarx and stwcx. must not be taken for the old one.
struct cell { struct cell *next; uint32_t owner; };
static struct cell cells[8];
static struct cell *head;

static struct cell *pop(void) {
  struct cell *found, *next;
  __asm__ volatile("1: lwarx %0,0,%2\n cmpwi %0,0\n beq 2f\n lwz %1,0(%0)\n stwcx. %1,0,%2\n bne- 1b\n2: isync"
                   : "=&b"(found), "=&r"(next) : "r"(&head) : "cr0", "memory");
  return found;
}

static void push(struct cell *cell) {
  struct cell *old;
  __asm__ volatile("lwsync\n1: lwarx %0,0,%2\n stw %0,0(%1)\n stwcx. %1,0,%2\n bne- 1b"
                   : "=&r"(old) : "b"(cell), "r"(&head) : "cr0", "memory");
}

static void *juggle(void *argument) {
  uintptr_t wrong = 0;
  for (int n = 0; n < 100000; n++) {
    struct cell *one = pop(), *two = pop();
    if (one && __atomic_exchange_n(&one->owner, 1, __ATOMIC_SEQ_CST)) wrong++;
    if (two && __atomic_exchange_n(&two->owner, 1, __ATOMIC_SEQ_CST)) wrong++;
    if (one) { __atomic_store_n(&one->owner, 0, __ATOMIC_SEQ_CST); push(one); }
    if (two) { __atomic_store_n(&two->owner, 0, __ATOMIC_SEQ_CST); push(two); }
  }
  return (void *)wrong;
}

// A reservation that another thread's plain store has broken, though the word is what it was: between lwarx and stwcx.
// the other one is told to go and waited for.
static struct { uint32_t word, more[15]; } __attribute__((aligned(64))) reserved;
static volatile uint32_t turn __attribute__((aligned(64)));
enum { storings = 10, turns = storings * 20 };

static void store(int kind) {
  uint32_t *word = &reserved.word, one = 0x01020304;
  double zero = 0;
  switch (kind) {
    case 0: __asm__ volatile("stw %0,0(%1)" : : "r"(0), "b"(word) : "memory"); break;
    case 1: __asm__ volatile("stw %0,0(%2)\n stw %1,0(%2)" : : "r"(one), "r"(0), "b"(word) : "memory"); break;
    case 2: __asm__ volatile("stb %0,3(%1)" : : "r"(0), "b"(word) : "memory"); break;
    case 3: __asm__ volatile("sthx %0,0,%1" : : "r"(0), "b"(word) : "memory"); break;
    case 4: __asm__ volatile("stfd %0,0(%1)" : : "f"(zero), "b"(word) : "memory"); break;
    case 5:
      __asm__ volatile("mr 11,30\n mr 12,31\n li 30,0\n li 31,0\n stmw 30,0(%0)\n mr 30,11\n mr 31,12"
                       : : "b"(word) : "11", "12", "memory");
      break;
    case 6: __asm__ volatile("dcbz 0,%0" : : "b"(word) : "memory"); break;
    case 7: __asm__ volatile("stswi %0,%1,4" : : "r"(0), "b"(word) : "memory"); break;
    case 9:
      __asm__ volatile("1: lwarx 11,0,%0\n ori 12,11,0\n stwcx. 12,0,%0\n bne- 1b"
                       : : "b"(word) : "11", "12", "cr0", "memory");
      break;
    case 8:
      __asm__ volatile("addi 11,%1,-4\n stwu %0,4(11)" : : "r"(0), "b"(word) : "11", "memory");
      break;
  }
}

static void *storeInTurn(void *argument) {
  for (uint32_t n = 0; n < 2 * turns; n++) {
    while (turn != 2 * n + 1) {}
    store(n % storings);
    turn = 2 * n + 2;
  }
  return 0;
}

// Whether a store succeeds that is no more covered by a reservation: how often. From half of the turns on the reservation
// comes by a branch that passes by another store.
static uint32_t brokenStores(void) {
  uint32_t count = 0;
  for (uint32_t n = 0; n < 2 * turns; n++) {
    uint32_t value, field, seen;
    if (n >= turns)
      __asm__ volatile("sync\n lwarx %0,0,%3\n cmpw %0,%0\n beq 2f\n stwcx. %0,0,%3\n2: stw %4,0(%5)\n1: lwz %2,0(%5)\n cmpw %2,%6\n bne 1b\n stwcx. %0,0,%3\n mfcr %1"
                       : "=&r"(value), "=&r"(field), "=&r"(seen)
                       : "r"(&reserved.word), "r"(2 * n + 1), "b"(&turn), "r"(2 * n + 2) : "cr0", "memory");
    else
      __asm__ volatile("sync\n lwarx %0,0,%3\n stw %4,0(%5)\n1: lwz %2,0(%5)\n cmpw %2,%6\n bne 1b\n stwcx. %0,0,%3\n mfcr %1"
                       : "=&r"(value), "=&r"(field), "=&r"(seen)
                       : "r"(&reserved.word), "r"(2 * n + 1), "b"(&turn), "r"(2 * n + 2) : "cr0", "memory");
    count += field >> 29 & 1;
  }
  return count;
}

// More tries than a store can need. Others that are faster come in between again and again while they have something to do,
// thousands of times.
enum { mostTries = 10000000 };

// Stores one more by either of two stores for one reservation, as the word is odd or even; how many times it took.
static uint32_t storeEitherWay(uint32_t *word) {
  uint32_t tries, value, bit;
  __asm__ volatile("li %0,0\n1: addi %0,%0,1\n cmpw %0,%4\n beq 3f\n lwarx %1,0,%3\n andi. %2,%1,1\n addi %1,%1,1\n bne 2f\n"
                   " stwcx. %1,0,%3\n bne- 1b\n b 3f\n2: stwcx. %1,0,%3\n bne- 1b\n3:"
                   : "=&r"(tries), "=&b"(value), "=&r"(bit) : "b"(word), "r"(mostTries) : "cr0", "memory");
  return tries;
}

static uint32_t shared;

static void *storeManyTimes(void *argument) {
  for (int n = 0; n < 50000; n++) {
    if (storeEitherWay(&shared) == mostTries) return (void *)1;
    __atomic_fetch_add(&shared, 2, __ATOMIC_SEQ_CST);
  }
  return 0;
}

static void reservations(void) {
  int isRight = 1;
  pthread_t adders[3];
  for (int n = 0; n < 3; n++) pthread_create(&adders[n], 0, storeManyTimes, 0);
  for (int n = 0; n < 3; n++) {
    void *given;
    pthread_join(adders[n], &given);
    CHECK(given == 0);
  }
  CHECK(shared == 450000);
  pthread_t storer;
  CHECK(pthread_create(&storer, 0, storeInTurn, 0) == 0);
  uint32_t broken = brokenStores();
  pthread_join(storer, 0);
  if (broken) printf("%u stores without a reservation\n", broken);
  CHECK(broken == 0);
  pthread_t threads[4];
  for (int n = 0; n < 8; n++) push(&cells[n]);
  for (int n = 0; n < 4; n++) pthread_create(&threads[n], 0, juggle, 0);
  for (int n = 0; n < 4; n++) {
    void *wrong;
    pthread_join(threads[n], &wrong);
    CHECK(wrong == 0);
  }
  int left = 0;
  while (pop()) left++;
  CHECK(left == 8);
  say("reservations", isRight);
}

// Signals: to one thread, to the process, awaited, during a wait, from a fault.
static volatile pid_t handledBy;
static volatile int handled;
static void *volatile faultAddress;

static void note(int signal) { handledBy = syscall(SYS_gettid); __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST); }

static void repair(int signal, siginfo_t *information, void *context) {
  faultAddress = information->si_addr;
  mprotect((void *)((uintptr_t)information->si_addr & -4096), 4096, PROT_READ | PROT_WRITE);
}

static sem_t ready, done;
static volatile pid_t workerNumber;

static void *work(void *argument) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &set, 0);
  workerNumber = syscall(SYS_gettid);
  sem_post(&ready);
  while (sem_wait(&done) != 0) if (errno != EINTR) return (void *)1;
  return 0;
}

static void *await(void *argument) {
  sigset_t set;
  int signal = 0;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sem_post(&ready);
  sigwait(&set, &signal);
  return (void *)(uintptr_t)signal;
}

static void *touch(void *argument) {
  volatile uint32_t *place = argument;
  *place = 0x12345678;
  return (void *)(uintptr_t)*place;
}

static void signals(void) {
  int isRight = 1;
  struct sigaction action = {.sa_handler = note};
  sigaction(SIGUSR1, &action, 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, 0);
  sem_init(&ready, 0, 0);
  sem_init(&done, 0, 0);
  pthread_t thread;
  void *result;
  pthread_create(&thread, 0, work, 0);
  sem_wait(&ready);
  for (int n = 1; n <= 20; n++) {
    // By turns to the thread, and to the process, in which it alone takes the signal.
    if (n % 2) pthread_kill(thread, SIGUSR1); else kill(getpid(), SIGUSR1);
    while (handled < n) usleep(100);
    CHECK(handledBy == workerNumber);
  }
  sem_post(&done);
  pthread_join(thread, &result);
  CHECK(result == 0);
  pthread_create(&thread, 0, await, 0);
  sem_wait(&ready);
  kill(getpid(), SIGUSR2);
  pthread_join(thread, &result);
  CHECK(result == (void *)SIGUSR2);
  struct sigaction fault = {.sa_sigaction = repair, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &fault, 0);
  char *page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_create(&thread, 0, touch, page + 0x124);
  pthread_join(thread, &result);
  CHECK(result == (void *)0x12345678 && faultAddress == page + 0x124);
  signal(SIGSEGV, SIG_DFL);
  say("signals", isRight);
}

// Cancellation: in a wait and in a loop; what was pushed runs.
static volatile int cleaned;
static void clean(void *argument) { __atomic_add_fetch(&cleaned, (int)(uintptr_t)argument, __ATOMIC_SEQ_CST); }

static void *waitForever(void *argument) {
  pthread_cleanup_push(clean, (void *)1);
  sem_post(&ready);
  for (;;) pause();
  pthread_cleanup_pop(0);
  return 0;
}

static void *turnForever(void *argument) {
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  pthread_cleanup_push(clean, (void *)16);
  sem_post(&ready);
  for (volatile uint32_t n = 0;; n++) ;
  pthread_cleanup_pop(0);
  return 0;
}

static void cancellation(void) {
  int isRight = 1;
  for (int n = 0; n < 8; n++) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, 0, n % 2 ? waitForever : turnForever, 0);
    sem_wait(&ready);
    CHECK(pthread_cancel(thread) == 0);
    pthread_join(thread, &result);
    CHECK(result == PTHREAD_CANCELED);
  }
  CHECK(cleaned == 4 * 17);
  say("cancellation", isRight);
}

// A mutex whose owner ends tells the next one.
static pthread_mutex_t robust;
static void *dieLocked(void *argument) { pthread_mutex_lock(&robust); return 0; }

static void ownersThatDie(void) {
  int isRight = 1;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  for (int n = 0; n < 3; n++) {
    pthread_t thread;
    pthread_create(&thread, 0, dieLocked, 0);
    pthread_join(thread, 0);
    CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&robust) == 0);
    CHECK(pthread_mutex_unlock(&robust) == 0);
  }
  say("owners", isRight);
}

// A child of a thread has that thread alone.
static void *fork1(void *argument) {
  pid_t child = fork();
  if (child == 0) _exit(local == 7 ? 42 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return (void *)(uintptr_t)status;
}

static void forks(void) {
  int isRight = 1;
  pthread_t threads[4];
  for (int n = 0; n < 4; n++) pthread_create(&threads[n], 0, fork1, 0);
  for (int n = 0; n < 4; n++) {
    void *status;
    pthread_join(threads[n], &status);
    CHECK(WIFEXITED((int)(uintptr_t)status) && WEXITSTATUS((int)(uintptr_t)status) == 42);
  }
  say("forks", isRight);
}

// Code made at run time: each thread writes functions of its own on one page, while others run theirs.
static uint32_t *code;

static void *makeCode(void *argument) {
  uintptr_t me = (uintptr_t)argument, wrong = 0;
  uint32_t *own = code + me * 64;
  for (uint32_t n = 0; n < 300; n++) {
    own[0] = 0x38600000 | ((n * 7 + me) & 0x7fff);  // li r3,value
    own[1] = 0x4e800020;                            // blr
    __asm__ volatile("dcbst 0,%0\n sync\n icbi 0,%0\n sync\n isync" ::"r"(own) : "memory");
    if (((uint32_t(*)(void))own)() != ((n * 7 + me) & 0x7fff)) wrong++;
  }
  return (void *)wrong;
}

static void codeOfThreads(void) {
  int isRight = 1;
  pthread_t threads[4];
  code = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (uintptr_t n = 0; n < 4; n++) pthread_create(&threads[n], 0, makeCode, (void *)n);
  for (int n = 0; n < 4; n++) {
    void *wrong;
    pthread_join(threads[n], &wrong);
    CHECK(wrong == 0);
  }
  say("code", isRight);
}

// The end: by a thread that is not the first, after the first one has gone.
static void *end(void *argument) {
  usleep(20000);
  say("end", 1);
  exit(3);
}

// Children that run in memory of threads that go on, and processes that threads make so: each is its
// thread's alone, whatever ends it. A signal by which libraries change users comes to all threads.
static void *spawner(void *argument) {
  extern char **environ;
  char *shell[] = {"sh", "-c", "exit 6", 0}, *nothing[] = {"x", 0};
  volatile uintptr_t right = 0;
  for (int n = 0; n < 8; n++) {
    pid_t child;
    int status = 0;
    if (posix_spawn(&child, "/no/such", 0, 0, nothing, environ) == ENOENT) right++;
    if (posix_spawn(&child, "/bin/sh", 0, 0, shell, environ) == 0 &&
        waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 6) right++;
    child = vfork();
    if (child == 0) {
      raise(SIGKILL);
      _exit(1);
    }
    if (waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGKILL) right++;
  }
  return (void *)right;
}

static void spawning(void) {
  pthread_t threads[3];
  int isRight = 1;
  for (int n = 0; n < 3; n++) pthread_create(&threads[n], 0, spawner, 0);
  for (int n = 0; n < 3; n++) {
    void *right;
    pthread_join(threads[n], &right);
    CHECK(right == (void *)24);
  }
  say("spawning", isRight);
}

static pthread_barrier_t together;
static void *present(void *argument) {
  for (int n = 0; n < 2; n++) pthread_barrier_wait(&together);
  return 0;
}

static void users(void) {
  int isRight = 1;
  pthread_t thread;
  pthread_barrier_init(&together, 0, 2);
  pthread_create(&thread, 0, present, 0);
  pthread_barrier_wait(&together);
  CHECK(setuid(getuid()) == 0);
  pthread_barrier_wait(&together);
  CHECK(pthread_join(thread, 0) == 0);
  say("users", isRight);
}

int main(void) {
  users();
  creation();
  crowd();
  locks();
  reservations();
  signals();
  cancellation();
  ownersThatDie();
  forks();
  spawning();
  codeOfThreads();
  pthread_t thread;
  pthread_create(&thread, 0, end, 0);
  pthread_exit(0);
}
