/// Why a run ends before it begins.
public enum OptionStop: Error, Equatable {
  /// A message for standard error; exit status 1.
  case error(String)
  /// A text for standard output; exit status 0.
  case answer(String)
  /// A text for standard output; exit status 1, as QEMU gives it.
  case refusal(String)
}
