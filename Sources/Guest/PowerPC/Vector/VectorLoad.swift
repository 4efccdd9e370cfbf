import IR

/// AltiVec PEM, 4.2.3: vector load and store; the low bits of the address that an element's width
/// covers are ignored.
let vectorLoadStore: [Instruction] = [
  Instruction("lvebx", "Load Vector Element Byte Indexed", .X(31, 7), "VD, RA, RB") { cpu, i in
    cpu.loadElement(i, bytes: 1)
  },

  Instruction("lvehx", "Load Vector Element Halfword Indexed", .X(31, 39), "VD, RA, RB") {
    cpu, i in
    cpu.loadElement(i, bytes: 2)
  },

  Instruction("lvewx", "Load Vector Element Word Indexed", .X(31, 71), "VD, RA, RB") { cpu, i in
    cpu.loadElement(i, bytes: 4)
  },

  Instruction("lvx", "Load Vector Indexed", .X(31, 103), "VD, RA, RB") { cpu, i in
    cpu.loadVector(i)
  },

  Instruction("lvxl", "Load Vector Indexed LRU", .X(31, 359), "VD, RA, RB") { cpu, i in
    cpu.loadVector(i)
  },

  Instruction("stvebx", "Store Vector Element Byte Indexed", .X(31, 135), "VS, RA, RB") { cpu, i in
    cpu.storeElement(i, bytes: 1)
  },

  Instruction("stvehx", "Store Vector Element Halfword Indexed", .X(31, 167), "VS, RA, RB") {
    cpu, i in
    cpu.storeElement(i, bytes: 2)
  },

  Instruction("stvewx", "Store Vector Element Word Indexed", .X(31, 199), "VS, RA, RB") { cpu, i in
    cpu.storeElement(i, bytes: 4)
  },

  Instruction("stvx", "Store Vector Indexed", .X(31, 231), "VS, RA, RB") { cpu, i in
    cpu.storeVector(i)
  },

  Instruction("stvxl", "Store Vector Indexed LRU", .X(31, 487), "VS, RA, RB") { cpu, i in
    cpu.storeVector(i)
  },
]

/// AltiVec PEM, 4.2.3.3 and 4.2.6: what makes a permutation of an address, and moves of the VSCR.
let vectorAlignAndStatus: [Instruction] = [
  Instruction("lvsl", "Load Vector for Shift Left", .X(31, 6), "VD, RA, RB") { cpu, i in
    let first = (cpu[orZero: i.RA] + cpu[i.RB]) & 15
    cpu.count(i.VD, from: first)
  },

  Instruction("lvsr", "Load Vector for Shift Right", .X(31, 38), "VD, RA, RB") { cpu, i in
    let shift = (cpu[orZero: i.RA] + cpu[i.RB]) & 15
    cpu.count(i.VD, from: cpu.constant(16) - shift)
  },

  Instruction("mfvscr", "Move from VSCR", .VX(1540), "VD") { cpu, i in
    cpu[i.VD] = (cpu.ir.i64(0), cpu.state(\.vscr).zeroExtended)
  },

  Instruction("mtvscr", "Move to VSCR", .VX(1604), "VB") { cpu, i in
    cpu.setState(\.vscr, cpu[i.VB].low.low & Int(VSCR.defined))
  },
]

extension Cpu {
  /// The address of an access, a multiple of its size.
  private func address(_ i: X, bytes: Int) -> I32 {
    (self[orZero: i.RA] + self[i.RB]) & -bytes
  }

  fileprivate func loadVector(_ i: X) {
    let address = address(i, bytes: 16)
    let high = loadDouble(at: address)
    self[i.VD] = (high, loadDouble(at: address + 8))
  }

  fileprivate func storeVector(_ i: X) {
    let address = address(i, bytes: 16), value = self[i.VS]
    storeDouble(value.high, at: address)
    storeDouble(value.low, at: address + 8)
  }

  /// Loads the element that the address names; the others keep what they hold.
  fileprivate func loadElement(_ i: X, bytes: Int) {
    let address = address(i, bytes: bytes)
    let value = load(bytes, at: address)
    let opcode: Opcode = bytes == 1 ? .st8 : bytes == 2 ? .st16 : .st
    ir.effect2(
      opcode, .i32, value.temp, place(address, bytes).temp, constant: offset(of: i.VD))
  }

  fileprivate func storeElement(_ i: X, bytes: Int) {
    let address = address(i, bytes: bytes)
    let opcode: Opcode = bytes == 1 ? .ld8u : bytes == 2 ? .ld16u : .ld
    let value = I32(
      ir,
      ir.emit1(
        opcode, .i32, result: .i32, place(address, bytes).temp, constant: offset(of: i.VS)))
    store(bytes, value, at: address)
  }

  /// Env plus where an element stands in a register: the halves are numbers in the host's order.
  private func place(_ address: I32, _ bytes: Int) -> I64 {
    I64(ir, Block.env) + (address & 15 ^ (8 - bytes)).zeroExtended
  }

  private func offset(of register: VR) -> UInt32 {
    UInt32(truncatingIfNeeded: PowerPCState.offset(\.vr) + 16 * register.number)
  }

  /// The bytes of a register become numbers that count up from `first`, 0 to 16.
  fileprivate func count(_ target: VR, from first: I32) {
    let all = first.zeroExtended * 0x0101_0101_0101_0101
    self[target] = (
      all + ir.i64(0x0001_0203_0405_0607), all + ir.i64(0x0809_0a0b_0c0d_0e0f)
    )
  }
}
