// Enabled floating-point exceptions: which of them interrupt in the four modes of MSR[FE0] and
// MSR[FE1], what SRR0 and SRR1 are, which results are written, and the FPSCR. Expected values:
// Programming Environments Manual, 3.3.6 and 6.4.7; 750 and 7400 user's manuals, 4.3 (both imprecise
// modes are precise).

#include "facilities.h"

#define BASE (MSR_ME | MSR_RI | MSR_FP)
// SRR1: a program exception is one of floating point; SRR0 is behind what caused it.
#define FLOATING 0x00100000
#define BEHIND 0x00010000

// FPSCR.
enum {
  FX = 0x80000000, FEX = 0x40000000, VX = 0x20000000, OX = 0x10000000, UX = 0x08000000,
  ZX = 0x04000000, XX = 0x02000000, VXSNAN = 0x01000000, VXISI = 0x00800000, VXIDI = 0x00400000,
  VXZDZ = 0x00200000, VXIMZ = 0x00100000, VXVC = 0x00080000, FR = 0x00040000, FI = 0x00020000,
  FL = 0x8000, FG = 0x4000, FE = 0x2000, FU = 0x1000, VXSOFT = 0x400, VXSQRT = 0x200,
  VXCVI = 0x100, VE = 0x80, OE = 0x40, UE = 0x20, ZE = 0x10, XE = 8
};

ROUTINE(add, "fadd 4, 1, 2");
ROUTINE(add_record, "fadd. 4, 1, 2");
ROUTINE(add_single, "fadds 4, 1, 2");
ROUTINE(subtract, "fsub 4, 1, 2");
ROUTINE(multiply, "fmul 4, 1, 2");
ROUTINE(multiply_single, "fmuls 4, 1, 2");
ROUTINE(divide, "fdiv 4, 1, 2");
ROUTINE(divide_record, "fdiv. 4, 1, 2");
ROUTINE(divide_single, "fdivs 4, 1, 2");
ROUTINE(multiply_add, "fmadd 4, 1, 2, 3");
ROUTINE(negative_multiply_subtract, "fnmsub 4, 1, 2, 3");
ROUTINE(round_single, "frsp 4, 1");
ROUTINE(convert, "fctiw 4, 1");
ROUTINE(convert_truncated, "fctiwz 4, 1");
ROUTINE(compare, "fcmpu 0, 1, 2");
ROUTINE(compare_ordered, "fcmpo 0, 1, 2");
ROUTINE(reciprocal, "fres 4, 1");
ROUTINE(root_reciprocal, "frsqrte 4, 1");
ROUTINE(set_soft, "mtfsb1 21");
ROUTINE(set_enable, "mtfsb1 24");
ROUTINE(set_soft_field, "mtfsfi 5, 4");
ROUTINE(set_enable_field, "mtfsfi 6, 8");
ROUTINE(set_all, "mtfsf 255, 2");
ROUTINE(set_some, "mtfsf 2, 2");
ROUTINE(clear_enable, "mtfsb0 24");
ROUTINE(take_field, "mcrfs 0, 2");
ROUTINE(set_mode, "mtmsr 3; nop");
ROUTINE(nothing, "nop; nop");
ROUTINE(two, "fdiv 4, 1, 2; fadd 5, 1, 1");

#define ONE 0x3ff00000
#define INFINITE 0x7ff00000
#define QUIET 0x7ff80000
#define SIGNALING 0x7ff00001
#define LARGEST 0x7fefffff, 0xffffffff
// What f4 holds before.
#define KEPT 0x40450004, 0x04040404

