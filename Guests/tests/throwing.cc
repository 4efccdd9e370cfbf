// Exceptions that signal handlers throw through the kernel's frames: callers get back the registers
// that they own, as the frames have them, what the handler changed there included.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <unistd.h>
#include <ucontext.h>

// f14...f31, which functions keep for their callers.
#define KEPT "14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define CLOBBERED                                                                                 \
  "fr14", "fr15", "fr16", "fr17", "fr18", "fr19", "fr20", "fr21", "fr22", "fr23", "fr24", "fr25", \
    "fr26", "fr27", "fr28", "fr29", "fr30", "fr31"
enum { COUNT = 18 };

static inline __attribute__((always_inline)) void load(const double *values) {
  __asm__ volatile(".irp n," KEPT "\nlfd \\n,8*(\\n-14)(%0)\n.endr" : : "b"(values) : CLOBBERED);
}
static inline __attribute__((always_inline)) void store(double *values) {
  __asm__ volatile(".irp n," KEPT "\nstfd \\n,8*(\\n-14)(%0)\n.endr" : : "b"(values) : "memory");
}

static double owned[COUNT], inner[COUNT], changed[COUNT], got[COUNT];

enum Way { LOAD, TRAP, CALL, WAYS };

// Raises SIGSEGV, SIGTRAP or SIGUSR1 here. Of the registers above nothing is changed or saved.
__attribute__((noinline)) static void raiseHere(Way way) {
  if (way == LOAD)
    __asm__ volatile("lwz 0,0(%0)" : : "b"(64) : "r0");
  else if (way == TRAP)
    __asm__ volatile("trap");
  else {
    int own = getpid();
    register int number __asm__("r0") = 37, process __asm__("r3") = own;
    register int signal __asm__("r4") = SIGUSR1;
    __asm__ volatile("sc" : "+r"(number), "+r"(process), "+r"(signal) : : "cr0", "ctr", "memory",
                     "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12");
  }
  __asm__ volatile("");
}

// The compiler must not see that nothing there throws.
static void (*volatile here)(Way) = raiseHere;

// Saves the caller's registers and has others.
__attribute__((noinline)) static void raiseBelow(Way way) {
  load(inner);
  here(way);
  load(inner);
}
static void (*volatile below)(Way) = raiseBelow;

static volatile bool changes;
static volatile int seen;

__attribute__((noinline)) static void leave(mcontext_t *machine, int signal) {
  seen = 0;
  const double *own = machine->fpregs.fpregs + 14;
  for (int n = 0; n < COUNT; n++) seen += own[n] == (changes ? owned : inner)[n];
  if (changes) memcpy(machine->fpregs.fpregs + 14, changed, sizeof changed);
  // The handler has values of its own in them.
  static const double none[COUNT] = {};
  load(none);
  throw signal;
}

static void handle(int signal, siginfo_t *, void *context) {
  leave(static_cast<ucontext_t *>(context)->uc_mcontext.uc_regs, signal);
}

// In a plain frame the pointer to the registers is the eighth word of struct sigcontext.
static void handlePlainly(int signal, const uintptr_t *context) {
  leave(reinterpret_cast<mcontext_t *>(context[7]), signal);
}

static int expected(Way way) { return way == LOAD ? SIGSEGV : way == TRAP ? SIGTRAP : SIGUSR1; }

__attribute__((noinline)) static bool isRight(Way way, bool isBelow) {
  changes = !isBelow;
  int kept = way + 7, caught = 0;
  load(owned);
  try {
    if (isBelow) below(way); else here(way);
  } catch (int signal) {
    store(got);
    caught = signal;
  }
  return caught == expected(way) && kept == way + 7 && seen == COUNT &&
    memcmp(got, isBelow ? owned : changed, sizeof got) == 0;
}

// Exceptions out of a handler that interrupts a handler.
static void handleTwice(int, siginfo_t *, void *) { here(TRAP); }

static bool isNestedRight() {
  struct sigaction action = {};
  action.sa_sigaction = handleTwice, action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  changes = true;
  try {
    load(owned);
    here(LOAD);
  } catch (int signal) {
    store(got);
    return signal == SIGTRAP && memcmp(got, owned, sizeof got) == 0;
  }
  return false;
}

static void install(int flags) {
  struct sigaction action = {};
  void (*const plain)(int, const uintptr_t *) = handlePlainly;
  if (flags & SA_SIGINFO) action.sa_sigaction = handle;
  else memcpy(&action.sa_handler, &plain, sizeof plain);
  action.sa_flags = flags | SA_NODEFER;
  static const int signals[] = {SIGSEGV, SIGTRAP, SIGUSR1};
  for (int signal : signals) sigaction(signal, &action, nullptr);
}

int main() {
  for (int n = 0; n < COUNT; n++) owned[n] = n + 1, inner[n] = -n - 1, changed[n] = n + 100;
  alignas(16) static char other[65536];
  stack_t stack = {};
  stack.ss_sp = other, stack.ss_size = sizeof other;
  sigaltstack(&stack, nullptr);
  static const char *const ways[] = {"load", "trap", "call"};
  static const struct { const char *name; int flags; } kinds[] = {
    {"with information", SA_SIGINFO}, {"plain", 0}, {"other stack", SA_SIGINFO | SA_ONSTACK}};
  for (auto &kind : kinds)
    for (int way = 0; way < WAYS; way++)
      for (int isBelow = 0; isBelow < 2; isBelow++) {
        install(kind.flags);
        bool right = true;
        for (int round = 0; round < 3; round++) right &= isRight(Way(way), isBelow);
        printf("%s, %s, %s %s\n", kind.name, ways[way], isBelow ? "below" : "here", right ? "ok" : "WRONG");
      }
  install(SA_SIGINFO);
  printf("nested %s\n", isNestedRight() ? "ok" : "WRONG");
}
