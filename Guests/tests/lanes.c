// Loops of floating point that a translator may do several iterations of at once: against the same loops
// with an instruction in them that forbids it. Memory, registers and the FPSCR must be the same, behind
// the loop and where an access faults.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

// Pointers in r4 to r7, CTR, and f0 to f9, before and after; the FPSCR afterwards.
struct state {
  uint32_t r[4], count, unused;
  uint64_t f[10], fpscr;
};

#define LOAD(n) "lfd " #n ",24+8*" #n "(3)\n"
#define SAVE(n) "stfd " #n ",24+8*" #n "(3)\n"
#define ALL(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define FUNCTION(name, body) \
  __asm__(".pushsection .text\n.type " #name ",@function\n" #name ":\n" \
          "lwz 4,0(3)\nlwz 5,4(3)\nlwz 6,8(3)\nlwz 7,12(3)\nlwz 0,16(3)\nmtctr 0\n" ALL(LOAD) "1:\n" body "bdnz 1b\n" \
          "stw 4,0(3)\nstw 5,4(3)\nstw 6,8(3)\nstw 7,12(3)\nmfctr 0\nstw 0,16(3)\n" ALL(SAVE) "mffs 10\nstfd 10,104(3)\n" \
          "blr\n.popsection\n"); \
  void name(struct state *);
#define LOOP(name, body) FUNCTION(name, body) FUNCTION(name##_one, "or 31,31,31\n" body)

LOOP(singles, "lfs 0,4(4)\nlfs 1,4(5)\naddi 5,5,4\nfmadds 0,1,2,0\nstfsu 0,4(4)\n")
LOOP(doubles, "lfd 0,8(4)\nlfd 1,8(5)\naddi 5,5,8\nfmadd 0,1,2,0\nstfdu 0,8(4)\n")
LOOP(pairs, "lfs 1,4(4)\nlfs 0,4(5)\naddi 6,4,4\naddi 5,5,8\nlfs 3,0(5)\naddi 4,4,8\nfmadds 0,0,2,1\nstfs 0,-4(4)\n"
            "lfs 0,4(6)\nfmadds 3,3,2,0\nstfs 3,4(6)\n")
LOOP(wide, "lfd 1,8(4)\nlfd 0,8(5)\naddi 6,4,8\naddi 5,5,16\nlfd 3,0(5)\naddi 4,4,16\nfmadd 0,0,2,1\nstfd 0,-8(4)\n"
           "lfd 0,8(6)\nfmadd 3,3,2,0\nstfd 3,8(6)\n")
LOOP(chain, "lfsu 0,4(5)\nlfsu 1,4(6)\nfmuls 3,0,1\nfadds 4,3,2\nfsubs 5,4,0\nfnmsubs 6,5,1,3\nfmsubs 7,6,2,0\n"
            "fnmadds 8,7,1,2\nstfsu 8,4(4)\n")
LOOP(chains, "lfdu 0,8(5)\nlfdu 1,8(6)\nfmul 3,0,1\nfadd 4,3,2\nfsub 5,4,0\nfnmsub 6,5,1,3\nfmsub 7,6,2,0\n"
             "fnmadd 8,7,1,2\nstfdu 8,8(4)\n")
LOOP(scaling, "lfdu 0,8(4)\nnop\nfmul 0,0,2\nfmr 9,0\nstfd 0,0(4)\n")
LOOP(triples, "lfs 0,4(5)\nlfs 1,8(5)\nlfsu 3,12(5)\nfadds 0,0,2\nfadds 1,1,2\nfadds 3,3,2\nstfs 0,4(4)\nstfs 1,8(4)\n"
              "stfsu 3,12(4)\n")
LOOP(backwards, "lfd 0,8(5)\nlfdu 1,16(5)\nfsub 1,2,1\nfsub 0,2,0\nstfd 1,16(4)\nstfd 0,8(4)\naddi 4,4,16\n")
LOOP(sums, "lfdu 0,8(5)\nfadd 1,1,0\nstfdu 1,8(4)\n")
// Two of one operation and two of another: vectors of two numbers fit it, of four do not.
LOOP(halves, "lfdu 0,32(5)\nlfd 1,8(5)\nlfd 3,16(5)\nlfd 4,24(5)\nfadd 0,0,2\nfadd 1,1,2\nfmul 3,3,2\nfmul 4,4,2\n"
             "stfdu 0,32(4)\nstfd 1,8(4)\nstfd 3,16(4)\nstfd 4,24(4)\n")
