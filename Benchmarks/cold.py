"""A guest program whose code runs once: what translation itself costs.

About 400,000 PowerPC instructions in blocks of some eight, varied integer code from a fixed seed,
in functions that are called one after the other. The program prints a digest of its registers.
"""

import random

SEED = 20
INSTRUCTIONS = 400_000
BLOCKS_PER_FUNCTION = 40
# r31 points to 256 bytes of data; r1, r2 and r13 belong to the ABI.
REGISTERS = [n for n in range(3, 31) if n != 13]


def body(random, register):
    """One instruction that leaves no line, as text."""
    d, a, b = (register() for _ in range(3))
    simm, uimm = random.randint(-0x8000, 0x7FFF), random.randint(0, 0xFFFF)
    shift, first, last = (random.randint(0, 31) for _ in range(3))
    return random.choice([
        f"add {d},{a},{b}", f"subf {d},{a},{b}", f"addi {d},{a},{simm}", f"li {d},{simm}",
        f"lis {d},{simm}", f"ori {d},{a},{uimm}", f"xor {d},{a},{b}", f"and {d},{a},{b}",
        f"or {d},{a},{b}", f"nor {d},{a},{b}", f"andi. {d},{a},{uimm}", f"mullw {d},{a},{b}",
        f"mulli {d},{a},{simm}", f"rlwinm {d},{a},{shift},{first},{last}", f"mr {d},{a}",
        f"slwi {d},{a},{random.randint(1, 31)}", f"srwi {d},{a},{random.randint(1, 31)}",
        f"srawi {d},{a},{shift}", f"cntlzw {d},{a}", f"neg {d},{a}", f"extsb {d},{a}",
        f"extsh {d},{a}", f"addic {d},{a},{simm}", f"addc {d},{a},{b}", f"adde {d},{a},{b}",
        f"rlwimi {d},{a},{shift},{first},{last}",
        f"lwz {d},{4 * random.randint(0, 63)}(31)", f"lwz {d},{4 * random.randint(0, 63)}(31)",
        f"stw {a},{4 * random.randint(0, 63)}(31)", f"stw {a},{4 * random.randint(0, 63)}(31)",
        f"lbz {d},{random.randint(0, 255)}(31)", f"lhz {d},{2 * random.randint(0, 127)}(31)",
        f"sth {a},{2 * random.randint(0, 127)}(31)",
    ])


def source():
    """The assembler source."""
    generator = random.Random(SEED)
    register = lambda: str(generator.choice(REGISTERS))
    lines = ["  .text", "  .globl cold", "cold:", "  mflr 0", "  stw 0,4(1)", "  stwu 1,-128(1)"]
    lines += ["  stmw 14,16(1)", "  mr 31,3"] + [f"  li {n},{n * 257}" for n in REGISTERS]
    functions = INSTRUCTIONS // (BLOCKS_PER_FUNCTION * 8)
    lines += [f"  bl f{n}" for n in range(functions)]
    lines += ["  mr 3,4"] + [f"  rlwinm 3,3,5,0,31\n  xor 3,3,{n}" for n in REGISTERS[2:]]
    lines += ["  lmw 14,16(1)", "  addi 1,1,128", "  lwz 0,4(1)", "  mtlr 0", "  blr"]
    for n in range(functions):
        lines.append(f"f{n}:")
        for _ in range(BLOCKS_PER_FUNCTION):
            lines += ["  " + body(generator, register) for _ in range(generator.randint(4, 7))]
            condition = generator.choice(["beq", "bne", "blt", "bgt"])
            field = generator.choice([0, 0, 1, 7])
            compare = generator.choice(["cmpwi", "cmplwi"])
            lines.append(f"  {compare} {field},{register()},{generator.randint(0, 0x7FFF)}")
            lines += [f"  {condition} {field},1f", "  " + body(generator, register), "1:"]
        lines.append("  blr")
    return "\n".join(lines) + '\n  .section .note.GNU-stack,"",@progbits\n'


MAIN = """#include <stdio.h>
unsigned cold(void *data);
int main(void) {
  static unsigned data[64];
  for (int n = 0; n < 64; n++) data[n] = n * 2654435761u;
  printf("%08x\\n", cold(data));
  return 0;
}
"""
