// Code that changes: with and without icbi, through other addresses, by DMA; code over a border of
// pages, and pages that are mapped elsewhere. Everything here is coherent as QEMU has it: code that
// was written is what runs after the next context synchronisation.

#include "translation.h"

#define REAL (MSR_ME | MSR_RI)
#define LI(n) (0x38600000 | (n))
#define BLR 0x4e800020
#define ADDI_R3(n) (0x38630000 | (n))
// Relative to mac-io.
#define DBDMA (MACIO + 0x8b00)
#define IDE (MACIO + 0x20000)

static word call(word address) { return run(address, 0, REAL); }

// Stores r4 to the word at label 2 of its copy, and comes to it.
ROUTINE(with_icbi,
  "addi 5, 3, 32; lis 4, 0x3860; ori 4, 4, 7; stw 4, 0(5); dcbst 0, 5; sync; icbi 0, 5; isync;"
  "li 3, 1");
ROUTINE(without_icbi,
  "addi 5, 3, 16; lis 4, 0x3860; ori 4, 4, 7; stw 4, 0(5); li 3, 1");
ROUTINE(fill_with_stores, "lis 30, 0x3860; ori 30, 30, 9; lis 31, 0x4e80; ori 31, 31, 0x20; stmw 30, 0(3)");
ROUTINE(clear, "dcbz 0, 3; li 3, 1");

static void rewritten(void) {
  print("# rewritten\n");
  install(MEMORY, (const word[]){LI(1), BLR}, 2);
  check("first", call(MEMORY), 1);
  install(MEMORY, (const word[]){LI(2)}, 1);
  check("with icbi", call(MEMORY), 2);
  *(volatile word *)MEMORY = LI(3);
  check("without icbi", call(MEMORY), 3);
  *(volatile half *)(MEMORY + 2) = 4;
  check("half a word", call(MEMORY), 4);
  *(volatile byte *)(MEMORY + 3) = 5;
  check("a byte", call(MEMORY), 5);
  word wrong = 0;
  for (word n = 0; n < 3000; n++) {
    install(MEMORY, (const word[]){LI(n)}, 1);
    wrong += call(MEMORY) != n;
  }
  check("3000 times with icbi", wrong, 0);
  for (word n = 0; n < 3000; n++) {
    *(volatile word *)(MEMORY + 0x800) = n;
    *(volatile word *)MEMORY = LI(n);
    wrong += call(MEMORY) != n;
  }
  check("3000 times without", wrong, 0);
  run(ADDRESS(fill_with_stores), MEMORY, REAL);
  check("by stmw", call(MEMORY), 9);
  run(ADDRESS(clear), MEMORY, REAL);
  forget();
  skips = 0;
  check("by dcbz", call(MEMORY), 0x700);
}

static void itself(void) {
  print("# code that changes itself\n");
  install(MEMORY, (const word *)ADDRESS(with_icbi), 10);
  check("with icbi and isync", run(MEMORY, MEMORY, REAL), 7);
  for (int n = 0; n < 100; n++) {
    *(volatile word *)(MEMORY + 32) = LI(1);
    if (run(MEMORY, MEMORY, REAL) != 7) check("again", n, 100);
  }
  // Either is right at once; the next time it is the new one.
  install(MEMORY, (const word *)ADDRESS(without_icbi), 6);
  word first = run(MEMORY, MEMORY, REAL);
  check("without: old or new", first == 1 || first == 7, 1);
  check("the next time", run(MEMORY, MEMORY, REAL), 7);
}

