import Glibc

/// The code that guest addresses lead to, in one address space under one key: the jump table, a
/// 32-bit offset into the code buffer for each word of guest addresses; 0 for none.
final class CodeView {
  /// The number of the address space, and the key.
  let space, key: UInt32
  /// The jump table, which translated code reads.
  let targets: UnsafeMutablePointer<UInt32>
  private let memory: ZeroMemory
  /// A bit for each page of guest addresses: whether the table has had entries there.
  private let used: ZeroMemory

  init(space: UInt32, key: UInt32) throws(TranslationError) {
    self.space = space
    self.key = key
    memory = try ZeroMemory(1 << 32)
    used = try ZeroMemory(1 << 17)
    targets = memory.start.assumingMemoryBound(to: UInt32.self)
  }

  private func byte(ofPage page: UInt32) -> UnsafeMutablePointer<UInt8> {
    used.start.assumingMemoryBound(to: UInt8.self) + Int(page >> 3)
  }

  /// Enters the code of an address.
  func set(_ address: UInt32, _ offset: UInt32) {
    targets[Int(address >> 2)] = offset
    let page = address >> 12
    byte(ofPage: page).pointee |= 1 << UInt8(truncatingIfNeeded: page & 7)
  }

  /// Takes the entry of an address out if it leads to an offset.
  func forget(_ address: UInt32, _ offset: UInt32) {
    guard mayHave(page: address >> 12) else { return }
    if targets[Int(address >> 2)] == offset { targets[Int(address >> 2)] = 0 }
  }

  /// Takes the entries of a page (a guest address >> 12) out.
  func forget(page: UInt32) {
    guard mayHave(page: page) else { return }
    (targets + Int(page) << 10).update(repeating: 0, count: 1024)
    byte(ofPage: page).pointee &= ~(1 << UInt8(truncatingIfNeeded: page & 7))
  }

  private func mayHave(page: UInt32) -> Bool {
    byte(ofPage: page).pointee >> UInt8(truncatingIfNeeded: page & 7) & 1 != 0
  }

  /// Takes everything out.
  func clear() {
    memory.clear()
    used.clear()
  }
}
