import Foundation
import LinuxUser
import Memory
import Testing

extension LinuxUserTests {
  @Suite(.serialized) struct SystemCallTests {
    @Test("Files are opened, written, read, measured and removed")
    func files() throws {
      let bench = try Bench()
      let name = NSTemporaryDirectory() + "lyrebird-file-\(UUID().uuidString)"
      let path = bench.put(name, at: 0)
      // O_RDWR | O_CREAT | O_EXCL | O_LARGEFILE | O_NOFOLLOW, PowerPC's numbers.
      let file = UInt32(bench.call(5, path, 0o300302, 0o640))
      #expect(bench.call(5, path, 0o300302, 0o640) == -17)
      #expect(bench.call(5, path, 0o040000) == -20)
      let text = bench.put("hello, world", at: 0x1000)
      #expect(bench.call(4, file, text, 12) == 12)
      #expect(bench.call(180, file, text, 5, 0, 1, 0) == 5)
      let vector = bench.put([text, 2, text + 7, 5], at: 0x1800)
      #expect(bench.call(19, file, 20, 0) == 20 && bench.call(146, file, vector, 2) == 7)
      #expect(bench.call(140, file, 0, 2, bench.data + 0x1900, 0) == 0)
      #expect(bench.word(bench.data + 0x1904) == 2)
      #expect(bench.call(3, file, bench.data + 0x2000, 100) == 100)
      #expect(bench.text(bench.data + 0x2000) == "llo, world")
      #expect(bench.call(179, file, bench.data + 0x2000, 8, 0, 0, 20) == 8)
      #expect(bench.text(bench.data + 0x2000).hasPrefix("heworld"))
      #expect(bench.call(197, file, bench.data + 0x3000) == 0)
      // st_mode, st_size and st_blksize of stat64.
      #expect(bench.word(bench.data + 0x3010) == 0o100640)
      #expect(bench.word(bench.data + 0x3030) == 1 && bench.word(bench.data + 0x3034) == 5)
      #expect(
        bench.call(194, file, 0, 0, 7) == 0 && bench.call(197, file, bench.data + 0x3000) == 0)
      #expect(bench.word(bench.data + 0x3034) == 7)
      #expect(bench.call(383, 0xffff_ff9c, path, 0, 0x7ff, bench.data + 0x3000) == 0)
      #expect(bench.word(bench.data + 0x302c) == 7)
      #expect(bench.call(204, file, 3) & 0o2 == 2 && bench.call(204, file, 1) == 0)
      let lock = bench.put([0x0001_0000, 0, 0, 0, 0, 10, 0, 0], at: 0x4000)
      #expect(bench.call(204, file, 13, lock) == 0)
      #expect(bench.call(19, file, 0, 0) == 0 && bench.call(3, file, 0x4000_0000, 5) == -14)
      #expect(bench.call(3, file, 0xffff_ffff, 5) == -14 && bench.call(4, file, 0, 5) == -14)
      #expect(bench.call(6, file) == 0 && bench.call(6, file) == -9)
      #expect(bench.call(10, path) == 0 && bench.call(33, path, 0) == -2)
    }

