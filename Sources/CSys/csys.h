// What Swift's Glibc module hides: constants, prototypes and a few inline calls. No C is compiled.
#ifndef CSYS_H
#define CSYS_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <stdint.h>
#include <unistd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
extern int memfd_create(const char *, unsigned int);
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
/// Indices into `gregs` of a signal's machine context.
enum { CSYS_REG_RSP = 15, CSYS_REG_RIP = 16, CSYS_REG_ERR = 19, CSYS_REG_TRAPNO = 20 };
static inline long csys_syscall(long n, long a, long b, long c, long d, long e, long f) {
  return syscall(n, a, b, c, d, e, f);
}
static inline void *csys_fault_address(const siginfo_t *info) { return info->si_addr; }
#include <errno.h>
/// `fork` of the C library; Swift's Glibc module marks the ordinary name unavailable.
extern int csys_fork(void) __asm__("fork");
#include <sched.h>
/// A new process that calls a function on a stack given by its end, with what flags share; -1 and
/// errno.
static inline int csys_clone(int (*function)(void *), void *stack, int flags, void *argument) {
  return clone(function, stack, flags, argument);
}
/// The number of the calling thread.
static inline int csys_thread_id(void) { return (int)syscall(SYS_gettid); }
/// Replaces a word if it is the expected one; whether it was.
static inline int csys_compare_exchange(uint32_t *word, uint32_t expected, uint32_t value) {
  return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
/// An instruction that may fault, and where to go on then: for the signal handler.
struct csys_guarded { uint64_t at, resume; };
/// Replaces a word (in the guest's byte order) if it is the expected one and its line's version is
/// the expected one, which is even; the version changes. 1 if it was, 0 if not, 2 after a fault.
static inline __attribute__((noinline)) int csys_store_conditional(
    struct csys_guarded *guarded, uint32_t *version, uint32_t since, uint32_t *word,
    uint32_t expected, uint32_t value) {
  if (since & 1 || __atomic_load_n(version, __ATOMIC_RELAXED) != since ||
      !csys_compare_exchange(version, since, since + 1)) {
    // The other one is about to try again, and has the line: let it.
    for (int n = 0; n < 16; n++) __builtin_ia32_pause();
    return 0;
  }
  int result;
  uint64_t place;
  __asm__ volatile("leaq 1f(%%rip), %1\n\tmovq %1, %3\n\tleaq 2f(%%rip), %1\n\tmovq %1, %4\n"
                   "1:\tlock cmpxchgl %6, %2\n\tsete %%al\n\tmovzbl %%al, %0\n\tjmp 3f\n"
                   "2:\tmovl $2, %0\n3:"
                   : "=a"(result), "=&r"(place), "+m"(*word), "=m"(guarded->at),
                     "=m"(guarded->resume)
                   : "0"(expected), "r"(value)
                   : "memory", "cc");
  __atomic_store_n(version, since + 2, __ATOMIC_RELEASE);
  return result;
}
/// One move of 1, 2, 4 or 8 bytes that may fault, as one instruction: 0, or 1 after a fault. One thread at a
/// time.
#define CSYS_GUARDED(move, ...)                                                                     \
  __asm__ volatile("leaq 1f(%%rip), %q0\n\tmovq %q0, %1\n\tleaq 2f(%%rip), %q0\n\tmovq %q0, %2\n"     \
                   "1:\t" move "\n\txorl %0, %0\n\tjmp 3f\n2:\tmovl $1, %0\n3:"                      \
                   : "=&r"(fault), "=m"(guarded->at), "=m"(guarded->resume), __VA_ARGS__            \
                   : "memory", "cc")
static inline __attribute__((noinline)) int csys_guarded_load(
    struct csys_guarded *guarded, const void *place, int bytes, uint64_t *value) {
  int fault;
  uint64_t result = 0;
  switch (bytes) {
    case 1: CSYS_GUARDED("movzbl %4, %k3", "+&r"(result) : "m"(*(const uint8_t *)place)); break;
    case 2: CSYS_GUARDED("movzwl %4, %k3", "+&r"(result) : "m"(*(const uint16_t *)place)); break;
    case 4: CSYS_GUARDED("movl %4, %k3", "+&r"(result) : "m"(*(const uint32_t *)place)); break;
    default: CSYS_GUARDED("movq %4, %q3", "+&r"(result) : "m"(*(const uint64_t *)place));
  }
  *value = result;
  return fault;
}
static inline __attribute__((noinline)) int csys_guarded_store(
    struct csys_guarded *guarded, void *place, int bytes, uint64_t value) {
  int fault;
  switch (bytes) {
    case 1: CSYS_GUARDED("movb %b4, %3", "+m"(*(uint8_t *)place) : "r"(value)); break;
    case 2: CSYS_GUARDED("movw %w4, %3", "+m"(*(uint16_t *)place) : "r"(value)); break;
    case 4: CSYS_GUARDED("movl %k4, %3", "+m"(*(uint32_t *)place) : "r"(value)); break;
    default: CSYS_GUARDED("movq %q4, %3", "+m"(*(uint64_t *)place) : "r"(value));
  }
  return fault;
}
/// Changes a line's version if the line is watched, which it is not any more.
static inline void csys_touch_line(uint32_t *version) {
  if (__atomic_load_n(version, __ATOMIC_RELAXED) >> 31)
    __atomic_fetch_add(version, 0x80000002u, __ATOMIC_SEQ_CST);
}
#include <sys/auxv.h>
/// Whether the kernel asks programs not to trust their environment (AT_SECURE of getauxval(3)).
static inline int csys_is_secure(void) { return getauxval(AT_SECURE) != 0; }
/// The calling thread's errno.
static inline int csys_errno(void) { return errno; }
/// A system call with the kernel's own result: negative error numbers, errno not involved.
static inline long csys_kernel(long n, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory", "cc");
  return result;
}
/// Where an interruptible system call stands, for the signal handler: while the host program
/// counter is in begin..<end the call has not happened, and may be sent to `abort`.
/// `pending` non-zero keeps a call from starting.
struct csys_interruption {
  uint64_t begin, end, abort;
  uint32_t pending;
  uint32_t reserved;
};
/// Returned by `csys_interruptible` when a signal came before the call took effect (ERESTARTSYS).
enum { CSYS_RESTART = 512 };
/// A system call that either happens with no signal pending or returns -CSYS_RESTART.
static inline long csys_interruptible(struct csys_interruption *state, long n, long a, long b,
                                      long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile(
      "leaq 1f(%%rip), %%rcx\n\t"
      "movq %%rcx, 0(%%rbx)\n\t"
      "leaq 2f(%%rip), %%rcx\n\t"
      "movq %%rcx, 8(%%rbx)\n\t"
      "leaq 3f(%%rip), %%rcx\n\t"
      "movq %%rcx, 16(%%rbx)\n"
      "1:\n\t"
      "cmpl $0, 24(%%rbx)\n\t"
      "jne 3f\n\t"
      "syscall\n"
      "2:\n\t"
      "jmp 4f\n"
      "3:\n\t"
      "movq $-512, %%rax\n"
      "4:\n\t"
      "movq $0, 8(%%rbx)\n\t"
      : "=a"(result)
      : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9), "b"(state)
      : "rcx", "r11", "memory", "cc");
  return result;
}

