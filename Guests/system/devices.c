// Accesses to devices with every size and at odd places: what they read, for comparison with QEMU.

#include "translation.h"

static void sizes(const char *name, word address) {
  print("# ");
  print(name);
  print("\n");
  for (word n = 0; n < 4; n++) show("byte", get8(address + n));
  for (word n = 0; n < 3; n++) show("half", get16(address + n));
  show("word", get32(address));
  show("word+1", get32(address + 1));
  show("reversed", get32le(address));
}

static void select(word key) { put16(0xf0000510, key); }

static void configuration(void) {
  print("# fw_cfg\n");
  select(0);
  for (int n = 0; n < 4; n++) show("signature", get8(0xf0000512));
  show("behind it", get8(0xf0000512));
  select(0);
  show("half", get16(0xf0000512));
  select(0x7777);
  show("no such key", get8(0xf0000512));
  show("selector", get16(0xf0000510));
}

static void pci(void) {
  word address = board == 2 ? 0xfec00000 : 0xf2800000;
  word data = board == 2 ? 0xfee00000 : 0xf2c00000;
  print("# PCI configuration\n");
  put32le(address, board == 2 ? 0x80000000 | 16 << 11 : 1 << 12);
  show("ID", get32le(data));
  show("vendor, as bytes", get8(data) << 8 | get8(data + 1));
  show("device", get16(data + 2));
  show("address", get32le(address));
  put32le(address, board == 2 ? 0x80000000 | 20 << 11 : 1 << 20);
  show("nothing there", get32le(data));
}

static void rom(void) {
  print("# ROM\n");
  word before = get32(0xfff00100);
  put32(0xfff00100, 0);
  put8(0xfff00100, 0);
  check("is not written", get32(0xfff00100), before);
  show("at its end", get32(0xfffffff0));
}

void test(void) {
  print("# IDE\n");
  for (word n = 0; n < 4; n++) show("status", get8(MACIO + 0x20070 + n));
  sizes("DBDMA status", MACIO + 0x8b04);
  sizes("DBDMA pointer", MACIO + 0x8b0c);
  sizes("VIA ACR", MACIO + 0x17600);
  if (board == 2) {
    sizes("Heathrow mask", MACIO + 0x24);
    sizes("NVRAM", MACIO + 0x60000);
  } else {
    print("# OpenPIC\n");
    show("features", get32le(MACIO + 0x41000));
    sizes("NVRAM", 0xfff04000);
    print("# UniNorth\n");
    show("version", get32(0xf8000000));
  }
  sizes("nothing in mac-io", MACIO + 0x7000);
  sizes("nothing at all", 0xf9000000);
  configuration();
  pci();
  rom();
}
