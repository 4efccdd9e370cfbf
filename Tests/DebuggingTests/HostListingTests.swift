import Testing

@testable import Debugging

/// Host code as text, against lines of QEMU 7.2's log (shared/reference/qemu/samples).
struct HostListingTests {
  private static let expected = """
    0x7fd84d000000:  55                       pushq    %rbp
    0x7fd84d000001:  41 54                    pushq    %r12
    0x7fd84d000003:  48 8b ef                 movq     %rdi, %rbp
    0x7fd84d000006:  48 81 c4 78 fb ff ff     addq     $-0x488, %rsp
    0x7fd84d00000d:  ff e6                    jmpq     *%rsi
    0x7fd84d00000f:  c5 f8 77                 vzeroupper 
    0x7fd84d000012:  c7 45 10 fc 00 01 10     movl     $0x100100fc, 0x10(%rbp)
    0x7fd84d000019:  c7 85 60 01 00 00 cc 00  movl     $0x100000cc, 0x160(%rbp)
    0x7fd84d000021:  00 10
    0x7fd84d000023:  85 db                    testl    %ebx, %ebx
    0x7fd84d000025:  c3                       retq     

    """

  @Test("Lines have QEMU's columns")
  func lines() throws {
    try #require(HostDisassembler() != nil, "libcapstone4 is not installed")
    var bytes: [UInt8] = []
    for line in Self.expected.split(separator: "\n") {
      let columns = line.dropFirst(17).prefix(24)
      bytes += columns.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    #expect(listing(bytes) == Self.expected)
  }

  @Test("What is behind the call of an exit is data; what is no instruction is a byte")
  func payload() throws {
    try #require(HostDisassembler() != nil, "libcapstone4 is not installed")
    // call to the fixed code, which starts with pop %rax; then a byte that starts nothing.
    let code: [UInt8] = [0xe8, 0xfb, 0xef, 0xff, 0xff, 0x2a, 0, 0, 0, 0x06]
    let lines = listing(code).split(separator: "\n").map { String($0) }
    #expect(
      lines == [
        "0x7fd84d000000:  e8 fb ef ff ff           callq    0x7fd84cfff000",
        "0x7fd84d000005:  2a 00 00 00              .long    0x2a",
        "0x7fd84d000009:  06                       .byte    0x6",
      ])
  }

  /// As objdump 2.40 has them.
  @Test("What Capstone 4 does not know and translated code has")
  func quietConversion() throws {
    try #require(HostDisassembler() != nil, "libcapstone4 is not installed")
    let code: [UInt8] = [
      0x62, 0xd1, 0xbf, 0x18, 0x5a, 0xd8, 0x62, 0x71, 0xff, 0x18, 0x5a, 0xe0,
      0x62, 0x32, 0x35, 0x08, 0x00, 0xf8, 0x62, 0xb2, 0x7d, 0x08, 0x00, 0xd9,
      0x62, 0xb2, 0x75, 0x28, 0x00, 0xca, 0x62, 0xd3, 0x5d, 0x28, 0x25, 0xdf, 0x60, 0xc3,
    ]
    let lines = listing(code).split(separator: "\n").map { String($0) }
    #expect(
      lines == [
        "0x7fd84d000000:  62 d1 bf 18 5a d8        vcvtsd2ss {rn-sae}, %xmm8, %xmm8, %xmm3",
        "0x7fd84d000006:  62 71 ff 18 5a e0        vcvtsd2ss {rn-sae}, %xmm0, %xmm0, %xmm12",
        "0x7fd84d00000c:  62 32 35 08 00 f8        vpshufb  %xmm16, %xmm9, %xmm15",
        "0x7fd84d000012:  62 b2 7d 08 00 d9        vpshufb  %xmm17, %xmm0, %xmm3",
        "0x7fd84d000018:  62 b2 75 28 00 ca        vpshufb  %ymm18, %ymm1, %ymm1",
        "0x7fd84d00001e:  62 d3 5d 28 25 df 60     vpternlogd $0x60, %ymm15, %ymm4, %ymm3",
        "0x7fd84d000025:  c3                       retq     ",
      ])
  }

  private func listing(_ code: [UInt8]) -> String {
    let fixed: [UInt8] = [0x58, 0xc3]
    var text = LogText()
    fixed.withUnsafeBytes { fixed in
      code.withUnsafeBytes {
        HostListing(fixedCode: fixed, at: 0x7fd8_4cff_f000)
          .append($0, at: 0x7fd8_4d00_0000, to: &text)
      }
    }
    return String(decoding: text.bytes, as: UTF8.self)
  }
}
