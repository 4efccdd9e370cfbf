import Testing

@testable import GuestPowerPC

/// Programming Environments Manual, chapter 7.
@Suite("Address translation")
struct AddressTranslationTests {
  /// The manual's example of page table addresses (7.6.1.6): SDR1 and a segment for 0x00FFA01B.
  private static let sdr1: UInt32 = 0x0f98_0007
  private static let address: UInt32 = 0x00ff_a01b
  private static let primary: UInt32 = 0x0f9f_f980, secondary: UInt32 = 0x0f98_0640
  /// V, VSID 0xC701C, abbreviated page index 3.
  private static let first: UInt32 = 0x8000_0000 | 0x000c_701c << 7 | 3

  /// A machine in which translation is on, with the example's registers.
  private static func machine(_ name: String = "750", segment: UInt32 = 0) -> SupervisorMachine {
    let machine = SupervisorMachine(name)
    machine.state.pointee.msr = MSR.IR | MSR.DR
    machine.state.pointee.sdr1 = sdr1
    machine.state.pointee.sr[0] = 0x000c_701c | segment
    return machine
  }

  @Test("Both groups of the manual's example are searched, all eight entries")
  func groups() {
    for (group, hash) in [(Self.primary, UInt32(0)), (Self.secondary, 0x40)] {
      for entry in 0..<UInt32(8) {
        let machine = Self.machine()
        #expect(
          machine.supervisor.translate(Self.address, .load)
            == .fault(.dataStorage, bits: 0x4000_0000))
        machine.setEntry(group: group, entry, first: Self.first | hash, second: 0x1234_5182)
        #expect(
          machine.supervisor.translate(Self.address, .load)
            == .page(
              physical: 0x1234_5000, range: 0x00ff_a000...0x00ff_afff, isWritable: true,
              isCacheInhibited: false, isGuarded: false))
      }
      // The wrong value of H does not match.
      let machine = Self.machine()
      machine.setEntry(group: group, first: Self.first | hash ^ 0x40, second: 0x1234_5182)
      #expect(machine.page(Self.address, .load) == nil)
    }
  }

  /// Tables 7-9 and 7-10 of the manual: key, PP, loads, stores.
  @Test(
    "Page protection by key and PP",
    arguments: [
      (false, 0, true, true), (false, 1, true, true), (false, 2, true, true),
      (false, 3, true, false),
      (true, 0, false, false), (true, 1, true, false), (true, 2, true, true),
      (true, 3, true, false),
    ] as [(Bool, UInt32, Bool, Bool)])
  func protection(key: Bool, pp: UInt32, loads: Bool, stores: Bool) {
    for isUser in [false, true] {
      // The other state's key is the opposite.
      let bit: UInt32 = isUser == key ? 0x2000_0000 : 0x4000_0000
      let machine = Self.machine(segment: bit)
      if isUser { machine.state.pointee.msr |= MSR.PR }
      machine.setEntry(group: Self.primary, first: Self.first, second: 0x0010_0180 | pp)
      let load = machine.page(Self.address, .load)
      #expect((load != nil) == loads)
      #expect(load.map(\.isWritable) ?? stores == stores)
      #expect((machine.page(Self.address, .store) != nil) == stores)
      if !loads {
        #expect(
          machine.supervisor.translate(Self.address, .load)
            == .fault(.dataStorage, bits: 0x0800_0000))
        #expect(
          machine.supervisor.translate(Self.address, .fetch)
            == .fault(.instructionStorage, bits: 0x0800_0000))
      }
      if !stores {
        #expect(
          machine.supervisor.translate(Self.address, .store)
            == .fault(.dataStorage, bits: 0x0a00_0000))
      }
    }
  }

  /// R with every access that is allowed, C with stores; nothing with those that are not.
  @Test(
    "R and C",
    arguments: [
      (.load, 2, 0x000, 0x100), (.fetch, 2, 0x000, 0x100), (.store, 2, 0x000, 0x180),
      (.store, 2, 0x100, 0x180), (.load, 2, 0x180, 0x180), (.store, 3, 0x000, 0x000),
      (.store, 3, 0x100, 0x100),
    ] as [(Access, UInt32, UInt32, UInt32)])
  func history(access: Access, pp: UInt32, before: UInt32, after: UInt32) {
    let machine = Self.machine()
    machine.setEntry(group: Self.secondary, 3, first: Self.first | 0x40, second: pp | before)
    let word = Self.secondary + 28
    _ = machine.supervisor.translate(Self.address, access, isProbe: true)
    #expect(machine.surroundings.physicalWord(word) == pp | before)
    let page = machine.page(Self.address, access)
    #expect(machine.surroundings.physicalWord(word) == pp | after)
    #expect(page.map(\.isWritable) ?? false == (after & 0x80 != 0))
  }

  @Test("Segments: direct store, no execution; guarded pages")
  func segments() {
    var machine = Self.machine(segment: 0x8000_0000)
    #expect(
      machine.supervisor.translate(Self.address, .load)
        == .fault(.dataStorage, bits: 0x0400_0000))
    #expect(
      machine.supervisor.translate(Self.address, .store)
        == .fault(.dataStorage, bits: 0x0600_0000))
    #expect(
      machine.supervisor.translate(Self.address, .fetch)
        == .fault(.instructionStorage, bits: 0x1000_0000))
    for (segment, wimg) in [(UInt32(0x1000_0000), UInt32(0)), (0, 0x08)] {
      machine = Self.machine(segment: segment)
      machine.setEntry(group: Self.primary, first: Self.first, second: 0x0010_0182 | wimg)
      #expect(
        machine.supervisor.translate(Self.address, .fetch)
          == .fault(.instructionStorage, bits: 0x1000_0000))
      #expect(machine.page(Self.address, .store) != nil)
    }
    #expect(
      machine.supervisor.translate(Self.address, .load)
        == .page(
          physical: 0x0010_0000, range: 0x00ff_a000...0x00ff_afff, isWritable: true,
          isCacheInhibited: false, isGuarded: true))
  }

  @Test("Without translation addresses are physical")
  func realMode() {
    let machine = Self.machine()
    for (msr, access) in [(MSR.IR, Access.load), (MSR.IR, .store), (MSR.DR, .fetch)] {
      machine.state.pointee.msr = msr
      #expect(
        machine.supervisor.translate(0xfff0_0104, access)
          == .page(
            physical: 0xfff0_0000, range: 0...0xffff_ffff, isWritable: true,
            isCacheInhibited: false, isGuarded: access != .fetch))
    }
  }

  /// Block lengths by BL (table 7-4), as the last address of a block at 0xD0000000 or 0x10000000.
  @Test(
    "Block sizes",
    arguments: [
      (0x000, 0x0001_ffff), (0x001, 0x0003_ffff), (0x003, 0x0007_ffff), (0x007, 0x000f_ffff),
      (0x00f, 0x001f_ffff), (0x01f, 0x003f_ffff), (0x03f, 0x007f_ffff), (0x07f, 0x00ff_ffff),
      (0x0ff, 0x01ff_ffff), (0x1ff, 0x03ff_ffff), (0x3ff, 0x07ff_ffff), (0x7ff, 0x0fff_ffff),
    ] as [(UInt32, UInt32)])
  func blocks(length: UInt32, last: UInt32) {
    for (first, access) in [(SPR.IBAT0U, Access.fetch), (SPR.DBAT0U, .load), (SPR.DBAT4U, .store)] {
      let machine = Self.machine("755")
      machine.state.pointee.spr[SPR.HID2] = 0x0004_0000
      machine.state.pointee.spr[first + 4] = 0xd000_0000 | length << 2 | 2
      machine.state.pointee.spr[first + 5] = 0x5000_002a
      let result = TranslationResult.page(
        physical: 0x5000_0000 | last & 0xffff_f000, range: 0xd000_0000...0xd000_0000 | last,
        isWritable: true, isCacheInhibited: true, isGuarded: access != .fetch)
      #expect(machine.supervisor.translate(0xd000_0000 | last, access) == result)
      // The segment's T does not count where there is a block.
      machine.state.pointee.sr[0xd] = 0x8000_0000
      #expect(machine.supervisor.translate(0xd000_0000 | last, access) == result)
      #expect(machine.page(0xd000_0000 &+ last &+ 1, access) == nil)
      machine.state.pointee.msr |= MSR.PR
      #expect(machine.page(0xd000_0000, access) == nil)
    }
  }

  /// Vs, Vp and PP of a block: the upper register's low bits, the state, PP, loads, stores.
  @Test(
    "Block protection",
    arguments: [
      (2, false, 0, false, false), (2, false, 1, true, false), (2, false, 2, true, true),
      (2, false, 3, true, false), (1, true, 0, false, false), (1, true, 1, true, false),
      (1, true, 2, true, true), (3, true, 2, true, true), (3, false, 2, true, true),
    ] as [(UInt32, Bool, UInt32, Bool, Bool)])
  func blockProtection(valid: UInt32, isUser: Bool, pp: UInt32, loads: Bool, stores: Bool) {
    let machine = Self.machine("7400")
    if isUser { machine.state.pointee.msr |= MSR.PR }
    machine.state.pointee.spr[SPR.DBAT0U] = 0xe000_0000 | valid
    machine.state.pointee.spr[SPR.DBAT0U + 1] = pp
    machine.state.pointee.spr[SPR.IBAT0U] = 0xe000_0000 | valid
    machine.state.pointee.spr[SPR.IBAT0U + 1] = pp
    #expect((machine.page(0xe001_0000, .load) != nil) == loads)
    #expect((machine.page(0xe001_0000, .fetch) != nil) == loads)
    #expect((machine.page(0xe001_0000, .store) != nil) == stores)
    if !loads {
      #expect(
        machine.supervisor.translate(0xe001_0000, .load) == .fault(.dataStorage, bits: 0x0800_0000))
      #expect(
        machine.supervisor.translate(0xe001_0000, .fetch)
          == .fault(.instructionStorage, bits: 0x0800_0000))
    }
  }

  /// Models, and what enables pairs 4 to 7: a register and its bit.
  @Test(
    "Four pairs of block registers, or eight",
    arguments: [
      ("603", 4, 0, 0), ("604", 4, 0, 0), ("750", 4, 0, 0), ("7400", 4, 0, 0), ("7450", 4, 0, 0),
      ("750fx", 8, 0, 0), ("755", 8, 1011, 0x0004_0000), ("7455", 8, 1008, 0x0080_0000),
      ("7447", 8, 1008, 0x0080_0000),
    ] as [(String, Int, Int, UInt32)])
  func pairs(name: String, count: Int, register: Int, bit: UInt32) {
    let machine = Self.machine(name)
    machine.state.pointee.spr[SPR.DBAT4U + 6] = 0xe000_0002
    machine.state.pointee.spr[SPR.DBAT4U + 7] = 0xa000_0002
    if register != 0 {
      #expect(machine.page(0xe000_0000, .load) == nil)
      machine.state.pointee.spr[register] = bit
    }
    #expect((machine.page(0xe000_0000, .load)?.physical == 0xa000_0000) == (count == 8))
  }

  /// MPC7450, 5.3: XBL, the four bits above BL, with HID0[XBSEN].
  @Test("Extended blocks")
  func extendedBlocks() {
    let machine = Self.machine("7455")
    machine.state.pointee.spr[SPR.DBAT0U] = 0x8000_fffe
    machine.state.pointee.spr[SPR.DBAT0U + 1] = 0x0000_0002
    #expect(machine.page(0xf000_0000, .load) == nil)
    machine.state.pointee.spr[SPR.HID0] = 0x100
    #expect(
      machine.supervisor.translate(0xf234_5678, .load)
        == .page(
          physical: 0x7234_5000, range: 0x8000_0000...0xffff_ffff, isWritable: true,
          isCacheInhibited: false, isGuarded: false))
  }
}

