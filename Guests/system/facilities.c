// Facilities that are not there: floating point (MSR[FP]) and vectors (MSR[VEC]). An instruction
// that needs one raises an exception before it does anything, and is complete once the handler has
// made the facility available. Programming Environments Manual, 6.4.8; AltiVec Technology
// Programming Environments Manual, 3.3.

#include "facilities.h"
#include "translation.h"

#define PLACE 0x00300000
#define BASE (MSR_ME | MSR_RI)

// An instruction with operands f1 = 1.0, f2 = 3.0 and r3 = PLACE, and what it leaves: in f4, or at
// PLACE, or in CR; in r3; in the FPSCR.
struct row {
  const char *name;
  const byte *routine;
  enum { NOWHERE, IN_REGISTER, IN_MEMORY, IN_WORD, IN_CONDITION } where;
  word high, low, offset, fpscr;
};

// FPSCR at the start: VXSOFT with its summaries, a negative number, RN = 1.
#define STATUS 0xa0008401
// VSCR at the start.
#define NON_JAVA 0x00010000

ROUTINE(add, "fadd 4, 1, 2");
ROUTINE(divide, "fdiv 4, 1, 2");
ROUTINE(multiply_add, "fmadds 4, 2, 2, 1");
ROUTINE(round_single, "frsp 4, 2");
ROUTINE(convert, "fctiwz 4, 2");
ROUTINE(move, "fmr 4, 2");
ROUTINE(move_record, "fneg. 4, 2");
ROUTINE(select_one, "fsel 4, 1, 2, 1");
ROUTINE(compare, "fcmpu 1, 1, 2");
ROUTINE(compare_ordered, "fcmpo 1, 2, 1");
ROUTINE(load_double, "lfd 4, 0(3)");
ROUTINE(load_single, "lfs 4, 8(3)");
ROUTINE(load_update, "lfdu 4, 8(3)");
ROUTINE(load_indexed, "lfdx 4, 0, 3");
ROUTINE(store_double, "stfd 2, 0(3)");
ROUTINE(store_single, "stfs 2, 0(3)");
ROUTINE(store_update, "stfdu 2, -8(3)");
ROUTINE(store_integer, "stfiwx 5, 0, 3");
ROUTINE(from_status, "mffs 4");
ROUTINE(to_status, "mtfsf 255, 5");
ROUTINE(to_field, "mtfsfi 7, 2");
ROUTINE(set_bit, "mtfsb1 10");
ROUTINE(clear_bit, "mtfsb0 31");
ROUTINE(field_to_condition, "mcrfs 1, 0");

static const struct row rows[] = {
  {"fadd", add, IN_REGISTER, 0x40100000, 0, 0, 0xa0004401},
  {"fdiv", divide, IN_REGISTER, 0x3fd55555, 0x55555555, 0, 0xa2024401},
  {"fmadds", multiply_add, IN_REGISTER, 0x40240000, 0, 0, 0xa0004401},
  {"frsp", round_single, IN_REGISTER, 0x40080000, 0, 0, 0xa0004401},
  {"fctiwz", convert, IN_REGISTER, 0, 3, 0, 0xa0008401},
  {"fmr", move, IN_REGISTER, 0x40080000, 0, 0, STATUS},
  {"fneg.", move_record, IN_REGISTER, 0xc0080000, 0, 0, STATUS},
  {"fsel", select_one, IN_REGISTER, 0x40080000, 0, 0, STATUS},
  {"fcmpu", compare, IN_CONDITION, 0x08000000, 0x0f000000, 0, 0xa0008401},
  {"fcmpo", compare_ordered, IN_CONDITION, 0x04000000, 0x0f000000, 0, 0xa0004401},
  {"lfd", load_double, IN_REGISTER, 0x11223344, 0x55667788, 0, STATUS},
  {"lfs", load_single, IN_REGISTER, 0x40400000, 0, 0, STATUS},
  {"lfdu", load_update, IN_REGISTER, 0x42000000, 0x99aabbcc, 8, STATUS},
  {"lfdx", load_indexed, IN_REGISTER, 0x11223344, 0x55667788, 0, STATUS},
  {"stfd", store_double, IN_MEMORY, 0x40080000, 0, 0, STATUS},
  {"stfs", store_single, IN_WORD, 0x40400000, 0, 0, STATUS},
  {"stfdu", store_update, IN_MEMORY, 0x40080000, 0, (word)-8, STATUS},
  {"stfiwx", store_integer, IN_WORD, 0x82000003, 0, 0, STATUS},
  {"mffs", from_status, IN_REGISTER, 0, STATUS, 0, STATUS},
  {"mtfsf", to_status, NOWHERE, 0, 0, 0, 0x82000003},
  {"mtfsfi", to_field, NOWHERE, 0, 0, 0, 0xa0008402},
  {"mtfsb1", set_bit, NOWHERE, 0, 0, 0, 0xa0208401},
  {"mtfsb0", clear_bit, NOWHERE, 0, 0, 0, 0xa0008400},
  {"mcrfs", field_to_condition, IN_CONDITION, 0x0a000000, 0x0f000000, 0, 0x20008401},
};

