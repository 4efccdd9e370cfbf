// Floating point in signal frames: all registers and the FPSCR as the instruction before left them;
// what handlers change there is what the program goes on with; enabled exceptions as SIGFPE. Values:
// Programming Environments Manual, 3.3; signal codes: arch/powerpc/kernel/traps.c of Linux.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
  FX = 0x80000000, FEX = 0x40000000, VX = 0x20000000, OX = 0x10000000, UX = 0x08000000,
  ZX = 0x04000000, XX = 0x02000000, VXSNAN = 0x01000000, VXISI = 0x00800000, VXZDZ = 0x00200000,
  VXVC = 0x00080000, FR = 0x00040000, FI = 0x00020000, kMinus = 0x8000, kPlus = 0x4000,
  kZero = 0x2000, kUnordered = 0x1000, kNaN = 0x11000, kInfinite = 0x5000, kDenormal = 0x14000,
  VXSOFT = 0x400, VXSQRT = 0x200, VXCVI = 0x100, VE = 0x80, OE = 0x40, UE = 0x20, ZE = 0x10, XE = 8,
  kNip = 32
};

typedef unsigned long long bits;
struct floats { bits r[32], status; };

// void NAME(struct floats *r3, int r4, int r5): loads f0...f31 and the FPSCR, runs the instructions,
// and stores the registers again. r4 and r5 are what `kill` wants, r6 is 0.
#define ALL                                                                                      \
  "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define HIGH "14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define PROBE(name, text)                                                                        \
  void name(struct floats *, int, int);                                                          \
  __asm__(".text\n.globl " #name "\n" #name ":\nstwu 1,-192(1)\nstw 3,8(1)\nmffs 0\nstfd 0,16(1)\n" \
          ".irp n," HIGH "\nstfd \\n,32+8*(\\n-14)(1)\n.endr\nlfd 0,256(3)\nmtfsf 255,0\n"         \
          ".irp n," ALL "\nlfd \\n,8*\\n(3)\n.endr\nmr 7,3\nmr 3,4\nmr 4,5\nli 6,0\n" text "\n"   \
          "lwz 3,8(1)\n.irp n," ALL "\nstfd \\n,8*\\n(3)\n.endr\nmffs 0\nstfd 0,256(3)\n"          \
          ".irp n," HIGH "\nlfd \\n,32+8*(\\n-14)(1)\n.endr\nlfd 0,16(1)\nmtfsf 255,0\n"           \
          "addi 1,1,192\nblr\n")
