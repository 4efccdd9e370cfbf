// What `make demo` runs: a picture of the Mandelbrot set in fixed-point integers, the primes below
// 1000 by a sieve, and a sorted table of words, so that arithmetic, memory and calls all show.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kFraction = 13, kColumns = 78, kRows = 27, kLimit = 4000 };

// Number of steps of z = z*z + c until |z| > 2, at most kLimit. `hot_loop` marks the block that
// the demo takes apart.
__attribute__((noinline, noclone)) static int escape(int cx, int cy) {
  int x = 0, y = 0, steps = 0;
  do {
    __asm__ volatile(".globl hot_loop\nhot_loop:");
    int xx = (x * x) >> kFraction, yy = (y * y) >> kFraction;
    if (xx + yy > 4 << kFraction) break;
    y = ((x * y) >> (kFraction - 1)) + cy;
    x = xx - yy + cx;
  } while (++steps < kLimit);
  return steps;
}

static void draw(void) {
  static const char shades[] = " .,:;=+*#%@";
  for (int row = 0; row < kRows; row++) {
    char line[kColumns + 1];
    for (int column = 0; column < kColumns; column++) {
      int cx = (column * 3 * (1 << kFraction)) / kColumns - (9 << kFraction) / 4;
      int cy = ((row - kRows / 2) * 5 * (1 << kFraction)) / (2 * kRows);
      int steps = escape(cx, cy), shade = 0;
      if (steps == kLimit) shade = sizeof shades - 2;
      else
        while (steps > 1 && shade < (int)sizeof shades - 3) steps >>= 1, shade += 2;
      line[column] = shades[shade];
    }
    line[kColumns] = 0;
    puts(line);
  }
}

static void sieve(void) {
  static char composite[1000];
  int count = 0, last = 0;
  for (int n = 2; n < (int)sizeof composite; n++) {
    if (composite[n]) continue;
    count++;
    last = n;
    for (int m = n * n; m < (int)sizeof composite; m += n) composite[m] = 1;
  }
  printf("\n%d primes below %zu; the last is %d.\n", count, sizeof composite, last);
}

static int byText(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sortWords(void) {
  const char *words[] = {"superblock", "liveness", "register", "decode", "fold",
                         "allocate",   "emit",     "chain",    "patch",  "run"};
  size_t count = sizeof words / sizeof *words;
  qsort(words, count, sizeof *words, byText);
  printf("Sorted:");
  for (size_t n = 0; n < count; n++) printf(" %s", words[n]);
  puts(".");
}

int main(void) {
  draw();
  sieve();
  sortWords();
  return 0;
}
