/// Where the parts of a program lie in the guest's memory when it starts; all zero before.
public struct ProgramLayout: Sendable {
  /// From the first byte of the file's executable segments to the last one's end.
  public var code: (start: UInt32, end: UInt32) = (0, 0)
  /// The same of the segments that may be written, without what is not in the file.
  public var data: (start: UInt32, end: UInt32) = (0, 0)
  /// The vectors on the stack: the first pointer of argv, that of envp, the first word of auxv.
  public var vectors: (arguments: UInt32, environment: UInt32, auxiliary: UInt32) = (0, 0, 0)
}

extension ELFImage {
  /// The extent of the segments that grant a protection, displaced by `base`; zero without any.
  static func extent(
    _ segments: [ELFSegment], _ protection: UInt32, _ base: UInt32
  ) -> (start: UInt32, end: UInt32) {
    let chosen = segments.filter { $0.protection & protection != 0 }
    guard let first = chosen.first, let last = chosen.last else { return (0, 0) }
    return (first.address &+ base, last.address &+ last.fileSize &+ base)
  }
}
