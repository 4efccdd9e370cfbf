/// Names of the system calls, for messages.
public enum SystemCallNames {
  /// The name of a number in Linux's 32-bit PowerPC table.
  public static func name(_ number: Int) -> String {
    if let row = SystemCallTable.row(number) { return "\(row.name)" }
    return AbsentCalls.entry(number)?.name ?? "unknown"
  }
}
