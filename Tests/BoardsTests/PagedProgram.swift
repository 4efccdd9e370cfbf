@testable import GuestPowerPC

/// A random program with address translation on: a page table and a block, two pages of code, two
/// sets of eight pages of data, and instructions that change all of that the way the manuals ask.
struct PagedProgram {
  static let memorySize = 0x6_0000
  /// The program starts shortly before the border of its pages, at 0x1000_1000.
  static let start: UInt32 = 0x1000_0fa0
  private static let codePage: UInt32 = 0x8000
  private static let table: UInt32 = 0x1_0000
  /// A block that shows the first 128 KiB of memory, for changes; and one for everything else.
  private static let window: UInt32 = 0x4000_0000
  private static let scratch: UInt32 = 0x5000_0000, scratchPlace: UInt32 = 0x4_0000
  private static let names: [UInt32] = [3, 7]

  var words: [UInt32: UInt32] = [:]
  var code: [UInt32] = []
  var registers = [UInt32](repeating: 0, count: 32)
  var machineState: UInt32 = 0x2032
  private var random: WildRandom

  private static let forms = TestAssembler.forms.filter { form in
    let operands = form.operands.map(\.name)
    let names = ["icbi", "mtmsr", "rfi", "sc", "tlbie", "mtspr", "mftb", "mfspr", "eciwx", "ecowx"]
    return !names.contains(form.mnemonic) && !form.mnemonic.hasPrefix("b")
      && !form.mnemonic.hasPrefix("mtsr") && !form.mnemonic.hasPrefix("tlb")
      && !form.mnemonic.hasPrefix("tw") && !operands.contains("LI")
  }
  private static let accesses = forms.filter { form in
    let operands = form.operands.map(\.name)
    return operands.contains("RA")
      && (form.mnemonic.hasPrefix("l") || form.mnemonic.hasPrefix("st"))
      || form.mnemonic == "dcbz"
  }

  init(seed: UInt64) {
    random = WildRandom(state: seed)
    let isUser = random.below(4) == 0
    if isUser { machineState |= 0x4000 }
    makeTable()
    for n in 0..<32 { registers[n] = n < 9 ? dataAddress() : random.word(below: 0x3000) }
    let count = 8 + Int(random.below(50))
    while code.count < count { append(isUser) }
    for vector in stride(from: 0x100 as UInt32, through: 0x1400, by: 0x100) {
      // Fetches that fail, and system calls, end the program.
      let handler =
        vector == 0x400 || vector == 0xc00
        ? ["addis r31, r0, 4", "mtmsr r31", "b 0"].map { TestAssembler.assemble($0)! }
        : WildProgram.skippingHandler
      for (n, word) in handler.enumerated() { words[vector + 4 * UInt32(n)] = word }
    }
    for n in 0..<UInt32(0x800) { words[Self.codePage + 4 * n] = 0x4400_0002 }
    for (n, word) in code.enumerated() { words[Self.place(n)] = word }
  }

  /// The physical address of an instruction of the program.
  private static func place(_ n: Int) -> UInt32 { codePage + (start & 0xfff) + 4 * UInt32(n) }

  // MARK: Pages

  private mutating func dataAddress() -> UInt32 {
    switch random.below(8) {
    case 0: return Self.scratch + random.pick([0, 0x1_fff0, 0x8000]) &+ random.word(below: 32) &- 8
    case 1...3: return 0x3000_0000 + 0x1000 * random.word(below: 9) &- 8 &+ random.word(below: 16)
    default: return 0x3000_0000 + random.word(below: 0x9000)
    }
  }

  private func entry(_ effective: UInt32, _ name: UInt32, isSecondary: Bool) -> UInt32 {
    let hash = name ^ effective >> 12 & 0xffff
    return Self.table | (isSecondary ? ~hash : hash) << 6 & 0xffc0
  }

  private mutating func protection() -> UInt32 {
    random.pick([0, 1, 2, 2, 2, 3]) | random.pick([0, 0x80, 0x100, 0x180]) | random.pick([0, 0x10])
  }

  private mutating func add(_ effective: UInt32, _ name: UInt32, _ second: UInt32) {
    let isSecondary = random.below(4) == 0
    let place = entry(effective, name, isSecondary: isSecondary) + 8 * random.word(below: 8)
    words[place] =
      0x8000_0000 | name << 7 | (isSecondary ? 0x40 : 0) | effective >> 22 & 0x3f
    words[place + 4] = second
  }

  private mutating func makeTable() {
    for page in [0, 1] as [UInt32] {
      add(0x1000_0000 + page << 12, 1, (Self.codePage + page << 12) | 2)
    }
    for name in Self.names {
      for page in 0..<UInt32(8) where random.below(8) != 0 {
        // Some pages of memory are seen at two addresses.
        let physical = 0x2_0000 + random.word(below: 16) << 12
        add(0x3000_0000 + page << 12, name, physical | protection())
      }
    }
  }

  // MARK: Code