// An instruction followed by a load from nowhere, a trap, or kill(r4, r5).
#define PROBES(name, text)                                                                       \
  PROBE(name##_load, text "\nlwz 6,0(6)");                                                        \
  PROBE(name##_trap, text "\ntrap");                                                              \
  PROBE(name##_call, text "\nli 0,37\nsc");                                                       \
  PROBE(name##_alone, text)

PROBES(add, "fadd 4,1,2");
PROBES(add_single, "fadds 4,1,2");
PROBES(subtract, "fsub 4,1,2");
PROBES(multiply, "fmul 4,1,2");
PROBES(multiply_single, "fmuls 4,1,2");
PROBES(divide, "fdiv 4,1,2");
PROBES(divide_single, "fdivs 4,1,2");
PROBES(fused, "fmadd 4,1,2,3");
PROBES(round_single, "frsp 4,1");
PROBES(convert, "fctiwz 4,1");
PROBES(compare, "fcmpu 0,1,2");
PROBES(compare_ordered, "fcmpo 0,1,2");
PROBES(divide_compare, "fdiv 4,1,2\nfcmpu 0,2,1");
PROBES(two, "fdiv 4,1,2\nfadd 4,1,1");
PROBES(mode, "fdiv 4,1,2\nmtfsfi 7,2");
PROBES(move, "fdiv 4,1,2\nfmr 5,4");
PROBES(whole, "mtfsf 255,1");

#define ONE 0x3ff0000000000000
#define THREE 0x4008000000000000
#define THIRD 0x3fd5555555555555
#define INFINITE 0x7ff0000000000000
#define QUIET 0x7ff8000000000000
#define SIGNALING 0x7ff0000000000001
#define LARGEST 0x7fefffffffffffff
// What f4 holds before.
#define KEPT 0x4045000000000004
#define FUNCTIONS(name) {name##_load, name##_trap, name##_call, name##_alone}

// An operation on f1 and f2, f3 = 1.0, the result in f4, the FPSCR before and after; the code of the
// SIGFPE, if there is one.
static const struct row {
  const char *name;
  void (*functions[4])(struct floats *, int, int);
  bits a, b, result;
  unsigned before, after;
  int code;
} rows[] = {
  {"exact", FUNCTIONS(add), ONE, THREE, 0x4010000000000000, 0, kPlus, 0},
  {"rounded down", FUNCTIONS(divide), ONE, THREE, THIRD, kMinus, FX | XX | FI | kPlus, 0},
  {"rounded up", FUNCTIONS(divide), ONE, THREE, THIRD + 1, 2, FX | XX | FI | FR | kPlus | 2, 0},
  {"sticky", FUNCTIONS(divide), ONE, THREE, THIRD, ZX | XX | VX | VXSOFT,
    ZX | XX | VX | VXSOFT | FI | kPlus, 0},
  {"single", FUNCTIONS(divide_single), ONE, THREE, 0x3fd5555560000000, 0,
    FX | XX | FI | FR | kPlus, 0},
  {"overflow", FUNCTIONS(multiply), LARGEST, LARGEST, INFINITE, 0,
    FX | OX | XX | FI | FR | kInfinite, 0},
  {"overflow toward zero", FUNCTIONS(multiply), LARGEST, LARGEST, LARGEST, 1,
    FX | OX | XX | FI | kPlus | 1, 0},
  {"underflow", FUNCTIONS(multiply), 0x0010000000000001, 0x3fe0000000000000, 0x0008000000000000, 0,
    FX | UX | XX | FI | kDenormal, 0},
  {"denormal and exact", FUNCTIONS(multiply), 0x0010000000000000, 0x3fe0000000000000,
    0x0008000000000000, 0, kDenormal, 0},
  {"zero divide", FUNCTIONS(divide), ONE, 0, INFINITE, XX, FX | ZX | XX | kInfinite, 0},
  {"invalid", FUNCTIONS(subtract), INFINITE, INFINITE, QUIET, 0, FX | VX | VXISI | kNaN, 0},
  {"signaling NaN", FUNCTIONS(fused), SIGNALING, ONE, QUIET | 1, FI, FX | VX | VXSNAN | kNaN, 0},
  {"frsp", FUNCTIONS(round_single), 0x3ff0000010000000, 0, ONE, FR, FX | XX | FI | kPlus, 0},
  {"fctiwz", FUNCTIONS(convert), 0x3ffc000000000000, 0, 1, kMinus, FX | XX | FI | kMinus, 0},
  {"fcmpu", FUNCTIONS(compare), ONE, THREE, KEPT, FI | FR | kNaN, FI | FR | 0x10000 | kMinus, 0},
  {"fcmpo of a NaN", FUNCTIONS(compare_ordered), ONE, QUIET, KEPT, kPlus,
    FX | VX | VXVC | kUnordered, 0},
  {"fdiv and fcmpu", FUNCTIONS(divide_compare), ONE, THREE, THIRD, 0, FX | XX | FI | kPlus, 0},
  {"inexact, then exact", FUNCTIONS(two), ONE, THREE, 0x4000000000000000, 0, FX | XX | kPlus, 0},
  {"inexact, then another mode", FUNCTIONS(mode), ONE, THREE, THIRD, 0, FX | XX | FI | kPlus | 2, 0},
  {"inexact, then a move", FUNCTIONS(move), ONE, THREE, THIRD, 0, FX | XX | FI | kPlus, 0},
  {"enabled, none", FUNCTIONS(add), ONE, THREE, 0x4010000000000000, VE | ZE | XE | OE | UE,
    kPlus | VE | ZE | XE | OE | UE, 0},
  {"enabled, another", FUNCTIONS(divide), ONE, THREE, THIRD, VE | ZE,
    FX | XX | FI | kPlus | VE | ZE, 0},
  {"SIGFPE zero divide", FUNCTIONS(divide), ONE, 0, KEPT, kMinus | ZE,
    FX | FEX | ZX | kMinus | ZE, FPE_FLTDIV},
  {"SIGFPE invalid", FUNCTIONS(subtract), INFINITE, INFINITE, KEPT, kMinus | VE | FI | FR,
    FX | FEX | VX | VXISI | kMinus | VE, FPE_FLTINV},
  {"SIGFPE 0 / 0", FUNCTIONS(divide), 0, 0, KEPT, kMinus | VE | ZE,
    FX | FEX | VX | VXZDZ | kMinus | VE | ZE, FPE_FLTINV},
  {"SIGFPE overflow", FUNCTIONS(multiply), LARGEST, LARGEST, 0x5feffffffffffffe, OE | XE,
    FX | FEX | OX | XX | FI | kPlus | OE | XE, FPE_FLTOVF},
  {"SIGFPE overflow, single", FUNCTIONS(multiply_single), 0x47efffffe0000000, 0x4000000000000000,
    0x3bffffffe0000000, OE, FX | FEX | OX | kPlus | OE, FPE_FLTOVF},
  {"SIGFPE underflow", FUNCTIONS(multiply), 0x0010000000000000, 0x3fe0000000000000,
    0x6000000000000000, UE, FX | FEX | UX | kPlus | UE, FPE_FLTUND},
  {"SIGFPE inexact", FUNCTIONS(divide), ONE, THREE, THIRD, XE, FX | FEX | XX | FI | kPlus | XE,
    FPE_FLTRES},
  {"SIGFPE fctiwz", FUNCTIONS(convert), QUIET, 0, KEPT, kMinus | VE,
    FX | FEX | VX | VXCVI | kMinus | VE, FPE_FLTINV},
  {"SIGFPE fcmpo", FUNCTIONS(compare_ordered), ONE, SIGNALING, KEPT, VE,
    FX | FEX | VX | VXSNAN | kUnordered | VE, FPE_FLTINV},
  {"SIGFPE mtfsf", FUNCTIONS(whole), FX | ZX | ZE, 0, KEPT, kPlus, FX | FEX | ZX | ZE, FPE_FLTDIV},
  {"inexact, single, again", FUNCTIONS(add_single), ONE, 0x3e70000000000001, 0x3ff0000020000000, XX,
    XX | FI | FR | kPlus, 0},
};

// What the handler saw, and what it leaves.
static struct floats seen, given;
static volatile int count, last, code;
static volatile unsigned inHandler, nip, address;

static unsigned status(void) {
  union { double d; bits b; } value;
  __asm__ volatile("mffs %0" : "=f"(value.d));
  return (unsigned)value.b;
}

static void handle(int signal, siginfo_t *information, void *pointer) {
  inHandler = status();
  mcontext_t *machine = ((ucontext_t *)pointer)->uc_mcontext.uc_regs;
  count++, last = signal, code = information->si_code;
  nip = machine->gregs[kNip], address = (unsigned)information->si_addr;
  memcpy(&seen, &machine->fpregs, sizeof seen);
  memcpy(&machine->fpregs, &given, sizeof given);
  if (signal != SIGUSR1) machine->gregs[kNip] += 4;
}

static int failed;
static void check(const char *name, const char *what, int holds) {
  if (holds) return;
  fprintf(stderr, "  %s: %s\n", name, what);
  failed = 1;
}

static void fill(struct floats *floats, const struct row *row) {
  for (unsigned n = 0; n < 32; n++) floats->r[n] = 0x4045000000000000 + n;
  floats->r[1] = row->a, floats->r[2] = row->b, floats->r[3] = ONE;
  floats->status = row->before;
  for (unsigned n = 0; n < 32; n++) given.r[n] = 0xc123456700000000 + n * 0x0101;
  given.status = FX | UX | FI | kZero | 3;
}

// The registers as the operation left them, in the frame; and as the handler left them, afterwards.
static void compare_floats(const struct row *row, const char *how, const struct floats *after) {
  struct floats expected;
  fill(&expected, row);
  expected.r[4] = row->result;
  if (!strcmp(row->name, "inexact, then a move")) expected.r[5] = row->result;
  if (!strcmp(row->name, "SIGFPE mtfsf")) expected.r[1] = row->a;
  check(how, "registers", !memcmp(seen.r, expected.r, sizeof seen.r));
  check(how, "FPSCR", (unsigned)seen.status == row->after);
  if ((unsigned)seen.status != row->after)
    fprintf(stderr, "    %08x, not %08x\n", (unsigned)seen.status, row->after);
  check(how, "FPSCR in the handler", inHandler == 0);
  check(how, "registers afterwards", !memcmp(after->r, given.r, sizeof given.r));
  check(how, "FPSCR afterwards", (unsigned)after->status == (unsigned)given.status);
}

static void one(const struct row *row) {
  static const int signals[] = {SIGSEGV, SIGTRAP, SIGUSR1, SIGFPE};
  static const char *const names[] = {"load", "trap", "kill", "SIGFPE"};
  failed = 0;
  for (int round = 0; round < 2; round++) {
    for (int n = row->code ? 3 : 0; n < (row->code ? 4 : 3); n++) {
      struct floats floats;
      fill(&floats, row);
      count = 0;
      row->functions[n](&floats, getpid(), SIGUSR1);
      check(names[n], "signal", count == 1 && last == signals[n]);
      if (row->code) check(names[n], "code", code == row->code && address == nip);
      compare_floats(row, names[n], &floats);
    }
  }
  printf("%s %s\n", row->name, failed ? "WRONG" : "ok");
}

// A handler with floating point of its own, at any time.
static volatile int ticks, odd;
static void tick(int signal, siginfo_t *information, void *pointer) {
  (void)signal, (void)information;
  struct floats frame, own = {.r = {[1] = ONE, [2] = THREE}, .status = 3};
  mcontext_t *machine = ((ucontext_t *)pointer)->uc_mcontext.uc_regs;
  memcpy(&frame, &machine->fpregs, sizeof frame);
  unsigned found = (unsigned)frame.status;
  // Inside `looping`, where f30 says so: one of its two states.
  if (frame.r[30] == 0x1122334455667788) {
    odd += found != (FX | XX | FI | FR | kPlus | 2) && found != (FX | XX | kMinus | 2);
    odd += frame.r[1] != ONE || frame.r[2] != THREE;
    ticks++;
  }
  divide_alone(&own, 0, 0);
  odd += own.r[4] != THIRD || (unsigned)own.status != (FX | XX | FI | kPlus | 3);
}

// f4 = 1 / 3, f5 = -1 exactly; f6 keeps f4.
PROBE(looping, "lis 0,2\nmtctr 0\nfmul 5,3,29\n1: fdiv 4,1,2\nfmr 6,4\nfmul 5,3,29\nbdnz 1b");

static void timers(void) {
  struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval interval = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &interval, NULL);
  for (int n = 0; n < 1000 && ticks < 40; n++) {
    struct floats floats;
    fill(&floats, &rows[2]);
    floats.status = FX | XX | kMinus | 2;
    floats.r[29] = 0xbff0000000000000, floats.r[30] = 0x1122334455667788;
    looping(&floats, 0, 0);
    odd += floats.r[4] != THIRD + 1 || floats.r[6] != THIRD + 1 || floats.r[5] != floats.r[29];
    odd += (unsigned)floats.status != (FX | XX | kMinus | 2);
  }
  memset(&interval, 0, sizeof interval);
  setitimer(ITIMER_REAL, &interval, NULL);
  printf("timers %s\n", odd == 0 && ticks >= 40 ? "ok" : "WRONG");
}

int main(void) {
  static const int signals[] = {SIGSEGV, SIGTRAP, SIGUSR1, SIGFPE};
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  for (int n = 0; n < 4; n++) sigaction(signals[n], &action, NULL);
  for (unsigned n = 0; n < sizeof rows / sizeof *rows; n++) one(&rows[n]);
  timers();
  return 0;
}
