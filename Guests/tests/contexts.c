// Flows of control that go on elsewhere: getcontext, setcontext and swapcontext, in signal handlers,
// out of them, and into what a handler has interrupted; with the registers that functions keep for
// their callers, f14...f31 and v20...v31, and the signal mask (getcontext(3); signal_32.c of Linux).
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

#define HAS_VECTORS (getauxval(AT_HWCAP) & 0x10000000)
struct kept { double floats[18]; unsigned vectors[12][4]; } __attribute__((aligned(16)));

// void NAME(struct kept *r3): loads or stores the kept registers, vectors if r4 is not 0.
#define ALL_FLOATS "14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define ALL_VECTORS "20,21,22,23,24,25,26,27,28,29,30,31"
#define MOVES(name, float_, vector)                                                              \
  void name(struct kept *, int);                                                                  \
  __asm__(".pushsection .text\n.machine push\n.machine \"7400\"\n.globl " #name "\n" #name ":\n"               \
          ".irp n," ALL_FLOATS "\n" float_ " \\n,8*(\\n-14)(3)\n.endr\ncmpwi 4,0\nbeqlr\n"          \
          ".irp n," ALL_VECTORS "\nli 5,144+16*(\\n-20)\n" vector " \\n,3,5\n.endr\nblr\n"          \
          ".machine pop\n.popsection\n")
MOVES(load, "lfd", "lvx");
MOVES(store, "stfd", "stvx");

static int hasVectors, mistakes;

static void fill(struct kept *kept, unsigned number) {
  for (int n = 0; n < 18; n++) kept->floats[n] = 100 * number + n + 0.5;
  for (int n = 0; n < 48; n++) kept->vectors[n / 4][n % 4] = number << 24 | n;
}

static void own(unsigned number) {
  struct kept kept;
  fill(&kept, number), load(&kept, hasVectors);
}

static int isOwn(unsigned number) {
  struct kept kept, expected;
  fill(&expected, number);
  store(&kept, hasVectors);
  return memcmp(&kept, &expected, hasVectors ? sizeof kept : sizeof kept.floats) == 0;
}

static ucontext_t contexts[4], first;
static char stacks[4][65536] __attribute__((aligned(16)));

static void make(int number, void (*function)(void)) {
  getcontext(&contexts[number]);
  contexts[number].uc_stack.ss_sp = stacks[number];
  contexts[number].uc_stack.ss_size = sizeof stacks[number];
  contexts[number].uc_link = &first;
  makecontext(&contexts[number], function, 0);
}

// Four flows that take turns.
static volatile int turns;
static void takesTurns(void) {
  int number = turns;
  own(number + 1);
  for (int n = 0; n < 100; n++) {
    turns++;
    swapcontext(&contexts[number], &contexts[(number + 1) % 4]);
    mistakes += !isOwn(number + 1);
  }
}

static void turn(void) {
  for (int n = 0; n < 4; n++) make(n, takesTurns);
  own(9);
  turns = mistakes = 0;
  swapcontext(&first, &contexts[0]);
  check("turns", turns >= 397 && mistakes == 0 && isOwn(9));
}

static void again(void) {
  volatile int count = 0;
  ucontext_t context;
  own(1);
  getcontext(&context);
  mistakes = !isOwn(1);
  own(2);
  if (++count < 3) setcontext(&context);
  check("again", count == 3 && mistakes == 0);
}

static int isBlocked(int signal) {
  sigset_t set;
  sigprocmask(SIG_SETMASK, NULL, &set);
  return sigismember(&set, signal);
}

// What the next SIGUSR1 does.
static void (*volatile todo)(ucontext_t *);
static volatile int handled, isHandling;
static void handle(int signal, siginfo_t *information, void *context) {
  (void)signal, (void)information;
  handled++, isHandling = isBlocked(SIGUSR1);
  own(40);
  todo(context);
}

static void leave(ucontext_t *context) { (void)context, setcontext(&first); }

static void outside(int flags) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | flags};
  sigaction(SIGUSR1, &action, NULL);
  stack_t now;
  volatile int rounds = 0;
  todo = leave, handled = mistakes = 0;
  own(3);
  getcontext(&first);
  mistakes += !isOwn(3) || isBlocked(SIGUSR1);
  sigaltstack(NULL, &now);
  mistakes += (now.ss_flags & SS_ONSTACK) != 0;
  own(4);
  if (rounds++ < 5) raise(SIGUSR1);
  check(flags & SA_ONSTACK ? "out of the other stack" : "out of a handler",
    handled == 5 && isHandling && mistakes == 0);
}

