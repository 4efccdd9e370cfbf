// The hash table, keys, BATs; accesses over borders of pages and of the address space.
// Expected values: Programming Environments Manual, chapters 6 and 7.

#include "translation.h"

ROUTINE(load_reversed, "lwbrx 3, 0, 3");
ROUTINE(store_reversed, "lis 4, 0x1122; ori 4, 4, 0x3344; stwbrx 4, 0, 3; li 3, 1");
ROUTINE(load_string, "mr 4, 3; lswi 5, 4, 14; add 3, 5, 6; add 3, 3, 7; add 3, 3, 8");
ROUTINE(store_string,
  "mr 4, 3; lis 5, 0x0102; ori 5, 5, 0x0304; addis 6, 5, 1; addis 7, 5, 2; stswi 5, 4, 10; li 3, 1");
ROUTINE(load_multiple, "lmw 28, 0(3); add 3, 28, 29; add 3, 3, 30; add 3, 3, 31");
ROUTINE(store_multiple,
  "li 28, 0x101; li 29, 0x202; li 30, 0x303; li 31, 0x404; stmw 28, 0(3); li 3, 1");
ROUTINE(zero_line, "dcbz 0, 3; li 3, 1");
ROUTINE(touch, "dcbt 0, 3; li 3, 1");
ROUTINE(flush, "dcbst 0, 3; li 3, 1");
ROUTINE(load_forward, "lwz 3, 0x400(3)");
ROUTINE(load_backward, "lwz 3, -16(3)");
ROUTINE(load_indexed, "lis 4, 0; ori 4, 4, 0x3800; lwzx 3, 3, 4");
ROUTINE(store_backward, "lis 4, 0x7788; stw 4, -4(3); li 3, 1");
ROUTINE(nothing, "nop");

static word access(const byte *routine, word address) {
  forget();
  return run(ADDRESS(routine), address, RELOCATED);
}

static word access_as_user(const byte *routine, word address) {
  forget();
  return run(ADDRESS(routine), address, RELOCATED | MSR_PR);
}

// The exception of the last access.
static void expect_data(const char *name, word got, word dsisr, word dar) {
  check(name, got, 0x300);
  check("  DSISR", events[0].dsisr, dsisr);
  check("  DAR", events[0].dar, dar);
}

static void expect_fetch(const char *name, word got, word bits, word address) {
  check(name, got, 0x400);
  check("  SRR1", events[0].srr1 & 0x7fff0000, bits);
  check("  SRR0", events[0].srr0, address);
}

static void pages(void) {
  print("# pages\n");
  unmap_all();
  expect_data("load, no page", access(load_word, PAGES + 8), NOT_FOUND, PAGES + 8);
  expect_data("store, no page", access(store_word, PAGES), NOT_FOUND | STORE, PAGES);
  expect_fetch("fetch, no page", run(PAGES, 0, (forget(), RELOCATED)), NOT_FOUND, PAGES);
  put32(MEMORY, 0xcafe0001);
  word entry = map(PAGES, MEMORY, 2, VSID, 0);
  check("load", access(load_word, PAGES), 0xcafe0001);
  check("R alone", get32(entry), MEMORY | REFERENCED | 2);
  check("store", access(store_word, PAGES + 4), 1);
  check("R and C", get32(entry), MEMORY | REFERENCED | CHANGED | 2);
  check("stored", get32(MEMORY + 4), 0x11223344);
  put32(MEMORY + 0x1000, 0xcafe0002);
  entry = map(PAGES + 0x1000, MEMORY + 0x1000, 2, VSID, 1);
  check("secondary group", access(load_word, PAGES + 0x1000), 0xcafe0002);
  check("R alone", get32(entry), (MEMORY + 0x1000) | REFERENCED | 2);
  // A write that comes first sets both.
  entry = map(PAGES + 0x2000, MEMORY + 0x2000, 2, VSID, 0);
  check("store first", access(store_word, PAGES + 0x2000), 1);
  check("R and C", get32(entry), (MEMORY + 0x2000) | REFERENCED | CHANGED | 2);
  entry = map(PAGES + 0x3000, MEMORY + 0x3000, 2, VSID, 0);
  check("dcbt", access(touch, PAGES + 0x3000), 1);
  check("dcbt, no page", access(touch, PAGES + 0x7000), 1);
  expect_data("dcbst, no page", access(flush, PAGES + 0x7000), NOT_FOUND, PAGES + 0x7000);
  check("dcbz", access(zero_line, PAGES + 0x3000), 1);
  check("R and C", get32(entry), (MEMORY + 0x3000) | REFERENCED | CHANGED | 2);
  expect_data("dcbz, no page", access(zero_line, PAGES + 0x7000), NOT_FOUND | STORE, PAGES + 0x7000);
}

