import GuestPowerPC
import Memory
import Testing

extension LinuxUserTests {
  @Suite(.serialized) struct AddressSpaceTests {
    static let anonymous = MapFlags.private | MapFlags.anonymous

    @Test("Instructions and the address space mean the same by a page's flags")
    func pageFlags() {
      #expect(GuestPageFlag.readable == PageFlags.readable.rawValue)
      #expect(GuestPageFlag.writable == PageFlags.writable.rawValue)
      #expect(GuestPageFlag.code == PageFlags.code.rawValue)
      #expect(GuestPageFlag.rewritten == PageFlags.rewritten.rawValue)
    }

    @Test("Each base gives the same address space", arguments: [nil, 0x7_0000_0000 as UInt?])
    func basics(_ base: UInt?) throws {
      let space = try UserAddressSpace(requestedBase: base)
      if let base { #expect(space.base == base) }
      let copy = GuestCopy(space)
      let place = try space.map(0, 8192, protection: 3, flags: Self.anonymous)
      #expect(place == UserAddressSpace.taskSize - 8192)
      #expect(
        copy.writeWord(place + 4094, 0x1234_5678) && copy.readWord(place + 4094) == 0x1234_5678)
      #expect(copy.readByte(place + 4094) == 0x12)
      #expect(copy.readWord(place + 8190) == nil)
      #expect(copy.readWord(0xffff_fffe) == nil && copy.readWord(0) == nil)
      try space.protect(place, 4096, protection: 1)
      #expect(!copy.writeWord(place, 1) && copy.readWord(place) == 0)
      try space.unmap(place, 4096)
      #expect(copy.readWord(place) == nil && copy.readWord(place + 4096) != nil)
    }

