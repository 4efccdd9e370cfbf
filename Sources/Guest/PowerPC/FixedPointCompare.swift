import IR

/// Power ISA, Book I, 3.3.10 and 3.3.11: fixed-point compare and trap instructions.
let fixedPointCompare: [Instruction] = [
  Instruction("cmpi", "Compare Immediate", .D(11), "BF, L, RA, SI") { cpu, i in
    cpu.compare(i.BF, cpu[i.RA], cpu.SI(i), signed: true)
  },

  Instruction("cmp", "Compare", .X(31, 0), "BF, L, RA, RB") { cpu, i in
    cpu.compare(i.BF, cpu[i.RA], cpu[i.RB], signed: true)
  },

  Instruction("cmpli", "Compare Logical Immediate", .D(10), "BF, L, RA, UI") { cpu, i in
    cpu.compare(i.BF, cpu[i.RA], cpu.UI(i), signed: false)
  },

  Instruction("cmpl", "Compare Logical", .X(31, 32), "BF, L, RA, RB") { cpu, i in
    cpu.compare(i.BF, cpu[i.RA], cpu[i.RB], signed: false)
  },

  Instruction("twi", "Trap Word Immediate", .D(3), "TO, RA, SI") { cpu, i in
    cpu.trap(i.TO, cpu[i.RA], cpu.SI(i))
  },

  Instruction("tw", "Trap Word", .X(31, 4), "TO, RA, RB") { cpu, i in
    cpu.trap(i.TO, cpu[i.RA], cpu[i.RB])
  },
]

/// What bits 0 to 2 of TO ask for: less, greater, equal, as signed numbers.
private let signedConditions: [Condition] = [.never, .eq, .gt, .ge, .lt, .le, .ne, .always]
/// What bits 2 to 4 of TO ask for: equal, less, greater, as unsigned numbers.
private let unsignedConditions: [Condition] = [.never, .gtu, .ltu, .ne, .eq, .geu, .leu, .always]

extension Cpu {
  /// Traps if `a` and `b` compare in one of the ways that TO names.
  fileprivate func trap(_ to: Int, _ a: I32, _ b: I32) {
    let signed = signedConditions[to >> 2]
    let unsigned = unsignedConditions[to & 7]
    if to == 0 { return }
    if signed == .always || unsigned == .always { return raise(.trap) }
    if to >> 3 == 0 { return raise(.trap, ifNonzero: a.test(unsigned, b)) }
    if to & 3 == 0 { return raise(.trap, ifNonzero: a.test(signed, b)) }
    raise(.trap, ifNonzero: a.test(signed, b) | a.test(unsigned, b))
  }
}
