// What the vDSO says of signal frames to unwinders: for each register, its place in the frame. The
// tables are read as they are (DWARF 4, 6.4 and 2.5; Linux Standard Base, .eh_frame_hdr) and each
// expression is evaluated for a frame that a handler is called with.
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>

static void check(const char *name, int holds) { printf("%s %s\n", name, holds ? "ok" : "WRONG"); }

typedef const uint8_t *bytes;

static uint32_t word(bytes place) {
  uint32_t result;
  memcpy(&result, place, 4);
  return result;
}

static uint32_t number(bytes *at, int isSigned) {
  uint32_t result = 0, shift = 0;
  uint8_t byte;
  do {
    byte = *(*at)++;
    result |= (uint32_t)(byte & 127) << shift, shift += 7;
  } while (byte & 128);
  if (isSigned && byte & 64 && shift < 32) result |= ~0u << shift;
  return result;
}

// An expression with r1 and, for places of registers, the frame's address on the stack.
static uint32_t evaluate(bytes at, uint32_t size, uint32_t pointer, uint32_t first) {
  uint32_t stack[16] = {first}, value;
  int top = 1;
  for (bytes end = at + size; at < end && top < 15 && top >= 1;) {
    uint8_t code = *at++;
    if (code >= 0x30 && code <= 0x4f) { stack[top++] = code - 0x30; continue; }
    switch (code) {
    case 0x06: stack[top - 1] = *(uint32_t *)(uintptr_t)stack[top - 1]; break;
    case 0x0a: stack[top++] = at[0] << 8 | at[1], at += 2; break;
    case 0x0c: stack[top++] = word(at), at += 4; break;
    case 0x12: stack[top] = stack[top - 1], top++; break;
    case 0x13: top--; break;
    case 0x16: value = stack[top - 1], stack[top - 1] = stack[top - 2], stack[top - 2] = value; break;
    case 0x1a: top--, stack[top - 1] &= stack[top]; break;
    case 0x1e: top--, stack[top - 1] *= stack[top]; break;
    case 0x22: top--, stack[top - 1] += stack[top]; break;
    case 0x23: stack[top - 1] += number(&at, 0); break;
    case 0x25: top--, stack[top - 1] >>= stack[top]; break;
    case 0x28: top--; value = stack[top]; at += 2 + (value ? (int16_t)(at[0] << 8 | at[1]) : 0); break;
    case 0x29: top--, stack[top - 1] = stack[top - 1] == stack[top]; break;
    case 0x2f: at += 2 + (int16_t)(at[0] << 8 | at[1]); break;
    case 0x71: stack[top++] = pointer + number(&at, 1); break;
    default: return 1;
    }
  }
  return stack[top - 1];
}

// The entry for an address, found by the index; NULL if there is none.
static bytes entry(uint32_t address) {
  bytes base = (bytes)(uintptr_t)getauxval(AT_SYSINFO_EHDR), index = NULL;
  if (!base) return NULL;
  const Elf32_Ehdr *header = (const Elf32_Ehdr *)base;
  for (int n = 0; n < header->e_phnum; n++) {
    const Elf32_Phdr *segment = (const Elf32_Phdr *)(base + header->e_phoff) + n;
    if (segment->p_type == PT_GNU_EH_FRAME) index = base + segment->p_vaddr;
  }
  if (!index || word(index) != 0x011b033b) return NULL;
  bytes found = NULL;
  for (uint32_t n = 0; n < word(index + 8); n++)
    if ((uint32_t)(uintptr_t)index + word(index + 12 + 8 * n) <= address)
      found = index + word(index + 16 + 8 * n);
  if (!found) return NULL;
  uint32_t start = (uint32_t)(uintptr_t)(found + 8) + word(found + 8);
  return address - start < word(found + 12) ? found : NULL;
}

// Where a frame says that the registers are.
static struct { uint32_t frame, places[128]; int isSignal; } said;

static int look(uint32_t address, uint32_t pointer) {
  bytes found = entry(address), at, end;
  memset(&said, 0, sizeof said);
  if (!found) return 0;
  bytes common = found + 4 - word(found + 4);
  said.isSignal = strchr((const char *)common + 9, 'S') != NULL;
  at = found + 16, end = found + 4 + word(found);
  uint32_t size = number(&at, 0);
  for (at += size; at < end;) {
    uint8_t code = *at++;
    uint32_t column = 0;
    if (code == 0) continue;
    if (code != 0x0f && code != 0x10) return 0;
    if (code == 0x10) column = number(&at, 0);
    size = number(&at, 0);
    uint32_t value = evaluate(at, size, pointer, said.frame);
    if (code == 0x0f) said.frame = value; else if (column < 128) said.places[column] = value;
    at += size;
  }
  return 1;
}

static volatile int isFound, wrongWords, wrongFloats, wrongVectors, isFrame, others;

static void judge(mcontext_t *machine, uint32_t trampoline, uint32_t pointer) {
  uint32_t base = (uint32_t)(uintptr_t)machine;
  isFound = look(trampoline - 1, pointer) && said.isSignal;
  isFrame = said.frame == machine->gregs[1];
  wrongWords = wrongFloats = wrongVectors = 0;
  for (int n = 0; n < 32; n++) {
    wrongWords += said.places[n] != (n == 1 ? 0 : base + 4 * n);
    wrongFloats += said.places[32 + n] != base + 192 + 8 * n;
  }
  int hasVectors = machine->gregs[33] >> 25 & 1;
  uint32_t vectors = (uint32_t)(uintptr_t)&machine->vrregs;
  for (int n = 0; n < 32; n++)
    wrongVectors += said.places[77 + n] != (hasVectors ? vectors + 16 * n : 0);
  if (hasVectors) wrongVectors += said.places[109] != vectors + 512;
  wrongVectors += said.places[110] != (hasVectors ? vectors + 524 : 0);
  others = said.places[67] == base + 128 && said.places[65] == base + 144 &&
    said.places[70] == base + 152;
}

// A handler's own frame begins at the word that holds r1 as it was, below which it returns to LR.
static void caught(int signal, siginfo_t *information, void *pointer) {
  (void)signal;
  uint32_t trampoline = (uint32_t)(uintptr_t)__builtin_return_address(0);
  // 64 and 16 bytes lie below the siginfo.
  judge(((ucontext_t *)pointer)->uc_mcontext.uc_regs, trampoline,
    (uint32_t)(uintptr_t)information - 80);
}

static void caughtPlainly(int signal, const uint32_t *context) {
  (void)signal;
  uint32_t trampoline = (uint32_t)(uintptr_t)__builtin_return_address(0);
  judge((mcontext_t *)(uintptr_t)context[7], trampoline, (uint32_t)(uintptr_t)context - 64);
}

static void say(const char *kind) {
  char name[32];
  const struct { const char *name; int holds; } rows[] = {
    {"found", isFound}, {"frame", isFrame}, {"words", !wrongWords}, {"floats", !wrongFloats},
    {"vectors", !wrongVectors}, {"others", others},
  };
  for (int n = 0; n < 6; n++) {
    snprintf(name, sizeof name, "%s: %s", kind, rows[n].name);
    check(name, rows[n].holds);
  }
}

int main(void) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  // A vector register is used, so that the kernel saves them.
  if (getauxval(AT_HWCAP) & 0x10000000)
    __asm__ volatile(".machine push\n.machine \"7400\"\nvxor 0,0,0\n.machine pop");
  raise(SIGUSR1);
  say("with information");
  action = (struct sigaction){.sa_handler = (void (*)(int))(void *)caughtPlainly};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  say("plain");
  return 0;
}
