/// Writes ops in the form of QEMU's log.
///
/// An op is ` NAME_TYPE RESULTS,OPERANDS,CONSTANTS`: ` add_i32 r4,r4,$0xfc`. Env and globals stand
/// by name, constants as `$0x..` in the width of their type, values as `tmpN`: N counts the
/// block's values in the order in which they were made, so it stays the same through the
/// optimiser; constants, and values whose definition a global took over, do not count.
/// ` ---- 100000b8` with a blank line before it starts a guest instruction.
///
/// What TCG does not have is written in the same spirit:
/// - an index and a displacement of `qemu_ld`, `qemu_st` follow the memory operation, each only if
///   it is there: ` qemu_ld_i32 r6,r4,beul,0,r5,$0x8`;
/// - the type of a result that differs from the compared type: ` movcond_i64_i32 tmp0,..`;
/// - `goto_tb` and `call_tb` have slot and target, `exit_tb` the exit's kind by name and a payload.
public struct Printer {
  /// The block whose ops are written.
  let block: Block
  /// Whether the results of liveness analysis follow each op, from column 40.
  let life: Bool
  /// What is written so far.
  var bytes: [UInt8] = []
  private let names: BlockNames
  /// The number of each value, indexed by temp from the first that is not a global.
  private var numbers: [UInt16]

  /// - Parameter life: add `sync`, `dead` and `pref` from column 40.
  public init(_ block: Block, life: Bool = false) {
    self.block = block
    self.life = life
    names = block.names
    numbers = []
    let first = block.firstLocal
    numbers.reserveCapacity(block.tempCount - first)
    var count: UInt16 = 0
    for index in first..<block.tempCount {
      let temp = block.temps[index]
      let counts = temp.kind == .value && temp.alias == 0
      numbers.append(counts ? count : .max)
      count += counts ? 1 : 0
    }
  }

  /// The column at which the results of liveness analysis stand.
  static let lifeColumn = 40

  /// Writes every op of the block.
  public mutating func append() {
    for index in 0..<block.opCount { append(op: index) }
  }

  /// Writes one op, with the end of its line.
  public mutating func append(op index: Int) {
    let op = block.ops[index]
    // QEMU counts the line feed before an instruction as a column.
    let start = bytes.count
    if op.opcode == .insn_start { put("\n") }
    switch op.opcode {
    case .insn_start:
      put(" ---- ")
      putHexadecimal(UInt64(op.constant), digits: 8)
      if op.constant2 != 0 {
        put(",")
        putHexadecimal(UInt64(op.constant2), digits: 8)
      }
    case .call: putCall(op)
    default: putOp(op)
    }
    if life { putLife(op, column: bytes.count - start) }
    put("\n")
  }

  // MARK: Ops

  private mutating func putOp(_ op: Op) {
    put(" ")
    put(op.opcode.text)
    if !op.opcode.info.flags.contains(.untyped) {
      put("_")
      put(op.type.name)
      if let result = differingResult(op) {
        put("_")
        put(result.name)
      }
    }
    let isAccess = op.opcode.isGuestAccess
    let arguments = op.outputCount + op.inputCount - (isAccess ? 1 : 0)
    var separator = " "
    if op.opcode.hasElements {
      put(" v128,e\(8 << op.constant)")
      separator = ","
    } else if op.opcode == .brextreme {
      put(" ")
      put(op.suspect.map { "\($0)" } ?? "$0x\(op.constant2)")
      separator = ","
    }
    for n in 0..<arguments {
      put(separator)
      put(temp: op.argument(n))
      separator = ","
    }
    putConstants(op, separator)
  }

  /// The type of a comparison's result where it is not that of the comparison.
  private func differingResult(_ op: Op) -> ValueType? {
    guard op.opcode == .setcond || op.opcode == .movcond, op.outputCount > 0 else { return nil }
    let result = Int(op.output(0))
    guard result < block.tempCount, block.temps[result].type != op.type else { return nil }
    return block.temps[result].type
  }

  private mutating func putConstants(_ op: Op, _ separator: String) {
    switch op.opcode {
    case .set_label, .br:
      put(" ")
      putLabel(op.constant)
    case .brcond:
      put(",")
      put(op.condition.text)
      put(",")
      putLabel(op.constant)
    case .brfcmp:
      put(",")
      put(FloatRelation(rawValue: op.constant2).map { "\($0)" } ?? "$0x\(op.constant2)")
      put(",")
      putLabel(op.constant)
    case .brnarrow, .brextreme:
      put(",")
      putLabel(op.constant)
    case .brclass:
      put(",")
      put(FloatClass(rawValue: op.constant2).map { "\($0)" } ?? "$0x\(op.constant2)")
      put(",")
      putLabel(op.constant)
    case .setcond, .negsetcond, .movcond:
      put(",")
      put(op.condition.text)
    case .qemu_ld, .qemu_st, .qemu_ld2, .qemu_st2: putAccess(op)
    case .qemu_cmpxchg:
      put(",")
      put(op.memory.description)
    case .ld, .ld8u, .ld8s, .ld16u, .ld16s, .ld32u, .ld32s, .st, .st8, .st16, .st32:
      putConstant(UInt64(bitPattern: Int64(Int32(bitPattern: op.constant))), ",")
    case .bswap16, .bswap32, .bswap64:
      put(",")
      put(ConstantNames.byteSwap(op.constant) ?? "$0x\(String(op.constant, radix: 16))")
    case .mb:
      put(" ")
      put(ConstantNames.barrier(op.constant))
    case .exit_tb:
      put(" ")
      put(ExitKind(rawValue: op.constant).map { "\($0)" } ?? "$0x\(String(op.constant, radix: 16))")
      putConstant(UInt64(op.constant2), ",")
    case _ where op.opcode.hasElements:
      if op.opcode == .cmp_vec {
        put(",")
        put(op.condition.text)
      }
      if op.opcode.hasElementNumber { putConstant(UInt64(op.constant2), ",") }
    default:
      let count = op.opcode.info.constants
      if count > 0 { putConstant(UInt64(op.constant), separator) }
      if count > 1 { putConstant(UInt64(op.constant2), ",") }
    }
  }