// An instruction on f1, f2 and f3 = 1.0, with the FPSCR and f4 that it leaves.
static const struct row {
  const char *name;
  const byte *routine;
  word before, a[2], b[2], after, result[2];
  // Whether it raises an exception, and not only has one.
  word raises;
} rows[] = {
  {"zero divide", divide, FL | ZE, {ONE}, {0}, FX | FEX | ZX | FL | ZE, {KEPT}, 1},
  {"zero divide, single", divide_single, FL | ZE | FI | FR, {ONE}, {0}, FX | FEX | ZX | FL | ZE,
    {KEPT}, 1},
  {"zero divide, not enabled", divide, FL | VE, {ONE}, {0}, FX | ZX | FG | FU | VE, {INFINITE}, 0},
  {"inf - inf", subtract, FL | VE, {INFINITE}, {INFINITE}, FX | FEX | VX | VXISI | FL | VE,
    {KEPT}, 1},
  {"0 / 0", divide, FL | VE | ZE, {0}, {0}, FX | FEX | VX | VXZDZ | FL | VE | ZE, {KEPT}, 1},
  {"inf / inf", divide, FL | VE, {INFINITE}, {INFINITE}, FX | FEX | VX | VXIDI | FL | VE, {KEPT}, 1},
  {"inf * 0", multiply, FL | VE, {INFINITE}, {0}, FX | FEX | VX | VXIMZ | FL | VE, {KEPT}, 1},
  {"inf * 0 + 1", multiply_add, FL | VE, {INFINITE}, {0}, FX | FEX | VX | VXIMZ | FL | VE, {KEPT}, 1},
  {"signaling NaN", add, FL | VE, {SIGNALING}, {ONE}, FX | FEX | VX | VXSNAN | FL | VE, {KEPT}, 1},
  {"signaling NaN, not enabled", add, FL | ZE, {SIGNALING}, {ONE},
    FX | VX | VXSNAN | 0x10000 | FU | ZE, {QUIET | 1}, 0},
  {"quiet NaN", add, FL | VE, {QUIET}, {ONE}, 0x10000 | FU | VE, {QUIET}, 0},
  {"overflow", multiply, FL | OE, {LARGEST}, {0x40000000}, FX | FEX | OX | FG | OE,
    {0x1fffffff, 0xffffffff}, 1},
  {"overflow, inexact", multiply, FL | OE, {LARGEST}, {LARGEST},
    FX | FEX | OX | XX | FI | FG | OE, {0x5fefffff, 0xfffffffe}, 1},
  {"overflow, single", multiply_single, FL | OE, {0x47efffff, 0xe0000000}, {0x40000000},
    FX | FEX | OX | FG | OE, {0x3bffffff, 0xe0000000}, 1},
  {"overflow of a sum", add_single, FL | OE, {0x47efffff, 0xe0000000}, {0x47efffff, 0xe0000000},
    FX | FEX | OX | FG | OE, {0x3bffffff, 0xe0000000}, 1},
  {"overflow, frsp", round_single, FL | OE, {0x4c700000}, {0}, FX | FEX | OX | FG | OE,
    {0x40700000}, 1},
  {"underflow", multiply, FL | UE, {0x00100000}, {0x3fe00000}, FX | FEX | UX | FG | UE,
    {0x60000000}, 1},
  {"underflow, single", multiply_single, FL | UE, {0x38100000}, {0xbfe00000},
    FX | FEX | UX | FL | UE, {0xc4000000}, 1},
  {"underflow, frsp", round_single, FL | UE, {0x37000000}, {0}, FX | FEX | UX | FG | UE,
    {0x43000000}, 1},
  {"underflow, not enabled, exact", multiply, FL | OE, {0x00100000}, {0x3fe00000},
    0x10000 | FG | OE, {0x00080000}, 0},
  {"inexact", add, FL | XE, {ONE}, {0x3c300000}, FX | FEX | XX | FI | FG | XE, {ONE}, 1},
  {"inexact, away", divide, FL | XE, {ONE}, {0x40240000}, FX | FEX | XX | FR | FI | FG | XE,
    {0x3fb99999, 0x9999999a}, 1},
  {"exact", add, FL | XE, {ONE}, {ONE}, FG | XE, {0x40000000}, 0},
  // -(2^-60 - 1): rounded, and then negated.
  {"inexact, upward", negative_multiply_subtract, FL | XE | 2, {0x3c300000}, {ONE},
    FX | FEX | XX | FI | FG | XE | 2, {0x3fefffff, 0xffffffff}, 1},
  {"recorded", add_record, FL | XE, {ONE}, {0x3c300000}, FX | FEX | XX | FI | FG | XE, {ONE}, 1},
  {"recorded, not written", divide_record, FL | ZE, {ONE}, {0}, FX | FEX | ZX | FL | ZE, {KEPT}, 1},
  {"fctiwz of a NaN", convert_truncated, FL | VE, {QUIET}, {0}, FX | FEX | VX | VXCVI | FL | VE,
    {KEPT}, 1},
  {"fctiwz out of range", convert_truncated, FL | VE, {0x41f00000}, {0},
    FX | FEX | VX | VXCVI | FL | VE, {KEPT}, 1},
  {"fctiw inexact", convert, FL | XE, {0x3ff40000}, {0}, FX | FEX | XX | FI | FL | XE, {0, 1}, 1},
  {"fcmpu", compare, FL | VE, {SIGNALING}, {ONE}, FX | FEX | VX | VXSNAN | FU | VE, {KEPT}, 1},
  {"fcmpo", compare_ordered, FL | VE, {QUIET}, {ONE}, FX | FEX | VX | VXVC | FU | VE, {KEPT}, 1},
  {"fcmpo, signaling", compare_ordered, FL | VE, {SIGNALING}, {ONE},
    FX | FEX | VX | VXSNAN | FU | VE, {KEPT}, 1},
  {"fres of zero", reciprocal, FL | ZE, {0x80000000}, {0}, FX | FEX | ZX | FL | ZE, {KEPT}, 1},
  {"frsqrte of zero", root_reciprocal, FL | ZE, {0}, {0}, FX | FEX | ZX | FL | ZE, {KEPT}, 1},
  {"frsqrte of -1", root_reciprocal, FL | VE, {ONE | FX}, {0}, FX | FEX | VX | VXSQRT | FL | VE,
    {KEPT}, 1},
  {"mtfsb1 VXSOFT", set_soft, FL | VE, {ONE}, {0}, FX | FEX | VX | VXSOFT | FL | VE, {KEPT}, 1},
  {"mtfsb1 VE", set_enable, FX | VX | VXIDI | FL, {ONE}, {0}, FX | FEX | VX | VXIDI | FL | VE,
    {KEPT}, 1},
  {"mtfsfi VXSOFT", set_soft_field, FL | VE, {ONE}, {0}, FEX | VX | VXSOFT | FL | VE, {KEPT}, 1},
  {"mtfsfi VE", set_enable_field, FX | VX | VXIDI | FL, {ONE}, {0}, FX | FEX | VX | VXIDI | FL | VE,
    {KEPT}, 1},
  {"mtfsf, all", set_all, FL | VE, {ONE}, {0, FX | ZX | ZE | 1}, FX | FEX | ZX | ZE | 1, {KEPT}, 1},
  {"mtfsf, enables", set_some, FX | ZX | FL, {ONE}, {0, ZE | XE}, FX | FEX | ZX | FL | ZE, {KEPT}, 1},
  {"mtfsf, nothing enabled", set_all, FL | VE, {ONE}, {0, FX | ZX | XX | VE}, FX | ZX | XX | VE,
    {KEPT}, 0},
  {"mtfsb0", clear_enable, FX | VX | VXIDI | FL | OE, {ONE}, {0}, FX | VX | VXIDI | FL | OE,
    {KEPT}, 0},
  {"mcrfs", take_field, FX | VX | VXIDI | VXZDZ | OE, {ONE}, {0}, FX | OE, {KEPT}, 0},
};

