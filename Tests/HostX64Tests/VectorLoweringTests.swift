import Foundation
import Optimizer
import Testing

@testable import HostX64
@testable import IR

/// Whether this host has what vectors need.
private let hasVectors = Features.detect().isSuperset(of: [.avx2, .fma])

/// Times that each op is put in random places.
private let rounds =
  ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == nil ? 16 : 300

@Suite("Lowering of vectors")
struct VectorLoweringTests {
  /// Random states; denormals are kept or not, and either mode holds at first.
  private static func runs(
    _ random: inout VectorValues, _ count: Int, singles: Bool, goesOver: Bool
  ) -> [VectorMachine.Run] {
    (0..<count).map { _ in
      var run = VectorMachine.Run(random.state(singles: singles))
      run.statuses.vector = random.below(2) == 0 ? 0x1f80 : 0x9fc0
      run.mode = goesOver && random.below(2) == 0 ? 0 : 4
      return run
    }
  }

  /// Puts each op in random places; the first failure of each.
  private static func failures(
    _ forms: [VectorForm], _ machine: VectorMachine, constants: Bool = true, seed: UInt64,
    check: (VectorMachine) throws -> String? = { _ in nil }
  ) rethrows -> [String] {
    var random = VectorValues(seed)
    var failures: [String] = []
    for form in forms {
      for _ in 0..<rounds {
        var block = VectorText()
        let goesOver = form.isSingle && random.below(2) == 0
        if goesOver { block.add(" float_mode $0x1") }
        block.appendCase(form, &random, constants: constants)
        let runs = runs(&random, 4, singles: form.isSingle, goesOver: goesOver)
        guard let failure = try machine.failure(block.text, runs) ?? check(machine) else {
          continue
        }
        failures.append(failure)
        break
      }
    }
    return failures
  }

  @Test("Each op gives what the interpreter gives", .enabled(if: hasVectors))
  func ops() throws {
    let forms = VectorForm.vectors + VectorForm.logic + VectorForm.halves
    let names = Set((forms + VectorForm.lanes).map { $0.name.prefix { $0 != " " } })
    for opcode in Opcode.allCases where opcode.isVector {
      #expect(names.contains(opcode.name[...]) || names.contains("\(opcode)_v128"))
    }
    // Of these 3 * (16 + 32) shifts, 16 + 8 + 4 elements, 16 places of `extract2`, 9 comparisons.
    #expect(forms.count > 144 + 28 + 16 + 9)
    for passes in [[], Passes.all] {
      let failures = try Self.failures(
        forms, try VectorMachine(.detect(), passes: passes), seed: passes.isEmpty ? 3 : 4)
      #expect(failures == [], "\(failures.prefix(20).joined(separator: "\n"))")
    }
  }

  @Test("Scalar operations side by side", .enabled(if: hasVectors))
  func lanes() throws {
    for passes in [[], Passes.all] {
      let machine = try VectorMachine(.detect(), passes: passes)
      var random = VectorValues(12)
      for form in VectorForm.lanes {
        for _ in 0..<rounds {
          var block = VectorText()
          block.appendCase(form, &random, constants: true)
          #expect(machine.failure(block.text, Self.scalarRuns(&random)) == nil, "\(form.name)")
        }
      }
    }
  }

  @Test("Vectors of 256 bits, also where EVEX cannot be used", .enabled(if: hasVectors))
  func wide() throws {
    for (n, features) in [Features.detect(), [.avx, .avx2, .fma]].enumerated() {
      for passes in [[], Passes.all] {
        let machine = try VectorMachine(features, passes: passes)
        let seed = UInt64(20 + 2 * n + (passes.isEmpty ? 0 : 1))
        let failures = try Self.failures(VectorForm.wide, machine, seed: seed)
        #expect(failures == [], "\(failures.prefix(20).joined(separator: "\n"))")
        var random = VectorValues(seed)
        for form in VectorForm.lanes where form.types[0] == .v256 {
          var block = VectorText()
          block.appendCase(form, &random, constants: true)
          block.add(" zeroupper")
          #expect(machine.failure(block.text, Self.scalarRuns(&random)) == nil, "\(form.name)")
        }
      }
    }
  }

  @Test("Halves need nothing that the first hosts of this kind do not have")
  func halves() throws {
    let machine = try VectorMachine([])
    let failures = try Self.failures(VectorForm.halves, machine, constants: false, seed: 5) {
      guard Binutils.isPresent else { return nil }
      let lines = try Binutils.disassemble($0.code, at: 0x1000)
      return lines.first { $0.text.hasPrefix("v") }.map { "\($0.text)" }
    }
    #expect(failures == [], "\(failures.prefix(20).joined(separator: "\n"))")
  }

