// Code that is written through another address than it is run at, with the manual's sequence.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

typedef unsigned (*Function)(void);
enum { kPage = 4096, kReturn = 0x4e800020 };

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }
static unsigned call(void *function) { return ((Function)function)(); }

// One file twice: code changes through its other name.
int main(void) {
  int file = memfd_create("code", 0);
  if (ftruncate(file, kPage)) return 1;
  unsigned *writable = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  unsigned *code = mmap(NULL, kPage, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  unsigned sum = 0;
  for (unsigned n = 1; n <= 200; n++) {
    writable[0] = 0x38600000 | n, writable[1] = kReturn;
    __asm__ volatile("dcbst 0,%1\n\tsync\n\ticbi 0,%0\n\tsync\n\tisync"
        ::"r"(code), "r"(writable) : "memory");
    sum += call(code);
  }
  check("two maps of one file", sum == 20100);
  unsigned words[2] = {0x38600000 | 77, kReturn};
  check("pwrite under a map", pwrite(file, words, 8, 0) == 8);
  __asm__ volatile("icbi 0,%0\n\tsync\n\tisync" ::"r"(code) : "memory");
  check("its code", call(code) == 77);
  return 0;
}