static struct floats initial, seen;
static word condition;

static word look(struct frame *f) {
  condition = f->cr;
  return 0;
}

static void prepare(word status, const word *a, const word *b) {
  for (word n = 0; n < 32; n++) initial.r[n].high = 0x40450000 + n, initial.r[n].low = n * 0x01010101;
  initial.r[1].high = a[0], initial.r[1].low = a[1];
  initial.r[2].high = b[0], initial.r[2].low = b[1];
  initial.r[3].high = ONE, initial.r[3].low = 0;
  initial.fpscr = status;
  set_floats(&initial);
  forget();
  skips = 0;
}

static void check_exception(word place, word srr1) {
  check("one exception", event_count, 1);
  if (event_count == 0) return;
  check("vector", events[0].vector, 0x701);
  check("SRR0", events[0].srr0, place);
  check("SRR1", events[0].srr1, srr1);
  check("MSR in the handler", events[0].msr, MSR_ME);
}

static const word modes[] = {0, MSR_FE1, MSR_FE0, MSR_FE0 | MSR_FE1};

static void one(const struct row *row, word mode, word user) {
  prepare(row->before, row->a, row->b);
  run(ADDRESS(row->routine), 0, BASE | mode | user);
  if (mode && row->raises) {
    check_exception(ADDRESS(row->routine), BASE | mode | user | FLOATING);
  } else {
    check("no exception", event_count, 0);
    condition = left.cr;
  }
  get_floats(&seen);
  check("FPSCR", seen.fpscr, row->after);
  check("high word", seen.r[4].high, row->result[0]);
  check("low word", seen.r[4].low, row->result[1]);
  initial.r[4] = seen.r[4];
  check("other registers stay", same(&seen, &initial, 256), 1);
  if (row->routine == add_record || row->routine == divide_record) {
    check("CR1", condition >> 24 & 15, row->after >> 28);
  } else if (row->routine == compare || row->routine == compare_ordered) {
    check("CR0", condition >> 28, row->after >> 12 & 15);
  } else if (row->routine == take_field) {
    check("CR0", condition >> 28, row->before >> 20 & 15);
  }
}