static struct floats initial, seen_floats;
static struct vectors initial_vectors, seen_vectors;
// The registers of the program when the exception came.
static struct frame at_exception;

static void fill(void) {
  for (word n = 0; n < 32; n++) {
    initial.r[n].high = 0x40450000 + n, initial.r[n].low = n * 0x01010101;
    for (word w = 0; w < 4; w++) initial_vectors.r[n].w[w] = n << 24 | w << 16 | 0x3f80;
  }
  initial.r[1].high = 0x3ff00000, initial.r[1].low = 0;
  initial.r[2].high = 0x40080000, initial.r[2].low = 0;
  initial.r[5].high = 0, initial.r[5].low = 0x82000003;
  initial.fpscr = STATUS;
  for (word w = 0; w < 4; w++) {
    initial_vectors.r[6].w[w] = 0x7fffffff;
    initial_vectors.r[7].w[w] = 0x3f800000, initial_vectors.r[8].w[w] = 0x40000000;
    initial_vectors.r[9].w[w] = 0x10101010;
  }
  initial_vectors.r[5].w[3] = 1;
  initial_vectors.vscr = NON_JAVA;
  put32(PLACE - 8, 0), put32(PLACE - 4, 0);
  put32(PLACE, 0x11223344), put32(PLACE + 4, 0x55667788);
  put32(PLACE + 8, 0x42000000), put32(PLACE + 12, 0x99aabbcc);
}

// Keeps the registers; makes the facilities available that `grants` names.
static word grants;
static word look(struct frame *f) {
  at_exception = *f;
  if (!grants) return 0;
  f->srr1 |= grants;
  return 1;
}

static void check_exception(const byte *routine, word vector, word msr) {
  check("one exception", event_count, 1);
  check("vector", events[0].vector, vector | 1);
  check("SRR0", events[0].srr0, ADDRESS(routine));
  check("SRR1", events[0].srr1, msr);
  check("MSR in the handler", events[0].msr, MSR_ME);
}

static void check_untouched(void) {
  get_floats(&seen_floats);
  check("floating-point registers stay", same(&seen_floats, &initial, 256), 1);
  check("FPSCR stays", seen_floats.fpscr, STATUS);
  if (has_vectors()) {
    get_vectors(&seen_vectors);
    check("vectors stay", same(&seen_vectors, &initial_vectors, 528), 1);
  }
  check("r3 stays", at_exception.r[3], PLACE);
  check("memory stays", get32(PLACE) == 0x11223344 && get32(PLACE + 4) == 0x55667788
    && get32(PLACE + 8) == 0x42000000 && get32(PLACE - 8) == 0, 1);
}

static void restore(void) {
  fill();
  set_floats(&initial);
  if (has_vectors()) set_vectors(&initial_vectors);
  forget();
  skips = 0;
}

// Runs an instruction whose facility is not there: nothing happens but the exception.
static void unavailable(const byte *routine, word vector, word msr) {
  restore();
  grants = 0;
  run(ADDRESS(routine), PLACE, msr);
  check_exception(routine, vector, msr);
  check_untouched();
}

// And then the handler makes it available; what `run` returns.
static word granted(const byte *routine, word vector, word facility) {
  restore();
  grants = facility;
  word r3 = run(ADDRESS(routine), PLACE, BASE);
  check_exception(routine, vector, BASE);
  return r3;
}