#include <cpuid.h>
/// The four registers that CPUID returns.
typedef struct { uint32_t eax, ebx, ecx, edx; } csys_cpuid_result;
static inline csys_cpuid_result csys_cpuid(uint32_t leaf, uint32_t subleaf) {
  csys_cpuid_result r = {0, 0, 0, 0};
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

/// An instruction as the disassembler library Capstone 4 gives it: `cs_insn`.
typedef struct {
  uint32_t id;
  uint64_t address;
  uint16_t size;
  uint8_t bytes[16];
  char mnemonic[32];
  char operands[160];
  void *detail;
} csys_capstone_instruction;
/// Values of Capstone's `cs_arch`, `cs_mode`, `cs_opt_type`, `cs_opt_value`.
enum {
  CSYS_CAPSTONE_X86 = 3,
  CSYS_CAPSTONE_64_BIT = 8,
  CSYS_CAPSTONE_SYNTAX = 1,
  CSYS_CAPSTONE_ATT = 2
};
/// `cs_open`, `cs_option`, `cs_malloc`, `cs_disasm_iter`: found by name when they are first used.
typedef int (*csys_capstone_open)(int architecture, int mode, size_t *handle);
typedef int (*csys_capstone_option)(size_t handle, int type, size_t value);
typedef csys_capstone_instruction *(*csys_capstone_malloc)(size_t handle);
typedef _Bool (*csys_capstone_next)(size_t handle, const uint8_t **code, size_t *size,
                                    uint64_t *address, csys_capstone_instruction *instruction);
static inline const char *csys_capstone_mnemonic(const csys_capstone_instruction *i) {
  return i->mnemonic;
}
static inline const char *csys_capstone_operands(const csys_capstone_instruction *i) {
  return i->operands;
}
/// Sets the base of the calling thread's GS segment (ARCH_SET_GS); 0 or a negative error number.
static inline long csys_set_gs_base(uint64_t base) {
  return csys_kernel(SYS_arch_prctl, 0x1001, (long)base, 0, 0, 0, 0);
}

// Floating-point instructions with the flags that they raise: `status` is MXCSR, before and after.
#define CSYS_STATUS(instruction, result, ...)                                                     \
  uint32_t own;                                                                                   \
  __asm__ volatile("stmxcsr %1\n\tldmxcsr %2\n\t" instruction "\n\tstmxcsr %2\n\tldmxcsr %1"      \
                   : "+x"(result), "=m"(own), "+m"(*status)                                       \
                   : __VA_ARGS__)
#define CSYS_BINARY(name, instruction)                                                            \
  static inline uint64_t csys_##name(int single, uint64_t a, uint64_t b, uint32_t *status) {      \
    union { uint64_t bits; double value; } x = {a}, y = {b};                                      \
    if (single) { CSYS_STATUS(instruction "ss %3, %0", x.value, "x"(y.value)); }                   \
    else { CSYS_STATUS(instruction "sd %3, %0", x.value, "x"(y.value)); }                          \
    return single ? (uint32_t)x.bits : x.bits;                                                    \
  }
