// Priorities that are lent through PI futexes, as /proc shows them. It takes a user who may set real-time priorities.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int right = 1;
#define CHECK(condition) do { if (!(condition)) { printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno); right = 0; } } while (0)
static void say(const char *name) {
  printf("%s %s\n", name, right ? "ok" : "WRONG");
  fflush(stdout);
  right = 1;
}

static long futex(uint32_t *word, int operation, uint32_t value, const void *time, uint32_t *second, uint32_t third) {
  return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, time, second, third);
}

// Field 18 of a thread's stat: 20 for an ordinary one, -1 - p for one with the real-time priority p, be it lent.
static int priority(int thread) {
  char name[64], text[512] = "";
  snprintf(name, sizeof name, "/proc/self/task/%d/stat", thread);
  FILE *file = fopen(name, "r");
  if (!file) return 1000;
  size_t count = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[count] = 0;
  char *field = strrchr(text, ')');
  for (int n = 2; n < 18 && field; n++) field = strchr(field + 1, ' ');
  return field ? atoi(field) : 1000;
}

// Whether a thread's priority becomes this; half a minute is for a host that has other things to do.
static int becomes(int thread, int expected) {
  for (int n = 0; n < 30000; n++) {
    if (priority(thread) == expected) return 1;
    usleep(1000);
  }
  printf("priority %d instead of %d\n", priority(thread), expected);
  return 0;
}

static void setPriority(int value) {
  struct sched_param parameter = {.sched_priority = value};
  if (sched_setscheduler(0, value ? SCHED_FIFO : SCHED_OTHER, &parameter)) CHECK(!"sched_setscheduler");
}

// A thread that takes locks when it is told to, and keeps them until it is told otherwise.
struct actor {
  pthread_t thread;
  int priority, number;
  sem_t ready, go, done;
  void (*play)(struct actor *);
};

static void *run(void *argument) {
  struct actor *actor = argument;
  actor->number = syscall(SYS_gettid);
  setPriority(actor->priority);
  sem_post(&actor->ready);
  actor->play(actor);
  return 0;
}

static void start(struct actor *actor, int priority, void (*play)(struct actor *)) {
  actor->priority = priority, actor->play = play;
  sem_init(&actor->ready, 0, 0), sem_init(&actor->go, 0, 0), sem_init(&actor->done, 0, 0);
  if (pthread_create(&actor->thread, 0, run, actor)) exit(1);
  sem_wait(&actor->ready);
}
static void step(struct actor *actor) { sem_post(&actor->go), sem_wait(&actor->done); }
static void finish(struct actor *actor) { pthread_join(actor->thread, 0); }

static pthread_mutex_t first, second;
static uint32_t condition, word;

static void makeMutex(pthread_mutex_t *mutex, int protocol, int ceiling, int robust) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, protocol);
  if (ceiling) pthread_mutexattr_setprioceiling(&attributes, ceiling);
  if (robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  CHECK(pthread_mutex_init(mutex, &attributes) == 0);
}

// Holds the first mutex from one step to the next.
static void holds(struct actor *actor) {
  sem_wait(&actor->go);
  pthread_mutex_lock(&first);
  sem_post(&actor->done), sem_wait(&actor->go);
  pthread_mutex_unlock(&first);
  sem_post(&actor->done), sem_wait(&actor->go);
}
// Takes it and gives it back.
static void takes(struct actor *actor) {
  (void)actor;
  int result = pthread_mutex_lock(&first);
  CHECK(result == 0 || result == EOWNERDEAD);
  if (result) pthread_mutex_consistent(&first);
  pthread_mutex_unlock(&first);
}

static void lending(int ownPriority, int robust) {
  struct actor owner, low, high;
  int own = ownPriority ? -1 - ownPriority : 20;
  makeMutex(&first, PTHREAD_PRIO_INHERIT, 0, robust);
  start(&owner, ownPriority, holds);
  CHECK(becomes(owner.number, own));
  step(&owner);
  CHECK(becomes(owner.number, own));
  start(&low, 10, takes);
  CHECK(becomes(owner.number, -11));
  start(&high, 20, takes);
  CHECK(becomes(owner.number, -21) && becomes(low.number, -11));
  step(&owner);
  CHECK(becomes(owner.number, own));
  finish(&low), finish(&high);
  sem_post(&owner.go), finish(&owner);
  CHECK(pthread_mutex_destroy(&first) == 0);
}