  /// A guest access: the memory operation, then index and displacement where they are not zero.
  private mutating func putAccess(_ op: Op) {
    put(",")
    put(op.memory.description)
    let index = op.input(op.inputCount - 1)
    let constant = Int(index) < block.tempCount ? block.constantValue(index) : nil
    if constant != 0 {
      put(",")
      put(temp: index)
    }
    if op.constant2 != 0 || (constant ?? 0) != 0 { putConstant(UInt64(op.constant2), ",") }
  }

  /// ` call NAME,$0xFLAGS,$NOUT,results,env,operands`.
  private mutating func putCall(_ op: Op) {
    let helper = Int(op.constant)
    let known = helper < names.helpers.count
    put(" call ")
    put(known ? names.helpers[helper].name : "helper\(helper)")
    putConstant(known ? UInt64(names.helpers[helper].flags.rawValue) : 0, ",")
    put(",$\(op.outputCount)")
    for n in 0..<op.outputCount {
      put(",")
      put(temp: op.output(n))
    }
    put(",env")
    for n in 0..<op.inputCount {
      put(",")
      put(temp: op.input(n))
    }
  }

  // MARK: Liveness

  private mutating func putLife(_ op: Op, column: Int) {
    for _ in column..<max(column, Self.lifeColumn) { put(" ") }
    putArguments("  sync:", op.sync & ~(UInt8.max << UInt8(op.outputCount)))
    putArguments("  dead:", op.dead)
    if op.outputCount == 0 { return }
    put("  pref=")
    for n in 0..<op.outputCount {
      if n > 0 { put(",") }
      switch op.preference {
      case 0: put("none")
      case .max: put("all")
      default:
        put("0x")
        putHexadecimal(UInt64(op.preference))
      }
    }
  }

  private mutating func putArguments(_ title: String, _ mask: UInt8) {
    if mask == 0 { return }
    put(title)
    for n in 0..<8 where mask >> n & 1 != 0 {
      put(" ")
      bytes.append(UInt8(ascii: "0") + UInt8(n))
    }
  }

  // MARK: Parts

  private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func put(temp: TempIndex) {
    let index = Int(temp)
    guard index < block.tempCount else { return put("?\(index)") }
    let kind = block.temps[index].kind
    switch kind {
    case .fixed: put("env")
    case .global: put(names.globals[index - 1].name)
    case .constant: putConstant(block.temps[index].value, "")
    case .value:
      let number = numbers[index - block.firstLocal]
      put(number == .max ? "gone" : "tmp")
      putDecimal(number == .max ? index : Int(number))
    }
  }

  private mutating func putConstant(_ value: UInt64, _ separator: String) {
    put(separator)
    put("$0x")
    putHexadecimal(value)
  }

  private mutating func putLabel(_ label: UInt32) {
    put("$L")
    putDecimal(Int(label))
  }

  private mutating func putDecimal(_ value: Int) {
    if value >= 10 { putDecimal(value / 10) }
    bytes.append(UInt8(ascii: "0") + UInt8(value % 10))
  }

  private mutating func putHexadecimal(_ value: UInt64, digits: Int = 1) {
    let significant = (64 - value.leadingZeroBitCount + 3) / 4
    for n in (0..<max(significant, digits)).reversed() {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * n) & 15)
      bytes.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
    }
  }
}

extension Block {
  /// Appends the block's text to a string; see `Printer` for its form.
  ///
  /// - Parameter life: add the results of liveness analysis from column 40.
  public func print(into text: inout String, life: Bool = false) {
    var printer = Printer(self, life: life)
    printer.append()
    text += String(decoding: printer.bytes, as: UTF8.self)
  }

  /// Hands the block's text to a sink; see `Printer` for its form.
  public func print(life: Bool = false, to sink: (UnsafeBufferPointer<UInt8>) -> Void) {
    var printer = Printer(self, life: life)
    printer.append()
    printer.bytes.withUnsafeBufferPointer(sink)
  }

  /// The text of one op, without the blank line before an instruction and the line's end.
  public func text(ofOp index: Int, life: Bool = false) -> String {
    var printer = Printer(self, life: life)
    printer.append(op: index)
    return String(decoding: printer.bytes.drop { $0 == 10 }.dropLast(), as: UTF8.self)
  }
}

extension Op {
  /// Argument `n`: results first, then operands.
  @inlinable func argument(_ n: Int) -> TempIndex { arguments[unchecked: n] }
}

extension Opcode {
  private static let texts: [String] = allCases.map { "\($0)" }
  /// The name without the cost of reflection; the raw values count from zero.
  var text: String { Self.texts[Int(rawValue)] }

  /// Whether the op's last operand is the index of a guest address.
  var isGuestAccess: Bool {
    rawValue >= Opcode.qemu_ld.rawValue && rawValue <= Opcode.qemu_st2.rawValue
  }
}

extension Condition {
  private static let texts: [String] = allCases.map { "\($0)" }
  /// The name without the cost of reflection; the raw values count from zero.
  var text: String { Self.texts[Int(rawValue)] }
}