static void exceptions(void) {
  for (word n = 0; n < sizeof rows / sizeof *rows; n++) {
    print("# "); print(rows[n].name); print("\n");
    for (word mode = 0; mode < 4; mode++) {
      // Twice, the second time in code that is there already; and as a user.
      one(&rows[n], modes[mode], 0);
      one(&rows[n], modes[mode], 0);
      one(&rows[n], modes[mode], MSR_PR);
    }
  }
}

// Where exceptions do not interrupt, the program goes on behind.
static void ignored(void) {
  print("# ignored\n");
  static const word a[] = {ONE, 0}, b[] = {0, 0};
  prepare(ZE, a, b);
  run(ADDRESS(two), 0, BASE);
  check("no exception", event_count, 0);
  get_floats(&seen);
  check("FPSCR", seen.fpscr, FX | FEX | ZX | FG | ZE);
  check("the next result", seen.r[5].high, 0x40000000);
  // Again, with the exception there already.
  run(ADDRESS(two), 0, BASE);
  get_floats(&seen);
  check("FPSCR", seen.fpscr, FX | FEX | ZX | FG | ZE);
  check("target", seen.r[4].high, 0x40450004);
}

// An instruction that ends in an exception is not traced.
static void traced(void) {
  print("# traced\n");
  static const word a[] = {ONE, 0}, b[] = {0, 0};
  prepare(ZE, a, b);
  run(ADDRESS(two), 0, BASE | MSR_FE0 | MSR_SE);
  check_exception(ADDRESS(two), BASE | MSR_FE0 | MSR_SE | FLOATING);
  prepare(ZE, a, b);
  run(ADDRESS(two), 0, BASE | MSR_SE);
  check("vector", events[0].vector, 0xd01);
  check("SRR0", events[0].srr0, ADDRESS(two) + 4);
  get_floats(&seen);
  check("FPSCR", seen.fpscr & ~0x1f000u, FX | FEX | ZX | ZE);
}

// FEX is set while exceptions are ignored; then they are not any more. Power ISA, Book III, 6.5.9:
// the exception comes behind the instruction that changed the MSR.
static void late(void) {
  static const word a[] = {ONE, 0}, b[] = {0, 0};
  for (word mode = 0; mode < 4; mode++) {
    print("# mtmsr while FEX is set\n");
    prepare(FX | FEX | ZX | FL | ZE, a, b);
    run(ADDRESS(set_mode), BASE | modes[mode], BASE);
    mode ? check_exception(ADDRESS(set_mode) + 4, BASE | modes[mode] | FLOATING | BEHIND)
      : check("no exception", event_count, 0);
    get_floats(&seen);
    check("FPSCR", seen.fpscr, FX | FEX | ZX | FL | ZE);
    print("# rfi while FEX is set\n");
    forget();
    run(ADDRESS(nothing), 0, BASE | modes[mode]);
    mode ? check_exception(ADDRESS(nothing), BASE | modes[mode] | FLOATING | BEHIND)
      : check("no exception", event_count, 0);
    print("# mtmsr while FEX is not set\n");
    prepare(FX | ZX | FL | OE, a, b);
    run(ADDRESS(set_mode), BASE | modes[mode], BASE);
    check("no exception", event_count, 0);
  }
}

void test(void) {
  intercept = look;
  exceptions();
  ignored();
  traced();
  late();
}
