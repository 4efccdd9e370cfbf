/// Lists host code as QEMU's log does: address, bytes, eight to a line, and text.
final class HostListing {
  private var disassembler: HostDisassembler?
  private var isOpened = false
  /// The fixed code, and where it runs: a stub that pops its return address finds four bytes of
  /// data there.
  private let fixedCode: UnsafeRawBufferPointer
  private let fixedAddress: UInt

  init(fixedCode: UnsafeRawBufferPointer, at address: UInt) {
    self.fixedCode = fixedCode
    fixedAddress = address
  }

  /// Bytes of code on one line.
  private static let bytesPerLine = 8
  /// `pop %rax`, `pop m64` and `call rel32` (Intel manual, volume 2).
  private static let pop: UInt8 = 0x58, popMemory: UInt8 = 0x8f, call: UInt8 = 0xe8

  /// Appends the listing of code that runs at `address`.
  func append(_ code: UnsafeRawBufferPointer, at address: UInt, to text: inout LogText) {
    if !isOpened {
      isOpened = true
      disassembler = HostDisassembler()
    }
    guard let disassembler else { return appendBytes(code, to: &text) }
    var place = 0
    while place < code.count {
      let rest = UnsafeRawBufferPointer(rebasing: code[place...])
      let here = address &+ UInt(place)
      let found = disassembler.instruction(rest, at: here)
      let size = found?.size ?? 1
      let bytes = UnsafeRawBufferPointer(rebasing: rest[..<size])
      line(bytes, at: here, found?.mnemonic ?? ".byte", found?.operands ?? byte(rest), &text)
      place += size
      if hasPayload(bytes, at: here), code.count - place >= 4 {
        payload(UnsafeRawBufferPointer(rebasing: code[place..<place + 4]), here + 5, &text)
        place += 4
      }
    }
  }

  private func line(
    _ bytes: UnsafeRawBufferPointer, at address: UInt, _ mnemonic: String, _ operands: String,
    _ text: inout LogText
  ) {
    for first in stride(from: 0, to: bytes.count, by: Self.bytesPerLine) {
      text.putHostAddress(address &+ UInt(first))
      text.put(":  ")
      let start = text.bytes.count
      for byte in bytes[first..<min(first + Self.bytesPerLine, bytes.count)] {
        text.putHexadecimal(UInt64(byte), digits: 2)
        text.put(" ")
      }
      if first == 0 {
        text.pad(to: 3 * Self.bytesPerLine + 1, from: start)
        text.put(mnemonic, width: 8)
        text.put(" \(operands)")
      } else {
        text.bytes.removeLast()
      }
      text.put("\n")
    }
  }

  private func byte(_ code: UnsafeRawBufferPointer) -> String {
    "0x" + String(code[0], radix: 16)
  }

  /// Whether an instruction calls a stub that takes the four bytes behind the call as data.
  private func hasPayload(_ bytes: UnsafeRawBufferPointer, at address: UInt) -> Bool {
    guard bytes.count == 5, bytes[0] == Self.call else { return false }
    let distance = bytes.loadUnaligned(fromByteOffset: 1, as: Int32.self)
    let target = address &+ 5 &+ UInt(bitPattern: Int(distance))
    guard target >= fixedAddress, target - fixedAddress < UInt(fixedCode.count) else {
      return false
    }
    let first = fixedCode[Int(target - fixedAddress)]
    return first == Self.pop || first == Self.popMemory
  }

  private func payload(_ bytes: UnsafeRawBufferPointer, _ address: UInt, _ text: inout LogText) {
    let value = bytes.loadUnaligned(as: UInt32.self)
    line(bytes, at: address, ".long", "0x" + String(value, radix: 16), &text)
  }

  /// Without a disassembler: one line that `objdump -D -b binary` can be fed with.
  private func appendBytes(_ code: UnsafeRawBufferPointer, to text: inout LogText) {
    text.put("OBJD-H: ")
    for byte in code { text.putHexadecimal(UInt64(byte), digits: 2) }
    text.put("\n")
  }
}
