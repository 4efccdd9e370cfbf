// Executes instructions on given registers and tells what changed: the recorder of expected
// values. Runs as a guest program (qemu-ppc -cpu 7400, or real hardware); see record-cases.
//
// Input, a line each:  WORD[,WORD...] FIELD=HEX ...
// Output, a line each: FIELD=HEX ... for every field that differs afterwards.
// Fields: r0-r31 cr xer lr ctr fpscr f0-f31 v0-v31 vscr, mADDRESS (bytes in hex); afterwards also nip unless
// it is behind the last word, and signal unless the trap there ended the run.
//
// The registers are loaded and read by signal frames, so that every one of them can be used.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { NIP = 32, CTR = 35, LINK = 36, XER = 37, CCR = 38, COUNT = 39 };
#define CODE 0x20000000u
#define START (CODE + 0x800)
#define MEMORY 0x30000000u
#define MEMORY_SIZE 0x2000u
#define TRAP 0x7fe00008u

struct state {
  unsigned gpr[COUNT];
  unsigned long long fpr[33];
  unsigned vr[32][4], vscr[4] __attribute__((aligned(16)));
};
static struct state __attribute__((aligned(16))) host, before, after;
static volatile int phase, signal_number;

static void copy(void *to, const void *from, unsigned bytes) {
  volatile unsigned *t = to;
  const volatile unsigned *f = from;
  for (unsigned n = 0; n < bytes / 4; n++) t[n] = f[n];
}

static void save(struct state *s, mcontext_t *m) {
  copy(s->gpr, m->gregs, 33 * 4);
  copy(s->gpr + CTR, m->gregs + CTR, 4 * 4);
  copy(s->fpr, m->fpregs.fpregs, 32 * 8);
  copy(&s->fpr[32], &m->fpregs.fpscr, 8);
  copy(s->vr, m->vrregs.vrregs, sizeof s->vr);
}

static void load(mcontext_t *m, const struct state *s, unsigned nip) {
  copy(m->gregs, s->gpr, 32 * 4);
  m->gregs[NIP] = nip;
  copy(m->gregs + CTR, s->gpr + CTR, 4 * 4);
  copy(m->fpregs.fpregs, s->fpr, 32 * 8);
  copy(&m->fpregs.fpscr, &s->fpr[32], 8);
  copy(m->vrregs.vrregs, s->vr, sizeof s->vr);
}

static void handler(int number, siginfo_t *info, void *context) {
  mcontext_t *m = ((ucontext_t *)context)->uc_mcontext.uc_regs;
  switch (phase++) {
  case 0:
    save(&host, m);
    load(m, &before, CODE);
    // The FPSCR goes through mtfsf, so that the rounding mode takes effect.
    copy(&m->fpregs.fpregs[0], &before.fpr[32], 8);
    // And the VSCR through mtvscr.
    copy(&m->vrregs.vrregs[0], before.vscr, 16);
    break;
  case 1:
    load(m, &before, START);
    break;
  default:
    signal_number = number;
    save(&after, m);
    __asm__ volatile("mfvscr 0; stvx 0,0,%0" : : "r"(after.vscr) : "v0", "memory");
    load(m, &host, host.gpr[NIP] + 4);
    phase = 0;
  }
}

// Hex digits as big-endian words.
static void set_words(unsigned *words, int count, const char *value) {
  int length = strlen(value);
  memset(words, 0, 4 * count);
  for (int n = 0; n < length; n++) {
    int place = 8 * count - length + n;
    char digit[2] = {value[n], 0};
    words[place / 8] |= strtoul(digit, 0, 16) << (28 - 4 * (place % 8));
  }
}

static const char *const special[] = {"ctr", "lr", "xer", "cr"};

