/// A line being typed: keys in, lines out, with the escape sequences that QEMU's monitor emits.
///
/// The whole line is drawn anew after each change, from where it begins; whoever reads along, a
/// person or a program, sees the same.
final class LineEditor {
  /// Told of each finished line.
  var onLine: (String) -> Void = { _ in }
  /// Asked what a beginning of a line may go on with: the part of its end that is completed, and
  /// the texts that could stand in its place.
  var complete: (_ line: String) -> (part: String, candidates: [String]) = { _ in ("", []) }
  /// What stands before the line.
  let prompt: String
  /// The lines so far, the newest last.
  private(set) var history: [String] = []

  private let write: ([UInt8]) -> Void
  private var line: [UInt8] = []
  private var cursor = 0
  private var shown: [UInt8] = []
  private var shownCursor = 0
  private var place: Int?
  private var escape = Escape.none

  private enum Escape { case none, escape, control(Int), single }

  /// Longer lines are cut.
  static let maximumLength = 4095
  /// As many lines are kept.
  static let maximumHistory = 64

  /// - Parameter write: takes text for the terminal, with plain line feeds.
  init(prompt: String, write: @escaping ([UInt8]) -> Void) {
    self.prompt = prompt
    self.write = write
  }

  /// Shows the prompt, and what was typed behind it.
  func showPrompt() {
    write(Array(prompt.utf8))
    shown = []
    shownCursor = 0
    place = nil
    escape = .none
    draw()
  }

  /// Forgets what was typed.
  func clear() {
    line = []
    cursor = 0
  }

  // MARK: Keys

  /// One byte from the keyboard.
  func take(_ byte: UInt8) {
    switch escape {
    case .none: plain(byte)
    case .escape:
      switch byte {
      case UInt8(ascii: "["): escape = .control(0)
      case UInt8(ascii: "O"): escape = .single
      default:
        escape = .none
        meta(byte)
      }
    case .control(let number):
      if (48...57).contains(byte) {
        escape = .control(min(number * 10 + Int(byte - 48), 999))
      } else if byte != UInt8(ascii: ";") {
        escape = .none
        control(byte, number)
      }
    case .single:
      escape = .none
      control(byte, 0)
    }
    draw()
  }

  private func plain(_ byte: UInt8) {
    switch byte {
    case 1: cursor = 0
    case 2: cursor = max(0, cursor - 1)
    case 4: deleteForward()
    case 5: cursor = line.count
    case 6: cursor = min(line.count, cursor + 1)
    case 8, 127: deleteBackward(to: cursor - 1)
    case 9: completeLine()
    case 10, 13: finish()
    case 11: line.removeLast(line.count - cursor)
    case 12: clearScreen()
    case 14: moveInHistory(by: 1)
    case 16: moveInHistory(by: -1)
    case 21: deleteBackward(to: 0)
    case 23: deleteBackward(to: wordStart)
    case 27: escape = .escape
    case 32...: insert([byte])
    default: break
    }
  }