// The owner waits for another one: the priority goes on to that.
static void holdsAndWaits(struct actor *actor) {
  sem_wait(&actor->go);
  pthread_mutex_lock(&second);
  sem_post(&actor->done), sem_wait(&actor->go);
  sem_post(&actor->done);
  pthread_mutex_lock(&first);
  sem_wait(&actor->go);
  pthread_mutex_unlock(&second);
  sem_post(&actor->done), sem_wait(&actor->go);
  pthread_mutex_unlock(&first);
}
static void takesSecond(struct actor *actor) {
  (void)actor;
  pthread_mutex_lock(&second);
  pthread_mutex_unlock(&second);
}

static void chain(void) {
  struct actor end, middle, head;
  makeMutex(&first, PTHREAD_PRIO_INHERIT, 0, 0), makeMutex(&second, PTHREAD_PRIO_INHERIT, 0, 0);
  start(&end, 0, holds), step(&end);
  start(&middle, 5, holdsAndWaits), step(&middle), step(&middle);
  CHECK(becomes(end.number, -6));
  start(&head, 30, takesSecond);
  CHECK(becomes(middle.number, -31) && becomes(end.number, -31));
  step(&end);
  CHECK(becomes(end.number, 20) && becomes(middle.number, -31));
  step(&middle);
  CHECK(becomes(middle.number, -6));
  finish(&head);
  sem_post(&middle.go), sem_post(&end.go);
  finish(&middle), finish(&end);
  say("chain");
}

// A wait that ends by its time takes the priority back.
static volatile int isOver;
static void takesInVain(struct actor *actor) {
  while (!isOver) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 100000000;
    until.tv_sec += until.tv_nsec / 1000000000, until.tv_nsec %= 1000000000;
    CHECK(pthread_mutex_timedlock(&first, &until) == ETIMEDOUT);
  }
  sem_post(&actor->done);
}

static void timeout(void) {
  struct actor owner, other;
  isOver = 0;
  makeMutex(&first, PTHREAD_PRIO_INHERIT, 0, 0);
  start(&owner, 0, holds), step(&owner);
  start(&other, 7, takesInVain);
  CHECK(becomes(owner.number, -8));
  isOver = 1;
  sem_wait(&other.done);
  CHECK(becomes(owner.number, 20));
  step(&owner), sem_post(&owner.go);
  finish(&owner), finish(&other);
  say("timeout");
}

// A signal's handler runs in the middle of a wait, which goes on.
static sem_t handled;
static void handle(int signal) { (void)signal, sem_post(&handled); }

static void signals(int flags) {
  struct actor owner, other;
  struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
  sigaction(SIGUSR1, &action, 0);
  sem_init(&handled, 0, 0);
  makeMutex(&first, PTHREAD_PRIO_INHERIT, 0, 0);
  start(&owner, 0, holds), step(&owner);
  start(&other, 7, takes);
  for (int n = 0; n < 20; n++) {
    CHECK(becomes(owner.number, -8));
    pthread_kill(other.thread, SIGUSR1);
    sem_wait(&handled);
  }
  CHECK(becomes(owner.number, -8));
  step(&owner);
  CHECK(becomes(owner.number, 20));
  sem_post(&owner.go);
  finish(&owner), finish(&other);
}

