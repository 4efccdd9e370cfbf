import IR
import RegisterAllocation

/// Watches translation and execution: the logs.
public protocol TranslationObserver: AnyObject {
  /// Whether the block at an address is of interest.
  func wants(_ address: UInt32) -> Bool
  /// The ops as the guest made them.
  func madeOps(_ block: Block, address: UInt32, spans: UnsafeBufferPointer<TranslatedSpan>)
  /// The ops after all passes.
  func optimized(_ block: Block, address: UInt32)
  /// The code of the block.
  func emitted(
    _ block: TranslatedBlock, code: UnsafeRawBufferPointer, at address: UInt,
    marks: UnsafeBufferPointer<CodeMark>)
  /// A block is about to be entered.
  func entering(_ block: TranslatedBlock, at address: UInt, env: UnsafeMutableRawPointer)
  /// A jump has been linked.
  func linked(_ from: UInt, slot: Int, to: UInt)
}
