import HostX64
import Testing

/// A table of rows with its name, as test arguments.
struct Family: Sendable, CustomTestStringConvertible {
  let name: String
  let rows: [Row]
  var testDescription: String { name }
}

let families: [Family] = [
  Family(name: "arithmetic", rows: arithmeticRows),
  Family(name: "multiply", rows: multiplyRows),
  Family(name: "move", rows: moveRows),
  Family(name: "condition", rows: conditionRows),
  Family(name: "shift", rows: shiftRows),
  Family(name: "bit", rows: bitRows),
  Family(name: "control", rows: controlRows),
  Family(name: "scalar", rows: scalarRows),
  Family(name: "packed", rows: packedRows),
  Family(name: "vector move", rows: vectorMoveRows),
  Family(name: "VEX scalar", rows: vexRows),
  Family(name: "packed arithmetic", rows: packedArithmeticRows),
  Family(name: "vectors of 256 bits", rows: wideRows),
  Family(name: "EVEX", rows: extendedRows),
  Family(name: "packed logic", rows: packedLogicRows),
  Family(name: "packed moves", rows: packedMoveRows),
  Family(name: "packed singles", rows: packedSingleRows),
  Family(name: "fused", rows: fused132Rows + fused213Rows + fused231Rows),
]

/// The rows whose operand is every possible form of address: legacy, with REX, VEX, immediate.
private let addressRows: [@Sendable (inout Listing, Address) -> Void] = [
  { l, m in l.add("mov ecx, \(m.text(.dword, memory: .dword))") { $0.mov(.dword, .rcx, m) } },
  { l, m in l.add("lea r9, \(m.text(.qword, memory: nil))") { $0.lea(.qword, .r9, m) } },
  { l, m in
    l.add("cmp \(m.text(.byte, memory: .byte)), 5") { $0.cmp(.byte, m, imm: 5) }
  },
  { l, m in
    l.add("andn r11, rbx, \(m.text(.qword, memory: nil))") { $0.andn(.qword, .r11, .rbx, m) }
  },
  { l, m in
    l.add("vaddsd xmm9, xmm2, \(m.text(.qword, memory: nil))") { $0.vaddsd(.xmm9, .xmm2, m) }
  },
]

/// Records the first disagreements of `listing` with the tools, if there are any.
func expectAgreement(_ listing: Listing) throws {
  let found = try listing.disagreements()
  let sample = found.prefix(10).joined(separator: "\n")
  if !found.isEmpty { Issue.record("\(found.count) of \(listing.entries.count):\n\(sample)") }
}

@Suite(.enabled(if: Binutils.isPresent, "needs as and objdump (Debian package binutils)"))
struct AssemblerTests {
  @Test("Bytes agree with as and objdump", arguments: families, [SampleSet.broad, .near])
  func family(_ family: Family, _ set: SampleSet) throws {
    var listing = Listing()
    for row in family.rows where set == .broad || row.hasMemory { row.generate(&listing, set) }
    if listing.entries.isEmpty { return }
    try expectAgreement(listing)
  }

  @Test("Every form of address agrees with as and objdump", arguments: addressRows.indices)
  func address(_ index: Int) throws {
    var listing = Listing()
    for address in Address.everyForm { addressRows[index](&listing, address) }
    try expectAgreement(listing)
  }

  @Test("Constants take the shortest instruction")
  func constants() throws {
    let near = UInt64(Listing.runtimeAddress) &+ 0x5_0000_0000
    let cases: [(UInt64, Bool, String, Int)] = [
      (0, false, "xor r9d, r9d", 3), (0, true, "mov r9d, 0", 6), (1, false, "mov r9d, 1", 6),
      (0xffff_ffff, false, "mov r9d, 0xffffffff", 6),
      (0xffff_ffff_8000_0000, false, "mov r9, -0x80000000", 7),
      (.max, true, "mov r9, -1", 7), (0x1_0000_0000, true, "movabs r9, 0x100000000", 10),
      (near, true, "movabs r9, \(near)", 10),
      (0xffff_ffff_7fff_ffff, true, "movabs r9, 0xffffffff7fffffff", 10),
    ]
    var listing = Listing()
    for (value, preserving, text, _) in cases {
      listing.add(text) { $0.movi(.r9, value, preservingFlags: preserving) }
    }
    for value: Int32 in [0, 1, 127, 128, .max] {
      listing.add("mov esi, \(value)") { $0.mov(.qword, .rsi, imm: value) }
    }
    for value: Int32 in [-1, -128, .min] {
      listing.add("mov r12, \(value)") { $0.mov(.qword, .r12, imm: value) }
    }
    try expectAgreement(listing)
    #expect(zip(cases, listing.entries).allSatisfy { $0.3 == $1.bytes.count })
  }

  @Test("A constant near the code is an address relative to it")
  func constantNearCode() throws {
    let code = Code(at: 0x7f00_0000_0000)
    var assembler = code.assembler
    assembler.movi(.rdi, 0x7f00_1234_5678, preservingFlags: true)
    assembler.movi(.r14, 0x7eff_ffff_fff0, preservingFlags: true)
    let lines = try code.disassembled(assembler)
    #expect(lines.map(\.text) == ["lea rdi,[rip+0x12345671]", "lea r14,[rip+0xffffffffffffffe2]"])
    #expect(lines.map(\.comment) == ["0x7f0012345678", "0x7efffffffff0"])
  }
}
