// Exceptions: their vectors, SRR0 and SRR1, DAR and DSISR; tracing; time base and decrementer.
// Expected values: Programming Environments Manual, chapter 6.

#include "guest.h"

ROUTINE(system_call, "sc; nop");
ROUTINE(illegal, ".long 0");
ROUTINE(privileged, "mfmsr 4");
ROUTINE(trap, "twi 31, 3, 0");
ROUTINE(floating, "fmr 1, 2");
ROUTINE(reserved_unaligned, "lwarx 5, 0, 3");
ROUTINE(multiple_unaligned, "lmw 30, 0(3)");
ROUTINE(straight, "li 4, 1; li 5, 2; cmpwi 4, 1; beq 1f; li 5, 3; 1: li 6, 4");
ROUTINE(nothing, "nop");

// The one exception that a routine ends in.
static void expect(
  const char *name, const byte *routine, word argument, word msr, word vector, word srr1) {
  forget();
  skips = 0;
  word base = MSR_ME | MSR_RI;
  run(ADDRESS(routine), argument, base | msr);
  print("# "); print(name); print("\n");
  check("one exception", event_count, 1);
  check("vector", events[0].vector, vector | 1);
  check("SRR0", events[0].srr0, ADDRESS(routine) + (vector == 0xc00 ? 4 : 0));
  check("SRR1", events[0].srr1, base | msr | srr1);
  check("MSR in the handler", events[0].msr, MSR_ME);
}

static void synchronous(void) {
  expect("system call", system_call, 0, 0, 0xc00, 0);
  expect("system call of a user", system_call, 0, MSR_PR, 0xc00, 0);
  expect("illegal instruction", illegal, 0, 0, 0x700, 0x80000);
  expect("privileged instruction", privileged, 0, MSR_PR, 0x700, 0x40000);
  expect("trap", trap, 0, 0, 0x700, 0x20000);
  expect("no floating point", floating, 0, 0, 0x800, 0);
  expect("unaligned lwarx", reserved_unaligned, 0x300002, 0, 0x600, 0);
  check("DAR", events[0].dar, 0x300002);
  // lwarx 5,0,3: bits 29-30, 25, 21-24 of the word, RT, RA.
  check("DSISR", events[0].dsisr, 0xa0);
  expect("unaligned lmw", multiple_unaligned, 0x300002, 0, 0x600, 0);
  check("DAR", events[0].dar, 0x300002);
  check("DSISR", events[0].dsisr, 0x1fc3);
}

// With IP the vectors are those of the ROM.
static void prefix(void) {
  forget();
  skips = 0;
  run(ADDRESS(illegal), 0, MSR_ME | MSR_IP);
  print("# vectors at 0xfff00000\n");
  check("vector", events[0].vector, 0x700);
  check("MSR in the handler", events[0].msr, MSR_ME | MSR_IP);
}

static void tracing(void) {
  forget();
  run(ADDRESS(straight), 0, MSR_ME | MSR_RI | MSR_SE);
  print("# single steps\n");
  static const byte offsets[] = {4, 8, 12, 20, 24};
  for (int n = 0; n < 5; n++) {
    check("vector", events[n].vector, 0xd01);
    check("SRR0", events[n].srr0 - ADDRESS(straight), offsets[n]);
  }
  forget();
  run(ADDRESS(straight), 0, MSR_ME | MSR_RI | MSR_BE);
  print("# branches\n");
  check("vector", events[0].vector, 0xd01);
  check("SRR0", events[0].srr0 - ADDRESS(straight), 20);
  check("return", events[1].vector, 0xd01);
}

// Breakpoints: IABR 1010, DABR 1013 (PEM 2.3.15; 750 and 7400 user's manuals, 4.5).
ROUTINE(load, "lwz 4, 0(3)");
ROUTINE(store, "stw 4, 0(3)");
ROUTINE(store_double, "stfd 1, 0(3)");