LOOP(quarters, "lfsu 0,32(5)\nlfs 1,4(5)\nlfs 3,8(5)\nlfs 4,12(5)\nlfs 5,16(5)\nlfs 6,20(5)\nlfs 7,24(5)\nlfs 8,28(5)\n"
               "fadds 0,0,2\nfadds 1,1,2\nfadds 3,3,2\nfadds 4,4,2\nfsubs 5,5,2\nfsubs 6,6,2\nfsubs 7,7,2\nfsubs 8,8,2\n"
               "stfsu 0,32(4)\nstfs 1,4(4)\nstfs 3,8(4)\nstfs 4,12(4)\nstfs 5,16(4)\nstfs 6,20(4)\nstfs 7,24(4)\nstfs 8,28(4)\n")
LOOP(neighbours, "lfs 0,0(4)\nlfs 1,4(4)\nfadds 0,0,1\nstfsu 0,4(4)\n")

static const struct loop {
  const char *name;
  void (*fast)(struct state *), (*one)(struct state *);
  int size, negates;
} loops[] = {
#define ROW(name, size, negates) {#name, name, name##_one, size, negates}
  ROW(singles, 4, 0), ROW(doubles, 8, 0), ROW(pairs, 4, 0), ROW(wide, 8, 0), ROW(chain, 4, 1), ROW(chains, 8, 1),
  ROW(scaling, 8, 0), ROW(triples, 4, 0), ROW(backwards, 8, 0), ROW(sums, 8, 0), ROW(neighbours, 4, 0), ROW(halves, 8, 0),
  ROW(quarters, 4, 0),
};

enum { page = 4096, pages = 8, middle = 4 * page };
static unsigned char *arena, first[pages * page], second[pages * page];
static uint32_t seed = 1, sum;
static uint32_t next(void) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed;
}

// Numbers: ordinary ones, and now and then one of the kinds that a case asks for.
static double number(int kind) {
  static const uint64_t special[] = {
    0, 0x8000000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff4000000000000,
    0x36a0000000000000, 0x47efffffe0000000, 0x3810000000000000, 0x1ff0000000000000, 0x5fe0000000000000,
    0x0000000000000001, 0x7fefffffffffffff, 0x0010000000000000,
  };
  union { uint64_t bits; double value; } x;
  if (kind && next() % 40 == 0) x.bits = special[next() % (kind == 1 ? 2 : sizeof special / sizeof *special)];
  else x.bits = (uint64_t)next() << 32 | next(), x.bits = (x.bits & 0x800fffffe0000000) | (uint64_t)(1000 + next() % 47) << 52;
  return x.value;
}
static void fill(const struct loop *loop, int kind) {
  for (int n = 0; n < pages * page; n += loop->size) {
    double value = number(kind);
    float single = value;
    // What the host makes of a signaling NaN is not asked.
    if (loop->size == 4) memcpy(arena + n, &single, 4);
    else memcpy(arena + n, &value, 8);
  }
}

static void add(const void *from, int count) {
  for (const unsigned char *p = from; count--; p++) sum = (sum << 5 | sum >> 27) ^ *p;
}

static void setStatus(uint32_t bits) {
  union { uint64_t bits; double value; } x = {bits};
  __asm__ volatile("mtfsf 255,%0" : : "f"(x.value));
}

// What a handler of signals sees, and lets the access be made.
static struct seen {
  uint32_t address, word, r[4], count;
  uint64_t f[10];
  uint32_t fpscr;
} seen[2][16];
static int seenCount, who;
static void handle(int signal, siginfo_t *info, void *context) {
  mcontext_t *m = ((ucontext_t *)context)->uc_mcontext.uc_regs;
  struct seen *s = &seen[who][seenCount++];
  (void)signal;
  s->address = (uintptr_t)info->si_addr, s->word = *(uint32_t *)m->gregs[32], s->count = m->gregs[35];
  memcpy(s->r, &m->gregs[4], 16), memcpy(s->f, m->fpregs.fpregs, 80);
  union { double value; uint64_t bits; } status = {m->fpregs.fpscr};
  s->fpscr = status.bits;
  mprotect((void *)(s->address & -page), page, PROT_READ | PROT_WRITE);
}

static struct state made(int count, int store, int load, int other, uint32_t factor) {
  struct state s = {{(uintptr_t)arena + store, (uintptr_t)arena + load, (uintptr_t)arena + other, 0}, count, 0, {0}, 0};
  for (int n = 0; n < 10; n++) {
    union { double value; uint64_t bits; } x = {n - 3.5};
    s.f[n] = x.bits;
  }
  if (factor) s.f[2] = (uint64_t)factor << 32 | (factor == 0x3fd55555 ? 0x55555555 : 0);
  return s;
}