static void aliases(void) {
  print("# other addresses\n");
  unmap_all();
  map(PAGES, MEMORY, 2, VSID, 0);
  map(PAGES + 0x1000, MEMORY, 2, VSID, 0);
  map(PAGES + 0x2000, MEMORY + 0x2000, 2, VSID, 0);
  install(MEMORY, (const word[]){LI(1), BLR}, 2);
  install(MEMORY + 0x2000, (const word[]){LI(20), BLR}, 2);
  check("at one address", run(PAGES, 0, RELOCATED), 1);
  check("at another", run(PAGES + 0x1000, 0, RELOCATED), 1);
  check("real", call(MEMORY), 1);
  run(ADDRESS(fill_with_stores), PAGES, RELOCATED);
  check("written by the first: first", run(PAGES, 0, RELOCATED), 9);
  check("  second", run(PAGES + 0x1000, 0, RELOCATED), 9);
  check("  real", call(MEMORY), 9);
  *(volatile word *)MEMORY = LI(11);
  check("written without translation: first", run(PAGES, 0, RELOCATED), 11);
  check("  second", run(PAGES + 0x1000, 0, RELOCATED), 11);
  unmap_all();
  map(PAGES, MEMORY + 0x2000, 2, VSID, 0);
  map(PAGES + 0x2000, MEMORY, 2, VSID, 0);
  check("mapped elsewhere: first", run(PAGES, 0, RELOCATED), 20);
  check("  third", run(PAGES + 0x2000, 0, RELOCATED), 11);
  map(PAGES, MEMORY, 2, VSID + 7, 0);
  for (int n = 0; n < 3; n++) {
    mtsr(4, VSID + 7);
    check("another segment", run(PAGES, 0, RELOCATED), 11);
    mtsr(4, VSID);
    check("and back", run(PAGES, 0, RELOCATED), 20);
  }
}

static void borders(void) {
  const word edge = PAGES + 0x1000;
  print("# over the border of pages\n");
  unmap_all();
  install(MEMORY + 0xff8, (const word[]){LI(1), ADDI_R3(1)}, 2);
  install(MEMORY + 0x8000, (const word[]){ADDI_R3(0x10), BLR}, 2);
  install(MEMORY + 0xa000, (const word[]){ADDI_R3(0x20), BLR}, 2);
  map(PAGES, MEMORY, 2, VSID, 0);
  forget();
  skips = 0;
  check("no second page", run(edge - 8, 0, RELOCATED), 0x400);
  check("  SRR0", events[0].srr0, edge);
  word entry = map(edge, MEMORY + 0x8000, 2, VSID, 0);
  check("both pages", run(edge - 8, 0, RELOCATED), 0x12);
  put32(entry, (MEMORY + 0xa000) | 2);
  tlbie(edge);
  check("another second page", run(edge - 8, 0, RELOCATED), 0x22);
  *(volatile word *)(MEMORY + 0xa000) = ADDI_R3(0x40);
  check("the second page rewritten", run(edge - 8, 0, RELOCATED), 0x42);
  *(volatile word *)(MEMORY + 0xffc) = ADDI_R3(2);
  check("the first page rewritten", run(edge - 8, 0, RELOCATED), 0x43);
  put32(entry - 4, 0);
  tlbie(edge);
  forget();
  check("the second page gone", run(edge - 8, 0, RELOCATED), 0x400);
  check("  SRR0", events[0].srr0, edge);
}

// Reads the first sector of the first disk to an address.
static void read_sector(word to) {
  volatile word *command = (volatile word *)0x00700000;
  const word list[] = {
    512 | 0x3000 << 16, to, 0, 0,
    0x7000 << 16, 0, 0, 0,
  };
  for (int n = 0; n < 8; n++) put32le((word)&command[n], list[n]);
  while (get8(IDE + 0x70) & 0x80) {}
  const byte task[] = {1, 0, 0, 0, 0xe0};
  for (word n = 0; n < 5; n++) put8(IDE + 0x20 + (n << 4), task[n]);
  put32le(DBDMA, 0xff000000);
  put32le(DBDMA + 12, 0x00700000);
  put8(IDE + 0x70, 0xc8);
  put32le(DBDMA, 0x80008000);
  for (word n = 0; n < 20000000 && get32le(DBDMA + 4) & 0x400; n++) {}
  while (get8(IDE + 0x70) & 0x80) {}
}

static void direct_access(void) {
  print("# DMA\n");
  install(MEMORY, (const word[]){LI(1), BLR}, 2);
  check("before", call(MEMORY), 1);
  read_sector(MEMORY);
  check("the sector is there", get32(MEMORY), LI(77));
  check("and is what runs", call(MEMORY), 77);
  unmap_all();
  map(PAGES, MEMORY, 2, VSID, 0);
  *(volatile word *)MEMORY = LI(2);
  check("mapped", run(PAGES, 0, RELOCATED), 2);
  read_sector(MEMORY);
  check("mapped, after DMA", run(PAGES, 0, RELOCATED), 77);
}

void test(void) {
  start_translation();
  rewritten();
  itself();
  aliases();
  borders();
  direct_access();
}
