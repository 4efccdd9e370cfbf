// A static program that may lie anywhere and has no library (Debian's has no start-up code for
// such): it relocates itself, then walks its arguments and its auxiliary vector.
#include <elf.h>

extern const Elf32_Ehdr __ehdr_start __attribute__((visibility("hidden")));
extern char _start[] __attribute__((visibility("hidden")));

static long kernel(long number, long a, long b, long c) {
  register long r0 __asm__("r0") = number, r3 __asm__("r3") = a;
  register long r4 __asm__("r4") = b, r5 __asm__("r5") = c;
  __asm__ volatile("sc" : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5)
                   : : "memory", "cr0", "ctr", "r6", "r7", "r8", "r9", "r10", "r11", "r12");
  return r3;
}

static void print(const char *text) {
  long length = 0;
  while (text[length]) length++;
  kernel(4, 1, (long)text, length);
}
static void check(const char *name, int holds) {
  print(name);
  print(holds ? " ok\n" : " WRONG\n");
}

// Addresses that the relocation must correct.
static const char *const words[] = {"one", "two", "three"};
static void (*const functions[])(const char *) = {print};

static void relocate(unsigned base, const Elf32_Dyn *item) {
  const Elf32_Rela *entry = 0;
  unsigned size = 0;
  for (; item->d_tag != DT_NULL; item++) {
    if (item->d_tag == DT_RELA) entry = (const Elf32_Rela *)(base + item->d_un.d_ptr);
    if (item->d_tag == DT_RELASZ) size = item->d_un.d_val;
  }
  for (; size >= sizeof *entry; entry++, size -= sizeof *entry)
    if (ELF32_R_TYPE(entry->r_info) == R_PPC_RELATIVE)
      *(unsigned *)(base + entry->r_offset) = base + (unsigned)entry->r_addend;
}

__attribute__((used)) static void run(const unsigned *stack, unsigned base,
    const Elf32_Dyn *dynamic) {
  relocate(base, dynamic);
  check("position", base != 0 && (base & 4095) == 0 && base == (unsigned)&__ehdr_start);
  check("stack alignment", ((unsigned)stack & 15) == 0);
  const unsigned *place = stack + 2;
  while (*place) {
    print((const char *)*place++);
    print("\n");
  }
  check("count", (unsigned)(place - stack - 1) == *stack);
  for (place++; *place; place++) {}
  static unsigned values[64];
  for (place++; *place; place += 2)
    if (*place < 64) values[*place] = place[1];
  check("AT_PHDR", values[AT_PHDR] == base + __ehdr_start.e_phoff);
  check("AT_PHNUM", values[AT_PHNUM] == __ehdr_start.e_phnum);
  check("AT_ENTRY", values[AT_ENTRY] == (unsigned)_start);
  check("AT_BASE", values[AT_BASE] == 0);
  check("AT_PAGESZ", values[AT_PAGESZ] == 4096);
  for (unsigned n = 0; n < 3; n++) functions[0](words[n]), functions[0]("\n");
  kernel(234, 23, 0, 0);
}

// r1 points at argc. Where the program lies, only its own program counter tells.
__asm__(".globl _start\n_start:\n\tmr 3,1\n\tclrrwi 1,1,4\n\tli 0,0\n\tstwu 0,-16(1)\n"
        "\tbcl 20,31,1f\n1:\tmflr 6\n"
        "\taddis 4,6,(__ehdr_start-1b)@ha\n\taddi 4,4,(__ehdr_start-1b)@l\n"
        "\taddis 5,6,(_DYNAMIC-1b)@ha\n\taddi 5,5,(_DYNAMIC-1b)@l\n\tbl run\n");
