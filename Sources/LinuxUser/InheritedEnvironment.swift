/// What passes a guest's environment through `execve` of our own program.
///
/// The host's loader listens to variables such as LD_PRELOAD and LD_TRACE_LOADED_OBJECTS (ld.so(8)),
/// which the guest means for its own loader. They get a mark in front, which the new program takes
/// off again.
public enum InheritedEnvironment {
  private static let mark = Array("LYREBIRD:".utf8)
  private static let names = ["LD_", "GLIBC_TUNABLES="].map { Array($0.utf8) }

  /// The guest's variables ("NAME=VALUE") as the host's loader must not know them.
  static func marked(_ variables: [[UInt8]]) -> [[UInt8]] {
    variables.map { variable in
      names.contains { variable.starts(with: $0) } ? mark + variable : variable
    }
  }

  /// The same variables again.
  public static func unmarked(_ variables: [[UInt8]]) -> [[UInt8]] {
    variables.map { $0.starts(with: mark) ? Array($0.dropFirst(mark.count)) : $0 }
  }
}