    @Test("Pipes, poll, select and epoll tell the same")
    func polling() throws {
      let bench = try Bench()
      #expect(bench.call(317, bench.data, 0o2004000) == 0)
      let (reader, writer) = (bench.word(bench.data), bench.word(bench.data + 4))
      #expect(bench.call(3, reader, bench.data + 64, 1) == -11)
      func set(_ descriptor: UInt32) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: 4)
        words[Int(descriptor / 32)] = 1 << (descriptor % 32)
        return words
      }
      let zero = bench.put([0, 0], at: 0x400)
      for isReady in [false, true] {
        if isReady { #expect(bench.call(4, writer, bench.data, 4) == 4) }
        let poll = bench.put([reader, 1 << 16], at: 0x100)
        #expect(bench.call(167, poll, 1, 0) == (isReady ? 1 : 0))
        #expect(bench.word(poll + 4) == 1 << 16 | (isReady ? 1 : 0))
        let sets = bench.put(set(reader), at: 0x200)
        #expect(bench.call(142, 128, sets, 0, 0, zero) == (isReady ? 1 : 0))
        #expect(bench.word(sets + 4 * (reader / 32)) == (isReady ? 1 << (reader % 32) : 0))
        let epoll = UInt32(bench.call(315, 0))
        let event = bench.put([1, 0, 0x1122_3344, 0x5566_7788], at: 0x300)
        #expect(bench.call(237, epoll, 1, reader, event) == 0)
        #expect(bench.call(238, epoll, bench.data + 0x340, 4, 0) == (isReady ? 1 : 0))
        if isReady {
          #expect(
            [0, 8, 12].map { bench.word(bench.data + 0x340 + $0) } == [1, 0x1122_3344, 0x5566_7788])
        }
        #expect(bench.call(6, epoll) == 0)
      }
      #expect(bench.call(54, reader, 0x4004_667f, bench.data + 0x500) == 0)
      #expect(bench.word(bench.data + 0x500) == 4)
      #expect(bench.call(54, reader, 0x402c_7413, bench.data + 0x500) == -25)
      #expect(bench.call(54, reader, 0x1234_5678, 0) == -25)
      #expect(bench.logged == ["Unsupported ioctl: 0x12345678"])
      for descriptor in [reader, writer] { #expect(bench.call(6, descriptor) == 0) }
    }

    @Test("A child ends with its status, and its memory is its own")
    func fork() throws {
      let bench = try Bench()
      _ = bench.put([1], at: 0)
      // CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, as fork of the C library.
      let child = bench.call(120, 0x0120_0011, 0, 0, 0, bench.data + 8)
      if child == 0 {
        _ = bench.put([2], at: 0)
        bench.call(234, bench.word(bench.data + 8) == UInt32(getpid()) ? 42 : 1)
        _exit(bench.process.exitStatus ?? 99)
      }
      #expect(bench.call(114, UInt32(child), bench.data + 4, 0, bench.data + 64) == child)
      #expect(bench.word(bench.data + 4) == 42 << 8 && bench.word(bench.data) == 1)
      #expect(bench.call(7, 0xffff_ffff, 0, 0) == -10)
    }

    @Test("Times, limits and names are converted")
    func system() throws {
      var options = LinuxOptions()
      options.release = "5.4.3"
      options.seed = 1
      let bench = try Bench(options)
      let d = bench.data
      #expect(
        bench.call(122, d) == 0 && bench.text(d + 260) == "ppc" && bench.text(d + 130) == "5.4.3")
      #expect(bench.call(246, 0, d) == 0 && bench.call(403, 0, d + 8) == 0)
      #expect(Int(bench.word(d + 12)) - Int(bench.word(d)) <= 1 && bench.word(d + 8) == 0)
      #expect(abs(Int(bench.word(d)) - Int(time(nil))) <= 1)
      #expect(bench.call(246, 99, d) == -22)
      #expect(bench.call(190, 7, d) == 0 && bench.call(325, 0, 7, 0, d + 16) == 0)
      #expect(bench.word(d + 20) == bench.word(d))
      let limit = bench.put([0, 0x10_0000, 0, 0x20_0000], at: 32)
      #expect(bench.call(325, 0, 9, limit, 0) == 0 && bench.call(190, 9, d) == 0)
      #expect(bench.word(d) == 0x10_0000 && bench.word(d + 4) == 0x20_0000)
      #expect(bench.call(116, d) == 0 && bench.word(d + 52) > 0)
      #expect(bench.call(20) == Int(getpid()) && bench.call(24) == Int(getuid()))
      #expect(bench.call(223, 0, 128, d) > 0)
      #expect(bench.call(162, bench.put([0, 1000], at: 0), 0) == 0)
      #expect(bench.call(162, bench.put([0, 1_000_000_000], at: 0), 0) == -22)
      #expect(bench.call(359, d, 8, 0) == 8)
      let random = [bench.word(d), bench.word(d + 4)]
      let other = try Bench(options)
      #expect(other.call(359, other.data, 8, 0) == 8)
      #expect([other.word(other.data), other.word(other.data + 4)] == random)
      #expect(bench.call(425, 0, 0) == -38 && bench.call(425) == -38 && bench.call(9999) == -38)
      #expect(
        bench.logged == [
          "Unsupported syscall: 425 io_uring_setup", "Unsupported syscall: 9999 unknown",
        ])
    }

    @Test("Sockets carry data, descriptors and addresses")
    func sockets() throws {
      let bench = try Bench()
      let d = bench.data
      #expect(bench.call(333, 1, 1, 0, d) == 0)
      let (a, b) = (bench.word(d), bench.word(d + 4))
      let text = bench.put("message", at: 0x100)
      let vector = bench.put([text, 7], at: 0x200)
      // A control message with a descriptor: length 16, SOL_SOCKET, SCM_RIGHTS.
      let control = bench.put([16, 1, 1, a], at: 0x300)
      let sent = bench.put([0, 0, vector, 1, control, 16, 0], at: 0x400)
      #expect(bench.call(341, a, sent, 0) == 7)
      let target = bench.put([d + 0x800, 64], at: 0x500)
      let received = bench.put([0, 0, target, 1, d + 0x600, 64, 0], at: 0x700)
      #expect(bench.call(342, b, received, 0) == 7 && bench.text(d + 0x800) == "message")
      #expect((0..<3).map { bench.word(d + 0x600 + 4 * $0) } == [16, 1, 1])
      #expect(bench.word(received + 20) == 16 && bench.call(6, bench.word(d + 0x60c)) == 0)
      // SO_PASSCRED is 20 there and 16 here; SO_RCVTIMEO 18 takes a timeval.
      #expect(bench.call(339, a, 1, 20, bench.put([1], at: 0x900), 4) == 0)
      #expect(bench.call(340, a, 1, 20, d + 0x910, bench.put([4], at: 0x914)) == 0)
      #expect(bench.word(d + 0x910) == 1)
      #expect(bench.call(339, a, 1, 18, bench.put([3, 0], at: 0x900), 8) == 0)
      #expect(bench.call(340, a, 1, 18, d + 0x910, bench.put([8], at: 0x918)) == 0)
      #expect(bench.word(d + 0x910) == 3 && bench.word(d + 0x918) == 8)
      // socketcall: socket(AF_INET, SOCK_STREAM), then bind and getsockname.
      let inet = UInt32(bench.call(102, 1, bench.put([2, 1, 0], at: 0xa00)))
      let address = bench.put([0x0002_0000, 0x7f00_0001, 0, 0], at: 0xa00)
      #expect(bench.call(327, inet, address, 16) == 0 && bench.call(329, inet, 1) == 0)
      #expect(bench.call(331, inet, d + 0xb00, bench.put([16], at: 0xb40)) == 0)
      #expect(bench.word(d + 0xb00) >> 16 == 2 && bench.word(d + 0xb00) & 0xffff != 0)
      #expect(bench.word(d + 0xb04) == 0x7f00_0001 && bench.word(d + 0xb40) == 16)
      for descriptor in [a, b, inet] { #expect(bench.call(6, descriptor) == 0) }
    }

    @Test("Directories are listed and links read")
    func directories() throws {
      let bench = try Bench()
      let base = NSTemporaryDirectory() + "lyrebird-dir-\(UUID().uuidString)"
      let path = bench.put(base, at: 0)
      #expect(bench.call(39, path, 0o700) == 0)
      #expect(
        bench.call(83, bench.put("target", at: 0x200), bench.put(base + "/link", at: 0x300)) == 0)
      #expect(bench.call(85, bench.data + 0x300, bench.data + 0x400, 64) == 6)
      #expect(bench.text(bench.data + 0x400) == "target")
      let directory = UInt32(bench.call(5, path, 0o040000))
      let count = UInt32(bench.call(202, directory, bench.data + 0x1000, 4096))
      var names: Set<String> = []
      var offset: UInt32 = 0
      while offset < count, offset < 4096 {
        let record = bench.data + 0x1000 + offset
        names.insert(bench.text(record + 19))
        offset += bench.word(record + 16) >> 16
      }
      #expect(names == [".", "..", "link"] && offset == count)
      #expect(bench.call(6, directory) == 0)
      #expect(bench.call(10, bench.data + 0x300) == 0 && bench.call(40, path) == 0)
      #expect(bench.call(182, bench.data, 4096) > 0)
      #expect(bench.text(bench.data) == FileManager.default.currentDirectoryPath)
      #expect(bench.call(252, bench.put("/", at: 0), 88, bench.data + 64) == 0)
    }

    @Test("Traced calls have QEMU's form")
    func trace() throws {
      var options = LinuxOptions()
      options.tracesSystemCalls = true
      let bench = try Bench(options)
      var output = ""
      bench.process.traceOutput = { output += $0 }
      let name = bench.put("/nonexistent", at: 0)
      bench.call(286, 0xffff_ff9c, name, 0o2200000)
      bench.call(20)
      bench.call(174, 0, 0, bench.data, 8)
      bench.call(192, 0, 4096, 3, 0x22, 0xffff_ffff, 0)
      bench.call(425, 1)
      let place = String(bench.registers.general[3], radix: 16)
      #expect(!place.isEmpty)
      let pid = getpid()
      let lines = output.split(separator: "\n").map(String.init)
      #expect(
        lines[0] == "\(pid) openat(AT_FDCWD,\"/nonexistent\",O_RDONLY|O_LARGEFILE|O_CLOEXEC)"
          + " = -1 errno=2 (No such file or directory)")
      #expect(lines[1] == "\(pid) getpid() = \(pid)")
      #expect(lines[2].hasPrefix("\(pid) rt_sigprocmask(SIG_BLOCK,NULL,0x"))
      #expect(
        lines[3].hasPrefix(
          "\(pid) mmap2(NULL,4096,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0) = 0xb"))
      #expect(
        lines[4] == "\(pid) io_uring_setup(1,0,0,0,0,0) = -1 errno=38 (Function not implemented)")
    }
  }
}
