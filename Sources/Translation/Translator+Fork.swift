import Glibc

/// What a fork of the host process takes.
extension Translator {
  /// Before a fork: makes the copy of the code that the child will have.
  public func prepareFork() { forkCopy = buffer.duplicate(used: cursor) }

  /// After a fork, in the parent.
  public func endFork() {
    if let forkCopy { buffer.discard(forkCopy) }
    forkCopy = nil
  }

  /// After a fork, in the child: code is its own from here on, and one processor runs.
  public func beginChild(keeping runner: Runner) {
    runners = [runner]
    guard let forkCopy, buffer.adopt(forkCopy) else {
      let text = "lyrebird: cannot copy the code buffer after a fork\n"
      _ = write(2, text, text.utf8.count)
      _exit(1)
    }
    self.forkCopy = nil
  }
}
