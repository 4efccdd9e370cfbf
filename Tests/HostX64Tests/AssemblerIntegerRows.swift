import HostX64

/// ADD, OR, ADC, SBB, AND, SUB, XOR, CMP.
let arithmeticRows: [Row] = [
  row("add", allWidths, GPR.self, GPR.self) { $0.add($1, $2, $3) },
  row("add", allWidths, GPR.self, Address.self) { $0.add($1, $2, $3) },
  row("add", allWidths, Address.self, GPR.self) { $0.add($1, $2, $3) },
  row("add", allWidths, GPR.self, Int32.self) { $0.add($1, $2, imm: $3) },
  row("add", allWidths, Address.self, Int32.self) { $0.add($1, $2, imm: $3) },
  row("or", allWidths, GPR.self, GPR.self) { $0.or($1, $2, $3) },
  row("or", allWidths, GPR.self, Address.self) { $0.or($1, $2, $3) },
  row("or", allWidths, Address.self, GPR.self) { $0.or($1, $2, $3) },
  row("or", allWidths, GPR.self, Int32.self) { $0.or($1, $2, imm: $3) },
  row("or", allWidths, Address.self, Int32.self) { $0.or($1, $2, imm: $3) },
  row("adc", allWidths, GPR.self, GPR.self) { $0.adc($1, $2, $3) },
  row("adc", allWidths, GPR.self, Address.self) { $0.adc($1, $2, $3) },
  row("adc", allWidths, Address.self, GPR.self) { $0.adc($1, $2, $3) },
  row("adc", allWidths, GPR.self, Int32.self) { $0.adc($1, $2, imm: $3) },
  row("adc", allWidths, Address.self, Int32.self) { $0.adc($1, $2, imm: $3) },
  row("sbb", allWidths, GPR.self, GPR.self) { $0.sbb($1, $2, $3) },
  row("sbb", allWidths, GPR.self, Address.self) { $0.sbb($1, $2, $3) },
  row("sbb", allWidths, Address.self, GPR.self) { $0.sbb($1, $2, $3) },
  row("sbb", allWidths, GPR.self, Int32.self) { $0.sbb($1, $2, imm: $3) },
  row("sbb", allWidths, Address.self, Int32.self) { $0.sbb($1, $2, imm: $3) },
  row("and", allWidths, GPR.self, GPR.self) { $0.and($1, $2, $3) },
  row("and", allWidths, GPR.self, Address.self) { $0.and($1, $2, $3) },
  row("and", allWidths, Address.self, GPR.self) { $0.and($1, $2, $3) },
  row("and", allWidths, GPR.self, Int32.self) { $0.and($1, $2, imm: $3) },
  row("and", allWidths, Address.self, Int32.self) { $0.and($1, $2, imm: $3) },
  row("sub", allWidths, GPR.self, GPR.self) { $0.sub($1, $2, $3) },
  row("sub", allWidths, GPR.self, Address.self) { $0.sub($1, $2, $3) },
  row("sub", allWidths, Address.self, GPR.self) { $0.sub($1, $2, $3) },
  row("sub", allWidths, GPR.self, Int32.self) { $0.sub($1, $2, imm: $3) },
  row("sub", allWidths, Address.self, Int32.self) { $0.sub($1, $2, imm: $3) },
  row("xor", allWidths, GPR.self, GPR.self) { $0.xor($1, $2, $3) },
  row("xor", allWidths, GPR.self, Address.self) { $0.xor($1, $2, $3) },
  row("xor", allWidths, Address.self, GPR.self) { $0.xor($1, $2, $3) },
  row("xor", allWidths, GPR.self, Int32.self) { $0.xor($1, $2, imm: $3) },
  row("xor", allWidths, Address.self, Int32.self) { $0.xor($1, $2, imm: $3) },
  row("cmp", allWidths, GPR.self, GPR.self) { $0.cmp($1, $2, $3) },
  row("cmp", allWidths, GPR.self, Address.self) { $0.cmp($1, $2, $3) },
  row("cmp", allWidths, Address.self, GPR.self) { $0.cmp($1, $2, $3) },
  row("cmp", allWidths, GPR.self, Int32.self) { $0.cmp($1, $2, imm: $3) },
  row("cmp", allWidths, Address.self, Int32.self) { $0.cmp($1, $2, imm: $3) },
]

/// TEST, INC, DEC, NEG, NOT, multiplication and division.
let multiplyRows: [Row] = [
  row("test", allWidths, GPR.self, GPR.self) { $0.test($1, $2, $3) },
  row("test", allWidths, Address.self, GPR.self) { $0.test($1, $2, $3) },
  row("test", allWidths, GPR.self, Int32.self) { $0.test($1, $2, imm: $3) },
  row("test", allWidths, Address.self, Int32.self) { $0.test($1, $2, imm: $3) },
  row("inc", allWidths, GPR.self) { $0.inc($1, $2) },
  row("inc", allWidths, Address.self) { $0.inc($1, $2) },
  row("dec", allWidths, GPR.self) { $0.dec($1, $2) },
  row("dec", allWidths, Address.self) { $0.dec($1, $2) },
  row("neg", allWidths, GPR.self) { $0.neg($1, $2) },
  row("neg", allWidths, Address.self) { $0.neg($1, $2) },
  row("not", allWidths, GPR.self) { $0.not($1, $2) },
  row("not", allWidths, Address.self) { $0.not($1, $2) },
  row("mul", allWidths, GPR.self) { $0.mul($1, $2) },
  row("mul", allWidths, Address.self) { $0.mul($1, $2) },
  row("imul", allWidths, GPR.self) { $0.imul($1, $2) },
  row("imul", allWidths, Address.self) { $0.imul($1, $2) },
  row("div", allWidths, GPR.self) { $0.div($1, $2) },
  row("div", allWidths, Address.self) { $0.div($1, $2) },
  row("idiv", allWidths, GPR.self) { $0.idiv($1, $2) },
  row("idiv", allWidths, Address.self) { $0.idiv($1, $2) },
  row("imul", wideWidths, GPR.self, GPR.self) { $0.imul($1, $2, $3) },
  row("imul", wideWidths, GPR.self, Address.self) { $0.imul($1, $2, $3) },
  row("imul", wideWidths, GPR.self, GPR.self, Int32.self) { $0.imul($1, $2, $3, imm: $4) },
  row("imul", wideWidths, GPR.self, Address.self, Int32.self) { $0.imul($1, $2, $3, imm: $4) },
  row("cwde") { $0.cwde() },
  row("cdqe") { $0.cdqe() },
  row("cdq") { $0.cdq() },
  row("cqo") { $0.cqo() },
]

