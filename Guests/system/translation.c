// Address translation: see translation.h.

#include "translation.h"

void unmap_all(void) {
  for (word a = TABLE; a < TABLE + 0x10000; a += 4) *(volatile word *)a = 0;
  for (word page = 0; page < 64; page++) tlbie(PAGES + (page << 12));
}

void start_translation(void) {
  mtspr(25, TABLE);
  mtspr(530, 0); mtspr(532, 0); mtspr(534, 0);
  mtspr(536, 0); mtspr(538, 0); mtspr(540, 0); mtspr(542, 0);
  mtspr(529, 0xfff00002);
  mtspr(528, 0xfff00003);
  mtsr(4, VSID);
  mtsr(5, VSID + 1);
  unmap_all();
}

word map(word ea, word physical, word pp, word vsid, word hash) {
  word index = ea >> 12 & 0xffff, group = vsid ^ index;
  if (hash) group = ~group;
  volatile word *entry = (volatile word *)(TABLE + ((group & 0x3ff) << 6));
  while (entry[0]) entry += 2;
  entry[1] = physical | pp;
  asm volatile("eieio");
  entry[0] = 0x80000000 | vsid << 7 | hash << 6 | index >> 10;
  asm volatile("sync");
  return (word)&entry[1];
}