    @Test("Requests that Linux refuses give its errors")
    func refusals() throws {
      let space = try UserAddressSpace()
      typealias Row = (hint: UInt32, count: UInt32, flags: UInt32, offset: Int64, error: Errno)
      let a = Self.anonymous
      let rows: [Row] = [
        (0, 0, a, 0, .invalid), (0, 4096, MapFlags.anonymous, 0, .invalid),
        (0, 4096, a, 1, .invalid), (0x1001, 4096, a | MapFlags.fixed, 0, .invalid),
        (0x1000, 4096, a | MapFlags.fixed, 0, .notPermitted),
        (0xffff_0000, 4096, a | MapFlags.fixed, 0, .noMemory),
        (0xfff0_0000, 0x10_0000, a | MapFlags.fixed, 0, .noMemory),
        (0, 0xffff_f000, a, 0, .noMemory), (0, 4096, MapFlags.private, 0, .badDescriptor),
      ]
      for row in rows {
        #expect(throws: row.error) {
          try space.map(row.hint, row.count, protection: 3, flags: row.flags, offset: row.offset)
        }
      }
      let place = try space.map(0, 4096, protection: 3, flags: a)
      #expect(throws: Errno.exists) {
        try space.map(place, 4096, protection: 3, flags: a | MapFlags.fixedNoReplace)
      }
      #expect(throws: Errno.noMemory) { try space.protect(place, 8192 + 0x100_0000, protection: 1) }
      #expect(throws: Errno.fault) {
        try space.remap(0x2000_0000, 4096, 8192, flags: 1, newAddress: 0)
      }
      #expect(throws: Errno.invalid) { try UserAddressSpace(requestedBase: 0x1_2345) }
    }

    @Test(
      "Random requests leave the memory that a simple model has",
      arguments: [1, 2, 3, 4] as [UInt64])
    func model(_ seed: UInt64) throws {
      let space = try UserAddressSpace()
      let copy = GuestCopy(space)
      var random = Random(seed &* 77)
      // One word a page; nil where nothing is mapped. Protection beside it.
      let first: UInt32 = 0x2000_0000
      let count = 64
      var words = [UInt32?](repeating: nil, count: count)
      var protections = [UInt32](repeating: 0, count: count)
      for step in 0..<3000 {
        let page = Int.random(in: 0..<count, using: &random)
        let length = Int.random(in: 1...min(8, count - page), using: &random)
        let address = first + UInt32(page) * 4096
        let bytes = UInt32(length) * 4096
        let pages = page..<page + length
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1:
          let protection = UInt32.random(in: 0...7, using: &random)
          let flags = Self.anonymous | MapFlags.fixed
          #expect(try space.map(address, bytes, protection: protection, flags: flags) == address)
          for page in pages { (words[page], protections[page]) = (0, protection) }
        case 2:
          try space.unmap(address, bytes)
          for page in pages { words[page] = nil }
        case 3:
          let protection = UInt32.random(in: 0...3, using: &random)
          let hole = pages.first { words[$0] == nil } ?? pages.upperBound
          let result = Result { try space.protect(address, bytes, protection: protection) }
          let isDone = (try? result.get()) != nil
          #expect(isDone == (hole == pages.upperBound))
          for page in page..<hole { protections[page] = protection }
        case 4:
          space.markCode(page: address >> 12)
        default:
          let value = UInt32(step)
          let isWritable = words[page] != nil && protections[page] & 2 != 0
          #expect(copy.writeWord(address + 8, value) == isWritable)
          if isWritable { words[page] = value }
        }
        let isReadable = words[page] != nil && protections[page] != 0
        #expect(copy.readWord(address + 8) == (isReadable ? words[page] : nil))
      }
    }

    @Test("mremap shrinks, grows and moves with the contents")
    func remap() throws {
      let space = try UserAddressSpace()
      let copy = GuestCopy(space)
      _ = try space.map(0, 4096, protection: 0, flags: Self.anonymous)
      let hole = try space.map(0, 4096, protection: 0, flags: Self.anonymous)
      let a = try space.map(0, 3 * 4096, protection: 3, flags: Self.anonymous)
      #expect(a == hole - 3 * 4096)
      for page in 0..<3 as Range<UInt32> { _ = copy.writeWord(a + page * 4096, page + 1) }
      space.markCode(page: a >> 12)
      var changed: [Range<UInt32>] = []
      space.onCodeChanged = { changed.append($0) }
      #expect(try space.remap(a, 3 * 4096, 2 * 4096, flags: 0, newAddress: 0) == a)
      #expect(changed == [a..<a + 4096])
      #expect(try space.remap(a, 2 * 4096, 3 * 4096, flags: 0, newAddress: 0) == a)
      #expect(copy.readWord(a + 8192) == 0)
      let b = try space.remap(a, 3 * 4096, 8 * 4096, flags: MapFlags.mayMove, newAddress: 0)
      #expect(b != a && copy.readWord(b + 4096) == 2 && copy.readWord(a) == nil)
      #expect(copy.writeWord(b + 7 * 4096, 5))
      let flags = MapFlags.mayMove | MapFlags.remapFixed
      let c = try space.remap(b, 8 * 4096, 4096, flags: flags, newAddress: 0x3000_0000)
      #expect(c == 0x3000_0000 && copy.readWord(c) == 1 && copy.readWord(b + 4096) == nil)
    }

    @Test("Writes to pages with code are noticed, and those to others are not")
    func codePages() throws {
      let space = try UserAddressSpace()
      let copy = GuestCopy(space)
      let place = try space.map(0, 4 * 4096, protection: 7, flags: Self.anonymous)
      var changed: [Range<UInt32>] = []
      space.onCodeChanged = { changed.append($0) }
      space.markCode(page: place >> 12)
      space.markCode(page: (place >> 12) + 1)
      #expect(!space.codePageWritten(place + 8192))
      #expect(space.codePageWritten(place + 5) && changed == [place..<place + 4096])
      #expect(!space.codePageWritten(place + 5))
      #expect(copy.writeWord(place + 4094, 7))
      #expect(changed == [place..<place + 4096, place + 4096..<place + 8192])
      space.markCode(page: place >> 12)
      try space.protect(place, 4096, protection: 5)
      #expect(changed.count == 3 && !space.codePageWritten(place))
      space.markCode(page: place >> 12)
      try space.unmap(place, 4 * 4096)
      #expect(changed.count == 4 && space.flags(at: place).isEmpty)
    }

    @Test("The heap grows and shrinks, and stops at what is in its way")
    func heap() throws {
      let space = try UserAddressSpace()
      space.setHeapStart(0x1000_0123)
      #expect(space.setHeapEnd(0) == 0x1000_1000)
      #expect(space.setHeapEnd(0x1000_5001) == 0x1000_5001)
      #expect(GuestCopy(space).writeWord(0x1000_5ff0, 1))
      #expect(space.setHeapEnd(0x1000_2000) == 0x1000_2000)
      #expect(!GuestCopy(space).writeWord(0x1000_5000, 1))
      _ = try space.map(0x1001_0000, 4096, protection: 3, flags: Self.anonymous | MapFlags.fixed)
      #expect(space.setHeapEnd(0x1002_0000) == 0x1000_2000)
    }

    @Test("More mappings than the host gives are refused, and there can be new ones for old ones")
    func mappingLimit() throws {
      let space = try UserAddressSpace()
      // Neighbours with different protections are mappings of their own.
      func map(_ page: Int) throws(Errno) {
        let address = 0x2000_0000 + UInt32(page) * 4096
        let flags = Self.anonymous | MapFlags.fixed
        _ = try space.map(address, 4096, protection: UInt32(page) & 1, flags: flags)
      }
      #expect(space.mappingLimit > 1000)
      space.mappingLimit = 2000
      var count = 0
      #expect(throws: Errno.noMemory) {
        while count < 4000 {
          try map(count)
          count += 1
        }
      }
      #expect(count > 500 && count < 2000)
      #expect(throws: Errno.noMemory) {
        try space.protect(0x2000_0000, 4096, protection: 3)
      }
      try space.unmap(0x2000_0000, UInt32(count / 2) * 4096)
      try map(0)
    }

    @Test("Pages of code are watched as long as there can be more mappings")
    func watchedCode() throws {
      let space = try UserAddressSpace()
      let first = try space.map(0, 2400 * 4096, protection: 7, flags: Self.anonymous)
      func address(_ page: Int) -> UInt32 { first + UInt32(page) * 4096 }
      func isUnwatched(_ page: Int) -> Bool { space.flags(at: address(page)).contains(.rewritten) }
      space.mappingLimit = 2000
      // Every other page: two mappings each.
      for page in stride(from: 0, to: 2400, by: 2) { space.markCode(page: address(page) >> 12) }
      #expect(!isUnwatched(0) && isUnwatched(2398))
      // A write between two of them, when no mapping may be had at all, gives up watching.
      space.markCode(page: address(1) >> 12)
      space.mappingLimit = -2000
      var changed: [Range<UInt32>] = []
      space.onCodeChanged = { changed.append($0) }
      #expect(space.codePageWritten(address(1)) && changed.first == first..<address(3))
      #expect(changed.count == 1199)
      for page in stride(from: 0, to: 2400, by: 2) {
        #expect(!space.flags(at: address(page)).contains(.code))
      }
    }

    @Test("The search takes the highest place that fits")
    func search() throws {
      let space = try UserAddressSpace()
      let a = try space.map(0, 0x10000, protection: 3, flags: Self.anonymous)
      let b = try space.map(0, 0x1000, protection: 3, flags: Self.anonymous)
      let c = try space.map(0, 0x10000, protection: 3, flags: Self.anonymous)
      #expect(b == a - 0x1000 && c == b - 0x10000)
      try space.unmap(b, 0x1000)
      #expect(try space.map(0, 0x2000, protection: 3, flags: Self.anonymous) == c - 0x2000)
      #expect(try space.map(0, 0x1000, protection: 3, flags: Self.anonymous) == b)
      #expect(
        try space.map(0x1234_5678, 0x1000, protection: 3, flags: Self.anonymous) == 0x1234_6000)
      let all = try UserAddressSpace(requestedBase: 0x6_0000_0000, size: 0x1000_0000)
      #expect(try all.map(0, 0x0fff_0000, protection: 0, flags: Self.anonymous) == 0x1_0000)
      #expect(throws: Errno.noMemory) {
        try all.map(0, 4096, protection: 0, flags: Self.anonymous)
      }
    }
  }
}