/// MOV and its kin, PUSH, POP, XCHG, CMPXCHG, XADD.
let moveRows: [Row] = [
  row("mov", allWidths, GPR.self, GPR.self) { $0.mov($1, $2, $3) },
  row("mov", allWidths, GPR.self, Address.self) { $0.mov($1, $2, $3) },
  row("mov", allWidths, Address.self, GPR.self) { $0.mov($1, $2, $3) },
  row("mov", [.byte, .word, .dword], GPR.self, Int32.self) { $0.mov($1, $2, imm: $3) },
  row("mov", allWidths, Address.self, Int32.self) { $0.mov($1, $2, imm: $3) },
  row("movzx", wideWidths, GPR.self, ByteGPR.self) { $0.movzx($1, $2, .byte, $3.register) },
  row("movzx", wideWidths, memory: .fixed(.byte), GPR.self, Address.self) {
    $0.movzx($1, $2, .byte, $3)
  },
  row("movzx", longWidths, GPR.self, WordGPR.self) { $0.movzx($1, $2, .word, $3.register) },
  row("movzx", longWidths, memory: .fixed(.word), GPR.self, Address.self) {
    $0.movzx($1, $2, .word, $3)
  },
  row("movsx", wideWidths, GPR.self, ByteGPR.self) { $0.movsx($1, $2, .byte, $3.register) },
  row("movsx", wideWidths, memory: .fixed(.byte), GPR.self, Address.self) {
    $0.movsx($1, $2, .byte, $3)
  },
  row("movsx", longWidths, GPR.self, WordGPR.self) { $0.movsx($1, $2, .word, $3.register) },
  row("movsx", longWidths, memory: .fixed(.word), GPR.self, Address.self) {
    $0.movsx($1, $2, .word, $3)
  },
  row("movsxd", [.qword], GPR.self, DwordGPR.self) { a, _, d, s in a.movsxd(d, s.register) },
  row("movsxd", [.qword], memory: .fixed(.dword), GPR.self, Address.self) { a, _, d, s in
    a.movsxd(d, s)
  },
  row("lea", longWidths, memory: .implied, GPR.self, Address.self) { $0.lea($1, $2, $3) },
  row("movbe", wideWidths, GPR.self, Address.self) { $0.movbe($1, $2, $3) },
  row("movbe", wideWidths, Address.self, GPR.self) { $0.movbe($1, $2, $3) },
  row("bswap", longWidths, GPR.self) { $0.bswap($1, $2) },
  row("push", [.qword], GPR.self) { a, _, s in a.push(s) },
  row("push", [.qword], Address.self) { a, _, s in a.push(s) },
  row("push", [.qword], Int32.self) { a, _, s in a.push(imm: s) },
  row("pop", [.qword], GPR.self) { a, _, d in a.pop(d) },
  row("pop", [.qword], Address.self) { a, _, d in a.pop(d) },
  row("xchg", allWidths, GPR.self, GPR.self) { $0.xchg($1, $2, $3) },
  row("xchg", allWidths, Address.self, GPR.self) { $0.xchg($1, $2, $3) },
  row("cmpxchg", allWidths, GPR.self, GPR.self) { $0.cmpxchg($1, $2, $3) },
  row("cmpxchg", allWidths, Address.self, GPR.self) { $0.cmpxchg($1, $2, $3) },
  row("xadd", allWidths, GPR.self, GPR.self) { $0.xadd($1, $2, $3) },
  row("xadd", allWidths, Address.self, GPR.self) { $0.xadd($1, $2, $3) },
  row("lock cmpxchg", allWidths, Address.self, GPR.self) { $0.cmpxchg($1, $2, $3, lock: true) },
  row("lock or", allWidths, Address.self, GPR.self) { $0.or($1, $2, $3, lock: true) },
  row("lock xadd", allWidths, Address.self, GPR.self) { $0.xadd($1, $2, $3, lock: true) },
  row("cmpxchg16b", [.qword], memory: .implied, Address.self) { a, _, m in a.cmpxchg16b(m) },
  row("lock cmpxchg16b", [.qword], memory: .implied, Address.self) { a, _, m in
    a.cmpxchg16b(m, lock: true)
  },
]

/// SETcc and CMOVcc with every condition.
let conditionRows: [Row] = HostCondition.allCases.flatMap { c in
  [
    row("set\(c)", [.byte], GPR.self) { a, _, d in a.setcc(c, d) },
    row("set\(c)", [.byte], Address.self) { a, _, d in a.setcc(c, d) },
    row("cmov\(c)", wideWidths, GPR.self, GPR.self) { $0.cmovcc($1, c, $2, $3) },
    row("cmov\(c)", wideWidths, GPR.self, Address.self) { $0.cmovcc($1, c, $2, $3) },
  ]
}
