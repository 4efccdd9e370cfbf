// Four processes with a rounding mode each, which give way to one another all the time: none sees
// another's, nor do vectors (where there are any) see the rounding mode of numbers.
#include <fenv.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#define HAS_VECTORS (getauxval(AT_HWCAP) & 0x10000000)

// a, a, a, a plus b, b, b, b: the first of the sums.
static float sum(float a, float b) {
  float operands[8] __attribute__((aligned(16))) = {a, a, a, a, b, b, b, b}, sums[4]
      __attribute__((aligned(16)));
  __asm__ volatile(
      ".machine push\n\t.machine altivec\n\tlvx 1,0,%0\n\tlvx 2,%1,%0\n\tvaddfp 1,1,2\n\t"
      "stvx 1,0,%2\n\t.machine pop"
      : : "r"(operands), "r"(16), "r"(sums) : "memory");
  return sums[0];
}

static int child(int mode, double third) {
  volatile double one = 1, three = 3;
  long wrong = 0;
  fesetround(mode);
  for (long n = 0; n < 20000; n++) {
    if (one / three != third) wrong++;
    if (fegetround() != mode) wrong++;
    // Rounded up to the next single, in every mode.
    if (HAS_VECTORS && sum(1, 1e-7f) != 0x1.000002p0f) wrong++;
    if ((n & 63) == 0) sched_yield();
  }
  if (!fetestexcept(FE_INEXACT)) wrong++;
  return wrong != 0;
}

int main(void) {
  static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  int bad = 0, status;
  for (int n = 0; n < 4; n++)
    if (fork() == 0)
      exit(child(modes[n], modes[n] == FE_UPWARD ? 0x1.5555555555556p-2 : 0x1.5555555555555p-2));
  for (int n = 0; n < 4; n++) {
    wait(&status);
    bad |= status;
  }
  puts(bad ? "WRONG" : "ok");
  return 0;
}
