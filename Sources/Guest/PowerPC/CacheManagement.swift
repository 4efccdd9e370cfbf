import IR

/// Power ISA, Book II, 4.3: cache management instructions.
///
/// There are no caches; what remains is that some of them are loads to address translation.
let cacheManagement: [Instruction] = [
  Instruction("icbi", "Instruction Cache Block Invalidate", .X(31, 982), "RA, RB") { cpu, i in
    cpu.touch(i)
    cpu.invalidateCode(at: cpu[orZero: i.RA] + cpu[i.RB])
  },

  Instruction("dcbt", "Data Cache Block Touch", .X(31, 278), "RA, RB") { _, _ in },

  Instruction("dcbtst", "Data Cache Block Touch for Store", .X(31, 246), "RA, RB") { _, _ in },

  Instruction("dcbz", "Data Cache Block set to Zero", .X(31, 1014), "RA, RB") { cpu, i in
    let block = (cpu[orZero: i.RA] + cpu[i.RB]) & -cacheBlockSize
    for offset in stride(from: 0, to: cacheBlockSize, by: 8) {
      cpu.storeDouble(cpu.ir.i64(0), at: block + offset)
    }
  },

  Instruction("dcbst", "Data Cache Block Store", .X(31, 54), "RA, RB") { cpu, i in
    cpu.touch(i)
  },

  Instruction("dcbf", "Data Cache Block Flush", .X(31, 86), "RA, RB") { cpu, i in
    cpu.touch(i)
  },

  Instruction(
    "dcba", "Data Cache Block Allocate", .X(31, 758), "RA, RB",
    feature: .dataCacheBlockAllocate
  ) { _, _ in },

  Instruction("dcbi", "Data Cache Block Invalidate", .X(31, 470), "RA, RB") { cpu, i in
    cpu.privileged { cpu.touch(i) }
  },
]

/// AltiVec Programming Environments Manual, 5.2: hints about data streams, which MSR[VEC] does
/// not take away.
let dataStreams: [Instruction] = [
  Instruction("dst[t]", "Data Stream Touch", .X(31, 342), "RA, RB, STRM", feature: .vector) {
    _, _ in
  },

  Instruction(
    "dstst[t]", "Data Stream Touch for Store", .X(31, 374), "RA, RB, STRM",
    feature: .vector
  ) { _, _ in },

  Instruction("dss[all]", "Data Stream Stop", .X(31, 822), "STRM", feature: .vector) { _, _ in },
]

/// Size of a cache block in bytes, as the kernel tells programs (AT_DCACHEBSIZE).
public let cacheBlockSize = 32

extension Cpu {
  /// Leaves, to have the translations of a cache block dropped, if its page has any that do not
  /// check their code themselves.
  ///
  /// A machine's memory says by itself when code changes.
  fileprivate func invalidateCode(at address: I32) {
    if isSystem { return }
    let pages = ir.emit1(
      .ld, .i64, result: .i64, Block.env,
      constant: UInt32(bitPattern: Int32(PowerPCState.offset(\.pageFlags))))
    let entry = I64(ir, pages) + address.shiftedRight(12).zeroExtended
    let flags = I32(ir, ir.emit1(.ld8u, .i32, result: .i32, entry.temp))
    let hasCode = Int(GuestPageFlag.code), checksItself = Int(GuestPageFlag.rewritten)
    let label = ir.newLabel()
    ir.brcond(
      .i32, .eq, (flags & (hasCode | checksItself)).temp, constant(hasCode).temp, to: label)
    ir.cold(label) {
      let payload = UInt32(bitPattern: Int32(PowerPCState.offset(\.exitPayload)))
      ir.effect2(.st, .i32, address.temp, Block.env, constant: payload)
      leave(.invalidate, at: self.address &+ 4, payload: .max)
    }
  }

  /// An access that counts as a load and yields nothing.
  fileprivate func touch(_ i: X) { _ = load(1, at: self[orZero: i.RA] + self[i.RB]) }
}
