import HostX64
import Testing

/// Memory for a little code that pretends to execute at an address of choice.
final class Code {
  let address: UInt
  let memory: UnsafeMutableBufferPointer<UInt8>

  init(at address: UInt) {
    self.address = address
    memory = .allocate(capacity: 4096)
    memory.initialize(repeating: 0xcc)
  }

  deinit { memory.deallocate() }

  var assembler: Assembler {
    let start = memory.baseAddress!
    return Assembler(start: start, limit: start + memory.count, runtimeAddress: address)
  }

  func disassembled(_ assembler: Assembler) throws -> [Binutils.Instruction] {
    try Binutils.disassemble(Array(memory.prefix(assembler.offset)), at: address)
  }
}

@Suite(.enabled(if: Binutils.isPresent, "needs as and objdump (Debian package binutils)"))
struct AssemblerControlTests {
  /// Distances from the start of a jump around the limits of its short and long forms.
  static let distances: [Int] = [
    0, 2, 3, -126, -127, 128, 129, 130, 131, -125, 0x1234_5678, -0x1234_5678, 0x7fff_fff0,
    -0x7fff_fff0, 0x8000_0001, -0x7fff_fffb,
  ]

  @Test("Direct jumps and calls agree with as and objdump", arguments: distances)
  func direct(_ distance: Int) throws {
    // A jump that is alone in the listing stands at its start.
    let target = Listing.runtimeAddress &+ UInt(bitPattern: distance)
    let operand = ".\(distance < 0 ? "" : "+")\(distance)"
    let forms: [(String, (inout Assembler) -> Void)] = [
      ("call \(operand)", { $0.call(to: target) }), ("jmp \(operand)", { $0.jmp(to: target) }),
    ]
    for (text, emit) in forms {
      var listing = Listing()
      listing.add(text, emit)
      try expectAgreement(listing)
    }
  }

  @Test("Conditional jumps name the condition and the target")
  func conditional() throws {
    let code = Code(at: 0x40_0000)
    var assembler = code.assembler
    var expected: [String] = []
    for c in HostCondition.allCases {
      let here = assembler.currentAddress
      for target in [here &- 0x40, here &+ 0x7fff_0000, here &+ 0x80, 0x40_0000] {
        assembler.jcc(c, to: target)
        expected.append("j\(c) 0x\(String(target, radix: 16))")
      }
      assembler.bind(assembler.jcc(c))
      expected.append("j\(c) 0x\(String(assembler.currentAddress, radix: 16))")
    }
    #expect(try code.disassembled(assembler).map(\.text) == expected)
  }

  @Test("An inverted condition is the other one of its pair")
  func inverted() {
    #expect(HostCondition.allCases.allSatisfy { $0.inverted.rawValue == $0.rawValue ^ 1 })
    #expect(HostCondition.b.inverted == .ae && HostCondition.g.inverted == .le)
  }

  @Test("Forward jumps reach where they are bound, or are patched to")
  func fixups() throws {
    let code = Code(at: 0x7fff_0000_1000)
    var assembler = code.assembler
    let fixups = [
      assembler.jmp(), assembler.jcc(.be), assembler.call(), assembler.jmpShort(),
      assembler.jccShort(.np),
    ]
    let far = assembler.jmp()
    assembler.nop(100)
    for fixup in fixups { assembler.bind(fixup) }
    let target = "0x\(String(assembler.currentAddress, radix: 16))"
    assembler.patch(far, to: 0x7ffe_9000_0000)
    let lines = try code.disassembled(assembler)
    let expected =
      ["jmp", "jbe", "call", "jmp", "jnp"].map { "\($0) \(target)" } + ["jmp 0x7ffe90000000"]
    #expect(lines.prefix(6).map(\.text) == expected)
    #expect(lines.prefix(6).map(\.bytes.count) == [5, 6, 5, 2, 2, 5])
    #expect(assembler.runtimeAddress(of: far) == lines[5].address + 1)
  }

  @Test("No-operations have the size that was asked for")
  func noOperations() throws {
    for count in 1...40 {
      let code = Code(at: 0)
      var assembler = code.assembler
      assembler.nop(count)
      let lines = try code.disassembled(assembler)
      #expect(assembler.offset == count && lines.count == (count + 8) / 9)
      let names: Set<Substring> = ["nop", "xchg", "cs"]
      #expect(lines.allSatisfy { names.contains($0.text.prefix { $0 != " " }) })
      #expect(lines.allSatisfy { !$0.text.hasPrefix("xchg") || $0.text == "xchg ax,ax" })
    }
  }

  @Test("Patchable operands stay inside a 64-byte line")
  func alignment() {
    for position in 0..<128 {
      for opcodeSize in 1...2 {
        let code = Code(at: 0x1000 + UInt(position))
        var assembler = code.assembler
        assembler.alignForPatch(opcodeSize)
        let field = assembler.currentAddress &+ UInt(opcodeSize)
        #expect(field / 64 == (field + 3) / 64 && assembler.offset <= 3)
        let wanted = (0x1000 + UInt(position) &+ UInt(opcodeSize)) % 64
        #expect((assembler.offset == 0) == (wanted <= 60))
        assembler.align(to: 16)
        #expect(assembler.currentAddress % 16 == 0)
      }
    }
  }

  @Test("A full buffer is left alone, and said to be full")
  func overflow() {
    let code = Code(at: 0)
    let start = code.memory.baseAddress!
    var assembler = Assembler(start: start, limit: start + 40, runtimeAddress: 0)
    while !assembler.overflowed { assembler.ret() }
    #expect(assembler.offset == 40 - Assembler.room + 1)
    let offset = assembler.offset
    assembler.nop(100)
    assembler.movi(.r15, 0x1234_5678_9abc_def0, preservingFlags: true)
    assembler.dword(0)
    assembler.qword(0)
    for fixup in [assembler.jmp(), assembler.jccShort(.e), assembler.call()] {
      #expect(fixup.size == 0)
      assembler.bind(fixup)
    }
    #expect(assembler.offset == offset && start[0] == 0xc3)
    #expect(code.memory[40...].allSatisfy { $0 == 0xcc })
  }

  @Test("Data is little-endian")
  func data() {
    let code = Code(at: 0)
    var assembler = code.assembler
    assembler.dword(0x1122_3344)
    assembler.qword(0x0102_0304_0506_0708)
    let expected: [UInt8] = [0x44, 0x33, 0x22, 0x11, 8, 7, 6, 5, 4, 3, 2, 1]
    #expect(assembler.offset == 12 && Array(code.memory.prefix(12)) == expected)
  }

  @Test("Addresses keep their parts")
  func addresses() {
    let full = Address(
      base: .r13, index: .r12, scale: 8, displacement: -4, segmentGS: true, addressSize32: true)
    #expect(full.base == .r13 && full.index == .r12 && full.scale == 8 && full.displacement == -4)
    #expect(full.segmentGS && full.addressSize32 && full.nearTarget == nil)
    #expect(full.advanced(by: 8).displacement == 4 && full.advanced(by: 8).base == .r13)
    let near = Address(near: 0x7fff_8000_0010)
    #expect(near.nearTarget == 0x7fff_8000_0010 && near.base == nil && near.index == nil)
    #expect(near.advanced(by: -0x20).nearTarget == 0x7fff_7fff_fff0)
    #expect(MemoryLayout<Address>.size == 12)
  }
}
