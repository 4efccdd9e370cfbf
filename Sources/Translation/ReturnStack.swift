import Glibc

/// The stack of translated code: pairs of a guest return address and the host address to return
/// to. A guard below it turns endless recursion into an empty stack.
final class ReturnStack {
  private let memory: UnsafeMutableRawPointer
  private static let size = 1 << 20, guardSize = 1 << 16

  init() throws(TranslationError) {
    let total = Self.size + Self.guardSize
    let memory = mmap(
      nil, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw TranslationError.table(errno) }
    mprotect(memory, Self.guardSize, PROT_NONE)
    self.memory = memory
    // What an empty stack is compared with: no guest address.
    for offset in stride(from: 8, through: 64, by: 8) {
      memory.storeBytes(of: UInt64.max, toByteOffset: total - offset, as: UInt64.self)
    }
  }

  deinit { munmap(memory, Self.size + Self.guardSize) }

  /// The stack pointer of an empty stack.
  var top: UInt { UInt(bitPattern: memory) &+ UInt(Self.size + Self.guardSize - 64) }
  /// Bounds of the guard.
  var guardStart: UInt { UInt(bitPattern: memory) }
  var guardEnd: UInt { guardStart &+ UInt(Self.guardSize) }
}
