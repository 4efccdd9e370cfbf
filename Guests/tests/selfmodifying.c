// Code that is written while the program runs, by every road that a program may take: with the
// cache instructions that the manual asks for, and without them.
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef unsigned (*Function)(unsigned);
enum { kReturn = 0x4e800020, kNop = 0x60000000 };

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

// The manual's sequence for a changed range (Book II, 3.2.1 and 3.3).
static void synchronize(void *start, unsigned size) {
  char *place = start;
  for (unsigned n = 0; n < size; n += 32)
      __asm__ volatile("dcbst 0,%0" ::"r"(place + n) : "memory");
  __asm__ volatile("sync" ::: "memory");
  for (unsigned n = 0; n < size; n += 32) __asm__ volatile("icbi 0,%0" ::"r"(place + n) : "memory");
  __asm__ volatile("sync\n\tisync" ::: "memory");
}

// addi r3, r3, value; blr
static void writeAdd(unsigned *code, int value) {
  code[0] = 0x38630000 | ((unsigned)value & 0xffff);
  code[1] = kReturn;
}

static void *pages(unsigned size) {
  return mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static unsigned rewriteMany(unsigned *code, int synchronizes) {
  unsigned sum = 0;
  for (int n = 0; n < 2000; n++) {
    writeAdd(code, n & 0x3fff);
    if (synchronizes) synchronize(code, 8);
    // So that the compiler keeps the order.
    __asm__ volatile("" ::: "memory");
    sum += ((Function)code)(1) + ((Function)code)(2);
  }
  return sum;
}

// Two functions on one page, of which one changes and the other does not.
static unsigned neighbours(unsigned *code) {
  unsigned sum = 0;
  writeAdd(code, 1), writeAdd(code + 64, 1000), synchronize(code, 512);
  for (int n = 0; n < 500; n++) {
    writeAdd(code, n);
    synchronize(code, 8);
    sum += ((Function)code)(0) + ((Function)(code + 64))(0);
  }
  return sum;
}

// Data beside code that runs, changed all the time.
static unsigned dataBeside(unsigned *code) {
  volatile unsigned *data = code + 128;
  unsigned sum = 0;
  writeAdd(code, 3), synchronize(code, 8);
  for (unsigned n = 0; n < 5000; n++) {
    data[n & 255] = n;
    sum += ((Function)code)(data[n & 255]);
  }
  return sum;
}

// A function that overwrites the instruction behind the store that does it: with the sequence of
// the manual, and from the next call on in any case.
static unsigned patchAhead(unsigned *code) {
  // r3: the word to write, r4: where. stw r3,0(r4); dcbst 0,r4; sync; icbi 0,r4; sync; isync;
  // li r3,1 (to be overwritten); blr
  static const unsigned text[] = {0x90640000, 0x7c00206c, 0x7c0004ac, 0x7c0027ac, 0x7c0004ac,
                                  0x4c00012c, 0x38600001, kReturn};
  memcpy(code, text, sizeof text), synchronize(code, sizeof text);
  unsigned (*function)(unsigned, unsigned *) = (unsigned (*)(unsigned, unsigned *))code;
  unsigned sum = 0;
  // li r3, n
  for (unsigned n = 0; n < 300; n++) sum = sum * 3 + function(0x38600000 | n, code + 6);
  return sum;
}

// A loop that counts by an instruction it changes itself.
static unsigned patchLoop(unsigned *code) {
  static const unsigned text[] = {
    0x7c6903a6,  //     mtctr r3
    0x38a00000,  //     li    r5, 0
    0x38a50001,  // 1:  addi  r5, r5, 1     (its immediate grows)
    0x80c40000,  //     lwz   r6, 0(r4)
    0x38c60001,  //     addi  r6, r6, 1
    0x90c40000,  //     stw   r6, 0(r4)
    0x7c00206c,  //     dcbst 0, r4
    0x7c0004ac,  //     sync
    0x7c0027ac,  //     icbi  0, r4
    0x7c0004ac,  //     sync
    0x4c00012c,  //     isync
    0x4200ffdc,  //     bdnz  1b
    0x7ca32b78,  //     mr    r3, r5
    kReturn,
  };
  memcpy(code, text, sizeof text), synchronize(code, sizeof text);
  return ((unsigned (*)(unsigned, unsigned *))code)(100, code + 2);
}

// Write and execute in turns: no page is both.
static unsigned turns(unsigned *code) {
  unsigned sum = 0;
  for (int n = 0; n < 200; n++) {
    mprotect(code, 4096, PROT_READ | PROT_WRITE);
    writeAdd(code, n);
    mprotect(code, 4096, PROT_READ | PROT_EXEC);
    synchronize(code, 8);
    sum += ((Function)code)(7);
  }
  mprotect(code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  return sum;
}

// Many functions that call each other, all rewritten: chained blocks must not go to the old ones.
static unsigned chained(unsigned *code) {
  unsigned sum = 0;
  for (int round = 0; round < 20; round++) {
    // addi r3, r3, round; b to the next; the last returns.
    for (int n = 0; n < 100; n++) {
      code[2 * n] = 0x38630000 | (unsigned)(round + n);
      code[2 * n + 1] = n == 99 ? kReturn : 0x48000004;
    }
    synchronize(code, 800);
    sum += ((Function)code)(0);
    // Only one in the middle becomes a return.
    code[101] = kReturn;
    synchronize(code + 101, 4);
    sum += ((Function)code)(0);
  }
  return sum;
}

// Code copied about by memcpy, whose stores are the library's.
static unsigned copies(unsigned *code) {
  unsigned function[2], sum = 0;
  for (int n = 0; n < 300; n++) {
    unsigned *place = code + n * 8;
    writeAdd(function, n);
    memcpy(place, function, sizeof function);
    synchronize(place, 8);
    sum += ((Function)place)(0);
    memmove(code, place, sizeof function);
    synchronize(code, 8);
    sum += ((Function)code)(0);
  }
  memset(code, 0x60, 400);
  for (int n = 0; n < 100; n++) code[n] = kNop;
  code[100] = kReturn;
  synchronize(code, 404);
  return sum + ((Function)code)(5);
}

// Functions of one to twenty operations that no two have in common, with immediates that change and
// a jump over a word; what they yield is computed here as well. The first few operations stay for a
// while, so that now one word changes, now all do.
static int always(unsigned *code) {
  unsigned random = 1, good = 0, kept = 0, kinds[20], values[20];
  for (int n = 0; n < 3000; n++) {
    unsigned count = 1 + n % 20, at = 0, x = n, expected = n;
    if (n % 8 == 0) kept = 0;
    for (unsigned k = 0; k < count; k++) {
      random = random * 1664525u + 1013904223u;
      if (k >= kept) kinds[k] = random >> 28 & 7, values[k] = random >> 8 & 0x7fff;
      unsigned value = values[k];
      switch (kinds[k]) {
        case 0: code[at++] = 0x38630000 | value, expected += value; break;                // addi
        case 1: code[at++] = 0x3c630000 | value, expected += value << 16; break;          // addis
        case 2: code[at++] = 0x68630000 | value, expected ^= value; break;                // xori
        case 3: code[at++] = 0x1c630000 | value, expected *= value; break;                // mulli
        case 4: code[at++] = 0x7c6300d0, expected = -expected; break;                     // neg
        case 5: code[at++] = 0x5463283e, expected = expected << 5 | expected >> 27; break;  // rotlwi
        case 6: code[at++] = 0x7c6318f8, expected = ~expected; break;                     // not
        default: code[at++] = 0x48000008, code[at++] = value; break;                      // b .+8
      }
    }
    code[at++] = kReturn;
    kept = count;
    synchronize(code, 4 * at);
    for (int k = 0; k < 3; k++) good += ((Function)code)(x) == expected;
  }
  return good == 9000;
}

int main(void) {
  unsigned *code = pages(65536), expected = 0;
  for (int n = 0; n < 2000; n++) expected += 2 * (unsigned)n + 3;
  check("rewritten, synchronized", rewriteMany(code, 1) == expected);
  check("rewritten, not synchronized", rewriteMany(code + 1024, 0) == expected);
  check("at the end of a page", rewriteMany(code + 2047, 1) == expected);
  check("neighbours", neighbours(code + 4096) == 499 * 500 / 2 + 500000);
  check("data beside code", dataBeside(code + 5120) == 4999u * 5000 / 2 + 15000);
  unsigned sum = 0;
  for (unsigned n = 0; n < 300; n++) sum = sum * 3 + n;
  check("patched ahead", patchAhead(code + 6144) == sum);
  check("patched loop", patchLoop(code + 7168) == 5050);
  check("turns", turns(code + 8192) == 199 * 200 / 2 + 1400);
  sum = 0;
  for (unsigned n = 0; n < 20; n++) sum += 4950 + 100 * n + 1275 + 51 * n;
  check("chained", chained(code + 9216) == sum);
  check("always another function", always(code + 11264));
  check("copies", copies(code + 10240) == 299 * 300 + 5);
  return 0;
}