// Who waits for a condition lends when the wait is for the mutex.
static void waitsForCondition(struct actor *actor) {
  (void)actor;
  CHECK(futex(&condition, FUTEX_WAIT_REQUEUE_PI, 0, 0, &word, 0) == 0);
  CHECK((word & FUTEX_TID_MASK) == (uint32_t)actor->number);
  sem_post(&actor->done), sem_wait(&actor->go);
  CHECK(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0) == 0);
}
static void holdsWord(struct actor *actor) {
  sem_wait(&actor->go);
  CHECK(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0) == 0);
  sem_post(&actor->done), sem_wait(&actor->go);
  CHECK(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0) == 0);
  sem_post(&actor->done), sem_wait(&actor->go);
}
// Moves who waits, until all do.
static void move(int count) {
  int moved = 0;
  for (int n = 0; n < 30000 && moved < count; n++) {
    long result = futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &word, 0);
    if (result < 0) break;
    moved += result;
    usleep(1000);
  }
  CHECK(moved == count);
}

static void requeueing(void) {
  struct actor owner, low, high;
  start(&owner, 0, holdsWord), step(&owner);
  start(&low, 10, waitsForCondition), start(&high, 25, waitsForCondition);
  usleep(10000);
  CHECK(becomes(owner.number, 20));
  move(2);
  CHECK(becomes(owner.number, -26));
  step(&owner);
  CHECK(becomes(owner.number, 20));
  sem_wait(&high.done);
  CHECK(becomes(high.number, -26) && (word & FUTEX_TID_MASK) == (uint32_t)high.number);
  sem_post(&high.go), sem_wait(&low.done);
  CHECK((word & FUTEX_TID_MASK) == (uint32_t)low.number);
  sem_post(&low.go), sem_post(&owner.go);
  finish(&high), finish(&low), finish(&owner);
  CHECK((word & FUTEX_TID_MASK) == 0);
  say("requeueing");
}

// The owner ends: who waits gets the lock, the first of them first.
static int order[2], ended;
static void ends(struct actor *actor) {
  sem_wait(&actor->go);
  pthread_mutex_lock(&first);
  sem_post(&actor->done), sem_wait(&actor->go);
}
static void inherits(struct actor *actor) {
  CHECK(pthread_mutex_lock(&first) == EOWNERDEAD || ended);
  order[ended++] = actor->priority;
  pthread_mutex_consistent(&first);
  pthread_mutex_unlock(&first);
}

static void ending(void) {
  struct actor owner, low, high;
  ended = 0;
  makeMutex(&first, PTHREAD_PRIO_INHERIT, 0, 1);
  start(&owner, 0, ends), step(&owner);
  start(&low, 4, inherits);
  CHECK(becomes(owner.number, -5));
  start(&high, 8, inherits);
  CHECK(becomes(owner.number, -9));
  sem_post(&owner.go);
  finish(&owner), finish(&low), finish(&high);
  CHECK(order[0] == 8 && order[1] == 4);
  say("ending");
}

// On one processor the lock is given to a thread that cannot run yet: one of a higher priority that
// comes meanwhile takes it from that, with the mark that the owner has ended.
static struct actor *awaited;
static void keepsToOneProcessor(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  for (int n = 0, found = 0; n < CPU_SETSIZE; n++)
    if (CPU_ISSET(n, &set) && found++) CPU_CLR(n, &set);
  CHECK(sched_setaffinity(0, sizeof set, &set) == 0);
}
static void endsThere(struct actor *actor) {
  keepsToOneProcessor();
  ends(actor);
}
static void inheritsThere(struct actor *actor) {
  keepsToOneProcessor();
  int result = pthread_mutex_lock(&first);
  CHECK(result == 0 || !ended);
  order[ended++] = result == EOWNERDEAD ? -actor->priority : actor->priority;
  if (result) pthread_mutex_consistent(&first);
  pthread_mutex_unlock(&first);
}
static void comesBetween(struct actor *actor) {
  keepsToOneProcessor();
  sem_post(&actor->done);
  finish(awaited);
  inheritsThere(actor);
}

