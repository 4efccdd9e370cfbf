import Devices
import Machine
import Testing

extension DeviceTests {
  @Test("The selector and data of fw_cfg answer as QEMU's do")
  func firmwareRecorded() throws {
    let device = FirmwareConfiguration()
    let bus = try testBus([(0, device.selectorWindow), (2, device.dataWindow)])
    try expectReplay(Recorded.firmwareConfiguration, on: bus)
  }

  @Test("Integers are little-endian; files are sorted, their directory big-endian")
  func firmwareItems() throws {
    let device = FirmwareConfiguration()
    device.setInteger(.ramSize, UInt64(0x800_0000))
    device.setInteger(.machineID, UInt16(2))
    device.setInteger(.timeBaseFrequency, UInt32(16_600_000))
    device.setText(.kernelCommandLine, "hi")
    var asked = 0
    device.setContents(.bootDevice) {
      asked += 1
      return [0x63, 0]
    }
    device.addFile("etc/boot-fail-wait", [0xff, 0xff, 0xff, 0xff])
    device.addFile("bootorder", [])
    device.addFile("bios-geometry", [])
    let bus = try testBus([(0, device.selectorWindow), (2, device.dataWindow)])
    func item(_ key: UInt64, _ count: Int) -> [UInt8] {
      bus.write(0, 2, key)
      return (0..<count).map { _ in UInt8(bus.read(2, 1) ?? 0xee) }
    }
    // What QEMU's g3beige of 128 MiB answers.
    #expect(item(3, 9) == [0, 0, 0, 8, 0, 0, 0, 0, 0])
    #expect(item(6, 3) == [2, 0, 0])
    #expect(item(0x8003, 4) == [0xc0, 0x4b, 0xfd, 0])
    #expect(item(9, 4) == [0x68, 0x69, 0, 0])
    #expect(asked == 0)
    #expect(item(0xc, 2) == [0x63, 0] && asked == 1)
    #expect(item(0x22, 5) == [0xff, 0xff, 0xff, 0xff, 0])
    let directory = item(0x19, 4 + 3 * 64)
    #expect(directory[0..<4] == [0, 0, 0, 3])
    let entries = (0..<3).map { Array(directory[4 + 64 * $0..<68 + 64 * $0]) }
    let names = ["bios-geometry", "bootorder", "etc/boot-fail-wait"]
    for (n, size) in [0, 0, 4].enumerated() {
      #expect(entries[n][0..<8] == [0, 0, 0, UInt8(size), 0, UInt8(0x20 + n), 0, 0])
      let name = Array(names[n].utf8)
      #expect(Array(entries[n][8...]) == name + [UInt8](repeating: 0, count: 56 - name.count))
    }
  }

  @Test("Non-volatile memory as QEMU formats it, and what does not fit is refused")
  func nvramFormat() throws {
    let bytes = try MacNVRAM.formatted(variables: ["auto-boot?=false", "boot-args=hi"])
    var expected = [UInt8](repeating: 0, count: 0x2000)
    func put(_ offset: Int, _ bytes: [UInt8]) {
      expected.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    // QEMU 7.2: -prom-env 'auto-boot?=false' -prom-env boot-args=hi.
    put(0, [0x70, 0xd9, 0x00, 0xc1] + Array("system".utf8))
    put(0x10, Array("auto-boot?=false\0boot-args=hi\0".utf8))
    put(0xc10, [0x7f, 0x62, 0x00, 0x3f] + Array("free".utf8))
    put(0x1000, [0x5a, 0x7d, 0x01, 0x00] + Array("wwwwwwwwwww\0".utf8))
    put(0x1010, [0x1f, 0xd2, 0x00, 0x02, 0, 0, 0, 2])
    #expect(bytes == expected)
    let long = try MacNVRAM.formatted(variables: [String(repeating: "x", count: 0xe00)])
    #expect(long.count == 0x2000 && long[0] == 0x70 && long[0xe20] == 0x7f)
    #expect(throws: MachineError.self) {
      try MacNVRAM.formatted(variables: [String(repeating: "x", count: 0x1000)])
    }
  }

  @Test("Non-volatile memory by bytes at its stride; writes are told")
  func nvramAccess() throws {
    let contents = try MacNVRAM.formatted(variables: [])
    let nvram = MacNVRAM(shift: 1, contents: contents)
    let bus = try testBus([(0, nvram.window)])
    try expectReplay(Recorded.nvram, on: bus)
    var told: [Int] = []
    nvram.onWrite = { told += [$0, Int($1)] }
    bus.write(0x200, 1, 0x42)
    bus.write(0x200, 1, 0x42)
    #expect(told == [0x100, 0x42])
    #expect(nvram.contents[0x100] == 0x42)
    let wide = MacNVRAM(shift: 4, contents: contents)
    #expect(wide.window.size == 0x2_0000)
    let other = try testBus([(0, wide.window)])
    #expect(other.read(0x40, 1) == UInt64(UInt8(ascii: "s")))
  }
}
