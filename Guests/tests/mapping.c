// Memory maps that come and go under code that runs on them.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

typedef unsigned (*Function)(void);
enum { kPage = 4096, kReturn = 0x4e800020 };
enum { kCode = PROT_READ | PROT_WRITE | PROT_EXEC, kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS };

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

// An address that the compiler does not know.
static char *volatile nowhere = (char *)16;

static sigjmp_buf escape;
static volatile sig_atomic_t isAwaited;
static int signalNumber, signalCode;
static unsigned signalAddress, signalNip;

static void handle(int signal, siginfo_t *information, void *pointer) {
  ucontext_t *context = pointer;
  signalNumber = signal;
  signalCode = information->si_code;
  signalAddress = (unsigned)information->si_addr;
  signalNip = (unsigned)context->uc_mcontext.uc_regs->gregs[32];
  if (!isAwaited) _exit(3);
  isAwaited = 0;
  siglongjmp(escape, 1);
}

// Whether a call ends in a signal with its nip and address at a place.
static int faults(void *function, int signal, int code, void *place) {
  if (sigsetjmp(escape, 1) == 0) {
    isAwaited = 1;
    ((Function)function)();
    isAwaited = 0;
    return 0;
  }
  return signalNumber == signal && signalCode == code && signalNip == (unsigned)place
      && signalAddress == (unsigned)place;
}

// li r3, value; blr
static void write2(unsigned *code, unsigned value) {
  code[0] = 0x38600000 | value;
  code[1] = kReturn;
  __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0\n\tsync\n\tisync" ::"r"(code) : "memory");
}
static unsigned call(void *function) { return ((Function)function)(); }

static void *map(void *place, unsigned count, int protection, int flags) {
  return mmap(place, count * kPage, protection, flags | kAnonymous, -1, 0);
}

static void replaced(void) {
  unsigned *code = map(NULL, 4, kCode, 0);
  unsigned sum = 0;
  for (unsigned n = 1; n <= 100; n++) {
    write2(code, n);
    sum += call(code);
    munmap(code, kPage);
    if (map(code, 1, kCode, MAP_FIXED) != code) return;
  }
  check("unmapped and mapped again", sum == 5050);
  write2(code, 5);
  call(code);
  munmap(code, kPage);
  check("call of an unmapped page", faults(code, SIGSEGV, SEGV_MAPERR, code));
  map(code, 1, kCode, MAP_FIXED);
  check("call of an empty page", faults(code, SIGILL, ILL_ILLOPC, code));
  write2(code, 6), call(code);
  map(code, 1, kCode, MAP_FIXED);
  check("mapped over", faults(code, SIGILL, ILL_ILLOPC, code));
  write2(code, 7), call(code);
  madvise(code, kPage, MADV_DONTNEED);
  check("MADV_DONTNEED", faults(code, SIGILL, ILL_ILLOPC, code));
  munmap(code, 4 * kPage);
}

static void protected(void) {
  unsigned *code = map(NULL, 2, kCode, 0);
  write2(code, 11);
  int holds = call(code) == 11;
  for (int n = 0; n < 20; n++) {
    mprotect(code, kPage, PROT_READ);
    holds &= faults(code, SIGSEGV, SEGV_ACCERR, code);
    mprotect(code, kPage, PROT_READ | PROT_EXEC);
    holds &= call(code) == 11;
    mprotect(code, kPage, PROT_NONE);
    holds &= faults(code, SIGSEGV, SEGV_ACCERR, code);
    mprotect(code, kPage, PROT_READ | PROT_EXEC);
  }
  check("execution taken away and given back", holds);
  munmap(code, 2 * kPage);
}

// A function that goes on in a page that comes and goes.
static void border(void) {
  unsigned *code = map(NULL, 2, kCode, 0), *second = code + 1024, *last = code + 1022;
  last[0] = 0x38600001;
  last[1] = 0x38630001;
  second[0] = 0x38630001;
  second[1] = kReturn;
  __asm__ volatile("icbi 0,%0\n\ticbi 0,%1\n\tisync" ::"r"(last), "r"(second) : "memory");
  int holds = call(last) == 3;
  mprotect(second, kPage, PROT_READ);
  holds &= faults(last, SIGSEGV, SEGV_ACCERR, second);
  mprotect(second, kPage, kCode);
  holds &= call(last) == 3;
  second[0] = 0x38630064;
  __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0\n\tisync" ::"r"(second) : "memory");
  holds &= call(last) == 102;
  munmap(second, kPage);
  holds &= faults(last, SIGSEGV, SEGV_MAPERR, second);
  check("code over the border of two pages", holds);
  munmap(code, kPage);
}

static void moved(void) {
  unsigned *code = map(NULL, 1, kCode, 0), *room = map(NULL, 8, PROT_NONE, 0);
  write2(code, 21);
  int holds = call(code) == 21;
  unsigned *target = mremap(code, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, room + 1024);
  holds &= target == room + 1024 && call(target) == 21;
  holds &= faults(code, SIGSEGV, SEGV_MAPERR, code);
  munmap(target, kPage);
  unsigned *grown = map(NULL, 2, kCode, 0);
  munmap(grown + 1024, kPage);
  write2(grown, 22);
  target = mremap(grown, kPage, 3 * kPage, MREMAP_MAYMOVE);
  holds &= target != MAP_FAILED && call(target) == 22 && target[3071] == 0;
  check("moved code", holds);
}

