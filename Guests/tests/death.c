// Ends in the way that its argument names.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef void (*Function)(void);
static unsigned data[64];
// An address that the compiler does not know.
static volatile char *volatile low = (volatile char *)16;

static volatile int bottom = -1;
static int recurse(int depth) {
  volatile char here[512];
  here[0] = (char)depth;
  return depth == bottom ? 0 : recurse(depth + 1) + here[0];
}

// A place in the file that is longer than the mapping's last page.
static void bus(void) {
  char name[] = "/tmp/lyrebird-death-XXXXXX";
  int file = mkstemp(name);
  unlink(name);
  volatile char *place = mmap(NULL, 8192, PROT_READ, MAP_SHARED, file, 0);
  _exit(place[4096]);
}

static void scribble(void) {
  unsigned *code = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned seed = 99;
  for (int n = 0; n < 16384; n++) code[n] = seed = seed * 1664525 + 1013904223;
  ((Function)code)();
}

static void refuse(int number) {
  signal(number, SIG_IGN);
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, NULL);
}

int main(int count, char **arguments) {
  const char *how = count > 1 ? arguments[1] : "";
  printf("dying of %s\n", how);
  fflush(stdout);
  if (strcmp(how, "exit") == 0) return atoi(arguments[2]);
  if (strcmp(how, "raise") == 0) raise(atoi(arguments[2]));
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "load") == 0) _exit(*low);
  if (strcmp(how, "store") == 0) *(volatile int *)main = 1;
  if (strcmp(how, "kernel") == 0) *(low + 0xffffffe0u) = 1;
  if (strcmp(how, "trap") == 0) __asm__ volatile("trap");
  if (strcmp(how, "illegal") == 0) __asm__ volatile(".long 0");
  if (strcmp(how, "privileged") == 0) __asm__ volatile("mfmsr 3" ::: "r3");
  if (strcmp(how, "bus") == 0) bus();
  if (strcmp(how, "recursion") == 0) return recurse(0);
  if (strcmp(how, "jump") == 0) ((Function)strtoul(arguments[2], NULL, 16))();
  if (strcmp(how, "data") == 0) data[0] = 0x4e800020, ((Function)data)();
  if (strcmp(how, "stack") == 0) {
    volatile unsigned code[2] = {0x4e800020, 0x4e800020};
    ((Function)code)();
  }
  if (strcmp(how, "random") == 0) scribble();
  // Ignored or blocked signals of faults kill all the same.
  if (strcmp(how, "ignored") == 0) refuse(SIGSEGV), _exit(*low);
  // A handler without a stack to run on.
  if (strcmp(how, "handler") == 0) {
    signal(SIGSEGV, (void (*)(int))abort);
    __asm__ volatile("li 1,64\n\tstw 1,0(1)" ::: "memory");
  }
  if (strcmp(how, "stackless") == 0)
      __asm__ volatile("li 1,0\n\tli 0,1\n\tstwu 1,-16(1)" ::: "memory");
  return 1;
}
