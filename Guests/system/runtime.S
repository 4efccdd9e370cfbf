// The ground under the guests: exception vectors, the start, what C has no word for.

#include "registers.h"

// A vector of the ROM. Its copy in memory has an odd number (see guest_main).
.macro vector number
  .org \number
  mtsprg 0, 3
  mfctr 3
  mtsprg 1, 3
  lis 3, handler@h
  ori 3, 3, handler@l
  mtctr 3
  li 3, \number
  bctr
.endm

  .section .vectors, "ax"
  .org 0x100
  b start
  vector 0x200
  vector 0x300
  vector 0x400
  vector 0x500
  vector 0x600
  vector 0x700
  vector 0x800
  vector 0x900
  vector 0xa00
  vector 0xc00
  vector 0xd00
  vector 0xf00
  vector 0xf20
  vector 0x1300
  vector 0x1400
  .org 0x2000

  // The end of the address space; the last word is `addi 3, 3, 1`.
  .section .last, "ax"
  .long 0xa0a1a2a3, 0xa4a5a6a7, 0xa8a9aaab, 0x38630001

  .text
  .globl start
start:
  lis 1, STACK@h
  ori 1, 1, STACK@l
  li 0, 0
  lis 3, variables@h
  ori 3, 3, variables@l
  lis 4, variables_end@h
  ori 4, 4, variables_end@l
1:
  cmplw 3, 4
  bge 2f
  stw 0, 0(3)
  addi 3, 3, 4
  b 1b
2:
  stwu 0, -16(1)
  bl guest_main
3:
  b 3b

// Saves the state in `frame`, lets `exception` look at it, goes on as it says.
handler:
  mtsprg 2, 1
  lis 1, frame@h
  ori 1, 1, frame@l
  stw 0, 0(1)
  stw 2, 8(1)
  stw 3, FRAME_VECTOR(1)
  mfsprg 3, 0
  stmw 3, 12(1)
  mfsprg 3, 2
  stw 3, 4(1)
  mfsprg 3, 1
  stw 3, FRAME_CTR(1)
  mflr 3
  stw 3, FRAME_LR(1)
  mfcr 3
  stw 3, FRAME_CR(1)
  mfxer 3
  stw 3, FRAME_XER(1)
  mfsrr0 3
  stw 3, FRAME_SRR0(1)
  mfsrr1 3
  stw 3, FRAME_SRR1(1)
  mfdar 3
  stw 3, FRAME_DAR(1)
  mfdsisr 3
  stw 3, FRAME_DSISR(1)
  mfmsr 3
  stw 3, FRAME_MSR(1)
  mr 3, 1
  lis 1, EXCEPTION_STACK@h
  ori 1, 1, EXCEPTION_STACK@l
  bl exception
  lis 1, frame@h
  ori 1, 1, frame@l
  lwz 3, FRAME_CTR(1)
  mtctr 3
  lwz 3, FRAME_LR(1)
  mtlr 3
  lwz 3, FRAME_CR(1)
  mtcr 3
  lwz 3, FRAME_XER(1)
  mtxer 3
  lwz 3, FRAME_SRR0(1)
  mtsrr0 3
  lwz 3, FRAME_SRR1(1)
  mtsrr1 3
  lwz 0, 0(1)
  lwz 2, 8(1)
  lmw 3, 12(1)
  lwz 1, 4(1)
  rfi

// word run(word address, word argument, word msr): calls a routine under another MSR; what it
// returns, or, when it ends in an exception that goes to `landing`, the exception's vector.
  .globl run
run:
  stwu 1, -128(1)
  mflr 0
  stw 0, 132(1)
  stmw 13, 16(1)
  mfmsr 31
  lis 30, saved_stack@h
  ori 30, 30, saved_stack@l
  stw 1, 0(30)
  stw 31, 4(30)
  lis 29, 1f@h
  ori 29, 29, 1f@l
  lis 28, landing@h
  ori 28, 28, landing@l
  lis 27, 2f@h
  ori 27, 27, 2f@l
  stw 27, 0(28)
  mtlr 29
  mtsrr0 3
  mtsrr1 5
  mr 3, 4
  rfi
1:
  // Back, perhaps as a program of the user: only a system call leads out.
  li 0, LEAVE
  sc
2:
  // `exception` made r3 the result, and put the old MSR into SRR1.
  lis 30, saved_stack@h
  ori 30, 30, saved_stack@l
  lwz 1, 0(30)
  lmw 13, 16(1)
  lwz 0, 132(1)
  mtlr 0
  addi 1, 1, 128
  blr

  .section .note.GNU-stack,"",@progbits
