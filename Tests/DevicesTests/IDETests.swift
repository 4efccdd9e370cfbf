import Testing

@testable import Devices
@testable import Machine

/// The IDE channel and its disk against ATA-5 and QEMU's trace of a boot.
struct IDETests {
  let driver = IDEDriver()
  typealias D = IDEDriver

  /// Taken out of the trace: the words 69 and 169 of the disk's identity, which tell of TRIM, and
  /// the commands that QEMU refuses and we do not: page 0x83 of INQUIRY in four bytes, and GET
  /// CONFIGURATION from features 0x20 and 0x28 on. Units that are busy in QEMU have done their
  /// work here, and DSC always comes with DRDY.
  @Test("Every read of a boot of Linux from disk yields what it does in QEMU")
  func trace() throws {
    let disk = IDEChannel(
      unit0: ATADisk(storage: MemoryStorage(sectors: 49_216)), unit1: nil,
      interrupt: InterruptLine("0"))
    let cdrom = IDEChannel(
      unit0: ATAPICDROM(medium: nil), unit1: nil, interrupt: InterruptLine("1"))
    for (n, access) in try Access.trace("ide.txt").enumerated() {
      if access.isDMA {
        // The program is not in the trace: everything goes to some memory.
        let channel = access.offset == 0x8b00 ? disk : cdrom
        for isInput in [true, false] {
          _ = channel.transfer(isInput: isInput, on: driver.bus, address: 0, count: 1 << 17)
        }
        continue
      }
      let channel = access.offset & 0x1000 == 0 ? disk : cdrom
      let offset = UInt32(access.offset & 0xfff)
      if access.isWrite {
        #expect(channel.write(offset, access.size, access.value))
      } else {
        var value = channel.read(offset, access.size)
        if [0x70, 0x80, 0x160].contains(offset) {
          if access.value & 0x80 != 0 { continue }
          if access.value == 0x40, value == 0x50 { value = 0x40 }
        }
        #expect(value == access.value, "line \(n + 1): \(String(offset, radix: 16))")
      }
    }
  }
}