CSYS_BINARY(fadd, "add")
CSYS_BINARY(fsub, "sub")
CSYS_BINARY(fmul, "mul")
CSYS_BINARY(fdiv, "div")
static inline uint64_t csys_fsqrt(int single, uint64_t a, uint32_t *status) {
  union { uint64_t bits; double value; } x = {a};
  if (single) { CSYS_STATUS("sqrtss %3, %0", x.value, "x"(x.value)); }
  else { CSYS_STATUS("sqrtsd %3, %0", x.value, "x"(x.value)); }
  return single ? (uint32_t)x.bits : x.bits;
}
/// a * b + c, rounded once; the host must have FMA.
static inline uint64_t csys_fma(int single, uint64_t a, uint64_t b, uint64_t c, uint32_t *status) {
  union { uint64_t bits; double value; } x = {a}, y = {b}, z = {c};
  if (single) { CSYS_STATUS("vfmadd213ss %4, %3, %0", x.value, "x"(y.value), "x"(z.value)); }
  else { CSYS_STATUS("vfmadd213sd %4, %3, %0", x.value, "x"(y.value), "x"(z.value)); }
  return single ? (uint32_t)x.bits : x.bits;
}
static inline uint64_t csys_cvt_f64_f32(uint64_t a, uint32_t *status) {
  union { uint64_t bits; double value; } x = {a};
  CSYS_STATUS("cvtsd2ss %0, %0", x.value, "x"(x.value));
  return (uint32_t)x.bits;
}
static inline uint64_t csys_cvt_i64_f64(uint64_t a, uint32_t *status) {
  union { uint64_t bits; double value; } x = {0};
  CSYS_STATUS("cvtsi2sdq %3, %0", x.value, "r"(a));
  return x.bits;
}
/// Whether the host has AVX-512F, and the system saves its registers.
static inline int csys_has_avx512f(void) { return __builtin_cpu_supports("avx512f") != 0; }
/// Whether it has AVX-512BW and AVX-512VL as well.
static inline int csys_has_avx512bw(void) {
  return __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}
