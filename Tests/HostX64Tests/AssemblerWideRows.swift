@testable import HostX64

/// An instruction by its encoding; made on demand, for an `Encoding` is no sendable type.
private typealias Name = @Sendable () -> Encoding

/// The row of an instruction with three operands.
private func three(_ mnemonic: String, _ w: Width = .dword, _ encoding: @escaping Name) -> Row {
  row(mnemonic, [.qword], YMM.self, YMM.self, YMM.self) {
    $0.vectorVEX(encoding().wide, $2.register, $3.register, $4.register, w)
  }
}

/// The row of a broadcast from a register of 128 bits.
private func broadcast(_ mnemonic: String, _ encoding: @escaping Name) -> Row {
  row(mnemonic, [.qword], YMM.self, XMM.self) {
    $0.vectorVEX(encoding().wide, $2.register, $3)
  }
}

/// Vectors of 256 bits.
let wideRows: [Row] = [
  three("vaddps") { .vaddps },
  three("vaddpd") { .vaddpd },
  three("vsubps") { .vsubps },
  three("vsubpd") { .vsubpd },
  three("vmulps") { .vmulps },
  three("vmulpd") { .vmulpd },
  three("vfmadd213ps") { .vfmadd213ps },
  three("vpaddd") { .vpaddd },
  three("vpxor") { .vpxor },
  three("vpand") { .vpand },
  three("vpcmpeqd") { .vpcmpeqd },
  three("vpshufb") { .pshufb },
  three("vfmadd213pd", .qword) { .vfmadd213ps },
  row("vpshufb", [.qword], memory: .implied, YMM.self, YMM.self, Address.self) {
    $0.vectorVEX(.pshufb.wide, $2.register, $3.register, $4)
  },
  row("vptest", [.qword], memory: .implied, YMM.self, Address.self) {
    $0.vectorVEX(.vptest.wide, $2.register, $3)
  },
  row("vmovups", [.qword], memory: .implied, YMM.self, Address.self) {
    $0.vectorVEX(.vmovupsLoad.wide, $2.register, $3)
  },
  row("vmovups", [.qword], memory: .implied, Address.self, YMM.self) {
    $0.vectorVEX(.vmovupsStore.wide, $3.register, $2)
  },
  row("vmovaps", [.qword], YMM.self, YMM.self) {
    $0.vmovapsWide($2.register, $3.register)
  },
  broadcast("vbroadcastss") { .vbroadcastss }, broadcast("vbroadcastsd") { .vbroadcastsd },
  row("vextractf128", [.qword], XMM.self, YMM.self, UInt8.self) {
    $0.vextractf128($2, $3.register, half: $4)
  },
  row("vzeroupper") { $0.vzeroupper() },
]

/// What EVEX alone can say.
let extendedRows: [Row] = [
  row("vpshufb", [.qword], XMM.self, XMM.self, UpperXMM.self) { $0.vpshufb($2, $3, $4) },
  row("vpshufb", [.qword], YMM.self, YMM.self, UpperYMM.self) {
    $0.vpshufb(.pshufb.wide, $2.register, $3.register, $4.register)
  },
  Row(
    generate: { listing, set in
      for m in UpperYMM.samples(set) where set == .near {
        let name = m.text(.qword, memory: nil)
        listing.add("vbroadcasti32x4 \(name), XMMWORD PTR [\(nearPlaceholder)]") {
          $0.vbroadcasti32x4(m.register, near: Address(near: sampleNearTarget))
        }
      }
    }, hasMemory: true),
  Row(
    generate: { listing, set in
      for d in YMM.samples(set) {
        for (a, b) in zip(YMM.samples(set), YMM.samples(set).reversed()) {
          let names = [d, a, b].map { $0.text(.qword, memory: nil) }.joined(separator: ", ")
          listing.add("vpternlogd \(names), 0x60") {
            $0.vpternlogd(.vpternlogd.wide, d.register, a.register, b.register, function: 0x60)
          }
          listing.add("vpternlogd \(d.register), \(a.register), \(b.register), 0x96") {
            $0.vpternlogd(.vpternlogd, d.register, a.register, b.register, function: 0x96)
          }
        }
      }
    }, hasMemory: false),
]
