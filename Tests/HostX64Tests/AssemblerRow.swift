import HostX64

/// An instruction method under test: how it is written in Intel syntax for each sample of its
/// operands, and how it is called.
struct Row: Sendable {
  let generate: @Sendable (inout Listing, SampleSet) -> Void
  /// Whether it has a memory operand.
  let hasMemory: Bool
}

/// All widths, and those of instructions without a byte form, and of those that have a REX.W only.
let allWidths = Width.allCases
let wideWidths: [Width] = [.word, .dword, .qword]
let longWidths: [Width] = [.dword, .qword]

/// How memory operands of a row are written: with the row's width, with another one, or without.
enum MemoryWidth: Sendable {
  case same
  case fixed(Width)
  case implied

  func width(_ w: Width) -> Width? {
    switch self {
    case .same: w
    case .fixed(let width): width
    case .implied: nil
    }
  }
}

func row<A: TestOperand & Sendable>(
  _ name: String, _ widths: [Width], memory: MemoryWidth = .same, _ a: A.Type,
  _ emit: @escaping @Sendable (inout Assembler, Width, A) -> Void
) -> Row {
  Row(
    generate: { listing, set in
      for w in widths {
        for a in A.samples(set) {
          let operands = a.text(w, memory: memory.width(w))
          listing.add("\(name) \(operands)") { emit(&$0, w, a) }
        }
      }
    }, hasMemory: A.self == Address.self)
}

func row<A: TestOperand & Sendable, B: TestOperand & Sendable>(
  _ name: String, _ widths: [Width], memory: MemoryWidth = .same, _ a: A.Type, _ b: B.Type,
  _ emit: @escaping @Sendable (inout Assembler, Width, A, B) -> Void
) -> Row {
  Row(
    generate: { listing, set in
      for w in widths {
        for a in A.samples(set) {
          for b in B.samples(set) {
            let operands = [
              a.text(w, memory: memory.width(w)), b.text(w, memory: memory.width(w)),
            ]
            listing.add("\(name) \(operands.joined(separator: ", "))") { emit(&$0, w, a, b) }
          }
        }
      }
    }, hasMemory: A.self == Address.self || B.self == Address.self)
}

func row<A: TestOperand & Sendable, B: TestOperand & Sendable, C: TestOperand & Sendable>(
  _ name: String, _ widths: [Width], memory: MemoryWidth = .same,
  _ a: A.Type, _ b: B.Type, _ c: C.Type,
  _ emit: @escaping @Sendable (inout Assembler, Width, A, B, C) -> Void
) -> Row {
  Row(
    generate: { listing, set in
      for w in widths {
        for a in A.samples(set) {
          for b in B.samples(set) {
            for c in C.samples(set) {
              let operands = [
                a.text(w, memory: memory.width(w)), b.text(w, memory: memory.width(w)),
                c.text(w, memory: memory.width(w)),
              ]
              let text = "\(name) \(operands.joined(separator: ", "))"
              listing.add(text) { emit(&$0, w, a, b, c) }
            }
          }
        }
      }
    },
    hasMemory: A.self == Address.self || B.self == Address.self || C.self == Address.self)
}

/// An instruction without operands.
func row(_ name: String, _ emit: @escaping @Sendable (inout Assembler) -> Void) -> Row {
  Row(generate: { listing, _ in listing.add(name, emit) }, hasMemory: false)
}
