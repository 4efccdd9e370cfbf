/// What `x` and `xp` print.
struct MemoryDump {
  let machine: any MonitoredMachine
  /// Whether addresses are the processor's physical ones.
  let isPhysical: Bool
  let format: MemoryFormat

  /// Prints line by line, until a line cannot be read.
  func run(_ address: UInt64, _ print: (String) -> Void) {
    if format.letter == UInt8(ascii: "i") {
      disassemble(address, print)
    } else {
      dump(address, print)
    }
  }

  private func read(_ address: UInt64, _ count: Int) -> [UInt8]? {
    isPhysical
      ? machine.readPhysical(address, count: count)
      : machine.readVirtual(UInt32(truncatingIfNeeded: address), count: count)
  }

  private func dump(_ start: UInt64, _ print: (String) -> Void) {
    // Characters are single bytes, of as many elements as the size says.
    let width = format.letter == UInt8(ascii: "c") ? 1 : format.size
    let line = format.size == 1 ? 8 : 16
    let total = format.count * format.size
    var done = 0
    while done < total {
      let address = Self.wrapped(start &+ UInt64(done), isPhysical)
      let count = min(line, total - done)
      let head = MemoryFormat.hexadecimal(address, digits: isPhysical ? 16 : 8) + ":"
      guard let bytes = read(address, count) else {
        print(head + " Cannot access memory\n")
        return
      }
      var text = head
      for place in stride(from: 0, to: count, by: width) {
        let value = bytes[place..<place + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        text += " " + format.element(value)
      }
      print(text + "\n")
      done += count
    }
  }

  private static func wrapped(_ address: UInt64, _ isPhysical: Bool) -> UInt64 {
    isPhysical ? address : address & 0xffff_ffff
  }

  private func disassemble(_ start: UInt64, _ print: (String) -> Void) {
    for index in 0..<format.count {
      let address = UInt32(truncatingIfNeeded: start &+ UInt64(4 * index))
      let head = "0x" + MemoryFormat.hexadecimal(UInt64(address), digits: 8)
      guard let bytes = read(UInt64(address), 4) else {
        print(head + ": unable to read memory\n")
        return
      }
      let word = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let code = MemoryFormat.hexadecimal(UInt64(word), digits: 8)
      print("\(head):  \(code)  \(machine.disassemble(word, at: address))\n")
    }
  }
}