  private func meta(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "b"): cursor = wordStart
    case UInt8(ascii: "f"): cursor = wordEnd
    case UInt8(ascii: "d"): line.removeSubrange(cursor..<wordEnd)
    case 127: deleteBackward(to: wordStart)
    default: break
    }
  }

  private func control(_ byte: UInt8, _ number: Int) {
    switch (byte, number) {
    case (UInt8(ascii: "A"), _): moveInHistory(by: -1)
    case (UInt8(ascii: "B"), _): moveInHistory(by: 1)
    case (UInt8(ascii: "C"), _): cursor = min(line.count, cursor + 1)
    case (UInt8(ascii: "D"), _): cursor = max(0, cursor - 1)
    case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), 1), (UInt8(ascii: "~"), 7): cursor = 0
    case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), 4), (UInt8(ascii: "~"), 8):
      cursor = line.count
    case (UInt8(ascii: "~"), 3): deleteForward()
    default: break
    }
  }

  // MARK: Changes

  private func insert(_ bytes: [UInt8]) {
    guard line.count + bytes.count <= Self.maximumLength else { return }
    line.insert(contentsOf: bytes, at: cursor)
    cursor += bytes.count
  }

  private func deleteForward() { if cursor < line.count { line.remove(at: cursor) } }

  private func deleteBackward(to start: Int) {
    guard start >= 0, start < cursor else { return }
    line.removeSubrange(start..<cursor)
    cursor = start
  }

  private var wordStart: Int {
    var start = cursor
    while start > 0, line[start - 1] == 32 { start -= 1 }
    while start > 0, line[start - 1] != 32 { start -= 1 }
    return start
  }

  private var wordEnd: Int {
    var end = cursor
    while end < line.count, line[end] == 32 { end += 1 }
    while end < line.count, line[end] != 32 { end += 1 }
    return end
  }

  private func setLine(_ text: String) {
    line = Array(text.utf8)
    cursor = line.count
  }

  private func moveInHistory(by step: Int) {
    guard !history.isEmpty else { return }
    let target = (place ?? history.count) + step
    if target < 0 || (place == nil && step > 0) { return }
    place = target < history.count ? target : nil
    setLine(place.map { history[$0] } ?? "")
  }

  private func finish() {
    let text = String(decoding: line, as: UTF8.self)
    remember(text)
    write([10])
    clear()
    shown = []
    shownCursor = 0
    place = nil
    onLine(text)
  }

  private func remember(_ text: String) {
    if text.isEmpty { return }
    history.removeAll { $0 == text }
    history.append(text)
    if history.count > Self.maximumHistory { history.removeFirst() }
  }

  // MARK: Completion

  private static let maximumCandidates = 256

  private func completeLine() {
    let (part, found) = complete(String(decoding: line[..<cursor], as: UTF8.self))
    let candidates = Array(Set(found)).sorted().prefix(Self.maximumCandidates)
    guard let first = candidates.first else { return }
    var common = Array(first.utf8)
    for candidate in candidates.dropFirst() {
      let same = zip(common, candidate.utf8).prefix { $0 == $1 }.count
      common.removeLast(common.count - same)
    }
    let rest = Array(common.dropFirst(part.utf8.count))
    guard candidates.count > 1 else {
      insert(rest + (first.hasSuffix("/") ? [] : [32]))
      return
    }
    showCandidates(Array(candidates))
    insert(rest)
    showPrompt()
  }

  /// The candidates in columns of an 80-column screen.
  private func showCandidates(_ candidates: [String]) {
    let longest = candidates.map(\.utf8.count).max() ?? 0
    let width = min(max(longest + 2, 10), 80)
    let columns = max(1, 80 / width)
    var text = "\n"
    for (index, candidate) in candidates.enumerated() {
      text += candidate + String(repeating: " ", count: max(0, width - candidate.utf8.count))
      if (index + 1) % columns == 0 || index == candidates.count - 1 { text += "\n" }
    }
    write(Array(text.utf8))
  }

  // MARK: Drawing

  private func clearScreen() {
    write(Array(("\u{1b}[2J\u{1b}[1;1H" + prompt).utf8))
    shown = []
    shownCursor = 0
  }

  private static let left = Array("\u{1b}[D".utf8)
  private static let right = Array("\u{1b}[C".utf8)
  private static let clearToEnd = Array("\u{1b}[K".utf8)

  /// Brings the terminal up to date.
  private func draw() {
    var text: [UInt8] = []
    if line != shown {
      for _ in 0..<shownCursor { text += Self.left }
      text += line + Self.clearToEnd
      shown = line
      shownCursor = line.count
    }
    let step = cursor < shownCursor ? Self.left : Self.right
    for _ in 0..<abs(cursor - shownCursor) { text += step }
    shownCursor = cursor
    if !text.isEmpty { write(text) }
  }
}