// A translator may let its steps rest for some rounds when results were extreme: many of ordinary numbers.
static void refresh(const struct loop *loop) {
  static unsigned char numbers[3][16384] __attribute__((aligned(4096)));
  memset(numbers, 0x3f, sizeof numbers);
  struct state s = made(400, numbers[0] - arena, numbers[1] - arena, numbers[2] - arena, 0x3fe00000);
  loop->fast(&s);
}

// A case in both ways; 1 if they differ.
static int differ(const struct loop *loop, struct state s, uint32_t status, int closed, int protection) {
  struct state one = s, fast = s;
  static unsigned char before[pages * page];
  memcpy(before, arena, sizeof before), memset(seen, 0, sizeof seen);
  for (who = 0; who < 2; who++) {
    memcpy(arena, before, sizeof before), seenCount = 0;
    if (who) refresh(loop);
    if (closed >= 0) mprotect(arena + closed, page, protection);
    setStatus(status);
    who ? loop->fast(&fast) : loop->one(&one);
    setStatus(0);
    if (closed >= 0) mprotect(arena + closed, page, PROT_READ | PROT_WRITE);
    memcpy(who ? second : first, arena, sizeof first);
  }
  // QEMU 7.2 negates before it rounds (docs/FloatingPoint.md, 10).
  if (!loop->negates || (status & 3) < 2) add(&fast.f, sizeof fast.f), add(fast.r, 20), add(second, sizeof second);
  memcpy(arena, before, sizeof before);
  return memcmp(first, second, sizeof first) || memcmp(&one, &fast, sizeof one) || memcmp(seen[0], seen[1], sizeof seen[0]);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  arena = mmap((void *)0x30000000, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  for (unsigned n = 0; n < sizeof loops / sizeof *loops; n++) {
    const struct loop *loop = &loops[n];
    int step = loop->size, wrong[4] = {0};
    uint32_t numbers = 0;
    sum = 0;
    // Numbers of every kind, statuses, counts.
    for (int k = 0; k < 120; k++) {
      static const uint32_t factors[] = {0, 0x3fe00000, 0xc0080000, 0x00100000, 0x7ff00000, 0x3fd55555};
      fill(loop, k % 4);
      uint32_t status = k % 5 | (k & 8 ? 0x82000000 : 0);
      if (k % 5 == 4) status = 0x82000000;
      struct state s = made(k < 60 ? k + 1 : 60 + (int)(next() % 200), middle, 64, 3 * page, factors[k % 6]);
      wrong[0] += differ(loop, s, status, -1, 0);
    }
    numbers = sum;
    // What is loaded lies about what is stored.
    for (int k = -280; k <= 280; k++) {
      // Ordinary numbers wherever they begin.
      if (k % 20 == 0)
        for (int m = 0; m < pages * page; m++) arena[m] = 0x3e + next() % 3;
      struct state s = made(37, middle, middle + k, middle - k * step, 0x3fe00000);
      wrong[1] += differ(loop, s, 0x82000000, -1, 0);
    }
    // Pages that cannot be read or written, everywhere in the loop.
    for (int k = 0; k < 150; k++) {
      int isStore = k % 3, protection = k % 3 < 2 ? PROT_NONE : PROT_READ, at = page - step * (k / 3);
      fill(loop, 0);
      struct state s = made(60, (isStore ? middle + at : middle), (isStore ? 64 : page + at), 6 * page, 0x3fd55540);
      wrong[2] += differ(loop, s, 0x82000000, isStore ? middle + page : 2 * page, protection);
    }
    // What is inexact only behind the store that cannot be made: XX is as it was.
    for (int k = 0; k < 60; k++) {
      fill(loop, 0);
      double one = 1;
      float single = 1;
      int store = middle + page - step * (k % 5);
      for (int m = 0; m <= k / 5; m++)
        for (int place = 0; place < 3; place++) {
          unsigned char *to = arena + (place == 0 ? store : place == 1 ? 64 : 6 * page) + step * m;
          memcpy(to, step == 4 ? (void *)&single : (void *)&one, step);
        }
      struct state s = made(60, store, 64, 6 * page, 0x3fe00000);
      wrong[3] += differ(loop, s, k & 1 ? 0x82000000 : 0, middle + page, PROT_READ);
    }
    printf("%s %d %d %d %d %08x %08x\n", loop->name, wrong[0], wrong[1], wrong[2], wrong[3], numbers, sum);
  }
  return 0;
}
