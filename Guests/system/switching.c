// Four programs on one floating-point and one vector unit: the handlers of "unavailable" hand the
// units over, and save and load registers and status only then. Every program has its own rounding
// mode, sticky bits and VSCR, and finds them, whoever was there in between: it gives way by system
// calls, and the decrementer interrupts it anywhere.

#include "facilities.h"

enum { COUNT = 4, ROUNDS = 400, PATIENCE = 1000000, YIELD = 1, FR = 0x40000 };
#define BASE (MSR_ME | MSR_RI | MSR_EE)
#define STACKS 0x00310000

// What a program of rounding mode n has to find: 1 / 3 and -1 / 3; the status after each, without
// FX, sticky bits and mode: FI, FR, the class (Programming Environments Manual, 3.3.5 and 2.1.4).
static const word thirds[COUNT][2] = {
  {0x55555555, 0x55555555}, {0x55555555, 0x55555555}, {0x55555556, 0x55555555},
  {0x55555555, 0x55555556},
};
static const word status[COUNT][2] = {
  {0x00024000, 0x00028000}, {0x00024000, 0x00028000}, {0x00064000, 0x00028000},
  {0x00024000, 0x00068000},
};
// Bits that each has set from the beginning, with the summaries that go with them; all have XX.
static const word sticky[COUNT] = {0x82000000, 0x86000000, 0xa3000000, 0xba000500};
// VSCR: the last bit comes when something is saturated.
static const word modes[COUNT] = {0x00010000, 0, 0x00010001, 1};

static struct program {
  struct frame frame;
  struct floats floats;
  struct vectors vectors;
  word wrong, wrong_rounded, rounds, done;
} programs[COUNT + 1];
// Who runs, and whose registers the units hold. The last is nobody.
static volatile word current, floats_owner, vectors_owner;
static volatile word floats_taken, vectors_taken, interrupted;

// f4 <- f1 / f3, f5 <- the FPSCR after it, f6 <- f2 / f3, f7 <- the FPSCR after it, giving way in
// between; stored at r3.
ROUTINE(divide, "fdiv 4, 1, 3; li 0, 1; sc; mffs 5; fdiv 6, 2, 3; li 0, 1; sc; mffs 7;"
  "stfd 4, 0(3); stfd 5, 8(3); li 0, 1; sc; stfd 6, 16(3); stfd 7, 24(3)");
// f1 = 1.0, f2 = -1.0, f3 = 3.0 from r3; the FPSCR from f0.
ROUTINE(load_operands, "lfd 1, 0(3); lfd 2, 8(3); lfd 3, 16(3); lfd 0, 24(3); mtfsf 255, 0");
// v4 <- v1 + v2, v5 <- the VSCR; stored at r3 and the next quadword.
VECTOR_ROUTINE(sum, "vaddubm 4, 1, 2; li 0, 1; sc; mfvscr 5; stvx 4, 0, 3; li 4, 16; stvx 5, 3, 4");
VECTOR_ROUTINE(load_vector_operands,
  "lvx 1, 0, 3; li 4, 16; lvx 2, 3, 4; li 4, 32; lvx 5, 3, 4; mtvscr 5");

static void call(const byte *routine, const volatile void *argument) {
  ((void (*)(const volatile void *))routine)(argument);
}

static void yield(void) {
  register word r0 asm("r0") = YIELD;
  asm volatile("sc" : "+r"(r0) :: "memory");
}

static word check_vectors(word self, volatile word *place) {
  call(sum, place);
  word wrong = place[7] != modes[self];
  for (word n = 0; n < 4; n++) wrong += place[n] != 0x11111111 * (self + 1) + 0x01020304;
  return wrong;
}

// What each of the programs does, on a stack of its own.
static void work(word self) {
  volatile word place[16] __attribute__((aligned(16)));
  volatile word operands[12] __attribute__((aligned(16))) = {
    0x3ff00000, 0, 0xbff00000, 0, 0x40080000, 0, 0, sticky[self] | self,
  };
  struct program *program = &programs[self];
  call(load_operands, operands);
  for (word n = 0; n < 4; n++) {
    operands[n] = 0x11111111 * (self + 1), operands[4 + n] = 0x01020304, operands[8 + n] = 0;
  }
  operands[11] = modes[self];
  if (has_vectors()) call(load_vector_operands, operands);
  // A machine that shares its host with others may have to wait for its clock.
  for (word round = 0; round < ROUNDS || (interrupted < 8 && round < PATIENCE); round++) {
    call(divide, place);
    program->wrong += place[0] != 0x3fd55555 || place[1] != thirds[self][0];
    program->wrong += place[4] != 0xbfd55555 || place[5] != thirds[self][1];
    for (word n = 0; n < 2; n++) {
      word wrong = place[4 * n + 3] ^ (sticky[self] | self | status[self][n]);
      program->wrong += (wrong & ~FR) != 0;
      program->wrong_rounded += (wrong & FR) != 0;
    }
    if (has_vectors()) program->wrong += check_vectors(self, place);
    program->rounds++;
  }
  program->done = 1;
  for (;;) yield();
}

// Hands a unit over to who runs.
static void hand_over_floats(void) {
  floats_taken++;
  if (floats_owner == current) return;
  get_floats(&programs[floats_owner].floats);
  set_floats(&programs[current].floats);
  floats_owner = current;
}
static void hand_over_vectors(void) {
  vectors_taken++;
  if (vectors_owner == current) return;
  get_vectors(&programs[vectors_owner].vectors);
  set_vectors(&programs[current].vectors);
  vectors_owner = current;
}

// Goes on with the next program that is not at its end; none has the units.
static word schedule(struct frame *f) {
  programs[current].frame = *f;
  for (word n = 1; n <= COUNT; n++) {
    word next = (current + n) % COUNT;
    if (programs[next].done) continue;
    current = next;
    *f = programs[current].frame;
    f->srr1 &= ~(MSR_FP | MSR_VEC);
    return 1;
  }
  return 0;
}

static word switch_programs(struct frame *f) {
  switch (f->vector & ~1) {
    case 0x800:
      hand_over_floats();
      f->srr1 |= MSR_FP;
      return 1;
    case 0xf20:
      hand_over_vectors();
      f->srr1 |= MSR_VEC;
      return 1;
    case 0x900:
      interrupted++;
      mtspr(22, 3000 + (interrupted & 7) * 500);
      return schedule(f);
    case 0xc00:
      if (schedule(f)) return 1;
      leave_run(f);
      return 1;
  }
  return 0;
}

ROUTINE(begin, "li 0, 1; sc");

void test(void) {
  for (word n = 0; n < COUNT; n++) {
    struct frame *frame = &programs[n].frame;
    frame->r[1] = STACKS + 0x1000 * (n + 1) - 16;
    frame->r[3] = n;
    frame->srr0 = (word)work;
    frame->srr1 = BASE;
  }
  current = floats_owner = vectors_owner = COUNT;
  intercept = switch_programs;
  mtspr(22, 3000);
  run(ADDRESS(begin), 0, BASE);
  mtspr(22, 0x7fffffff);
  for (word n = 0; n < COUNT; n++) {
    print("# program "); print_hex(n); print("\n");
    check("rounds", programs[n].rounds >= ROUNDS, 1);
    check("wrong", programs[n].wrong, 0);
    check("wrong FR", programs[n].wrong_rounded, 0);
  }
  print("# switching\n");
  check("floating point is handed over", floats_taken > COUNT * ROUNDS, 1);
  check("vectors are handed over", vectors_taken > COUNT * ROUNDS, has_vectors());
  check("interrupts", interrupted >= 8, 1);
}
