/// Frames that wait, first in first out, up to a number of bytes.
struct FrameQueue {
  /// What a frame takes beside its bytes.
  private static let overhead = 32

  private let limit: Int
  private var frames: [[UInt8]] = []
  private var start = 0
  private var size = 0

  /// - Parameter limit: bytes, with some for each frame.
  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { first == nil }
  /// The frame that waits longest.
  var first: [UInt8]? { start < frames.count ? frames[start] : nil }

  /// Adds a frame, or loses it if there is no room.
  mutating func append(_ frame: [UInt8]) {
    guard size + frame.count + Self.overhead <= limit else { return }
    size += frame.count + Self.overhead
    frames.append(frame)
  }

  /// Takes the first frame away, if there is one.
  mutating func removeFirst() {
    guard let first else { return }
    size -= first.count + Self.overhead
    start += 1
    if start == frames.count || start > 1024 {
      frames.removeFirst(start)
      start = 0
    }
  }

  /// Takes all frames.
  mutating func takeAll() -> [[UInt8]] {
    defer { self = FrameQueue(limit: limit) }
    return Array(frames[start...])
  }
}
