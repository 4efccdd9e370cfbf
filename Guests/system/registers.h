// What the C and the assembly of the guests share.
#ifndef REGISTERS_H
#define REGISTERS_H

#define STACK 0x001f0000
#define EXCEPTION_STACK 0x001ffff0
// The number of the system call that ends `run`.
#define LEAVE 0x4c56

#define FRAME_VECTOR 128
#define FRAME_CTR 132
#define FRAME_LR 136
#define FRAME_CR 140
#define FRAME_XER 144
#define FRAME_SRR0 148
#define FRAME_SRR1 152
#define FRAME_DAR 156
#define FRAME_DSISR 160
#define FRAME_MSR 164


// The registers of the floating-point unit and of the vector unit, as `save_floats` and
// `save_vectors` store them.
#define FLOATS_FPSCR 256
#define VECTORS_VSCR 512

#endif