// read() into code, as a loader does.
static void loaded(void) {
  int ends[2];
  if (pipe(ends)) return;
  unsigned *code = map(NULL, 1, kCode, 0), sum = 0;
  for (unsigned n = 1; n <= 100; n++) {
    unsigned words[2] = {0x38600000 | n, kReturn};
    if (write(ends[1], words, 8) != 8 || read(ends[0], code, 8) != 8) return;
    __asm__ volatile("icbi 0,%0\n\tsync\n\tisync" ::"r"(code) : "memory");
    sum += call(code);
  }
  check("read into code", sum == 5050);
  munmap(code, kPage);
}

static void errors(void) {
  char *room = map(NULL, 4, PROT_READ | PROT_WRITE, 0);
  check("munmap EINVAL", munmap(room + 1, kPage) < 0 && errno == EINVAL);
  check("munmap of nothing", munmap(room, 0) < 0 && errno == EINVAL);
  munmap(room + kPage, kPage);
  check("mprotect ENOMEM", mprotect(room, 4 * kPage, PROT_READ) < 0 && errno == ENOMEM);
  check("mmap ENOMEM",
      mmap(NULL, 0xfffff000, PROT_READ, kAnonymous, -1, 0) == MAP_FAILED && errno == ENOMEM);
  check("mmap EINVAL",
      mmap(NULL, 0, PROT_READ, kAnonymous, -1, 0) == MAP_FAILED && errno == EINVAL);
  check("mmap EBADF",
      mmap(NULL, kPage, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED && errno == EBADF);
  check("mmap EEXIST",
      map(room, 1, PROT_READ, MAP_FIXED_NOREPLACE) == MAP_FAILED && errno == EEXIST);
  check("mmap with a hint", map(room + kPage, 1, PROT_READ, 0) == room + kPage);
  check("mremap EFAULT",
      mremap(room + 16 * 1048576, kPage, 2 * kPage, 0) == MAP_FAILED && errno == EFAULT);
  check("write from a bad address", write(1, nowhere, 4) < 0 && errno == EFAULT);
  int ends[2];
  check("pipe", pipe(ends) == 0);
  mprotect(room, kPage, PROT_READ);
  check("read to a read-only page",
      write(ends[1], "x", 1) == 1 && read(ends[0], room, 1) < 0 && errno == EFAULT);
  munmap(room, 4 * kPage);
  char *start = sbrk(0);
  check("brk", brk(start + 5 * kPage) == 0 && sbrk(0) == start + 5 * kPage);
  start[5 * kPage - 1] = 1;
  check("brk back", brk(start) == 0 && sbrk(0) == start);
}

// The whole of a large range, page by page.
static void many(void) {
  enum { kMany = 256 };
  char *room = map(NULL, kMany, PROT_NONE, MAP_NORESERVE);
  int holds = room != MAP_FAILED;
  for (int n = 0; n < kMany; n += 2) holds &= mprotect(room + n * kPage, kPage, kCode) == 0;
  for (int n = 0; n < kMany; n += 2) write2((unsigned *)(room + n * kPage), (unsigned)n);
  for (int n = 0; n < kMany; n += 2) holds &= call(room + n * kPage) == (unsigned)n;
  for (int n = 1; n < kMany; n += 32) {
    char *place = room + n * kPage;
    holds &= faults(place, SIGSEGV, SEGV_ACCERR, place);
  }
  check("many pages", holds && munmap(room, kMany * kPage) == 0);
  unsigned *first = NULL;
  holds = 1;
  for (unsigned n = 0; n < 1000; n++) {
    unsigned *code = map(NULL, 1, kCode, 0);
    write2(code, n);
    holds &= call(code) == n;
    if (!first) first = code;
    munmap(code, kPage);
  }
  check("many maps", holds);
}

// mprotect(2): PROT_GROWSDOWN changes a mapping that grows, the stack, from its beginning on.
static void growing(void) {
  volatile char room[16 * kPage];
  unsigned *low = (unsigned *)(((unsigned)room + kPage) & -kPage);
  char *high = (char *)low + 8 * kPage;
  write2(low, 5);
  check("stack from its beginning on",
      mprotect(high, kPage, kCode | PROT_GROWSDOWN) == 0 && call(low) == 5);
  char *other = map(NULL, 1, kCode, 0);
  check("no stack", mprotect(other, kPage, kCode | PROT_GROWSDOWN) < 0 && errno == EINVAL);
  munmap(other, kPage);
}

// RLIMIT_AS of getrlimit(2): mmap, mremap and brk fail with ENOMEM; what is mapped stays.
static void limited(void) {
  struct rlimit old, limit;
  getrlimit(RLIMIT_AS, &old);
  char *room = map(NULL, 4, PROT_NONE, 0);
  limit = old, limit.rlim_cur = kPage;
  check("limit", setrlimit(RLIMIT_AS, &limit) == 0);
  check("mmap at the limit", map(NULL, 1, PROT_NONE, 0) == MAP_FAILED && errno == ENOMEM);
  check("mremap at the limit",
      mremap(room, 4 * kPage, 8 * kPage, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
  check("brk at the limit", sbrk(0x100000) == (void *)-1 && errno == ENOMEM);
  check("munmap at the limit", munmap(room, 4 * kPage) == 0);
  check("no limit", setrlimit(RLIMIT_AS, &old) == 0);
  room = map(NULL, 1, PROT_NONE, 0);
  check("mmap again", room != MAP_FAILED && munmap(room, kPage) == 0);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGILL, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  replaced();
  protected();
  border();
  moved();
  loaded();
  errors();
  growing();
  limited();
  many();
  return 0;
}
