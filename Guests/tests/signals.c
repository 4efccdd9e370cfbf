// Signals of faulting instructions: what handlers find in siginfo and the registers, what they
// change, and that the program goes on from exactly there.
#define _GNU_SOURCE
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

enum { kCount = 18, kFirst = 14, kNip = 32, kCtr = 35, kLink = 36, kXer = 37, kCr = 38 };

// What the handler saw of the last signal.
static struct {
  int count, signal, code;
  unsigned address, registers[48];
  double floats[32];
} seen;
static int steps = 4;

static void handle(int signal, siginfo_t *information, void *pointer) {
  ucontext_t *context = pointer;
  unsigned long *registers = context->uc_mcontext.uc_regs->gregs;
  seen.count++;
  seen.signal = signal;
  seen.code = information->si_code;
  seen.address = (unsigned)information->si_addr;
  memcpy(seen.registers, registers, sizeof seen.registers);
  memcpy(seen.floats, context->uc_mcontext.uc_regs->fpregs.fpregs, sizeof seen.floats);
  // What the interrupted code is to find: another r14, f14, CR, XER and counter.
  registers[14] = 0x14141414;
  registers[kCr] ^= 0xf000000f;
  registers[kXer] ^= 0xe0000000;
  registers[kCtr] = 0xcccc;
  context->uc_mcontext.uc_regs->fpregs.fpregs[14] = 1414;
  registers[kNip] += (unsigned long)steps;
}

static void check(const char *name, int holds) {
  printf("  %s %s\n", name, holds ? "ok" : "WRONG");
}

// State before and after an instruction, with its address.
struct state {
  unsigned registers[kCount], cr, xer, ctr, lr, nip, pad;
  double floats[kCount];
};

// void NAME(struct state *r3, unsigned r4): loads r14...r31, f14...f31, CR, XER, CTR and LR, runs
// the instruction at NAME_at, whose operands are r4 (an address) and r5..., and stores them again.
#define PROBE(name, text)                                                                 \
  void name(struct state *, unsigned);                                                    \
  extern char name##_at[];                                                                \
  __asm__(".text\n.globl " #name "\n.globl " #name "_at\n" #name ":\n"                    \
          "stwu 1,-320(1)\nmflr 0\nstw 0,324(1)\nmfcr 0\nstw 0,8(1)\nstmw 14,12(1)\n"     \
          "stfd 14,88(1)\nstfd 15,96(1)\nstfd 16,104(1)\nstfd 17,112(1)\n"                \
          "stw 3,84(1)\nlwz 0,72(3)\nmtcr 0\nlwz 0,76(3)\nmtxer 0\nlwz 0,80(3)\nmtctr 0\n" \
          "lwz 0,84(3)\nmtlr 0\nlfd 14,96(3)\nlfd 15,104(3)\nlfd 16,112(3)\nlfd 17,120(3)\n" \
          "mr 12,3\nli 5,-1\nli 6,0\nlmw 14,0(12)\n"                                      \
          #name "_at: " text "\n"                                                         \
          "lwz 12,84(1)\nstmw 14,0(12)\nmfcr 0\nstw 0,72(12)\nmfxer 0\nstw 0,76(12)\n"    \
          "mfctr 0\nstw 0,80(12)\nmflr 0\nstw 0,84(12)\nstw 4,88(12)\n"                   \
          "stfd 14,96(12)\nstfd 15,104(12)\nstfd 16,112(12)\nstfd 17,120(12)\n"           \
          "lfd 14,88(1)\nlfd 15,96(1)\nlfd 16,104(1)\nlfd 17,112(1)\n"                    \
          "lmw 14,12(1)\nlwz 0,8(1)\nmtcr 0\nlwz 0,324(1)\nmtlr 0\naddi 1,1,320\nblr\n");

PROBE(load, "lwz 14,0(4)")
PROBE(loadUpdate, "lwzu 14,16(4)")
PROBE(loadFloat, "lfdu 14,8(4)")
PROBE(store, "stw 15,0(4)")
PROBE(storeUpdate, "stwux 15,4,6")
PROBE(storeByte, "stb 15,3(4)")
PROBE(storeFloat, "stfd 15,0(4)")
PROBE(loadReversed, "lwbrx 14,0,4")
PROBE(zeroBlock, "dcbz 0,4")
PROBE(reserve, "lwarx 14,0,4")
PROBE(loadString, "lswi 14,4,8")
PROBE(storeString, "stswi 15,4,8")
PROBE(trap, "trap")
PROBE(trapIf, "twi 24,6,1")
PROBE(trapUnsigned, "tw 1,5,6")
PROBE(illegal, ".long 0")
PROBE(illegal31, ".long 0x7c0007fe")
PROBE(privileged, "mfmsr 14")
PROBE(divide, "fdiv 14,15,16")
PROBE(invalid, "fsub 14,17,17")

