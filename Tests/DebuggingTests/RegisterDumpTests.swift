import GuestPowerPC
import Testing

/// The register dump, against QEMU 7.2's log of one block (shared/reference/qemu/samples).
struct RegisterDumpTests {
  private static let expected = """
    NIP 100000d8   LR 00000000 CTR 00000002 XER 00000000 CPU#0
    MSR 00006940 HID0 00000000  HF 00006000 iidx 0 didx 0
    TB
    GPR00 0000000000000004 0000000040800880 0000000000000000 0000000000000003
    GPR04 00000000100100fc 0000000000000003 0000000068690a01 0000000000000069
    GPR08 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    GPR12 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    GPR16 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    GPR20 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    GPR24 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    GPR28 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    CR 40000000  [ G  -  -  -  -  -  -  -  ]             RES ffffffff
    FPR00 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPR04 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPR08 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPR12 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPR16 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPR20 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPR24 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPR28 0000000000000000 0000000000000000 0000000000000000 0000000000000000
    FPSCR 00000000
    """

  @Test("Fields and lines are QEMU's", arguments: [true, false])
  func dump(_ includesFloatingPoint: Bool) {
    let state = UnsafeMutablePointer<PowerPCState>.allocate(capacity: 1)
    defer { state.deallocate() }
    state.initialize(to: PowerPCState())
    state.pointee.nip = 0x1000_00d8
    state.pointee.ctr = 2
    state.pointee.msr = 0x6940
    state.pointee.packedCR = 0x4000_0000
    for (register, value): (Int, UInt32) in [
      (0, 4), (1, 0x4080_0880), (3, 3), (4, 0x1001_00fc), (5, 3), (6, 0x6869_0a01), (7, 0x69),
    ] { state.pointee.gpr[register] = value }
    var bytes: [UInt8] = []
    PowerPCState.appendDump(
      of: UnsafeMutableRawPointer(state) + PowerPCState.envOffset,
      includesFloatingPoint: includesFloatingPoint, to: &bytes)
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
    let timeBase = lines[2].split(separator: " ").dropFirst().compactMap { UInt64($0) }
    #expect(timeBase.count == 2 && timeBase[0] == timeBase[1] >> 32)
    lines[2] = "TB"
    let expected = Self.expected.split(separator: "\n").map { String($0) }
    #expect(lines == (includesFloatingPoint ? expected : Array(expected.prefix(12))))
  }
}
