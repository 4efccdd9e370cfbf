// The ground under the guests, in C: see guest.h.

#include "guest.h"

struct frame frame, left;
struct event events[64];
volatile word event_count, skips, landing;
word saved_stack[2], board;
word (*intercept)(struct frame *);
static word failures, checks;

// The serial line A of the ESCC.
#define ESCC (MACIO + 0x13000)

static void put(char c) {
  while (!(get8(ESCC + 0x20) & 4)) {}
  put8(ESCC + 0x30, c);
}

void print(const char *text) {
  for (; *text; text++) {
    if (*text == '\n') put('\r');
    put(*text);
  }
}

void print_hex(word value) {
  for (int n = 28; n >= 0; n -= 4) put("0123456789abcdef"[value >> n & 15]);
}

void check(const char *name, word got, word wanted) {
  checks++;
  print(got == wanted ? "ok " : "bad ");
  print(name);
  if (got != wanted) {
    failures++;
    print(": ");
    print_hex(got);
    print(", not ");
    print_hex(wanted);
  }
  print("\n");
}

void show(const char *name, word value) {
  print("value ");
  print(name);
  print(" ");
  print_hex(value);
  print("\n");
}

// What the compiler calls for structures and arrays.
void *memset(void *to, int value, unsigned long bytes) {
  for (word n = 0; n < bytes; n++) ((volatile byte *)to)[n] = (byte)value;
  return to;
}

void *memcpy(void *to, const void *from, unsigned long bytes) {
  for (word n = 0; n < bytes; n++) ((volatile byte *)to)[n] = ((const byte *)from)[n];
  return to;
}

void forget(void) {
  event_count = 0;
  for (int n = 0; n < 64; n++) events[n].vector = 0;
}

void leave_run(struct frame *f) {
  f->srr0 = landing;
  f->srr1 = saved_stack[1];
}

// Called by `handler`.
void exception(struct frame *f) {
  if ((f->vector & ~1) == 0xc00 && f->r[0] == LEAVE) {
    left = *f;
    f->srr1 = saved_stack[1];
    return;
  }
  if (event_count < 64) {
    events[event_count] =
      (struct event){f->vector, f->srr0, f->srr1, f->dar, f->dsisr, f->msr};
  }
  event_count++;
  if (intercept && intercept(f)) return;
  switch (f->vector & ~1) {
    case 0x500: case 0x900: case 0xc00: return;
    case 0xd00:
      if (event_count >= 16) f->srr1 &= ~(MSR_SE | MSR_BE);
      return;
  }
  if (skips) {
    f->srr0 += 4;
  } else {
    f->r[3] = f->vector & ~1;
    leave_run(f);
  }
}

void install(word to, const word *code, word count) {
  for (word n = 0; n < count; n++) ((volatile word *)to)[n] = code[n];
  for (word a = to & ~31; a < to + 4 * count; a += 32) {
    asm volatile("dcbst 0, %0; sync; icbi 0, %0; sync; isync" :: "r"(a) : "memory");
  }
}

// Finds the board and maps mac-io.
static void find_board(void) {
  put16(0xf0000510, 6);
  board = get8(0xf0000512);
  word address = board == 2 ? 0xfec00000 : 0xf2800000;
  word data = board == 2 ? 0xfee00000 : 0xf2c00000;
  word slot = board == 2 ? 0x80000000 | 16 << 11 : 1 << 12;
  put32le(address, slot | 0x10);
  put32le(data, MACIO);
  put32le(address, slot | 4);
  // UniNorth takes the lowest three bits of the register from the data's address.
  put32le(board == 2 ? data : data + 4, 6);
  // WR5: the transmitter is on, eight bits.
  put8(ESCC + 0x20, 5);
  put8(ESCC + 0x20, 0x68);
}

void guest_main(void) {
  find_board();
  // The lowest vectors become those in memory: odd numbers.
  for (word a = 0; a < 0x2000; a += 4) {
    word code = get32(0xfff00000 + a);
    if (code >> 16 == 0x3860) code |= 1;
    *(volatile word *)(a) = code;
  }
  for (word a = 0; a < 0x2000; a += 32) asm volatile("dcbst 0, %0; sync; icbi 0, %0" :: "r"(a));
  mtmsr(MSR_ME | MSR_RI);
  print("BEGIN\n");
  test();
  print(failures ? "END bad\n" : "END ok\n");
}
