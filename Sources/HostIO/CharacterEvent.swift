import Machine

/// What happens to a character port apart from bytes.
public enum CharacterEvent: Equatable, Sendable {
  /// Someone is at the other end now.
  case opened
  /// Nobody is there any more.
  case closed
  /// Of several who share a terminal, this one has the keyboard now.
  case focused
  /// Another one has it.
  case unfocused
  /// A break condition on the line.
  case lineBreak
}

/// A character port that tells of more than bytes, on the machine's thread.
public protocol EventfulPort: CharacterPort {
  /// Told of events.
  var onEvent: ((CharacterEvent) -> Void)? { get set }
}