  private mutating func append(_ isUser: Bool) {
    switch random.below(24) {
    case 0 where !isUser: changeEntry()
    case 1 where !isUser: changeSegment()
    case 2 where !isUser: changeCode()
    case 3 where !isUser:
      let state: UInt32 = random.pick([0x2032, 0x2022, 0x2032, 0x0032])
      code += Self.load(20, state) + Self.lines(["mtmsr r20", "isync"])
      code += Self.load(20, 0x2032) + Self.lines(["mtmsr r20", "isync"])
    case 4:
      let distance = Int(random.below(4))
      code += Self.lines([
        "bc \(random.pick([4, 12])), \(random.below(8)), \(4 + 4 * distance)"
      ])
      for _ in 0...distance { code.append(word(random.pick(Self.forms))) }
    case 5: code += Self.lines(["mfspr r\(9 + random.below(8)), \(random.pick([18, 19, 26, 27]))"])
    case 6...15: code.append(word(random.pick(Self.accesses)))
    default: code.append(word(random.pick(Self.forms)))
    }
  }

  private mutating func word(_ form: TestAssembler.Form) -> UInt32 {
    var word = TestAssembler.random(form, using: &random)
    for operand in form.operands {
      let value: Int? =
        switch operand.name {
        case "RA"
        where form.mnemonic.first == "l" || form.mnemonic.hasPrefix("st")
          || form.mnemonic.hasPrefix("dc"):
          Int(random.below(8)) + 1
        case "RT", "RS", "RA":
          form.mnemonic.hasSuffix("mw") ? 24 + Int(random.below(8)) : 9 + Int(random.below(12))
        case "RB": 9 + Int(random.below(6))
        case "D": Int(random.below(64)) - 32
        default: nil
        }
      if let value, let new = operand.inserting(value, in: word) { word = new }
    }
    return word
  }

  private static func lines(_ lines: [String]) -> [UInt32] {
    lines.map { TestAssembler.assemble($0)! }
  }

  private static func load(_ register: Int, _ value: UInt32) -> [UInt32] {
    [
      15 << 26 | UInt32(register) << 21 | value >> 16,
      24 << 26 | UInt32(register) << 21 | UInt32(register) << 16 | value & 0xffff,
    ]
  }

  /// Another translation for a page of data, and the invalidation of the old one.
  private mutating func changeEntry() {
    let places = words.keys.filter { $0 >= Self.table && $0 < 0x2_0000 && $0 & 4 != 0 }.sorted()
    let place = random.pick(places.filter { words[$0 - 4]! >> 7 & 0xffff != 1 })
    let second = 0x2_0000 + random.word(below: 16) << 12 | protection()
    let first = words[place - 4]!
    // The page index: what the hash does not keep is in the first word.
    let hash = (place >> 6 & 0x3ff) ^ (first & 0x40 != 0 ? 0x3ff : 0)
    let low = (hash ^ first >> 7) & 0x3ff
    let effective = 0x3000_0000 | (first & 0x3f) << 22 | low << 12
    code += Self.load(20, Self.window + place) + Self.load(21, second)
    code += Self.load(22, effective)
    code += Self.lines(["stw r21, 0(r20)", "sync 0", "tlbie r22", "tlbsync", "sync 0", "isync"])
  }

  private mutating func changeSegment() {
    let keys: UInt32 = random.pick([0, 0x2000_0000, 0x4000_0000, 0x6000_0000])
    code += Self.load(20, keys | random.pick(Self.names))
    code += Self.lines(["mtsr 3, r20", "isync"])
  }

  /// Another instruction, some places ahead: behind the ten that put it there.
  private mutating func changeCode() {
    let distance = Int(random.below(8))
    let target = Self.window + Self.place(code.count + 10 + distance)
    code += Self.load(20, target) + Self.load(21, word(random.pick(Self.accesses)))
    code += Self.lines([
      "stw r21, 0(r20)", "dcbst r0, r20", "sync 0", "icbi r0, r20", "sync 0", "isync",
    ])
    for _ in 0...distance { code.append(word(random.pick(Self.accesses))) }
  }

  // MARK: State

  /// Sets the state that the program starts from.
  func start(_ supervisor: Supervisor) {
    let state = supervisor.state
    for n in 0..<32 {
      state.pointee.gpr[n] = registers[n]
      state.pointee.fpr[n] = UInt64(registers[n]) << 32 | 0x3ff0_0000
    }
    state.pointee.nip = Self.start
    supervisor.write(0x0080_0000, to: 1008)
    supervisor.write(Self.table, to: 25)
    supervisor.write(Self.window | 2, to: 536)
    supervisor.write(2, to: 537)
    supervisor.write(Self.scratch | 3, to: 538)
    supervisor.write(Self.scratchPlace | 2, to: 539)
    for n in 0..<16 { state.pointee.sr[n] = UInt32(n) }
    state.pointee.contextChanged = 1
    supervisor.setMachineState(machineState)
  }
}
