import Memory
import Testing

@testable import LinuxUser

extension LinuxUserTests {
  @Suite struct FutexWordTests {
    static let anonymous = MapFlags.private | MapFlags.anonymous

    @Test("An owner that gives its word back while it is looked for is no owner that is missing")
    func ownerEnds() throws {
      let space = try UserAddressSpace(), copy = GuestCopy(space)
      let word = FutexWord(space, try space.map(0, 4096, protection: 3, flags: Self.anonymous))
      #expect(copy.writeWord(word.address, 77))
      var seen: [UInt32] = []
      let old = try word.change { (value) throws(Errno) in
        seen.append(value)
        if value == 0 { return 88 }
        // 77 unlocks and ends before anybody asks for it.
        #expect(copy.writeWord(word.address, 0))
        throw .noProcess
      }
      #expect(old == 0 && seen == [77, 0] && copy.readWord(word.address) == 88)
    }

    @Test("An error leaves a word as it is")
    func errors() throws {
      let space = try UserAddressSpace(), copy = GuestCopy(space)
      let word = FutexWord(space, try space.map(0, 4096, protection: 3, flags: Self.anonymous))
      #expect(copy.writeWord(word.address, 77))
      #expect(throws: Errno.noProcess) { try word.change { _ throws(Errno) in throw .noProcess } }
      #expect(copy.readWord(word.address) == 77)
      #expect(throws: Errno.invalid) { try FutexWord(space, word.address + 1).change { $0 } }
      #expect(throws: Errno.fault) { try FutexWord(space, 0).change { $0 } }
      try space.protect(word.address, 4096, protection: 1)
      #expect(throws: Errno.fault) { try word.change { $0 } }
    }
  }
}