static void changes(void) {
  print("# tlbie, mtsr\n");
  unmap_all();
  put32(MEMORY, 0xa);
  put32(MEMORY + 0x1000, 0xb);
  word entry = map(PAGES, MEMORY, 2, VSID, 0);
  check("before", access(load_word, PAGES), 0xa);
  put32(entry, (MEMORY + 0x1000) | 2);
  tlbie(PAGES);
  check("after tlbie", access(load_word, PAGES), 0xb);
  put32(entry - 4, 0);
  tlbie(PAGES);
  expect_data("removed", access(load_word, PAGES), NOT_FOUND, PAGES);
  map(PAGES, MEMORY, 2, VSID, 0);
  map(PAGES, MEMORY + 0x1000, 2, VSID + 7, 0);
  for (int n = 0; n < 3; n++) {
    mtsr(4, VSID);
    check("first segment", access(load_word, PAGES), 0xa);
    mtsr(4, VSID + 7);
    check("second segment", access(load_word, PAGES), 0xb);
  }
  mtsr(4, VSID);
}

// The keys of the segment, and PP: what a read and a write give.
static void protection(void) {
  static const byte rows[][4] = {
    // key, PP, may read, may write
    {0, 0, 1, 1}, {0, 1, 1, 1}, {0, 2, 1, 1}, {0, 3, 1, 0},
    {1, 0, 0, 0}, {1, 1, 1, 0}, {1, 2, 1, 1}, {1, 3, 1, 0},
  };
  print("# protection: key, PP\n");
  for (word n = 0; n < 16; n++) {
    const byte *row = rows[n & 7];
    word user = n >> 3;
    unmap_all();
    put32(MEMORY, 0xcafe0003);
    word entry = map(PAGES, MEMORY, row[1], VSID, 0);
    // The key of the other state is the opposite one.
    mtsr(4, VSID | (user ? (row[0] ? 0x20000000 : 0x40000000) : (row[0] ? 0x40000000 : 0x20000000)));
    word (*use)(const byte *, word) = user ? access_as_user : access;
    word got = use(load_word, PAGES);
    if (row[2]) check("read", got, 0xcafe0003);
    else expect_data("read", got, PROTECTED, PAGES);
    got = use(store_word, PAGES);
    if (row[3]) check("write", got, 1);
    else expect_data("write", got, PROTECTED | STORE, PAGES);
    check("C", get32(entry) >> 7 & 1, row[3]);
  }
  unmap_all();
  map(PAGES, MEMORY, 0, VSID, 0);
  mtsr(4, VSID | 0x60000000);
  expect_fetch("fetch", run(PAGES, 0, (forget(), RELOCATED)), PROTECTED, PAGES);
  unmap_all();
  map(PAGES, MEMORY, 2, VSID, 0);
  mtsr(4, VSID | NO_EXECUTE);
  expect_fetch("no-execute", run(PAGES, 0, (forget(), RELOCATED)), NO_EXECUTE, PAGES);
  mtsr(4, VSID);
  unmap_all();
  map(PAGES, MEMORY, 2 | 8, VSID, 0);
  expect_fetch("guarded", run(PAGES, 0, (forget(), RELOCATED)), NO_EXECUTE, PAGES);
  mtsr(4, 0x80000000);
  expect_fetch("fetch, direct-store", run(PAGES, 0, (forget(), RELOCATED)), NO_EXECUTE, PAGES);
  mtsr(4, VSID);
}

