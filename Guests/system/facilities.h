// The floating-point and the vector unit for the guests, whose C code has no use of its own for them.
#ifndef FACILITIES_H
#define FACILITIES_H

#include "guest.h"

// f0...f31 and, in the lower half of the last doubleword, the FPSCR.
struct floats { struct { word high, low; } r[32]; word unused, fpscr; }
  __attribute__((aligned(8)));
// v0...v31 and, in the last word, the VSCR.
struct vectors { struct { word w[4]; } r[32]; word unused[3], vscr; }
  __attribute__((aligned(16)));

void save_floats(struct floats *);
void load_floats(const struct floats *);
void save_vectors(struct vectors *);
void load_vectors(const struct vectors *);

// The same, whatever the MSR says.
static inline void get_floats(struct floats *to) {
  word msr = mfmsr();
  mtmsr(msr | MSR_FP);
  save_floats(to);
  mtmsr(msr);
}
static inline void set_floats(const struct floats *from) {
  word msr = mfmsr();
  mtmsr(msr | MSR_FP);
  load_floats(from);
  mtmsr(msr);
}
static inline void get_vectors(struct vectors *to) {
  word msr = mfmsr();
  mtmsr(msr | MSR_VEC);
  save_vectors(to);
  mtmsr(msr);
}
static inline void set_vectors(const struct vectors *from) {
  word msr = mfmsr();
  mtmsr(msr | MSR_VEC);
  load_vectors(from);
  mtmsr(msr);
}

// Whether the processor has a vector unit: it is a 7400 or a later one.
static inline word has_vectors(void) { return mfspr(287) >> 16 >= 0x000c; }

// Whether words are the same.
static inline word same(const void *a, const void *b, word bytes) {
  const volatile word *x = a, *y = b;
  for (word n = 0; n < bytes / 4; n++) {
    if (x[n] != y[n]) return 0;
  }
  return 1;
}

// A routine of vector instructions.
#define VECTOR_ROUTINE(name, text) \
  ROUTINE(name, ".machine push; .machine \"7400\"; " text "; .machine pop")

#endif
