// Scalar floating point beside that of vectors, which makes zeros of denormals: before and after the
// first instruction of vectors, in loops with both, and in a thread that knows nothing of them.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

struct pair { uint64_t product; uint32_t single; };

// Denormals of both precisions, rounded.
static struct pair __attribute__((noinline)) scalar(double a, float b) {
  union { double value; uint64_t bits; } x = {a * 0.75};
  union { float value; uint32_t bits; } y = {b * 0.75f};
  return (struct pair){x.bits, y.bits};
}

// A denormal and itself, and the least normal number less the next: first word and last.
static void __attribute__((noinline)) vectors(int java, uint32_t *result) {
  static const uint32_t words[12] __attribute__((aligned(16))) = {1, 1, 1, 1, 1, 0, 0, 0x80000001, 0, 0, 0, 0x10000};
  static const uint32_t other[4] __attribute__((aligned(16))) = {0x00800000, 0x00800001, 0x3f800000, 0x40000000};
  __asm__ volatile(".machine push\n.machine \"7400\"\n"
    "lvx 0,0,%1\nlvx 1,%4,%1\nlvx 2,0,%2\ncmpwi %3,0\nvxor 3,3,3\nbne 1f\nlvx 3,%5,%1\n1: mtvscr 3\n"
    "vaddfp 0,0,0\nvaddfp 1,1,2\nstvx 0,0,%0\nstvx 1,%4,%0\n.machine pop\n"
    : : "b"(result), "b"(words), "b"(other), "r"(java), "b"(16), "b"(32) : "memory", "cr0");
}

static volatile int rounds, isOver;
static void *compute(void *wrong) {
  volatile double a = 0x1.8p-1060;
  volatile float b = 0x1.8p-140f;
  struct pair first = scalar(a, b);
  do {
    struct pair now = scalar(a, b);
    if (now.product != first.product || now.single != first.single) ++*(int *)wrong;
    rounds++;
  } while (!isOver);
  return 0;
}

static void show(const char *name, struct pair p) { printf("%s %016llx %08x\n", name, (unsigned long long)p.product, p.single); }
static void wait(int n) { for (int end = rounds + n; rounds - end < 0;) ; }

int main(void) {
  volatile double a = 0x1.8p-1060;
  volatile float b = 0x1.8p-140f;
  uint32_t result[8] __attribute__((aligned(16))), sum = 0;
  pthread_t thread;
  int wrong = 0;
  struct pair before = {0, 0};
  for (int n = 0; n < 1000; n++) before = scalar(a, b);
  show("before", before);
  pthread_create(&thread, 0, compute, &wrong);
  wait(1000);
  vectors(0, result);
  show("behind", scalar(a, b));
  printf("zeros %08x %08x %08x %08x\n", result[0], result[4], result[5], result[7]);
  vectors(1, result);
  printf("exact %08x %08x %08x %08x\n", result[0], result[4], result[5], result[7]);
  wait(1000);
  // Both in one loop.
  for (int n = 0; n < 1000; n++) {
    a = (n + 1) * 0x1p-1074, b = (n + 1) * 0x1p-149f;
    struct pair p = scalar(a, b);
    vectors(n & 1, result);
    double c = a * 0.5 + 0x1p-1073;
    union { double value; uint64_t bits; } x = {c};
    sum = sum * 31 + (uint32_t)p.product + p.single + result[0] + result[4] + (uint32_t)x.bits;
  }
  wait(1000);
  isOver = 1;
  pthread_join(thread, 0);
  printf("mixed %08x, %d wrong\n", sum, wrong);
  return 0;
}
