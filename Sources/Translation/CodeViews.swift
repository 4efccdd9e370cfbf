import Memory

/// The jump tables of all address spaces and keys, made when they are first wanted.
final class CodeViews {
  private var views: [UInt64: CodeView] = [:]
  /// What the tables of spaces with segments are made of.
  private var storage: SharedSections?
  private var sections: [SectionName: CodeSection] = [:]
  private static let capacity = 512

  /// What a section is known by.
  private struct SectionName: Hashable {
    let segment: Int
    let identity: UInt64
    let key: UInt32
  }

  /// The table of a space under a key.
  /// - Parameter segments: what each sixteenth of the addresses depends on; nil for a space that
  ///   shares nothing.
  func view(
    _ space: UInt32, _ key: UInt32, _ segments: InlineArray<16, UInt64>?
  ) throws(TranslationError) -> CodeView {
    let name = UInt64(space) << 32 | UInt64(key)
    if let known = views[name] { return known }
    let new: CodeView
    if let segments {
      new = try shared(space, key, segments)
    } else {
      new = try CodeView(space: space, key: key)
    }
    views[name] = new
    return new
  }

  private func shared(
    _ space: UInt32, _ key: UInt32, _ segments: InlineArray<16, UInt64>
  ) throws(TranslationError) -> CodeView {
    let storage = try sharedStorage()
    var parts: [CodeSection] = []
    for n in 0..<16 {
      let name = SectionName(segment: n, identity: segments[n], key: key)
      if let known = sections[name] {
        parts.append(known)
        continue
      }
      guard let number = storage.take() else {
        // No more: everything begins anew.
        views = [:]
        sections = [:]
        storage.reset()
        return try shared(space, key, segments)
      }
      let section = CodeSection(storage.bytes(number), pages: 1 << 16, number: number)
      sections[name] = section
      parts.append(section)
    }
    return try CodeView(space: space, key: key, shared: parts, from: storage)
  }

  private func sharedStorage() throws(TranslationError) -> SharedSections {
    if let storage { return storage }
    do throws(Errno) {
      let new = try SharedSections(size: 1 << 28, capacity: Self.capacity)
      storage = new
      return new
    } catch { throw TranslationError.table(error.rawValue) }
  }

  /// Takes the entry of an address under a key out, wherever it leads to an offset.
  func forget(_ address: UInt32, _ key: UInt32, _ offset: UInt32) {
    if storage == nil {
      for view in views.values where view.key == key { view.forget(address, offset) }
    }
    for (name, section) in sections where name.key == key && name.segment == Int(address >> 28) {
      section.forget(address, offset)
    }
  }

  /// Takes the entries of a page (a guest address >> 12) out of all tables.
  func forget(page: UInt32) {
    if storage == nil { for view in views.values { view.forget(page: page) } }
    for (name, section) in sections where name.segment == Int(page >> 16) {
      section.forget(page: page)
    }
  }

  /// Forgets the tables of a space: its number will mean another.
  func forget(space: UInt32) {
    for name in views.keys where name >> 32 == UInt64(space) { views[name] = nil }
  }

  /// Takes everything out of all tables.
  func clear() {
    for view in views.values { view.clear() }
    storage?.clear()
    for section in sections.values { section.forgetMarks() }
  }
}
