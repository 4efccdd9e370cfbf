// What the guests of the system tests have in common: the serial line, exceptions, checks.
#ifndef GUEST_H
#define GUEST_H

#include "registers.h"

typedef unsigned char byte;
typedef unsigned short half;
typedef unsigned int word;

// Bits of the MSR.
enum {
  MSR_VEC = 0x2000000, MSR_POW = 0x40000, MSR_EE = 0x8000, MSR_PR = 0x4000, MSR_FP = 0x2000, MSR_ME = 0x1000,
  MSR_FE0 = 0x800, MSR_FE1 = 0x100, MSR_SE = 0x400, MSR_BE = 0x200, MSR_IP = 0x40, MSR_IR = 0x20, MSR_DR = 0x10, MSR_RI = 2
};

// The registers of a program that an exception ended, as `handler` stores them.
struct frame {
  word r[32];
  word vector, ctr, lr, cr, xer, srr0, srr1, dar, dsisr, msr;
};

// What was seen of an exception.
struct event { word vector, srr0, srr1, dar, dsisr, msr; };
// The last exceptions but those of `run` itself, and how many there were.
extern struct event events[64];
extern volatile word event_count;
// The registers with which the last `run` came back by itself.
extern struct frame left;
// Looks at an exception first, if it is not null; not zero if the exception is dealt with.
extern word (*intercept)(struct frame *);
// What to do about a synchronous exception: skip the instruction, or leave `run`.
extern volatile word skips;

// The test itself: what a guest file has.
void test(void);

word run(word address, word argument, word msr);
// In an exception: lets `run` end.
void leave_run(struct frame *);
void print(const char *text);
void print_hex(word value);
// One line: "ok NAME", or "bad NAME: GOT, not WANTED".
void check(const char *name, word got, word wanted);
// One line that is compared with QEMU's.
void show(const char *name, word value);
// Forgets the exceptions.
void forget(void);
// Which board: 2 is g3beige, 1 is mac99 (fw_cfg).
extern word board;
// Where mac-io was put.
#define MACIO 0x80800000

static inline word mfmsr(void) { word v; asm volatile("mfmsr %0" : "=r"(v)); return v; }
static inline void mtmsr(word v) { asm volatile("mtmsr %0; isync" :: "r"(v) : "memory"); }
#define mfspr(n) ({ word v_; asm volatile("mfspr %0, %1" : "=r"(v_) : "i"(n)); v_; })
#define mtspr(n, v) asm volatile("mtspr %0, %1; isync" :: "i"(n), "r"(v) : "memory")
#define mtsr(n, v) asm volatile("mtsr %0, %1; isync" :: "i"(n), "r"(v) : "memory")

static inline word get8(word a) { return *(volatile byte *)a; }
static inline word get16(word a) { return *(volatile half *)a; }
static inline word get32(word a) { return *(volatile word *)a; }
static inline void put8(word a, word v) { *(volatile byte *)a = v; asm volatile("eieio"); }
static inline void put16(word a, word v) { *(volatile half *)a = v; asm volatile("eieio"); }
static inline void put32(word a, word v) { *(volatile word *)a = v; asm volatile("eieio"); }
static inline word get32le(word a) { word v; asm volatile("lwbrx %0, 0, %1" : "=r"(v) : "r"(a) : "memory"); return v; }
static inline void put32le(word a, word v) { asm volatile("stwbrx %0, 0, %1; eieio" :: "r"(v), "r"(a) : "memory"); }

// A routine of one or a few instructions, called with r3 the argument.
#define ROUTINE(name, ...) \
  extern const byte name[]; \
  asm(".pushsection .text; " #name ": " __VA_ARGS__ "; blr; .popsection")
#define ADDRESS(name) ((word)(name))

// Copies instructions to where they run, and makes them visible.
void install(word to, const word *code, word count);

#endif