static void data_breakpoint(
  const char *name, const byte *routine, word address, word dabr, word dsisr) {
  mtspr(1013, dabr);
  forget();
  skips = 0;
  run(ADDRESS(routine), address, MSR_ME | MSR_RI | MSR_FP);
  mtspr(1013, 0);
  print("# "); print(name); print("\n");
  check("exceptions", event_count, dsisr != 0);
  if (dsisr == 0 || event_count == 0) return;
  check("vector", events[0].vector, 0x301);
  check("SRR0", events[0].srr0, ADDRESS(routine));
  check("DSISR", events[0].dsisr, dsisr);
}

static void breakpoints(void) {
  word place = ADDRESS(straight) + 8;
  mtspr(1010, place | 2);
  forget();
  skips = 0;
  run(ADDRESS(straight), 0, MSR_ME | MSR_RI);
  mtspr(1010, 0);
  print("# instruction breakpoint\n");
  check("one exception", event_count, 1);
  if (event_count != 0) {
    check("vector", events[0].vector, 0x1301);
    check("SRR0", events[0].srr0, place);
    check("SRR1", events[0].srr1, MSR_ME | MSR_RI);
  }
  mtspr(1010, place | 3);
  forget();
  run(ADDRESS(straight), 0, MSR_ME | MSR_RI);
  mtspr(1010, 0);
  print("# instruction breakpoint of the other translation mode\n");
  check("exceptions", event_count, 0);
  data_breakpoint("load breakpoint", load, 0x300004, 0x300000 | 1, 0x00400000);
  data_breakpoint("load, stores watched", load, 0x300004, 0x300000 | 2, 0);
  data_breakpoint("store breakpoint", store, 0x300000, 0x300000 | 2, 0x02400000);
  data_breakpoint("store beside it", store, 0x300008, 0x300000 | 3, 0);
  data_breakpoint("store into it", store_double, 0x2ffffc, 0x300000 | 3, 0x02400000);
  data_breakpoint("store, the other translation mode", store, 0x300000, 0x300000 | 7, 0);
}

// Waits until there was an exception, or for a while.
static void await(void) {
  for (word n = 0; n < 50000000 && event_count == 0; n++) asm volatile("" ::: "memory");
}

static void decrementer(void) {
  print("# decrementer\n");
  forget();
  mtspr(22, 10000);
  await();
  check("masked", event_count, 0);
  check("below zero", mfspr(22) >> 31, 1);
  mtmsr(mfmsr() | MSR_EE);
  check("taken when EE is set", event_count, 1);
  check("vector", events[0].vector, 0x901);
  forget();
  mtspr(22, 20000);
  await();
  check("taken when it passes zero", event_count, 1);
  forget();
  mtspr(22, 0x7fffffff);
  mtspr(22, 0x80000000);
  await();
  check("taken when software sets bit 0", event_count, 1);
  mtspr(22, 0x7fffffff);
  mtmsr(mfmsr() & ~MSR_EE);
  forget();
}

static void time_base(void) {
  print("# time base\n");
  mtspr(284, 0);
  mtspr(285, 5);
  mtspr(284, 0xffffff00);
  for (int n = 0; n < 100000 && mfspr(269) == 5; n++) {}
  check("carry into TBU", mfspr(269), 6);
  word before = mfspr(268), after = mfspr(268);
  check("goes forward", after >= before, 1);
}

// Where nothing is, fetching ends in a machine check; reading gives zero, as the bridges say.
static void nothing_there(void) {
  print("# no memory\n");
  forget();
  skips = 0;
  word result = run(0xf9000000, 0, MSR_ME | MSR_RI);
  check("fetch", result, 0x200);
  check("SRR0", events[0].srr0, 0xf9000000);
  forget();
  check("read", get32(0xf9000000), 0);
  check("no exception", event_count, 0);
}

void test(void) {
  synchronous();
  tracing();
  decrementer();
  time_base();
  breakpoints();
  nothing_there();
  prefix();
}
