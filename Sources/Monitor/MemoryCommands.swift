import Machine

extension MonitorCommand {
  /// Commands that look at memory and numbers.
  static let memory: [MonitorCommand] = [
    MonitorCommand(
      "x", [.format(), .expression("addr")], "/fmt addr",
      "virtual memory dump starting at 'addr'"
    ) { monitor, arguments in dump(monitor, arguments, isPhysical: false) },
    MonitorCommand(
      "xp", [.format(), .expression("addr")], "/fmt addr",
      "physical memory dump starting at 'addr'"
    ) { monitor, arguments in dump(monitor, arguments, isPhysical: true) },
    MonitorCommand(
      "print|p", [.format(), .expression("value")], "/fmt expr",
      "print expression value (use $reg for CPU register access)"
    ) { monitor, arguments in
      monitor.print(arguments.format.number(arguments.number("value")) + "\n")
    },
    MonitorCommand("i", [.format(), .integer("addr")], "/fmt addr", "I/O port read", readPort),
    MonitorCommand(
      "o", [.format(), .integer("addr"), .integer("value")], "/fmt addr value", "I/O port write"
    ) { monitor, arguments in
      let address = UInt64(truncatingIfNeeded: arguments.number("addr") & 0xffff)
      let size = min(arguments.format.size, 4)
      let value = UInt64(truncatingIfNeeded: arguments.number("value"))
      monitor.machine.ports?.write(address, size, swapped(value, size))
    },
    MonitorCommand(
      "sum", [.integer("start"), .integer("size")], "addr size",
      "compute the checksum of a memory region", printSum),
    MonitorCommand(
      "gva2gpa", [.expression("addr")], "addr",
      "print the guest physical address corresponding to a guest virtual address"
    ) { monitor, arguments in
      let address = UInt32(truncatingIfNeeded: arguments.number("addr"))
      let place = monitor.machine.translate(address & ~4095)
      let text = place.map { "gpa: 0x" + String($0 &+ UInt64(address & 4095), radix: 16) }
      monitor.print((text ?? "Unmapped") + "\n")
    },
    MonitorCommand(
      "memsave", [.expression("val"), .integer("size"), .string("filename")], "addr size file",
      "save to disk virtual memory dump starting at 'addr' of size 'size'"
    ) { monitor, arguments throws(MonitorError) in try save(monitor, arguments, isPhysical: false)
    },
    MonitorCommand(
      "pmemsave", [.expression("val"), .integer("size"), .string("filename")], "addr size file",
      "save to disk physical memory dump starting at 'addr' of size 'size'"
    ) { monitor, arguments throws(MonitorError) in try save(monitor, arguments, isPhysical: true) },
  ]

  private static func dump(_ monitor: Monitor, _ arguments: CommandArguments, isPhysical: Bool) {
    let dump = MemoryDump(
      machine: monitor.machine, isPhysical: isPhysical, format: arguments.format)
    dump.run(UInt64(bitPattern: arguments.number("addr")), monitor.print)
  }

  /// A number in the order of the I/O space, which is little-endian.
  private static func swapped(_ value: UInt64, _ size: Int) -> UInt64 {
    value.byteSwapped >> UInt64(64 - 8 * size)
  }

  @Sendable private static func readPort(_ monitor: Monitor, _ arguments: CommandArguments) {
    let address = UInt64(truncatingIfNeeded: arguments.number("addr") & 0xffff)
    let size = min(arguments.format.size, 4)
    let ones: UInt64 = 1 << UInt64(8 * size) - 1
    let value = monitor.machine.ports?.read(address, size).map { swapped($0, size) } ?? ones
    let place = MemoryFormat.hexadecimal(address, digits: 4)
    let shown = MemoryFormat.hexadecimal(value, digits: 2 * size)
    monitor.print("port\(arguments.format.portLetter)[0x\(place)] = 0x\(shown)\n")
  }

  /// Bytes read at a time.
  private static let piece = 1 << 16

  /// The checksum of the program `sum` of BSD: rotate right by one, add a byte.
  @Sendable private static func printSum(_ monitor: Monitor, _ arguments: CommandArguments) {
    let start = UInt64(truncatingIfNeeded: arguments.number("start"))
    let size = Int(arguments.number("size"))
    var sum: UInt16 = 0
    var done = 0
    while done < size {
      let count = min(piece, size - done)
      for byte in physicalBytes(monitor.machine, start &+ UInt64(done), count) {
        sum = (sum >> 1 | sum << 15) &+ UInt16(byte)
      }
      done += count
    }
    let text = String(sum)
    monitor.print(String(repeating: "0", count: max(0, 5 - text.count)) + text + "\n")
  }

  /// Physical memory, with zeros where there is none.
  private static func physicalBytes(
    _ machine: any MonitoredMachine, _ address: UInt64, _ count: Int
  ) -> [UInt8] {
    if let bytes = machine.readPhysical(address, count: count) { return bytes }
    var result = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let at = address &+ UInt64(done)
      let length = min(count - done, 4096 - Int(at & 4095))
      if let bytes = machine.readPhysical(at, count: length) {
        result.replaceSubrange(done..<done + length, with: bytes)
      }
      done += length
    }
    return result
  }

  private static func save(
    _ monitor: Monitor, _ arguments: CommandArguments, isPhysical: Bool
  ) throws(MonitorError) {
    let start = UInt64(bitPattern: arguments.number("val"))
    let size = Int(arguments.number("size"))
    var done = 0
    try reported { () throws(MonitorError) in
      try HostFile.write(arguments.text("filename")) { () throws(MonitorError) in
        let count = min(piece, size - done)
        guard count > 0 else { return [] }
        let at = start &+ UInt64(done)
        done += count
        if isPhysical { return physicalBytes(monitor.machine, at, count) }
        let address = UInt32(truncatingIfNeeded: at)
        guard let bytes = monitor.machine.readVirtual(address, count: count) else {
          let place = MemoryFormat.hexadecimal(at, digits: 16)
          throw MonitorError("Invalid addr 0x\(place)/size \(size - done + count) specified")
        }
        return bytes
      }
    }
  }
}