static void set(const char *name, const char *value) {
  if (name[0] == 'm') {
    unsigned char *at = (unsigned char *)strtoul(name + 1, 0, 16);
    for (; value[0] && value[1]; value += 2) {
      char digits[3] = {value[0], value[1], 0};
      *at++ = strtoul(digits, 0, 16);
    }
    return;
  }
  if (!strcmp(name, "vscr")) return set_words(before.vscr, 4, value);
  if (name[0] == 'v') return set_words(before.vr[atoi(name + 1)], 4, value);
  unsigned long long number = strtoull(value, 0, 16);
  if (!strcmp(name, "fpscr")) before.fpr[32] = number;
  else if (name[0] == 'f') before.fpr[atoi(name + 1)] = number;
  else if (name[0] == 'r') before.gpr[atoi(name + 1)] = number;
  for (int n = 0; n < 4; n++)
    if (!strcmp(name, special[n])) before.gpr[CTR + n] = number;
}

static void report(unsigned end, const unsigned char *memory) {
  for (int n = 0; n < 32; n++)
    if (after.gpr[n] != before.gpr[n]) printf("r%d=%x ", n, after.gpr[n]);
  for (int n = 3; n >= 0; n--)
    if (after.gpr[CTR + n] != before.gpr[CTR + n]) printf("%s=%x ", special[n], after.gpr[CTR + n]);
  for (int n = 0; n < 32; n++)
    if (after.fpr[n] != before.fpr[n]) printf("f%d=%llx ", n, after.fpr[n]);
  if ((unsigned)after.fpr[32] != (unsigned)before.fpr[32]) printf("fpscr=%x ", (unsigned)after.fpr[32]);
  for (int n = 0; n < 32; n++) {
    const unsigned *v = after.vr[n];
    if (memcmp(v, before.vr[n], 16)) printf("v%d=%08x%08x%08x%08x ", n, v[0], v[1], v[2], v[3]);
  }
  if (after.vscr[3] != before.vscr[3]) printf("vscr=%x ", after.vscr[3]);
  const unsigned char *now = (const unsigned char *)MEMORY;
  for (unsigned n = 0; n < MEMORY_SIZE; n++) {
    if (now[n] == memory[n]) continue;
    printf("m%x=", MEMORY + n);
    for (; n < MEMORY_SIZE && now[n] != memory[n]; n++) printf("%02x", now[n]);
    printf(" ");
  }
  unsigned nip = after.gpr[NIP];
  if (nip != end) printf("nip=%x ", nip);
  if (signal_number != SIGTRAP || (nip >= START && nip < end))
    printf("signal=%s", sigabbrev_np(signal_number));
  printf("\n");
}

static void run(char *line) {
  static unsigned char memory[MEMORY_SIZE];
  unsigned *code = (unsigned *)CODE;
  for (int n = 0; n < 0x400; n++) code[n] = TRAP;
  code[0] = 0xfdfe058e; // mtfsf 0xff, f0
  code[1] = 0x10000644; // mtvscr v0
  memset(&before, 0, sizeof before);
  memset((void *)MEMORY, 0, MEMORY_SIZE);
  unsigned *at = (unsigned *)START;
  char *words = strtok(line, " \n");
  for (char *p; (p = strsep(&words, ","));) *at++ = strtoul(p, 0, 16);
  for (char *field; (field = strtok(0, " \n"));) {
    char *value = strchr(field, '=');
    *value++ = 0;
    set(field, value);
  }
  memcpy(memory, (void *)MEMORY, MEMORY_SIZE);
  for (char *p = (char *)CODE; p < (char *)CODE + 0x1000; p += 32)
    __asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; sync; isync" : : "r"(p) : "memory");
  __asm__ volatile("tw 31,0,0" : : : "memory");
  report((unsigned)at, memory);
}

int main(void) {
  static char stack[65536], line[4096];
  int anywhere = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  mmap((void *)CODE, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC, anywhere, -1, 0);
  mmap((void *)MEMORY, MEMORY_SIZE, PROT_READ | PROT_WRITE, anywhere, -1, 0);
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  int signals[] = {SIGTRAP, SIGILL, SIGFPE, SIGSEGV, SIGBUS};
  for (int n = 0; n < 5; n++) sigaction(signals[n], &action, 0);
  while (fgets(line, sizeof line, stdin)) run(line);
  return 0;
}