  @Test("More values than registers, through branches by class", .enabled(if: hasVectors))
  func crowds() throws {
    for passes in [[], Passes.all] {
      let machine = try VectorMachine(.detect(), passes: passes)
      var random = VectorValues(passes.isEmpty ? 6 : 7)
      var failures: [String] = []
      for n in 0..<20 * rounds where failures.count < 3 {
        let isWide = n % 4 == 0
        let forms =
          isWide ? VectorForm.wide : VectorForm.vectors + VectorForm.logic + VectorForm.halves
        let text = VectorText.crowd(forms, isWide ? .v256 : .v128, &random)
        let runs = Self.runs(&random, 4, singles: random.below(2) == 0, goesOver: false)
        if let failure = machine.failure(text, runs) { failures.append(failure) }
      }
      #expect(failures == [], "\(failures.joined(separator: "\n"))")
    }
  }

  @Test("Branches by class, of vectors in every place", .enabled(if: hasVectors))
  func vectorBranches() throws {
    let machine = try VectorMachine(.detect())
    var random = VectorValues(8)
    var taken = [0, 0]
    for wanted in ["nan", "nanOrLeast"] {
      for value in ["v0", "tmp0", "$0x7f8000017f800001", "$0x0080000000800000", "$0x0"] {
        for _ in 0..<rounds {
          let text = Self.branching("brclass_v128 \(value),\(wanted)", [("v128", "v0")])
          let runs = Self.runs(&random, 8, singles: true, goesOver: false)
          #expect(machine.failure(text, runs) == nil)
          for run in runs { taken[Self.isNan(run) ? 1 : 0] += 1 }
        }
      }
    }
    #expect(taken.allSatisfy { $0 > 10 })
  }

  /// Whether v0 has a NaN.
  private static func isNan(_ run: VectorMachine.Run) -> Bool {
    (0..<4).contains { n in
      let bytes = run.before[(8 + 4 * n)..<(12 + 4 * n)]
      let bits = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return Float(bitPattern: bits).isNaN
    }
  }

  /// A branch whose operands are globals, or copies of them, and what stands on both sides of it.
  private static func branching(
    _ op: String, _ copies: [(type: String, global: String)], then: String? = nil
  ) -> String {
    let moves = copies.enumerated().map { " mov_\($1.type) tmp\($0),\($1.global)" }
    let main =
      [" ---- 00000000"] + moves + [" \(op),$L0"] + (then.map { [$0] } ?? []) + [
        " exit_tb exception,$0x7"
      ]
    let stores = copies.enumerated().map { " mov_\($1.type) \($1.global.prefix(1))5,tmp\($0)" }
    return (main + [" set_label $L0"] + stores + [" exit_tb exception,$0x8"])
      .joined(separator: "\n")
  }

  @Test("Branches by class, as extreme and by narrowing, of scalars")
  func scalarBranches() throws {
    let classes: [(type: String, global: String, classes: [String])] = [
      ("f32", "s0", ["nan", "extreme"]), ("f64", "d0", ["nan", "extreme"]),
    ]
    for features in [Features.detect(), []] {
      let machine = try VectorMachine(features)
      var random = VectorValues(9)
      for row in classes {
        for wanted in row.classes {
          for place in [row.global, "tmp0"] {
            let text = Self.branching(
              "brclass_\(row.type) \(place),\(wanted)", [(row.type, row.global)])
            #expect(machine.failure(text, Self.scalarRuns(&random)) == nil)
          }
        }
      }
      let doubles = ["d0", "d1", "d2"].map { (type: "f64", global: $0) }
      for operands in ["d0,d1,d2", "tmp0,tmp1,tmp2", "tmp0,d1,d1", "d0,tmp0,d0", "tmp2,d1,tmp1"] {
        for suspect in [SuspectResult.product, .sum] {
          let text = Self.branching("brextreme_f64 \(suspect),\(operands)", doubles)
          #expect(machine.failure(text, Self.scalarRuns(&random)) == nil)
        }
      }
      let singles = ["s0", "s1", "s2"].map { (type: "f32", global: $0) }
      for (operands, copies) in [
        ("product,s0,s1,s2", singles), ("product,tmp0,tmp1,tmp2", singles),
        ("sum,s0,s1,s2", singles), ("sum,tmp0,tmp1,s1", singles), ("rounded,s1,d1,d2", doubles),
        ("rounded,s0,tmp1,d0", doubles),
      ] {
        let text = Self.branching("brextreme_f32 \(operands)", copies)
        #expect(machine.failure(text, Self.scalarRuns(&random)) == nil)
      }
      for operand in ["d0", "tmp1", "d2"] {
        let text = Self.branching("brnarrow_f32 s4,\(operand)", doubles, then: " mov_f32 s5,s4")
        #expect(machine.failure(text, Self.scalarRuns(&random)) == nil)
      }
      for relation in FloatRelation.allCases {
        for operands in ["d0,d1", "tmp0,tmp1", "tmp0,d0", "d1,tmp2", "d2,d2"] {
          let text = Self.branching("brfcmp_f64 \(operands),\(relation)", doubles)
          #expect(machine.failure(text, Self.scalarRuns(&random)) == nil)
        }
      }
    }
  }