static void stealing(void) {
  struct actor owner, waiter, thief;
  for (int n = 0; n < 10; n++) {
    ended = 0;
    makeMutex(&first, PTHREAD_PRIO_INHERIT, 0, 1);
    start(&owner, 20, endsThere), step(&owner);
    start(&waiter, 25, inheritsThere);
    CHECK(becomes(owner.number, -26));
    struct sched_param parameter = {.sched_priority = 10};
    CHECK(pthread_setschedparam(waiter.thread, SCHED_FIFO, &parameter) == 0 && becomes(owner.number, -21));
    waiter.priority = 10, awaited = &owner;
    start(&thief, 15, comesBetween), sem_wait(&thief.done);
    usleep(10000);
    sem_post(&owner.go);
    finish(&thief), finish(&waiter);
    CHECK(order[0] == -15 && order[1] == 10);
  }
  say("stealing");
}

// A ceiling is the C library's affair, by sched_setscheduler.
static void ceiling(void) {
  int own = syscall(SYS_gettid), old;
  setPriority(5);
  makeMutex(&first, PTHREAD_PRIO_PROTECT, 15, 0);
  CHECK(priority(own) == -6 && pthread_mutex_lock(&first) == 0 && priority(own) == -16);
  CHECK(pthread_mutex_unlock(&first) == 0 && priority(own) == -6);
  CHECK(pthread_mutex_setprioceiling(&first, 4, &old) == 0 && old == 15 && pthread_mutex_lock(&first) == EINVAL && priority(own) == -6);
  setPriority(0);
  say("ceiling");
}

// sched_setattr(2), which the C library has no function for.
struct attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

static void setting(void) {
  int own = syscall(SYS_gettid);
  struct sched_param parameter = {.sched_priority = 12};
  CHECK(sched_setscheduler(own, SCHED_RR, &parameter) == 0 && priority(own) == -13);
  parameter.sched_priority = 13;
  CHECK(sched_setparam(0, &parameter) == 0 && priority(own) == -14 && sched_getscheduler(0) == SCHED_RR);
  CHECK(sched_getparam(own, &parameter) == 0 && parameter.sched_priority == 13);
  struct attributes attributes = {.size = sizeof attributes, .policy = SCHED_FIFO, .priority = 9}, found = {0};
  CHECK(syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 && priority(own) == -10);
  CHECK(syscall(SYS_sched_getattr, own, &found, sizeof found, 0) == 0 && found.policy == SCHED_FIFO && found.priority == 9);
  attributes = (struct attributes){.size = sizeof attributes, .policy = SCHED_OTHER, .nice = 3};
  CHECK(syscall(SYS_sched_setattr, own, &attributes, 0) == 0 && priority(own) == 23);
  attributes.nice = 0;
  CHECK(syscall(SYS_sched_setattr, own, &attributes, 0) == 0 && priority(own) == 20);
  parameter.sched_priority = 100;
  CHECK(sched_setscheduler(0, SCHED_FIFO, &parameter) == -1 && errno == EINVAL);
  say("setting");
}

// A thread that begins with a priority of its own.
static void *seesPriority(void *argument) {
  *(int *)argument = priority(syscall(SYS_gettid));
  return 0;
}

static void beginning(void) {
  pthread_attr_t attributes;
  struct sched_param parameter = {.sched_priority = 6};
  pthread_t thread;
  int found = 0;
  pthread_attr_init(&attributes);
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
  pthread_attr_setschedparam(&attributes, &parameter);
  CHECK(pthread_create(&thread, &attributes, seesPriority, &found) == 0);
  pthread_join(thread, 0);
  CHECK(found == -7);
  setPriority(7);
  CHECK(pthread_create(&thread, 0, seesPriority, &found) == 0);
  pthread_join(thread, 0);
  CHECK(found == -8);
  setPriority(0);
  say("beginning");
}

int main(void) {
  struct sched_param parameter = {.sched_priority = 40};
  if (sched_setscheduler(0, SCHED_FIFO, &parameter)) return perror("sched_setscheduler"), 77;
  setPriority(0);
  lending(0, 0), say("lending to an ordinary thread");
  lending(3, 0), say("lending to a real-time thread");
  lending(0, 1), say("lending through a robust mutex");
  chain();
  timeout();
  signals(0), signals(SA_RESTART), say("signals");
  requeueing();
  ending();
  stealing();
  ceiling();
  setting();
  beginning();
  return 0;
}
