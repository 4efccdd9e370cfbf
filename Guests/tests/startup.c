// What a program finds when it starts: arguments, environment, auxiliary vector, constructors,
// thread-local variables, a stack that grows. Prints the same natively.
#include <elf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;
extern char _start[];
static int constructed;
static __thread int perThread = 77;
static int (*const relocated)(const char *) = puts;

__attribute__((constructor)) static void construct(void) { constructed = 5; }

static void goodbye(void) { puts("atexit runs"); }

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

static const char *lastPart(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static int touch(int depth) {
  volatile char page[4096];
  page[0] = (char)depth;
  return depth == 0 ? page[0] : touch(depth - 1) + page[0] * 0;
}

static void checkVector(char **arguments) {
  check("AT_PAGESZ", getauxval(AT_PAGESZ) == 4096 && sysconf(_SC_PAGESIZE) == 4096);
  check("AT_CLKTCK", getauxval(AT_CLKTCK) == 100);
  check("AT_ENTRY", getauxval(AT_ENTRY) == (unsigned long)_start);
  check("AT_UID", getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid());
  check("AT_GID", getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid());
  check("AT_SECURE", getauxval(AT_SECURE) == 0);
  const char *file = (const char *)getauxval(AT_EXECFN);
  check("AT_EXECFN", file && strcmp(lastPart(file), lastPart(arguments[0])) == 0);
  const unsigned char *seed = (const unsigned char *)getauxval(AT_RANDOM);
  int bits = 0;
  for (int n = 0; seed && n < 16; n++) bits |= seed[n];
  check("AT_RANDOM", bits != 0);
#ifdef __powerpc__
  const Elf32_Phdr *headers = (const Elf32_Phdr *)getauxval(AT_PHDR);
  int loads = 0;
  for (unsigned n = 0; headers && n < getauxval(AT_PHNUM); n++)
      loads += headers[n].p_type == PT_LOAD;
  check("AT_PHDR", loads >= 2 && getauxval(AT_PHENT) == sizeof *headers);
  // PPC_FEATURE_32 and PPC_FEATURE_HAS_FPU.
  check("AT_HWCAP", (getauxval(AT_HWCAP) & 0x88000000) == 0x88000000);
  check("AT_DCACHEBSIZE", getauxval(AT_DCACHEBSIZE) == 32);
#else
  check("AT_PHDR", 1), check("AT_HWCAP", 1), check("AT_DCACHEBSIZE", 1);
#endif
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  atexit(goodbye);
  printf("argc %d\n", count);
  for (int n = 1; n < count; n++) printf("argv[%d] '%s'\n", n, arguments[n]);
  check("argv ends", arguments[count] == NULL);
  for (char **entry = environ; *entry; entry++)
    if (strncmp(*entry, "TEST_", 5) == 0) printf("%s\n", *entry);
  printf("TEST_B is %s\n", getenv("TEST_B") ? getenv("TEST_B") : "not set");
  checkVector(arguments);
  check("stack alignment", ((unsigned long)__builtin_frame_address(0) & 15) == 0);
  check("constructor", constructed == 5);
  check("thread-local variable", perThread == 77);
  check("stack growth", touch(1500) == 0);
  relocated("function pointers are relocated");
  printf("cos(0.5) %.17g\n", cos(count > 100 ? 1 : 0.5));
  char *block = malloc(1 << 20);
  memset(block, 7, 1 << 20);
  check("malloc", block[(1 << 20) - 1] == 7);
  char line[64] = "";
  check("standard input ends", fgets(line, sizeof line, stdin) == NULL);
  return 42;
}
