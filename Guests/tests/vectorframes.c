// Vectors in signal frames: all registers, VSCR and VRSAVE as the instruction before left them; what
// handlers change there is what the program goes on with (AltiVec Technology Programming Environments
// Manual, 2.1; arch/powerpc/kernel/signal_32.c). Without vectors, nothing is looked at.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define HAS_VECTORS (getauxval(AT_HWCAP) & 0x10000000)
enum { kNip = 32, NON_JAVA = 0x10000, SATURATED = 1 };

// As in the frame: v0...v31; VRSAVE in the first word of the last, VSCR in its last.
struct vectors { unsigned r[33][4]; } __attribute__((aligned(16)));
#define VRSAVE(v) (v).r[32][0]
#define VSCR(v) (v).r[32][3]

// void NAME(struct vectors *r3, int r4, int r5): loads v0...v31, VSCR and VRSAVE, runs the
// instructions, and stores the registers again. r4 and r5 are what `kill` wants, r6 is 0.
#define ALL                                                                                     \
  "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define PROBE(name, text)                                                                       \
  void name(struct vectors *, int, int);                                                        \
  __asm__(".text\n.machine push\n.machine \"7400\"\n.globl " #name "\n" #name ":\n"             \
          "stwu 1,-16(1)\nstw 3,8(1)\nli 6,512\nlvx 0,3,6\nmtvscr 0\nlwz 6,512(3)\nmtspr 256,6\n" \
          ".irp n," ALL "\nli 6,16*\\n\nlvx \\n,3,6\n.endr\nmr 3,4\nmr 4,5\nli 6,0\n" text "\n"  \
          "lwz 3,8(1)\n.irp n," ALL "\nli 6,16*\\n\nstvx \\n,3,6\n.endr\n"                      \
          "mfvscr 0\nli 6,512\nstvx 0,3,6\nmfspr 6,256\nstw 6,512(3)\nli 6,-1\nmtspr 256,6\n"    \
          "addi 1,1,16\nblr\n.machine pop\n")
