// The registers of the floating-point and the vector unit, all at once.

#include "registers.h"

  .text
  .machine "7400"

// void save_floats(struct floats *)
  .globl save_floats
save_floats:
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, \
    25, 26, 27, 28, 29, 30, 31
  stfd \n, 8 * \n(3)
  .endr
  mffs 0
  stfd 0, FLOATS_FPSCR(3)
  lfd 0, 0(3)
  blr

// void load_floats(const struct floats *)
  .globl load_floats
load_floats:
  lfd 0, FLOATS_FPSCR(3)
  mtfsf 255, 0
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, \
    25, 26, 27, 28, 29, 30, 31
  lfd \n, 8 * \n(3)
  .endr
  blr

// void save_vectors(struct vectors *)
  .globl save_vectors
save_vectors:
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, \
    25, 26, 27, 28, 29, 30, 31
  li 4, 16 * \n
  stvx \n, 3, 4
  .endr
  mfvscr 0
  li 4, VECTORS_VSCR
  stvx 0, 3, 4
  lvx 0, 0, 3
  blr

// void load_vectors(const struct vectors *)
  .globl load_vectors
load_vectors:
  li 4, VECTORS_VSCR
  lvx 0, 3, 4
  mtvscr 0
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, \
    25, 26, 27, 28, 29, 30, 31
  li 4, 16 * \n
  lvx \n, 3, 4
  .endr
  blr

  .section .note.GNU-stack,"",@progbits
