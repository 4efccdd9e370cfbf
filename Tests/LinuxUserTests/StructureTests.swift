import Glibc
import Memory
import Testing

@testable import LinuxUser

extension LinuxUserTests {
  @Suite(.serialized) struct StructureTests {
    /// A field's value in a structure, by the compiler's layout.
    private func field(_ name: String, _ bytes: [UInt8]) -> UInt64 {
      guard let (offset, size) = Layouts.fields[name], offset + size <= bytes.count else {
        return .max
      }
      return bytes[offset..<offset + size].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func check(_ structure: String, _ bytes: [UInt8], _ values: [String: UInt64]) {
      #expect(bytes.count == Layouts.fields[structure]?.size, "\(structure)")
      for (name, value) in values {
        #expect(field("\(structure).\(name)", bytes) == value, "\(structure).\(name)")
      }
    }

    @Test("The status of a file has the compiler's layout")
    func status() throws {
      var status = stat()
      status.st_dev = 0x1_0000_0002
      status.st_ino = 0x3456
      status.st_mode = 0o100644
      status.st_nlink = 7
      status.st_uid = 1001
      status.st_gid = 1002
      status.st_rdev = 0x89
      status.st_size = 0x7654_3210
      status.st_blksize = 4096
      status.st_blocks = 0x3b2a_1908
      status.st_atim = timespec(tv_sec: 11, tv_nsec: 12)
      status.st_mtim = timespec(tv_sec: 13, tv_nsec: 14)
      status.st_ctim = timespec(tv_sec: 15, tv_nsec: 16)
      var values: [String: UInt64] = [
        "st_dev": 0x1_0000_0002, "st_ino": 0x3456, "st_mode": 0o100644, "st_nlink": 7,
        "st_uid": 1001, "st_gid": 1002, "st_rdev": 0x89, "st_size": 0x7654_3210,
        "st_blksize": 4096, "st_blocks": 0x3b2a_1908, "st_atime": 11, "st_atime_nsec": 12,
        "st_mtime": 13, "st_mtime_nsec": 14, "st_ctime": 15, "st_ctime_nsec": 16,
      ]
      check("stat64", DirectoryCalls.stat64(status).bytes, values)
      values["st_dev"] = 2
      check("stat", try DirectoryCalls.stat32(status).bytes, values)
      status.st_size = 0x8000_0000
      #expect(throws: Errno.overflow) { try DirectoryCalls.stat32(status) }
    }

    @Test("statx keeps its layout and changes its byte order")
    func extendedStatus() {
      // Each byte of the host's is unlike its neighbours; a field is its reverse.
      let host = (0..<256).map { UInt8($0) }
      var guest = host
      guest.withUnsafeMutableBytes { DirectoryCalls.swapStatx($0.baseAddress!) }
      for (name, place) in Layouts.fields where name.hasPrefix("statx.stx_") {
        // A time is a doubleword and a word.
        let size = place.size == 16 ? 8 : place.size
        let range = place.offset..<place.offset + size
        #expect(Array(guest[range]) == Array(host[range].reversed()), "\(name)")
      }
    }

    @Test("Signal information has the compiler's layout")
    func signalInformation() {
      var host = [UInt8](repeating: 0, count: 128)
      func put(_ value: UInt32, at offset: Int) {
        withUnsafeBytes(of: value) { host.replaceSubrange(offset..<offset + 4, with: $0) }
      }
      func guest() -> [UInt8] {
        host.withUnsafeBytes { SignalInformation(host: $0.baseAddress!).structure.bytes }
      }
      put(17, at: 0)
      put(1, at: 8)
      put(4321, at: 16)
      put(1000, at: 20)
      put(3, at: 24)
      check("siginfo", guest(), ["si_pid": 4321, "si_uid": 1000, "si_status": 3, "si_code": 1])
      put(10, at: 0)
      put(UInt32(bitPattern: -1), at: 8)
      put(77, at: 24)
      check(
        "siginfo", guest(),
        ["si_pid": 4321, "si_uid": 1000, "si_value": 77, "si_code": 0xffff_ffff])
      var fault = SignalInformation(11, code: 2)
      fault.words[0] = 0xdead_b000
      check("siginfo", fault.structure.bytes, ["si_addr": 0xdead_b000, "si_code": 2])
    }

    @Test("Requests of ioctl have the compiler's numbers")
    func requests() {
      for row in IOControl.rows {
        guard let number = Layouts.requests["\(row.name)"] else { continue }
        #expect(row.guest == number, "\(row.name)")
      }
      for name in Layouts.requests.keys {
        #expect(IOControl.rows.contains { "\($0.name)" == name }, "\(name)")
      }
    }

    @Test("Terminal settings survive the way there and back")
    func terminal() {
      #expect(Layouts.fields["termios"]?.size == TerminalSettings.guestSize)
      #expect(Layouts.fields["termios.c_cc"]?.offset == 16)
      #expect(Layouts.fields["termios.c_line"]?.offset == 35)
      // What `stty sane` sets, by the names of asm/termbits.h on either side.
      var guest = StructureWriter()
      guest.word(0x2000 | 0x0200 | 0x100 | 2)  // IMAXBEL IXON ICRNL BRKINT
      guest.word(0x2 | 0x1)  // ONLCR OPOST
      guest.word(0x300 | 0x800 | 15)  // CS8 CREAD B38400
      guest.word(0x80 | 0x100 | 0x400 | 0x8 | 0x2 | 0x4 | 0x40 | 0x1)
      guest.raw((1...17).map { UInt8($0) } + [0, 0])
      guest.byte(9)
      guest.word(15)
      guest.word(15)
      let settings = TerminalSettings(guest: StructureReader(guest.bytes))
      #expect(settings.flags[0] == 0x2000 | 0x0400 | 0x100 | 2)
      #expect(settings.flags[1] == 0x4 | 0x1)
      #expect(settings.flags[2] == 0x30 | 0x80 | 15)
      #expect(settings.flags[3] == 0x1 | 0x2 | 0x8000 | 0x8 | 0x10 | 0x20 | 0x200 | 0x800)
      // VMIN is 5 there and 6 here, VEOL 6 and 11, VTIME 7 and 5, VSUSP 12 and 10.
      #expect([6, 11, 5, 10].map { settings.characters[$0] } == [6, 7, 8, 13])
      #expect(settings.structure.bytes == guest.bytes)
      var random = Random(5)
      for _ in 0..<1000 {
        var host = [UInt8](repeating: 0, count: 36)
        for index in 0..<36 { host[index] = UInt8.random(in: 0...255, using: &random) }
        let once = host.withUnsafeBytes { TerminalSettings(host: $0.baseAddress!).structure.bytes }
        let twice = TerminalSettings(guest: StructureReader(once)).structure.bytes
        #expect(once == twice)
      }
    }

    @Test("The table has no number twice, and every name")
    func table() {
      #expect(Set(SystemCallTable.rows.map(\.number)).count == SystemCallTable.rows.count)
      let names = [
        4: "write", 234: "exit_group", 403: "clock_gettime64", 435: "clone3", 224: "unknown",
      ]
      for (number, name) in names { #expect(SystemCallNames.name(number) == name) }
      for row in SystemCallTable.rows {
        #expect(row.number >= 0 && row.number < SystemCallTable.count)
      }
    }
  }
}