static void blocks(void) {
  print("# BATs\n");
  unmap_all();
  put32(MEMORY, 0xd0);
  put32(MEMORY + 0x1fffc, 0xd1);
  put32(MEMORY + 0x20000, 0xd2);
  mtspr(537, MEMORY | 2);
  mtspr(536, 0x50000000 | 3);
  check("first word", access(load_word, 0x50000000), 0xd0);
  check("last word", access(load_word, 0x5001fffc), 0xd1);
  expect_data("behind it", access(load_word, 0x50020000), NOT_FOUND, 0x50020000);
  mtspr(536, 0x50000000 | 1 << 2 | 3);
  check("256 KiB", access(load_word, 0x50020000), 0xd2);
  mtspr(536, 0x50000000 | 2);
  check("Vs alone", access(load_word, 0x50000000), 0xd0);
  expect_data("  a user", access_as_user(load_word, 0x50000000), NOT_FOUND, 0x50000000);
  mtspr(536, 0x50000000 | 1);
  check("Vp alone: a user", access_as_user(load_word, 0x50000000), 0xd0);
  expect_data("  the supervisor", access(load_word, 0x50000000), NOT_FOUND, 0x50000000);
  mtspr(536, 0x50000000 | 3);
  mtspr(537, MEMORY | 1);
  check("PP 1, load", access(load_word, 0x50000000), 0xd0);
  expect_data("PP 1, store", access(store_word, 0x50000000), PROTECTED | STORE, 0x50000000);
  mtspr(537, MEMORY | 0);
  expect_data("PP 0, load", access(load_word, 0x50000000), PROTECTED, 0x50000000);
  expect_fetch("not for fetching", run(0x50000000, 0, (forget(), RELOCATED)), NOT_FOUND, 0x50000000);
  // A block and a page at one address: the block counts.
  put32(MEMORY + 0x40000, 0xd3);
  map(PAGES, MEMORY, 2, VSID, 0);
  check("a page", access(load_word, PAGES), 0xd0);
  mtspr(537, (MEMORY + 0x40000) | 2);
  mtspr(536, PAGES | 3);
  check("a block over a page", access(load_word, PAGES), 0xd3);
  mtspr(536, 0);
  check("the page again", access(load_word, PAGES), 0xd0);
  forget();
  check("without DR", run(ADDRESS(load_word), MEMORY, MSR_ME | MSR_RI | MSR_IR), 0xd0);
}

// Two pages that are neighbours for programs alone.
static void borders(void) {
  const word edge = PAGES + 0x1000, first = MEMORY + 0xffe, second = MEMORY + 0x8000;
  print("# borders of pages\n");
  unmap_all();
  put32(MEMORY + 0xffc, 0x01020304);
  put32(second, 0x05060708);
  word low = map(PAGES, MEMORY, 2, VSID, 0), high = map(edge, second, 2, VSID, 0);
  check("lwz", access(load_word, edge - 2), 0x03040506);
  check("lwz", access(load_word, edge - 1), 0x04050607);
  check("lhz", access(load_half, edge - 1), 0x0405);
  check("lwbrx", access(load_reversed, edge - 3), 0x05040302);
  check("R alone", (get32(low) | get32(high)) & CHANGED, 0);
  check("stw", access(store_word, edge - 2), 1);
  check("  first half", get16(first), 0x1122);
  check("  second half", get16(second), 0x3344);
  check("  C", get32(low) & get32(high) & CHANGED, CHANGED);
  check("sth", access(store_half, edge - 1), 1);
  check("  first byte", get8(first + 1), 0x55);
  check("  second byte", get8(second), 0x66);
  check("stwbrx", access(store_reversed, edge - 3), 1);
  check("  first bytes", get32(MEMORY + 0xffc) & 0xffffff, 0x443322);
  check("  last byte", get8(second), 0x11);
  put32(second, 0x21222324);
  put32(second + 4, 0x25262728);
  put32(MEMORY + 0xff8, 0x11121314);
  put32(MEMORY + 0xffc, 0x15161718);
  check("lswi", access(load_string, edge - 6), 0x13141516 + 0x17182122 + 0x23242526 + 0x27280000);
  check("stswi", access(store_string, edge - 6), 1);
  check("  in the first page", get32(first - 2), 0x03040103);
  check("  in the second page", get32(second), 0x03040104);
  put32(MEMORY + 0xff8, 0x11);
  put32(MEMORY + 0xffc, 0x22);
  put32(second, 0x33);
  put32(second + 4, 0x44);
  check("lmw", access(load_multiple, edge - 8), 0xaa);
  check("stmw", access(store_multiple, edge - 8), 1);
  check("  in the first page", get32(MEMORY + 0xffc), 0x202);
  check("  in the second page", get32(second), 0x303);
}

