// The FPSCR where a flow of control begins or goes on: swapcontext, fork, execve, and (if
// the argument is `threads`) threads. Values:
// Programming Environments Manual, 2.1.4; arch/powerpc/kernel/process.c and signal_32.c of Linux.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static void set(unsigned bits) {
  union { unsigned long long b; double d; } value = {bits};
  __asm__ volatile("mtfsf 255,%0" : : "f"(value.d));
}

static unsigned get(void) {
  union { double d; unsigned long long b; } value;
  __asm__ volatile("mffs %0" : "=f"(value.d));
  return (unsigned)value.b;
}

// 1 / 3 in the rounding mode, which leaves FI, FR and the class; the last bits of the result.
static unsigned third(void) {
  union { double d; unsigned long long b; } result;
  static const volatile double one = 1, three = 3;
  __asm__ volatile("fdiv %0,%1,%2" : "=f"(result.d) : "f"(one), "f"(three));
  return (unsigned)result.b;
}

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

// 1 / 3 with rounding downward, behind VXSOFT and ZX: FX VX ZX XX FI FG VXSOFT RN.
#define BEFORE 0xa4000403
#define DOWNWARD 0xa6024403
// And toward zero: FX XX FI FG RN.
#define TRUNCATED 0x82024001

static ucontext_t first, second;
static volatile int steps, wrong;

static void other(void) {
  set(1);
  wrong += third() != 0x55555555 || get() != TRUNCATED;
  steps++;
  swapcontext(&second, &first);
  wrong += get() != TRUNCATED;
  third();
  wrong += get() != TRUNCATED;
  steps++;
}

static void contexts(void) {
  static char stack[65536];
  getcontext(&second);
  second.uc_stack.ss_sp = stack, second.uc_stack.ss_size = sizeof stack, second.uc_link = &first;
  makecontext(&second, other, 0);
  set(BEFORE);
  wrong += third() != 0x55555555 || get() != DOWNWARD;
  swapcontext(&first, &second);
  wrong += get() != DOWNWARD;
  swapcontext(&first, &second);
  wrong += get() != DOWNWARD;
  check("swapcontext", !wrong && steps == 2);
}

static void *thread(void *found) {
  *(unsigned *)found = get();
  set(1);
  third();
  return NULL;
}

// A new process has what the old one has.
static void inherited(void) {
  int status = 0;
  set(BEFORE);
  third();
  if (fork() == 0) {
    int isRight = get() == DOWNWARD;
    set(0);
    _exit(isRight ? 0 : 1);
  }
  wait(&status);
  check("fork", status == 0 && get() == DOWNWARD);
}

// And a new thread.
static void threads(void) {
  pthread_t other;
  unsigned found = 0;
  set(BEFORE);
  third();
  pthread_create(&other, NULL, thread, &found);
  pthread_join(other, NULL);
  check("thread", found == DOWNWARD && get() == DOWNWARD);
}

// A new program has nothing.
int main(int count, char **arguments) {
  unsigned start = get();
  if (count > 1 && !strcmp(arguments[1], "again")) return start != 0;
  check("start", start == 0);
  contexts();
  inherited();
  if (count > 1 && !strcmp(arguments[1], "threads")) threads();
  fflush(stdout);
  int status = 0;
  if (fork() == 0) {
    set(BEFORE);
    third();
    execl(arguments[0], arguments[0], "again", NULL);
    _exit(2);
  }
  wait(&status);
  check("execve", status == 0);
  return 0;
}