static void complete(const struct row *row) {
  word r3 = granted(row->routine, 0x800, MSR_FP);
  check("r3 afterwards", r3, PLACE + row->offset);
  get_floats(&seen_floats);
  check("FPSCR afterwards", seen_floats.fpscr, row->fpscr);
  switch (row->where) {
    case NOWHERE: return;
    case IN_REGISTER:
      check("high word", seen_floats.r[4].high, row->high);
      check("low word", seen_floats.r[4].low, row->low);
      return;
    case IN_MEMORY:
      check("low word", get32(PLACE + row->offset + 4), row->low);
      // fall through
    case IN_WORD:
      check("word", get32(PLACE + row->offset), row->high);
      return;
    case IN_CONDITION:
      check("CR field", left.cr & row->low, row->high);
  }
}

static void floating_point(void) {
  for (word n = 0; n < sizeof rows / sizeof *rows; n++) {
    print("# FP unavailable: "); print(rows[n].name); print("\n");
    unavailable(rows[n].routine, 0x800, BASE);
    complete(&rows[n]);
  }
  print("# FP unavailable, of a user, with FE0 and FE1\n");
  unavailable(add, 0x800, BASE | MSR_PR | MSR_FE0 | MSR_FE1);
  if (has_vectors()) {
    print("# FP unavailable, with vectors\n");
    unavailable(add, 0x800, BASE | MSR_VEC);
    unavailable(load_double, 0x800, BASE | MSR_VEC);
  }
}

VECTOR_ROUTINE(vector_add, "vadduwm 4, 1, 2");
VECTOR_ROUTINE(vector_saturate, "vaddsws 4, 6, 6");
VECTOR_ROUTINE(vector_float, "vaddfp 4, 7, 8");
VECTOR_ROUTINE(vector_compare, "vcmpequw. 4, 1, 1");
VECTOR_ROUTINE(vector_permute, "vperm 4, 1, 2, 9");
VECTOR_ROUTINE(vector_splat, "vspltisw 4, -3");
VECTOR_ROUTINE(vector_logical, "vand 4, 1, 2");
VECTOR_ROUTINE(vector_load, "lvx 4, 0, 3");
VECTOR_ROUTINE(vector_load_element, "lvewx 4, 0, 3");
VECTOR_ROUTINE(vector_shift, "lvsl 4, 0, 3");
VECTOR_ROUTINE(vector_store, "stvx 1, 0, 3");
VECTOR_ROUTINE(vector_store_element, "stvewx 1, 0, 3");
VECTOR_ROUTINE(vector_from_status, "mfvscr 4");
VECTOR_ROUTINE(vector_to_status, "mtvscr 5");
VECTOR_ROUTINE(stream, "dst 3, 5, 0; dstst 3, 5, 1; dss 0; dssall");
VECTOR_ROUTINE(save_register, "mfspr 4, 256; mtspr 256, 4");

// An instruction on v1, v2 and r3 = PLACE, and the first and the last word that it leaves in v4 or
// at PLACE.
static const struct vector_row {
  const char *name;
  const byte *routine;
  word stores, first, last, vscr;
} vector_rows[] = {
  {"vadduwm", vector_add, 0, 0x03007f00, 0x03067f00, NON_JAVA},
  {"vaddsws", vector_saturate, 0, 0x7fffffff, 0x7fffffff, NON_JAVA | 1},
  {"vaddfp", vector_float, 0, 0x40400000, 0x40400000, NON_JAVA},
  {"vcmpequw.", vector_compare, 0, 0xffffffff, 0xffffffff, NON_JAVA},
  {"vperm", vector_permute, 0, 0x02020202, 0x02020202, NON_JAVA},
  {"vspltisw", vector_splat, 0, 0xfffffffd, 0xfffffffd, NON_JAVA},
  {"vand", vector_logical, 0, 0x00003f80, 0x00033f80, NON_JAVA},
  {"lvx", vector_load, 0, 0x11223344, 0x99aabbcc, NON_JAVA},
  {"lvewx", vector_load_element, 0, 0x11223344, 0x04033f80, NON_JAVA},
  {"lvsl", vector_shift, 0, 0x00010203, 0x0c0d0e0f, NON_JAVA},
  {"stvx", vector_store, 1, 0x01003f80, 0x01033f80, NON_JAVA},
  {"stvewx", vector_store_element, 1, 0x01003f80, 0x99aabbcc, NON_JAVA},
  {"mfvscr", vector_from_status, 0, 0, NON_JAVA, NON_JAVA},
  {"mtvscr", vector_to_status, 0, 0x04003f80, 0x04033f80, 1},
};