static const struct {
  const char *name;
  void (*function)(struct state *, unsigned);
  char *at;
  int signal, code;
  // How far behind r4 the address is that siginfo tells; -1: it is the instruction's.
  int offset;
  // Whether it is to be tried on a page that may be read.
  int readable;
} rows[] = {
  {"lwz", load, load_at, SIGSEGV, SEGV_MAPERR, 0, 0},
  {"lwzu", loadUpdate, loadUpdate_at, SIGSEGV, SEGV_MAPERR, 16, 0},
  {"lfdu", loadFloat, loadFloat_at, SIGSEGV, SEGV_MAPERR, 8, 0},
  {"stw", store, store_at, SIGSEGV, SEGV_MAPERR, 0, 0},
  {"stw read-only", store, store_at, SIGSEGV, SEGV_ACCERR, 0, 1},
  {"stwux", storeUpdate, storeUpdate_at, SIGSEGV, SEGV_ACCERR, 0, 1},
  {"stb", storeByte, storeByte_at, SIGSEGV, SEGV_ACCERR, 3, 1},
  {"stfd", storeFloat, storeFloat_at, SIGSEGV, SEGV_MAPERR, 0, 0},
  {"lwbrx", loadReversed, loadReversed_at, SIGSEGV, SEGV_MAPERR, 0, 0},
  {"dcbz", zeroBlock, zeroBlock_at, SIGSEGV, SEGV_ACCERR, 0, 1},
  {"lwarx", reserve, reserve_at, SIGSEGV, SEGV_MAPERR, 0, 0},
  {"lswi", loadString, loadString_at, SIGSEGV, SEGV_MAPERR, 0, 0},
  {"stswi", storeString, storeString_at, SIGSEGV, SEGV_MAPERR, 0, 0},
  {"stswi read-only", storeString, storeString_at, SIGSEGV, SEGV_ACCERR, 0, 1},
  {"trap", trap, trap_at, SIGTRAP, TRAP_BRKPT, -1, 0},
  {"tw", trapUnsigned, trapUnsigned_at, SIGTRAP, TRAP_BRKPT, -1, 0},
  {"twi", trapIf, trapIf_at, SIGTRAP, TRAP_BRKPT, -1, 0},
  {"illegal", illegal, illegal_at, SIGILL, ILL_ILLOPC, -1, 0},
  {"illegal 31", illegal31, illegal31_at, SIGILL, ILL_ILLOPC, -1, 0},
  {"privileged", privileged, privileged_at, SIGILL, ILL_PRVOPC, -1, 0},
  {"fdiv by 0", divide, divide_at, SIGFPE, FPE_FLTDIV, -1, 0},
  {"inf - inf", invalid, invalid_at, SIGFPE, FPE_FLTINV, -1, 0},
};

static void fill(struct state *state) {
  for (int n = 0; n < kCount; n++) {
    state->registers[n] = 0xabc00000u + (unsigned)n * 0x01010101;
    state->floats[n] = n + 0.5;
  }
  state->floats[2] = 0;
  state->floats[3] = __builtin_inf();
  state->cr = 0x12345678, state->xer = 0x8000002a, state->ctr = 0x51515150, state->lr = 0x62626260;
}

static int same(const struct state *before) {
  int differ = 0;
  for (int n = 0; n < kCount; n++) differ |= seen.registers[kFirst + n] != before->registers[n];
  for (int n = 0; n < 4; n++) differ |= memcmp(&seen.floats[14 + n], &before->floats[n], 8) != 0;
  differ |= seen.registers[kCr] != before->cr || seen.registers[kXer] != before->xer;
  differ |= seen.registers[kCtr] != before->ctr || seen.registers[kLink] != before->lr;
  return !differ;
}

static int changed(const struct state *before, const struct state *after) {
  int differ = after->registers[0] != 0x14141414 || after->floats[0] != 1414;
  for (int n = 1; n < kCount; n++) differ |= after->registers[n] != before->registers[n];
  for (int n = 1; n < 4; n++) differ |= memcmp(&after->floats[n], &before->floats[n], 8) != 0;
  differ |= after->cr != (before->cr ^ 0xf000000f) || after->xer != (before->xer ^ 0xe0000000);
  return !differ && after->ctr == 0xcccc && after->lr == before->lr;
}

static void faults(void) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  for (int n = 0; n < 5; n++) sigaction(signals[n], &action, NULL);
  char *pages = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 8192, 4096);
  feenableexcept(FE_DIVBYZERO | FE_INVALID);
  for (unsigned n = 0; n < sizeof rows / sizeof *rows; n++) {
    struct state before, after;
    fill(&before);
    after = before;
    char *address = rows[n].readable ? pages + 64 : pages + 8192 + 64;
    seen.count = 0;
    // Twice: the second time in code that has been translated.
    for (int round = 0; round < 2; round++) {
      after = before;
      rows[n].function(&after, (unsigned)address);
    }
    printf("%s\n", rows[n].name);
    check("signal", seen.count == 2 && seen.signal == rows[n].signal);
    check("code", seen.code == rows[n].code);
    unsigned expected = (unsigned)(rows[n].offset < 0 ? rows[n].at : address + rows[n].offset);
    check("address", seen.address == expected);
    check("nip", seen.registers[kNip] == (unsigned)rows[n].at);
    check("operands", seen.registers[4] == (unsigned)address && after.nip == (unsigned)address);
    check("registers", same(&before));
    check("resumed", changed(&before, &after));
  }
  fedisableexcept(FE_ALL_EXCEPT);
  feclearexcept(FE_ALL_EXCEPT);
}