// A flow of its own in a handler, and back.
static void deep(void) {
  own(5);
  mistakes += !isBlocked(SIGUSR1);
  swapcontext(&contexts[1], &contexts[0]);
  mistakes += !isOwn(5);
}
static void visit(ucontext_t *context) {
  (void)context;
  make(1, deep);
  swapcontext(&contexts[0], &contexts[1]);
  mistakes += !isOwn(40);
  contexts[1].uc_link = NULL;
}

static void within(void) {
  todo = visit, handled = mistakes = 0;
  own(6);
  // The system call is here: nothing is between it and the look at the registers.
  pid_t process = getpid();
  kill(process, SIGUSR1);
  check("within a handler", isOwn(6) && handled == 1 && mistakes == 0 && !isBlocked(SIGUSR1));
}

// The interrupted flow is what goes on, changed: other registers, behind the trap.
static void skip(ucontext_t *context) {
  mcontext_t *machine = context->uc_mcontext.uc_regs;
  struct kept kept;
  fill(&kept, 7);
  machine->gregs[32] += 4;
  memcpy(machine->fpregs.fpregs + 14, kept.floats, sizeof kept.floats);
  if (hasVectors) memcpy(machine->vrregs.vrregs + 20, kept.vectors, sizeof kept.vectors);
  setcontext(context);
}

static void changed(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &action, NULL);
  todo = skip, handled = 0;
  own(8);
  __asm__ volatile("trap" : : : "memory");
  check("changed", isOwn(7) && handled == 1 && !isBlocked(SIGTRAP));
}

// A handler's context outlives the handler, which is left by a jump.
static ucontext_t kept;
static mcontext_t machine __attribute__((aligned(16)));
static sigjmp_buf jump;
static void keep(ucontext_t *context) {
  kept = *context, machine = *context->uc_mcontext.uc_regs;
  kept.uc_mcontext.uc_regs = &machine;
  machine.gregs[32] += 4;
  siglongjmp(jump, 1);
}

static volatile int stage;
static void interrupted(void) {
  own(10);
  stage = 1;
  __asm__ volatile("trap" : : : "memory");
  mistakes += !isOwn(10) || isBlocked(SIGTRAP);
  stage = 3;
}

static void later(void) {
  todo = keep, mistakes = stage = 0;
  make(2, interrupted);
  if (sigsetjmp(jump, 1) == 0) swapcontext(&first, &contexts[2]);
  mistakes += stage != 1 || isBlocked(SIGTRAP);
  stage = 2;
  swapcontext(&first, &kept);
  check("later", stage == 3 && mistakes == 0);
}

// Flows that a timer's handler switches between, each with values of its own.
static volatile int running, switches, finished;
static volatile unsigned long work[3];
static void next(ucontext_t *context) {
  (void)context;
  if (finished) return;
  int from = running;
  running = (running + 1) % 3, switches++;
  swapcontext(&contexts[from], &contexts[running]);
}
static void works(void) {
  int number = running;
  sigset_t none;
  sigemptyset(&none), sigprocmask(SIG_SETMASK, &none, NULL);
  own(number + 20);
  // Where everything is slow, a turn may be over before anything is done.
  while (switches < 60 || (switches < 3000 && !(work[0] && work[1] && work[2]))) {
    work[number]++;
    if (!isOwn(number + 20)) mistakes++;
  }
  finished = 1;
}

static void preempt(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
  sigset_t alarms;
  sigaction(SIGALRM, &action, NULL);
  // Until the first flow has begun.
  sigemptyset(&alarms), sigaddset(&alarms, SIGALRM), sigprocmask(SIG_BLOCK, &alarms, NULL);
  todo = next, mistakes = 0;
  for (int n = 0; n < 3; n++) make(n, works);
  setitimer(ITIMER_REAL, &often, NULL);
  swapcontext(&first, &contexts[0]);
  setitimer(ITIMER_REAL, &never, NULL);
  check("switched by a timer", switches >= 60 && work[0] && work[1] && work[2] && mistakes == 0);
}

int main(void) {
  static char other[65536];
  stack_t stack = {.ss_sp = other, .ss_size = sizeof other};
  sigaltstack(&stack, NULL);
  hasVectors = HAS_VECTORS != 0;
  turn();
  again();
  outside(0);
  outside(SA_ONSTACK);
  within();
  changed();
  later();
  preempt();
  return 0;
}