/// Results of an operation in the mode that `status` says, upward and downward.
struct csys_outcome { uint64_t result, up, down; };
// By AVX-512, whose instructions can say how they round.
#define CSYS_WIDE(instruction)                                                                    \
  __asm__(instruction("%{rn-sae%}", "%0") "\n\t" instruction("%{ru-sae%}", "%1") "\n\t"           \
          instruction("%{rd-sae%}", "%2")                                                         \
          : "+x"(r), "+x"(u), "+x"(d) : "x"(y), "x"(z))
#define CSYS_WIDE_BINARY(name, rounding, x) "v" name " " rounding ", %3, " x ", " x
#define CSYS_WIDE_ADD(rounding, x) CSYS_WIDE_BINARY("addsd", rounding, x)
#define CSYS_WIDE_SUB(rounding, x) CSYS_WIDE_BINARY("subsd", rounding, x)
#define CSYS_WIDE_MUL(rounding, x) CSYS_WIDE_BINARY("mulsd", rounding, x)
#define CSYS_WIDE_DIV(rounding, x) CSYS_WIDE_BINARY("divsd", rounding, x)
#define CSYS_WIDE_ROOT(rounding, x) "vsqrtsd " rounding ", " x ", " x ", " x
#define CSYS_WIDE_FUSED(rounding, x) "vfmadd213sd " rounding ", %4, %3, " x
// Else under one status after the other. The caller says which one holds: storing it would take
// longer than all the rest.
#define CSYS_PLAIN(instruction)                                                                   \
  __asm__ volatile("ldmxcsr %3\n\t" instruction("%0") "\n\tldmxcsr %4\n\t" instruction("%1")      \
                   "\n\tldmxcsr %5\n\t" instruction("%2") "\n\tldmxcsr %6"                        \
                   : "+x"(r), "+x"(u), "+x"(d)                                                    \
                   : "m"(status), "m"(up), "m"(down), "m"(own), "x"(y), "x"(z))