// The second of two pages does not let the access pass.
static void half_borders(void) {
  const word edge = PAGES + 0x1000;
  print("# borders with another page\n");
  unmap_all();
  map(PAGES, MEMORY, 2, VSID, 0);
  expect_data("lwz", access(load_word, edge - 2), NOT_FOUND, edge);
  expect_data("stw", access(store_word, edge - 2), NOT_FOUND | STORE, edge);
  expect_data("lswi", access(load_string, edge - 6), NOT_FOUND, edge);
  expect_data("lmw", access(load_multiple, edge - 8), NOT_FOUND, edge);
  expect_data("stmw", access(store_multiple, edge - 8), NOT_FOUND | STORE, edge);
  map(edge, MEMORY + 0x8000, 3, VSID, 0);
  put32(MEMORY + 0x8000, 0x99999999);
  expect_data("stw, read-only", access(store_word, edge - 2), PROTECTED | STORE, edge);
  expect_data("stswi, read-only", access(store_string, edge - 6), PROTECTED | STORE, edge);
  check("untouched", get32(MEMORY + 0x8000), 0x99999999);
  unmap_all();
  map(edge, MEMORY + 0x8000, 2, VSID, 0);
  expect_data("lwz, first page missing", access(load_word, edge - 2), NOT_FOUND, edge - 2);
  expect_data("stw, first page missing", access(store_word, edge - 2), NOT_FOUND | STORE, edge - 2);
  check("untouched", get32(MEMORY + 0x8000), 0x99999999);
}

// Addresses are modulo 4 GiB, with and without translation.
static void ends(void) {
  const word real = MSR_ME | MSR_RI;
  print("# ends of the address space\n");
  put32(0, 0x12345678);
  put32(4, 0x9abcdef0);
  put32(0x2800, 0x2800cafe);
  check("lwz", run(ADDRESS(load_word), 0xfffffffe, real), 0x00011234);
  check("lwbrx", run(ADDRESS(load_reversed), 0xffffffff, real), 0x56341201);
  check("lhz", run(ADDRESS(load_half), 0xffffffff, real), 0x0112);
  check("displacement up", run(ADDRESS(load_forward), 0xfffffc04, real), 0x9abcdef0);
  check("displacement down", run(ADDRESS(load_backward), 8, real), 0xa8a9aaab);
  check("index", run(ADDRESS(load_indexed), 0xfffff000, real), 0x2800cafe);
  check("lswi", run(ADDRESS(load_string), 0xfffffff8, real),
    0xa8a9aaab + 0x38630001 + 0x12345678 + 0x9abc0000);
  check("lmw", run(ADDRESS(load_multiple), 0xfffffff8, real),
    0xa8a9aaab + 0x38630001 + 0x12345678 + 0x9abcdef0);
  check("stw", run(ADDRESS(store_word), 0xfffffffe, real), 1);
  check("  ROM", get32(0xfffffffc), 0x38630001);
  check("  memory", get32(0), 0x33445678);
  check("store below 0", run(ADDRESS(store_backward), 0, real), 1);
  check("  ROM", get32(0xfffffffc), 0x38630001);
  // addi 3,3,1 at the end, blr at the beginning; b -0x14 behind it.
  install(0, (const word[]){0x4e800020, 0, 0, 0, 0x4bffffec}, 5);
  check("fetching", run(0xfffffffc, 5, real), 6);
  check("branch", run(0x10, 6, real), 7);
}

void test(void) {
  start_translation();
  pages();
  changes();
  protection();
  blocks();
  borders();
  half_borders();
  ends();
}
