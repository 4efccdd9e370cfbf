import IR

/// What the translator wants of guest memory.
public protocol CodeMemory: AnyObject {
  /// Reads guest code, near the place asked for last.
  var codeSource: CodeSource { get }
  /// From now on a change of the page's contents must be reported by `Translator.invalidate`.
  ///
  /// - Parameter page: a physical address >> 12.
  func markCode(page: UInt32)
  /// A translation that checks its code has found another word than the one it was made from.
  ///
  /// - Parameter address: the word's physical address.
  func codeDiffers(at address: UInt32)
  /// The number of the address space that code is fetched from now.
  var codeSpace: UInt32 { get }
  /// What the translation of each sixteenth of a space's addresses depends on: spaces share what is
  /// known of equal ones. Nil if they share nothing.
  func segmentKeys(_ space: UInt32) -> InlineArray<16, UInt64>?
  /// Where the code at a guest address is, or nil if it cannot be fetched.
  func place(ofCode address: UInt32) -> CodePlace?
}

/// A guest without address translation has one space, and code is where its address says.
extension CodeMemory {
  /// The only one.
  public var codeSpace: UInt32 { 0 }
  /// Nothing: not all memories keep account.
  public func codeDiffers(at address: UInt32) {}
  /// Nothing: there is no other space to share with.
  public func segmentKeys(_ space: UInt32) -> InlineArray<16, UInt64>? { nil }
  /// The address itself.
  public func place(ofCode address: UInt32) -> CodePlace? {
    CodePlace(physical: address, first: 0, last: .max)
  }
}