// An instruction followed by a load from nowhere, a trap, or kill(r4, r5).
#define PROBES(name, text)                                                                      \
  PROBE(name##_load, text "\nlwz 6,0(6)");                                                       \
  PROBE(name##_trap, text "\ntrap");                                                             \
  PROBE(name##_call, text "\nli 0,37\nsc")

PROBES(add, "vadduwm 4,1,2");
PROBES(saturate, "vaddsws 4,3,3");
PROBES(almost, "vaddsws 4,1,1");
PROBES(add_float, "vaddfp 4,5,6");
PROBES(scale, "vmaddfp 4,7,8,9");
PROBES(nothing, "nop");

// An operation and every word of v4 afterwards; whether something was saturated.
static const struct row {
  const char *name;
  void (*functions[3])(struct vectors *, int, int);
  unsigned result, saturates;
} rows[] = {
  {"vadduwm", {add_load, add_trap, add_call}, 0x11335577, 0},
  {"vaddsws, saturated", {saturate_load, saturate_trap, saturate_call}, 0x7fffffff, 1},
  {"vaddsws, not saturated", {almost_load, almost_trap, almost_call}, 0x02224444, 0},
  // 1 + 2.
  {"vaddfp", {add_float_load, add_float_trap, add_float_call}, 0x40400000, 0},
  // 2^-100 * 2^-30 + 0 is denormal: a zero in non-Java mode.
  {"vmaddfp", {scale_load, scale_trap, scale_call}, 0x00080000, 0},
  {"nop", {nothing_load, nothing_trap, nothing_call}, 0xa4a4a4a4, 0},
};

static struct vectors seen, given;
static volatile int count, last;
static volatile unsigned msr;

static void handle(int signal, siginfo_t *information, void *pointer) {
  (void)information;
  mcontext_t *machine = ((ucontext_t *)pointer)->uc_mcontext.uc_regs;
  count++, last = signal, msr = machine->gregs[33];
  memcpy(&seen, &machine->vrregs, sizeof seen);
  memcpy(&machine->vrregs, &given, sizeof given);
  if (signal != SIGUSR1) machine->gregs[kNip] += 4;
}

static void fill(struct vectors *vectors, unsigned vscr) {
  static const unsigned values[] = {0x01112222, 0x10223355, 0x7fffffff, 0xa4a4a4a4, 0x3f800000,
                                    0x40000000, 0x0d800000, 0x30800000, 0};
  memset(vectors, 0, sizeof *vectors);
  for (int n = 0; n < 32; n++)
    for (int w = 0; w < 4; w++) {
      vectors->r[n][w] = n >= 1 && n <= 9 ? values[n - 1] : (unsigned)(n << 24 | w);
      given.r[n][w] = 0xc0000000 | n << 8 | w;
    }
  // vmaddfp vD, vA, vC, vB is vA * vC + vB: v7 * v8 + v9.
  VRSAVE(*vectors) = 0x12345678, VSCR(*vectors) = vscr;
  memset(given.r[32], 0, 16);
  VRSAVE(given) = 0x87654321, VSCR(given) = NON_JAVA ^ SATURATED ^ vscr;
}

static void one(const struct row *row, unsigned vscr) {
  static const int signals[] = {SIGSEGV, SIGTRAP, SIGUSR1};
  int wrong = 0;
  for (int round = 0; round < 2; round++)
    for (int n = 0; n < 3; n++) {
      struct vectors vectors, expected;
      fill(&vectors, vscr);
      expected = vectors;
      for (int w = 0; w < 4; w++)
        expected.r[4][w] = row->functions == rows[4].functions && vscr & NON_JAVA ? 0 : row->result;
      if (row->saturates) VSCR(expected) |= SATURATED;
      count = 0;
      row->functions[n](&vectors, getpid(), SIGUSR1);
      wrong += count != 1 || last != signals[n] || !(msr & 0x2000000);
      wrong += memcmp(seen.r, expected.r, 32 * 16) != 0;
      wrong += VSCR(seen) != VSCR(expected) || VRSAVE(seen) != VRSAVE(expected);
      wrong += memcmp(vectors.r, given.r, 32 * 16) != 0;
      wrong += VSCR(vectors) != VSCR(given) || VRSAVE(vectors) != VRSAVE(given);
    }
  printf("%s, VSCR %x %s\n", row->name, vscr, wrong ? "WRONG" : "ok");
}

PROBE(own_sum, "vaddsws 4,3,3");

// A handler with vectors of its own, at any time.
static volatile int ticks, odd;
static void tick(int signal) {
  (void)signal;
  struct vectors own;
  struct vectors kept = given;
  fill(&own, 0);
  given = kept;
  own_sum(&own, 0, 0);
  odd += own.r[4][0] != 0x7fffffff || VSCR(own) != SATURATED;
  ticks++;
}

// v4 <- v1 + v2 again and again, v10 collecting what differs from v11.
PROBE(looping,
      "lis 0,1\nmtctr 0\nvxor 10,10,10\n1: vadduwm 4,1,2\nvxor 12,4,11\nvor 10,10,12\nbdnz 1b");

static void timers(void) {
  signal(SIGALRM, tick);
  struct itimerval interval = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &interval, NULL);
  for (int n = 0; n < 1000 && ticks < 30; n++) {
    struct vectors vectors;
    fill(&vectors, NON_JAVA);
    for (int w = 0; w < 4; w++) vectors.r[11][w] = 0x11335577;
    looping(&vectors, 0, 0);
    for (int w = 0; w < 4; w++) odd += vectors.r[10][w] != 0;
    odd += VSCR(vectors) != NON_JAVA || VRSAVE(vectors) != 0x12345678;
  }
  memset(&interval, 0, sizeof interval);
  setitimer(ITIMER_REAL, &interval, NULL);
  printf("timers %s\n", odd == 0 && ticks >= 30 ? "ok" : "WRONG");
}

int main(void) {
  static const unsigned modes[] = {0, NON_JAVA, SATURATED, NON_JAVA | SATURATED};
  if (!HAS_VECTORS) {
    puts("no vectors");
    return 0;
  }
  static const int signals[] = {SIGSEGV, SIGTRAP, SIGUSR1};
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  for (int n = 0; n < 3; n++) sigaction(signals[n], &action, NULL);
  for (unsigned n = 0; n < sizeof rows / sizeof *rows; n++)
    for (unsigned mode = 0; mode < 4; mode++) one(&rows[n], modes[mode]);
  timers();
  return 0;
}