static void complete_vector(const struct vector_row *row) {
  granted(row->routine, 0xf20, MSR_VEC);
  get_vectors(&seen_vectors);
  check("VSCR afterwards", seen_vectors.vscr, row->vscr);
  check("first word", row->stores ? get32(PLACE) : seen_vectors.r[4].w[0], row->first);
  check("last word", row->stores ? get32(PLACE + 12) : seen_vectors.r[4].w[3], row->last);
}

// What does not need the unit: streams and VRSAVE.
static void without_vectors(void) {
  print("# available without AltiVec\n");
  static const byte *const routines[] = {stream, save_register};
  for (word n = 0; n < 2; n++) {
    restore();
    run(ADDRESS(routines[n]), PLACE, BASE);
    check("no exception", event_count, 0);
  }
}

static void vectors(void) {
  for (word n = 0; n < sizeof vector_rows / sizeof *vector_rows; n++) {
    print("# AltiVec unavailable: "); print(vector_rows[n].name); print("\n");
    unavailable(vector_rows[n].routine, 0xf20, BASE);
    complete_vector(&vector_rows[n]);
    if (vector_rows[n].routine == vector_compare) check("CR6", left.cr & 0xf0, 0x80);
  }
  print("# AltiVec unavailable, of a user, with FP\n");
  unavailable(vector_add, 0xf20, BASE | MSR_PR | MSR_FP);
  without_vectors();
}

// A processor without the unit: its instructions are illegal, whatever MSR[VEC] would be.
static void no_vectors(void) {
  print("# no AltiVec\n");
  static const byte *const routines[] = {
    vector_add, vector_load, vector_store, vector_from_status, stream,
  };
  for (word n = 0; n < 5; n++) {
    restore();
    grants = 0;
    run(ADDRESS(routines[n]), PLACE, BASE | MSR_FP);
    check_exception(routines[n], 0x700, BASE | MSR_FP | 0x80000);
  }
}

// The facility is looked at before the address.
static void priorities(void) {
  print("# unavailable, and nothing at the address\n");
  start_translation();
  static const byte *const routines[] = {load_double, store_double, store_integer};
  for (word n = 0; n < 3; n++) {
    restore();
    grants = 0;
    run(ADDRESS(routines[n]), PAGES, BASE | MSR_DR);
    check_exception(routines[n], 0x800, BASE | MSR_DR);
    restore();
    run(ADDRESS(routines[n]), PAGES, BASE | MSR_DR | MSR_FP);
    check_exception(routines[n], 0x300, BASE | MSR_DR | MSR_FP);
    check("DAR", events[0].dar, PAGES);
    if (!has_vectors()) continue;
    const byte *vector = n == 0 ? vector_load : vector_store;
    restore();
    run(ADDRESS(vector), PAGES, BASE | MSR_DR);
    check_exception(vector, 0xf20, BASE | MSR_DR);
  }
}

// The trace exception comes when the instruction is complete.
static void traced(void) {
  print("# unavailable, and traced\n");
  restore();
  grants = MSR_FP;
  run(ADDRESS(divide), PLACE, BASE | MSR_SE);
  check("vector", events[0].vector, 0x801);
  check("SRR0", events[0].srr0, ADDRESS(divide));
  check("SRR1", events[0].srr1, BASE | MSR_SE);
  check("then", events[1].vector, 0xd01);
  check("SRR0", events[1].srr0, ADDRESS(divide) + 4);
  check("SRR1", events[1].srr1, BASE | MSR_SE | MSR_FP);
  get_floats(&seen_floats);
  check("result", seen_floats.r[4].high, 0x3fd55555);
}

void test(void) {
  intercept = look;
  floating_point();
  has_vectors() ? vectors() : no_vectors();
  priorities();
  traced();
}
