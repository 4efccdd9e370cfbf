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
    let lost = V128(cpu.ir, cpu.ir.read(Globals.saturation))
    let saturated = (lost.high | lost.low).test(.ne, 0)
    let status = cpu.state(\.storedVSCR).zeroExtended | saturated
    cpu[i.VD] = cpu.ir.i64(0).concatenated(status)
  },

  Instruction("mtvscr", "Move to VSCR", .VX(1604), "VB") { cpu, i in
    let status = cpu[i.VB].low.low & Int(VSCR.defined)
    let flushes = status & Int(VSCR.NJ)
    // The status for vectors changes while it is not in use.
    cpu.use(.scalar)
    cpu.setState(\.storedVSCR, status)
    cpu.setState(
      \.vectorStatus,
      flushes.select(
        .ne, 0, cpu.constant(Int(MXCSR.flushing)), cpu.constant(Int(MXCSR.initial))))
    cpu.ir.write(Globals.saturation, cpu.ir.i64(0).concatenated(cpu.ir.i64(0)).temp)
  },
]

extension Cpu {
  /// The address of an access, a multiple of its size.
  private func address(_ i: X, bytes: Int) -> I32 {
    (self[orZero: i.RA] + self[i.RB]) & -bytes
  }

  fileprivate func loadVector(_ i: X) {
    let address = address(i, bytes: 16)
    guard !context.pointee.hasVectors else { return self[i.VD] = loadQuadword(at: address) }
    let high = loadDouble(at: address)
    self[i.VD] = high.concatenated(loadDouble(at: address + 8))
  }

  fileprivate func storeVector(_ i: X) {
    let address = address(i, bytes: 16), value = self[i.VS]
    guard !context.pointee.hasVectors else { return storeQuadword(value, at: address) }
    storeDouble(value.high, at: address)
    storeDouble(value.low, at: address + 8)
  }

  /// Loads the element that the address names; the others keep what they hold.
  fileprivate func loadElement(_ i: X, bytes: Int) {
    let address = address(i, bytes: bytes)
    let value = load(bytes, at: address).zeroExtended
    let old = self[i.VD], shift = shift(address, bytes)
    let all = ir.i64(1 << UInt64(8 * bytes) - 1)
    func inserted(_ half: I64) -> I64 {
      half.andNot(all.shiftedLeft(shift)) | value.shiftedLeft(shift)
    }
    let isLow = address & 8, high = old.high, low = old.low
    self[i.VD] = isLow.select(.eq, 0, inserted(high), high).concatenated(
      isLow.select(.eq, 0, low, inserted(low)))
  }

  fileprivate func storeElement(_ i: X, bytes: Int) {
    let address = address(i, bytes: bytes), value = self[i.VS]
    let half = (address & 8).select(.eq, 0, value.high, value.low)
    store(bytes, half.shiftedRight(shift(address, bytes)).low, at: address)
  }

  /// By how many bits an element stands to the left of its half's right end.
  private func shift(_ address: I32, _ bytes: Int) -> I64 {
    ((address & 7 ^ (8 - bytes)) << 3).zeroExtended
  }

  /// The bytes of a register become numbers that count up from `first`, 0 to 16.
  fileprivate func count(_ target: VR, from first: I32) {
    let all = first.zeroExtended * 0x0101_0101_0101_0101
    self[target] =
      (all + ir.i64(0x0001_0203_0405_0607)).concatenated(all + ir.i64(0x0809_0a0b_0c0d_0e0f))
  }
}
