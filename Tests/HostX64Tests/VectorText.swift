@testable import HostX64
@testable import IR

/// The text of a block under construction, whose operands are in places chosen at random.
struct VectorText {
  /// The lines so far.
  private(set) var lines: [String] = [" ---- 00000000"]
  /// The number of values.
  private var count = 0
  /// Per type: the values that exist.
  private(set) var values: [ValueType: [String]] = [:]

  /// The prefix of a type's globals.
  private static func prefix(_ type: ValueType) -> String {
    VectorMachine.counts.first { $0.type == type }!.prefix
  }

  /// Appends a line.
  mutating func add(_ line: String) { lines.append(line) }

  /// A new value of a type.
  mutating func newValue(_ type: ValueType) -> String {
    count += 1
    values[type, default: []].append("tmp\(count - 1)")
    return "tmp\(count - 1)"
  }

  /// A copy of a global in a value.
  mutating func copy(_ type: ValueType, _ global: String) -> String {
    let value = newValue(type)
    add(" mov_\(type.name) \(value),\(global)")
    return value
  }

  /// The whole block.
  var text: String { (lines + [" exit_tb exception,$0x7"]).joined(separator: "\n") }

  /// One op: operands in globals, values, constants or all in one place; the result in a global, a
  /// value, or the place of an operand; and whatever was copied is stored again behind it, or not.
  mutating func appendCase(
    _ form: VectorForm, _ random: inout VectorValues, constants: Bool = true
  ) {
    var inputs: [String] = []
    let outputs = form.outputs
    for (n, type) in form.types.dropFirst(outputs).enumerated() {
      let global = "\(Self.prefix(type))\(n)"
      let isLikeFirst = n > 0 && form.types[outputs] == type
      switch random.below(isLikeFirst ? 6 : 4) {
      case 0, 1: inputs.append(global)
      case 2: inputs.append(copy(type, global))
      case 3 where constants && type.vectors > 0: inputs.append(random.constant())
      case 3: inputs.append(copy(type, global))
      default: inputs.append(inputs[0])
      }
    }
    let copies = values
    appendOp(form, inputs, &random)
    if random.below(2) == 0 { storeAll(copies, from: 16, &random) }
  }

  /// The op, with its result where chance puts it.
  private mutating func appendOp(
    _ form: VectorForm, _ inputs: [String], _ random: inout VectorValues
  ) {
    guard form.outputs > 0 else { return add(form.text(inputs)) }
    let type = form.types[0]
    let prefix = Self.prefix(type)
    let operands = inputs.filter { $0.hasPrefix(prefix) }
    switch random.below(4) {
    case 0: add(form.text(["\(prefix)6"] + inputs))
    case 1, 2:
      let place = operands.isEmpty ? "\(prefix)5" : operands[random.below(operands.count)]
      add(form.text([place] + inputs))
    default:
      let value = newValue(type)
      add(form.text([value] + inputs))
      add(" mov_\(type.name) \(prefix)7,\(value)")
    }
  }

  /// Stores values in globals from a number up, as far as there are globals.
  mutating func storeAll(
    _ values: [ValueType: [String]], from first: Int, _ random: inout VectorValues
  ) {
    for row in VectorMachine.counts {
      let all = (values[row.type] ?? []).reversed()
      for (n, value) in all.enumerated() {
        let number = row.type.vectors > 0 ? (first + n) % row.count : n % row.count
        add(" mov_\(row.type.name) \(row.prefix)\(number),\(value)")
      }
    }
  }

  /// A random operand: a value that exists, or a global.
  mutating func operand(_ type: ValueType, _ random: inout VectorValues) -> String {
    let existing = values[type] ?? []
    let globals = VectorMachine.counts.first { $0.type == type }!.count
    if type.vectors > 0, random.below(12) == 0 { return random.constant() }
    return !existing.isEmpty && random.below(4) != 0
      ? existing[random.below(existing.count)] : "\(Self.prefix(type))\(random.below(globals))"
  }

  /// More values than there are vector registers, all of which live on to the end, through ops at
  /// random; and branches to cold parts, which store what was there when they were taken.
  static func crowd(
    _ forms: [VectorForm], _ type: ValueType, _ random: inout VectorValues
  ) -> String {
    var block = VectorText()
    var parts: [String] = []
    for n in 0..<22 { _ = block.copy(type, "\(prefix(type))\(n)") }
    for step in 0..<36 {
      let form = forms[random.below(forms.count)]
      let inputs = form.types.dropFirst(form.outputs).map { block.operand($0, &random) }
      let isKept = form.outputs > 0 && random.below(3) != 0
      let global = "\(prefix(form.types[0]))\(random.below(8))"
      let result = isKept ? [block.newValue(form.types[0])] : form.outputs > 0 ? [global] : []
      // A value is no operand of the op that makes it.
      block.add(form.text(result + inputs))
      if step % 12 == 11 { parts += block.coldPart(step / 12, type, &random) }
    }
    block.storeAll(block.values, from: 0, &random)
    return ([block.text] + parts).joined(separator: "\n")
  }

  /// A branch by the class of a vector's elements, and the lines of the part that it leads to.
  private mutating func coldPart(
    _ label: Int, _ type: ValueType, _ random: inout VectorValues
  ) -> [String] {
    let classes = type == .v128 ? ["nan", "nanOrLeast"] : ["clearSingle", "clearDouble"]
    let wanted = classes[random.below(2)]
    var value = operand(type, &random)
    if value.hasPrefix("$") { value = "\(Self.prefix(type))3" }
    add(" brclass_\(type.name) \(value),\(wanted),$L\(label)")
    var part = VectorText()
    part.storeAll(values, from: 5 + label, &random)
    return [" set_label $L\(label)"] + part.lines.dropFirst() + [
      " exit_tb exception,$0x\(8 + label)"
    ]
  }
}