static void busErrors(void) {
  char name[] = "/tmp/lyrebird-signals-XXXXXX";
  int file = mkstemp(name);
  unlink(name);
  if (write(file, "x", 1) != 1) exit(1);
  char *place = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  struct state before, after;
  fill(&before);
  after = before;
  load(&after, (unsigned)place + 4096);
  puts("behind the end of a file");
  check("signal", seen.signal == SIGBUS && seen.code == BUS_ADRERR);
  check("address", seen.address == (unsigned)place + 4096);
  check("nip", seen.registers[kNip] == (unsigned)load_at);
  check("registers", same(&before) && changed(&before, &after));
  after = before;
  reserve(&after, (unsigned)place + 2);
  puts("misaligned reservation");
  check("signal", seen.signal == SIGBUS && seen.code == BUS_ADRALN);
  check("nip", seen.registers[kNip] == (unsigned)reserve_at);
  munmap(place, 8192);
  close(file);
}

// A word half on a page that may not be written, and a store of several words over the border.
static void borders(void) {
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(pages + 4096, 4096, PROT_NONE);
  struct state before, after;
  fill(&before);
  after = before;
  seen.count = 0;
  store(&after, (unsigned)pages + 4094);
  puts("across two pages");
  check("signal", seen.count == 1 && seen.signal == SIGSEGV && seen.code == SEGV_ACCERR);
  // Processors differ in which of the two halves they name.
  check("address", seen.address - (unsigned)pages - 4094 <= 2);
  check("nip", seen.registers[kNip] == (unsigned)store_at);
  check("registers", same(&before));
}

static volatile sig_atomic_t depth, plain, onOther;
static char *otherStack;
static sigjmp_buf escape;
static volatile int *volatile nowhere = (volatile int *)8;

static void nest(int signal, siginfo_t *information, void *context) {
  (void)information, (void)context;
  depth++;
  if (depth < 5) raise(signal);
}
static void masked(int signal) {
  plain++;
  if (plain == 1) raise(signal), depth = plain;
}
static void leave(int signal) {
  char here;
  onOther = &here >= otherStack && &here < otherStack + 65536;
  siglongjmp(escape, signal);
}

static void handlers(void) {
  struct sigaction action = {.sa_sigaction = nest, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  puts("handlers");
  check("nested", depth == 5);
  action = (struct sigaction){.sa_handler = masked};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  check("masked while it runs", depth == 1 && plain == 2);
  action = (struct sigaction){.sa_handler = masked, .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  sigaction(SIGUSR1, NULL, &action);
  check("reset", plain == 3 && action.sa_handler == SIG_DFL);
  otherStack = malloc(65536);
  stack_t stack = {.ss_sp = otherStack, .ss_size = 65536};
  sigaltstack(&stack, NULL);
  action = (struct sigaction){.sa_handler = leave, .sa_flags = SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  for (volatile int n = 0; n < 50; n++) {
    onOther = 0;
    if (sigsetjmp(escape, 1) == 0) *nowhere = 1;
    if (!onOther) exit(2);
  }
  check("left by siglongjmp, on another stack", onOther);
  sigset_t set;
  sigprocmask(SIG_SETMASK, NULL, &set);
  check("mask restored", !sigismember(&set, SIGSEGV));
}

// The stack runs out, the handler on another stack goes on.
static volatile int bottom = -1;
static int grow(int n) {
  volatile char room[2048];
  room[0] = (char)n;
  return n == bottom ? 0 : grow(n + 1) + room[0];
}
static void exhaust(void) {
  puts("stack overflow");
  if (sigsetjmp(escape, 1) == 0) grow(0);
  check("caught", onOther);
}

// Registers stay what they are while signals come at any time.
static volatile sig_atomic_t ticks;
static void tick(int signal) { (void)signal, ticks++; }
static void timers(void) {
  signal(SIGALRM, tick);
  struct itimerval interval = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &interval, NULL);
  int wrong = 0;
  while (ticks < 40) {
    unsigned a = 1, b = 2, c = 3, sum = 0, count = 20000;
    __asm__ volatile("mtctr %4\n1: addc %0,%0,%1\n\tadde %1,%1,%2\n\taddze %2,%2\n\t"
                     "xor. %3,%3,%0\n\trotlwi %3,%3,5\n\tbdnz 1b"
                     : "+r"(a), "+r"(b), "+r"(c), "+r"(sum) : "r"(count) : "ctr", "cr0", "xer");
    static unsigned first;
    if (!first) first = sum ^ a ^ b ^ c;
    wrong += (sum ^ a ^ b ^ c) != first;
  }
  memset(&interval, 0, sizeof interval);
  setitimer(ITIMER_REAL, &interval, NULL);
  puts("timers");
  check("no register lost", wrong == 0);
}

int main(void) {
  faults();
  busErrors();
  borders();
  handlers();
  exhaust();
  timers();
  return 0;
}