  /// States in the scalar mode.
  private static func scalarRuns(_ random: inout VectorValues) -> [VectorMachine.Run] {
    (0..<40 * rounds).map { _ in
      var run = VectorMachine.Run(random.state(singles: true))
      run.mode = 0
      run.modeAfter = 0
      return run
    }
  }

  @Test("Loads and stores of the guest's memory", .enabled(if: hasVectors))
  func guestMemory() throws {
    let machine = try VectorMachine(.detect())
    var random = VectorValues(11)
    let constant = "$0x\(String(machine.guestAddress + 0x200, radix: 16))"
    // w0, w4: near the middle; w1, w5: small numbers; w6: a negative one.
    for base in ["w0", "w4", "tmp0", constant] {
      for rest in ["", ",$0x9", ",w1", ",w5", ",tmp1,$0xfffffff0", ",w6,$0x21", ",$0xfffffe00"] {
        for access in [
          "ld_v128 v6", "ld_v128 tmp2", "st_v128 v0", "st_v128 tmp3", "ld_v256 y6", "ld_v256 tmp2",
          "st_v256 y0", "st_v256 tmp3",
        ] {
          let text = Self.accessing("qemu_\(access),\(base),beo,0\(rest)")
          for _ in 0..<4 {
            let run = Self.guestRun(&random, machine)
            #expect(machine.failure(text, [run]) == nil)
          }
        }
      }
    }
  }

  /// An access, with operands of it in values, which are all stored behind it.
  private static func accessing(_ op: String) -> String {
    let isLoad = op.contains("tmp2")
    let (type, name) = op.contains("v256") ? ("v256", "y") : ("v128", "v")
    let lines = [
      " ---- 00000000", " mov_i32 tmp0,w4", " mov_i32 tmp1,w5", " mov_\(type) tmp3,\(name)1",
      " \(op)",
    ]
    let stores = [" mov_i32 w2,tmp0", " mov_i32 w3,tmp1", " mov_\(type) \(name)9,tmp3"]
    return
      (lines + (isLoad ? [" mov_\(type) \(name)8,tmp2"] : []) + stores + [" exit_tb exception,$0x7"])
      .joined(separator: "\n")
  }

  /// A state with guest memory and numbers that lead there.
  private static func guestRun(
    _ random: inout VectorValues, _ machine: VectorMachine
  ) -> VectorMachine.Run {
    var run = VectorMachine.Run(random.state(singles: false))
    run.guest = (0..<VectorMachine.guestSize).map { _ in UInt8(random.below(256)) }
    let middle = machine.guestAddress + 0x400 + UInt32(random.below(64))
    let small = UInt32(random.below(64))
    for (name, value) in [
      ("w0", middle), ("w4", middle + 3), ("w1", small), ("w5", small), ("w6", 0 &- small),
    ] {
      let offset = VectorMachine.globals.first { $0.name == name }!.offset
      for n in 0..<4 { run.before[offset + n] = UInt8(truncatingIfNeeded: value >> UInt32(8 * n)) }
    }
    return run
  }

  @Test("A mode holds from its op on, and keeps its flags to itself", .enabled(if: hasVectors))
  func modes() throws {
    // 2^-149 + 0 in both modes: a vector op and a scalar op, before and after.
    let singles = " fadd_vec v1,v0,v0"
    let scalar = " fadd_f32 s1,s0,s0"
    let machine = try VectorMachine(.detect())
    for order in [[1, 0], [1, 1, 0], [0, 1], [0, 0, 1, 0], [1, 0, 1]] {
      var lines = [" ---- 00000000"]
      for mode in order { lines += [" float_mode $0x\(mode)", mode == 1 ? singles : scalar] }
      for initial: UInt32 in [0, 4] {
        var random = VectorValues(10)
        var run = VectorMachine.Run(random.state(singles: false))
        for global in VectorMachine.globals where ["v0", "s0"].contains(global.name) {
          for n in 0..<global.type.bits / 8 { run.before[global.offset + n] = n % 4 == 0 ? 1 : 0 }
        }
        run.statuses.vector = 0x9fc0
        run.mode = initial
        run.modeAfter = UInt32(4 * order.last!)
        let text = (lines + [" exit_tb exception,$0x7"]).joined(separator: "\n")
        #expect(machine.failure(text, [run]) == nil)
      }
    }
  }
}