/// MPC603e User's Manual, chapter 5.
@Suite("Software TLB")
struct SoftwareTLBTests {
  private func machine(_ name: String = "603e") -> SupervisorMachine {
    let machine = SupervisorMachine(name)
    machine.state.pointee.msr = MSR.IR | MSR.DR
    machine.state.pointee.sdr1 = 0x0f98_0007
    machine.state.pointee.sr[0] = 0x000c_701c | 0x4000_0000
    machine.state.pointee.packedCR = 0xa123_4567
    return machine
  }

  /// Access, exception, SRR1: CR field 0, KEY, I, S.
  @Test(
    "A miss tells its handler everything",
    arguments: [
      (.fetch, .instructionTranslationMiss, 0xa00c_0000),
      (.load, .dataLoadTranslationMiss, 0xa008_0000),
      (.store, .dataStoreTranslationMiss, 0xa009_0000),
    ] as [(Access, PowerPCException, UInt32)])
  func misses(access: Access, exception: PowerPCException, bits: UInt32) {
    let machine = machine()
    // The first way is the one that was used last, so the second is to be replaced.
    let wayOne: UInt32 = 0x0002_0000
    #expect(
      machine.supervisor.translate(0x00ff_a01b, access) == .fault(exception, bits: bits | wayOne))
    let spr = machine.state.pointee.spr
    let isFetch = access == .fetch
    #expect(spr[isFetch ? SPR.IMISS : SPR.DMISS] == 0x00ff_a01b)
    #expect(spr[isFetch ? SPR.ICMP : SPR.DCMP] == 0x8000_0000 | 0x000c_701c << 7 | 3)
    #expect(spr[SPR.HASH1] == 0x0f9f_f980 && spr[SPR.HASH2] == 0x0f98_0640)
  }

  @Test("Entries are loaded, hit, told apart, replaced and invalidated")
  func entries() {
    let machine = machine()
    let supervisor = machine.supervisor
    func load(_ effective: UInt32, _ word: UInt32) {
      _ = supervisor.translate(effective, .load)
      if case .fault(_, let bits) = supervisor.translate(effective, .load) {
        machine.state.pointee.srr1 = bits
      }
      machine.state.pointee.spr[SPR.RPA] = word
      supervisor.loadTranslation(effective, isFetch: false)
    }
    // Three pages of one set; the third replaces the one that was not used last.
    load(0x0000_3000, 0x0100_0182)
    load(0x0002_3000, 0x0200_0182)
    #expect(machine.page(0x0000_3abc, .load)?.physical == 0x0100_0000)
    #expect(machine.page(0x0002_3abc, .store)?.physical == 0x0200_0000)
    #expect(machine.page(0x0000_3abc, .fetch) == nil)
    load(0x0044_3000, 0x0300_0182)
    #expect(machine.page(0x0044_3000, .load)?.physical == 0x0300_0000)
    #expect(machine.page(0x0000_3000, .load) == nil)
    machine.surroundings.forget()
    supervisor.invalidate(page: 0x0000_3000)
    #expect(machine.surroundings.changes == [.page(0x0000_3000)])
    #expect(machine.page(0x0044_3000, .load) == nil)
    #expect(machine.page(0x0002_3000, .load) == nil)
  }

  @Test("A store to a page whose C is 0 is a miss that names the way")
  func changed() {
    let machine = machine()
    machine.state.pointee.srr1 = 0x0002_0000
    machine.state.pointee.spr[SPR.DCMP] = 0x8000_0000 | 0x000c_701c << 7 | 3
    machine.state.pointee.spr[SPR.RPA] = 0x0100_0102
    machine.supervisor.loadTranslation(0x00ff_a000, isFetch: false)
    #expect(machine.page(0x00ff_a000, .load)?.isWritable == false)
    #expect(
      machine.supervisor.translate(0x00ff_a000, .store)
        == .fault(.dataStoreTranslationMiss, bits: 0xa00b_0000))
  }

  @Test("A miss exchanges r0 to r3 with the temporary registers, rfi brings them back")
  func temporaryRegisters() {
    let machine = machine()
    for n in 0..<5 { machine.state.pointee.gpr[n] = UInt32(n) + 1 }
    machine.supervisor.takeException(.dataLoadTranslationMiss, nip: 0x100, srr1: 0xa008_0000)
    #expect(machine.state.pointee.msr == MSR.TGPR)
    #expect(machine.state.pointee.nip == 0x1100)
    #expect((0..<5).map { machine.state.pointee.gpr[$0] } == [0, 0, 0, 0, 5])
    machine.state.pointee.gpr[2] = 0x77
    #expect(machine.supervisor.returnFromInterrupt() == 0x100)
    #expect(machine.state.pointee.msr == MSR.IR | MSR.DR)
    #expect((0..<5).map { machine.state.pointee.gpr[$0] } == [1, 2, 3, 4, 5])
  }

  @Test("The 755 searches itself unless HID2[SWT_EN] is 1")
  func choice() {
    let machine = machine("755")
    #expect(
      machine.supervisor.translate(0x00ff_a000, .load) == .fault(.dataStorage, bits: 0x4000_0000))
    machine.state.pointee.spr[SPR.HID2] = 0x0008_0000
    #expect(
      machine.supervisor.translate(0x00ff_a000, .load, isProbe: true)
        == .fault(.dataLoadTranslationMiss, bits: 0xa00a_0000))
  }
}
