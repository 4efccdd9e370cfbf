// Address translation for the guests: a hash table of 64 KiB, one segment's pages, BATs.
#ifndef TRANSLATION_H
#define TRANSLATION_H

#include "guest.h"

// The hash table and the pages that are mapped.
#define TABLE 0x00400000
#define MEMORY 0x00600000
// Where the pages appear: segment 4; its virtual segment.
#define PAGES 0x40000000
#define VSID 0x1234
#define RELOCATED (MSR_ME | MSR_RI | MSR_IR | MSR_DR)
// Bits of the second word of an entry of the table.
#define REFERENCED 0x100
#define CHANGED 0x80
// Bits of DSISR and SRR1.
#define NOT_FOUND 0x40000000
#define PROTECTED 0x08000000
#define NO_EXECUTE 0x10000000
#define STORE 0x02000000

// An empty table; the ROM in IBAT0; segments without keys.
void start_translation(void);
// Adds a page; the address of its entry's second word. `hash` is 0 for the primary group, 1 for the
// secondary.
word map(word ea, word physical, word pp, word vsid, word hash);
// Removes all pages of the segment from `PAGES` on.
void unmap_all(void);
static inline void tlbie(word ea) {
  asm volatile("tlbie %0; sync; isync" :: "r"(ea) : "memory");
}

ROUTINE(load_word, "lwz 3, 0(3)");
ROUTINE(load_half, "lhz 3, 0(3)");
ROUTINE(store_word, "lis 4, 0x1122; ori 4, 4, 0x3344; stw 4, 0(3); li 3, 1");
ROUTINE(store_half, "li 4, 0x5566; sth 4, 0(3); li 3, 1");

#endif
