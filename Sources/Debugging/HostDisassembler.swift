import CSys
import Glibc

/// Host code as text: Capstone's, in AT&T syntax. The library is opened when the first block is
/// listed, so that runs without a log do not pay for it.
public final class HostDisassembler {
  private typealias Instruction = UnsafeMutablePointer<csys_capstone_instruction>
  private let next: csys_capstone_next
  private let handle: Int
  private let instruction: Instruction

  /// The names under which the library is looked for. The layout of its records is version 4's.
  private static let libraryName = "libcapstone.so.4"

  /// Opens the library; nil if it is not installed.
  public init?() {
    guard let library = dlopen(Self.libraryName, RTLD_NOW | RTLD_LOCAL) else { return nil }
    guard let open = dlsym(library, "cs_open"), let option = dlsym(library, "cs_option"),
      let allocate = dlsym(library, "cs_malloc"), let next = dlsym(library, "cs_disasm_iter")
    else { return nil }
    // Sound: the prototypes are those of Capstone 4's header.
    let openHandle = unsafeBitCast(open, to: csys_capstone_open.self)
    let setOption = unsafeBitCast(option, to: csys_capstone_option.self)
    let allocateInstruction = unsafeBitCast(allocate, to: csys_capstone_malloc.self)
    self.next = unsafeBitCast(next, to: csys_capstone_next.self)
    var handle = 0
    let mode = Int32(CSYS_CAPSTONE_64_BIT)
    guard openHandle(Int32(CSYS_CAPSTONE_X86), mode, &handle) == 0 else { return nil }
    let syntax = Int32(CSYS_CAPSTONE_SYNTAX)
    guard setOption(handle, syntax, Int(CSYS_CAPSTONE_ATT)) == 0,
      let instruction = allocateInstruction(handle)
    else { return nil }
    self.handle = handle
    self.instruction = instruction
  }

  /// The size and the text of the instruction at the start of `code`, nil if there is none.
  /// - Parameter address: where the code runs.
  public func instruction(
    _ code: UnsafeRawBufferPointer, at address: UInt
  ) -> (size: Int, mnemonic: String, operands: String)? {
    var cursor = code.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var size = code.count
    var place = UInt64(address)
    guard size > 0, next(handle, &cursor, &size, &place, instruction) else {
      return Self.extendedInstruction(code)
    }
    return (
      code.count - size, String(cString: csys_capstone_mnemonic(instruction)),
      String(cString: csys_capstone_operands(instruction))
    )
  }

  /// What Capstone 4 does not know of EVEX (Intel SDM, volume 2, 2.7), with its first two operands in
  /// the low sixteen registers; nil if it is something else.
  private static func extendedInstruction(
    _ code: UnsafeRawBufferPointer
  ) -> (size: Int, mnemonic: String, operands: String)? {
    guard code.count >= 6, code[0] == 0x62, code[1] & 0x10 != 0, code[5] >= 0xc0 else { return nil }
    let to = code[5] >> 3 & 7 | (~code[1] >> 7 & 1) << 3
    let from = code[5] & 7 | (~code[1] >> 5 & 3) << 3
    let other = ~code[2] >> 3 & 15
    let size = code[3] & 0x20 == 0 ? "x" : "y"
    let operands = [from, other, to].map { "%\(size)mm\($0)" }.joined(separator: ", ")
    switch (code[1] & 0xf, code[2] & 0x87, code[3], code[4]) {
    case (1, 0x87, 0x18, 0x5a): return (6, "vcvtsd2ss", "{rn-sae}, \(operands)")
    case (2, 0x05, 0x08, 0x00), (2, 0x05, 0x28, 0x00): return (6, "vpshufb", operands)
    case (3, 0x05, 0x08, 0x25), (3, 0x05, 0x28, 0x25):
      guard code.count > 6 else { return nil }
      return (7, "vpternlogd", "$0x\(String(code[6], radix: 16)), \(operands)")
    default: return nil
    }
  }
}
