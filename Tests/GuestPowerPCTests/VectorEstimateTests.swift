import Foundation
import Testing

@testable import GuestPowerPC

/// The estimates: the AltiVec PEM's chapter 6 bounds their errors.
@Suite("Vector estimates")
struct VectorEstimateTests {
  /// A bound: the largest error, relative to the exact result or absolute.
  private struct Bound {
    let mnemonic: String
    let exact: (Double) -> Double
    let relative, absolute: Double
    let operands: ClosedRange<Double>
  }

  @Test("Estimates are as close as the manual asks")
  func errors() {
    let bounds = [
      Bound(
        mnemonic: "vrefp", exact: { 1 / $0 }, relative: 1 / 4096.0, absolute: 0,
        operands: -1e30...1e30),
      Bound(
        mnemonic: "vrsqrtefp", exact: { 1 / $0.squareRoot() }, relative: 1 / 4096.0, absolute: 0,
        operands: 1e-30...1e30),
      Bound(
        mnemonic: "vexptefp", exact: { exp2($0) }, relative: 1 / 16.0, absolute: 0,
        operands: -125...127),
      Bound(
        mnemonic: "vlogefp", exact: { log2($0) }, relative: 0, absolute: 1 / 32.0,
        operands: 1e-30...1e30),
    ]
    var generator = SeededGenerator(state: 9)
    var failures: [String] = []
    for bound in bounds {
      for _ in 0..<2_000 {
        let operand = Float(Double.random(in: bound.operands, using: &generator))
        let found = Double(Self.run(bound.mnemonic, operand))
        let exact = bound.exact(Double(operand))
        let error = abs(found - exact)
        if !(error <= abs(exact) * bound.relative + bound.absolute) {
          failures.append("\(bound.mnemonic) of \(operand) is \(found), not about \(exact)")
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(10))")
  }

  private static func run(_ mnemonic: String, _ operand: Float) -> Float {
    let machine = InstructionMachine()
    machine.words = [TestAssembler.assemble(mnemonic + " v1, v2")!]
    machine["v2l"] = UInt64(operand.bitPattern)
    _ = Engine.interpreter.run(machine)
    return Float(bitPattern: UInt32(truncatingIfNeeded: machine["v1l"]))
  }
}