#define CSYS_PLAIN_ADD(x) "addsd %7, " x
#define CSYS_PLAIN_SUB(x) "subsd %7, " x
#define CSYS_PLAIN_MUL(x) "mulsd %7, " x
#define CSYS_PLAIN_DIV(x) "divsd %7, " x
#define CSYS_PLAIN_ROOT(x) "sqrtsd " x ", " x
#define CSYS_PLAIN_FUSED(x) "vfmadd213sd %8, %7, " x
// The operations: 0 sum, 1 difference, 2 product, 3 quotient, 4 root, 5 a * b + c.
#define CSYS_OUTCOME(form)                                                                        \
  union { uint64_t bits; double value; } x = {a}, v = {b}, w = {c}, results[3];                   \
  double r = x.value, u = x.value, d = x.value, y = v.value, z = w.value;                         \
  switch (operation) {                                                                            \
  case 0: form(form##_ADD); break;                                                                \
  case 1: form(form##_SUB); break;                                                                \
  case 2: form(form##_MUL); break;                                                                \
  case 3: form(form##_DIV); break;                                                                \
  case 4: form(form##_ROOT); break;                                                               \
  default: form(form##_FUSED); break;                                                             \
  }                                                                                               \
  results[0].value = r, results[1].value = u, results[2].value = d;                               \
  return (struct csys_outcome){results[0].bits, results[1].bits, results[2].bits}
/// To nearest, where the host has AVX-512F.
static inline struct csys_outcome csys_outcome_nearest(int operation, uint64_t a, uint64_t b,
                                                       uint64_t c) {
  CSYS_OUTCOME(CSYS_WIDE);
}
/// As `status` says, on any host; `own` is the status that holds.
static inline struct csys_outcome csys_outcome(int operation, uint64_t a, uint64_t b, uint64_t c,
                                               uint32_t status, uint32_t own) {
  const uint32_t up = 0x5f80, down = 0x3f80;
  CSYS_OUTCOME(CSYS_PLAIN);
}
// Instructions on four singles, under a status of their own. The operands are three times 16 bytes;
// `kind` is the relation of comparisons (10) and the rounding of 11.
typedef float csys_v4 __attribute__((vector_size(16)));
#define CSYS_PACKED(instruction)                                                                  \
  __asm__ volatile("stmxcsr %1\n\tldmxcsr %2\n\t" instruction "\n\tldmxcsr %1"                    \
                   : "+x"(a), "=m"(own) : "m"(status), "x"(b), "x"(c))
static inline void csys_packed(int number, int kind, const void *operands, void *result,
                               uint32_t status) {
  csys_v4 a, b, c;
  uint32_t own;
  __builtin_memcpy(&a, operands, 16);
  __builtin_memcpy(&b, (const char *)operands + 16, 16);
  __builtin_memcpy(&c, (const char *)operands + 32, 16);
  switch (number * 16 + (number >= 10 ? kind : 0)) {
  case 0x00: CSYS_PACKED("addps %3, %0"); break;
  case 0x10: CSYS_PACKED("subps %3, %0"); break;
  case 0x20: CSYS_PACKED("mulps %3, %0"); break;
  case 0x30: CSYS_PACKED("divps %3, %0"); break;
  case 0x40: CSYS_PACKED("minps %3, %0"); break;
  case 0x50: CSYS_PACKED("maxps %3, %0"); break;
  case 0x60: CSYS_PACKED("sqrtps %0, %0"); break;
  case 0x70: CSYS_PACKED("cvtdq2ps %0, %0"); break;
  case 0x80: CSYS_PACKED("cvttps2dq %0, %0"); break;
  case 0x90: CSYS_PACKED("vfmadd213ps %4, %3, %0"); break;
  case 0xa0: CSYS_PACKED("cmpeqps %3, %0"); break;
  case 0xa1: CSYS_PACKED("cmpltps %3, %0"); break;
  case 0xa2: CSYS_PACKED("cmpleps %3, %0"); break;
  case 0xa3: CSYS_PACKED("cmpunordps %3, %0"); break;
  case 0xa4: CSYS_PACKED("cmpneqps %3, %0"); break;
  case 0xa5: CSYS_PACKED("cmpnltps %3, %0"); break;
  case 0xa6: CSYS_PACKED("cmpnleps %3, %0"); break;
  case 0xa7: CSYS_PACKED("cmpordps %3, %0"); break;
  case 0xb0: CSYS_PACKED("roundps $8, %0, %0"); break;
  case 0xb1: CSYS_PACKED("roundps $9, %0, %0"); break;
  case 0xb2: CSYS_PACKED("roundps $10, %0, %0"); break;
  case 0xb3: CSYS_PACKED("roundps $11, %0, %0"); break;
  }
  __builtin_memcpy(result, &a, 16);
}
static inline uint64_t csys_cvt_f64_i32(uint64_t a, uint32_t *status) {
  union { uint64_t bits; double value; } x = {a};
  uint32_t own, result;
  __asm__ volatile("stmxcsr %1\n\tldmxcsr %2\n\tcvttsd2si %3, %0\n\tstmxcsr %2\n\tldmxcsr %1"
                   : "=r"(result), "=m"(own), "+m"(*status) : "x"(x.value));
  return result;
}
static inline uint64_t csys_cvtr_f64_i32(uint64_t a, uint32_t *status) {
  union { uint64_t bits; double value; } x = {a};
  uint32_t own, result;
  __asm__ volatile("stmxcsr %1\n\tldmxcsr %2\n\tcvtsd2si %3, %0\n\tstmxcsr %2\n\tldmxcsr %1"
                   : "=r"(result), "=m"(own), "+m"(*status) : "x"(x.value));
  return result;
}
static inline uint64_t csys_cvt_f64_i64(uint64_t a, uint32_t *status) {
  union { uint64_t bits; double value; } x = {a};
  uint32_t own;
  uint64_t result;
  __asm__ volatile("stmxcsr %1\n\tldmxcsr %2\n\tcvttsd2siq %3, %0\n\tstmxcsr %2\n\tldmxcsr %1"
                   : "=r"(result), "=m"(own), "+m"(*status) : "x"(x.value));
  return result;
}
#endif
