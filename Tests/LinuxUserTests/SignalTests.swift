import Foundation
import LinuxUser
import Memory
import Testing

extension LinuxUserTests {
  @Suite(.serialized) struct SignalTests {
    static let handler: UInt32 = 0x1000_1000

    /// sigaction with SA_* flags and a mask of the low signals.
    private func catchSignal(
      _ bench: Bench, _ signal: UInt32, flags: UInt32, mask: UInt32 = 0, handler: UInt32 = handler
    ) {
      let action = bench.put([handler, flags, 0, mask, 0], at: 0xf000)
      #expect(bench.call(173, signal, action, 0, 8) == 0)
    }

    private func offset(_ name: String) -> UInt32 {
      UInt32(Layouts.fields[name]?.offset ?? 0xffff)
    }

    /// What the process that dies of SIGSEGV writes to a pipe, which becomes standard error in a child:
    /// before its guest starts, or after that.
    private func lastWords(redirectsFirst: Bool) throws -> String {
      let parent = try Bench()
      #expect(parent.call(42, parent.data) == 0)
      let (reader, writer) = (parent.word(parent.data), parent.word(parent.data + 4))
      let child = parent.call(120, 17, 0, 0, 0, 0)
      if child == 0 {
        if redirectsFirst { dup2(Int32(writer), 2) }
        guard let bench = try? Bench() else { _exit(1) }
        if !redirectsFirst { bench.call(63, writer, 2) }
        bench.process.raise(11, code: 1, address: 0, bench.registers)
        _exit(bench.process.exitStatus == 139 ? 0 : 2)
      }
      #expect(parent.call(6, writer) == 0)
      #expect(parent.call(114, UInt32(child), parent.data, 0, 0) == child)
      #expect(parent.word(parent.data) == 0)
      let count = parent.call(3, reader, parent.data, 1000)
      #expect(parent.call(6, reader) == 0)
      _ = parent.copy.writeByte(parent.data + UInt32(max(count, 0)), 0)
      return parent.text(parent.data)
    }

    @Test("A deadly signal is told where the process began, not where it writes errors to")
    func lastWords() throws {
      let text = try lastWords(redirectsFirst: true)
      #expect(text.hasPrefix("lyrebird-ppc: uncaught target signal 11 ("), "\(text)")
      #expect(try lastWords(redirectsFirst: false).isEmpty)
    }

    @Test("A fault's handler gets the rt frame, and its return restores every register")
    func rtFrame() throws {
      let bench = try Bench()
      catchSignal(bench, 11, flags: 4, mask: 1 << 9)
      let r = bench.registers
      var random = Random(3)
      r.hasVectors = true
      r.randomize(&random)
      r.nip = 0x1000_0444
      let before = r.snapshot
      let stack = r.general[1]
      bench.process.raise(11, code: 2, address: 0x3000_0010, r)
      let frame = r.general[4]
      #expect(r.nip == Self.handler && r.general[3] == 11 && r.general[6] == frame)
      #expect(frame & 15 == 0 && stack - frame >= 1536 && stack - frame < 1552)
      #expect(r.general[1] == frame - 80 && bench.word(r.general[1]) == stack)
      #expect(
        bench.word(frame) == 11 && bench.word(frame + offset("siginfo.si_addr")) == 0x3000_0010)
      let context = r.general[5]
      #expect(context == frame + 128 && r.fpscr == 0 && r.reservationIsClear)
      let machine = bench.word(context + offset("ucontext.uc_regs"))
      #expect(machine == context + offset("ucontext.uc_mcontext"))
      let saved = (0..<32).map { UInt64(bench.word(machine + 4 * $0)) }
      #expect(saved == Array(before[0..<32]) && bench.word(machine + 128) == 0x1000_0444)
      let fprs = machine + offset("mcontext.mc_fregs")
      #expect(
        (0..<32).map { bench.copy.readDoubleword(fprs + 8 * $0) ?? 0 } == Array(before[32..<64]))
      let vectors = machine + offset("mcontext.mc_vregs")
      #expect(
        (0..<64).map { bench.copy.readDoubleword(vectors + 8 * $0) ?? 0 } == Array(before[64..<128])
      )
      // The trampoline: li r0,172; sc. While the handler runs, 11 and 10 are blocked.
      #expect(bench.word(r.lr) == 0x3800_00ac && bench.word(r.lr + 4) == 0x4400_0002)
      #expect(
        bench.call(174, 0, 0, bench.data, 8) == 0 && bench.word(bench.data) == 1 << 10 | 1 << 9)
      for index in 0..<32 where index != 1 { r.general[index] = 0x5555_5555 }
      r.general[1] = frame - 80
      r.floating = r.floating.map { ~$0 }
      (r.lr, r.ctr, r.xer, r.cr) = (1, 2, 3, 4)
      r.general[0] = 172
      bench.process.handleSystemCall(r)
      #expect(r.snapshot == before)
      #expect(bench.call(174, 0, 0, bench.data, 8) == 0 && bench.word(bench.data) == 0)
    }

    @Test("A plain handler gets the plain frame")
    func plainFrame() throws {
      let bench = try Bench()
      catchSignal(bench, 10, flags: 0)
      let r = bench.registers
      r.nip = 0x1000_0800
      let stack = r.general[1]
      bench.call(174, 0, bench.put([0, 1], at: 0), 0, 8)
      // kill(getpid(), SIGUSR1) is delivered when it returns.
      #expect(bench.call(37, UInt32(getpid()), 10) == 10)
      let frame = r.general[4]
      #expect(r.nip == Self.handler && r.general[1] == frame - 64 && stack - frame < 1264)
      #expect(bench.word(frame + offset("sigcontext.signal")) == 10)
      #expect(bench.word(frame + offset("sigcontext.handler")) == Self.handler)
      #expect(bench.word(frame + offset("sigcontext.regs")) == frame + 32)
      #expect(bench.word(frame + 12) == 1 && bench.word(r.lr) == 0x3800_0077)
      #expect(bench.word(frame + 32 + 12) == 0 && bench.word(frame + 32 + 128) == 0x1000_0800)
      r.general[0] = 119
      bench.process.handleSystemCall(r)
      #expect(r.nip == 0x1000_0800 && r.general[3] == 0 && r.general[1] == stack)
    }

    @Test("Handlers run on the alternate stack, once, and nowhere without one")
    func alternateStack() throws {
      let bench = try Bench()
      let r = bench.registers
      let stack = r.general[1]
      #expect(bench.call(185, bench.put([0, 0, 1024], at: 0), 0) == -12)
      #expect(bench.call(185, bench.put([bench.data + 0x4000, 0, 0x4000], at: 0), 0) == 0)
      catchSignal(bench, 11, flags: 0x0800_0004)
      bench.process.raise(11, code: 1, address: 0, r)
      let frame = r.general[4]
      #expect(frame > bench.data + 0x4000 && frame < bench.data + 0x8000)
      #expect(bench.word(frame + 128 + 8) == bench.data + 0x4000)
      #expect(bench.call(185, 0, bench.data) == 0 && bench.word(bench.data + 4) == 1)
      #expect(bench.call(185, bench.data, 0) == -1)
      r.general[1] = frame - 80
      r.general[0] = 172
      bench.process.handleSystemCall(r)
      #expect(r.general[1] == stack)
      // A stack pointer to nowhere: SIGSEGV cannot be delivered and kills.
      #expect(bench.call(185, bench.put([0, 2, 0], at: 0), 0) == 0)
      r.general[1] = 0x100
      bench.process.raise(11, code: 1, address: 0, r)
      #expect(bench.process.exitStatus == 139)
    }

    @Test("Default, ignored and blocked signals do what Linux does", arguments: [0, 1, 2, 3])
    func dispositions(_ row: Int) throws {
      let bench = try Bench()
      let r = bench.registers
      let own = UInt32(getpid())
      switch row {
      case 0:  // SIGABRT's default ends the process.
        bench.call(37, own, 6)
        #expect(bench.process.exitStatus == 134)
      case 1:  // An ignored signal of an instruction kills.
        catchSignal(bench, 8, flags: 0, handler: 1)
        bench.process.raise(8, code: 1, address: 0, r)
        #expect(bench.process.exitStatus == 136)
      case 2:  // A blocked one waits, and is seen.
        catchSignal(bench, 12, flags: 0x8000_0000)
        #expect(bench.call(174, 0, bench.put([1 << 11, 0], at: 0), 0, 8) == 0)
        #expect(raise(SIGUSR2) == 0)
        #expect(bench.call(175, bench.data, 8) == 0 && bench.word(bench.data) == 1 << 11)
        #expect(r.nip == 0)
        bench.call(174, 1, bench.put([1 << 11, 0], at: 0), 0, 8)
        #expect(r.nip == Self.handler)
        // SA_RESETHAND: the next one finds the default.
        #expect(bench.call(173, 12, 0, bench.data, 8) == 0 && bench.word(bench.data) == 0)
      default:  // Signals that cannot be caught.
        let action = bench.put([Self.handler, 0, 0, 0, 0], at: 0)
        for signal in [0, 9, 19, 65] as [UInt32] {
          #expect(bench.call(173, signal, action, 0, 8) == -22)
        }
        #expect(bench.call(173, 10, action, 0, 16) == -22)
      }
      for signal in [6, 8, 12] as [UInt32] {
        _ = bench.call(173, signal, bench.put([0, 0, 0, 0, 0], at: 0), 0, 8)
      }
    }

    /// Sends a signal to this thread after a while.
    private func sendLater(_ signal: Int32, after microseconds: UInt32) {
      let thread = pthread_self()
      Thread.detachNewThread {
        usleep(microseconds)
        pthread_kill(thread, signal)
      }
    }

    @Test("A waiting call is interrupted or made again", arguments: [false, true])
    func interruption(_ restarts: Bool) throws {
      let bench = try Bench()
      let r = bench.registers
      #expect(bench.call(42, bench.data) == 0)
      let (reader, writer) = (bench.word(bench.data), bench.word(bench.data + 4))
      catchSignal(bench, 10, flags: 4 | (restarts ? 0x1000_0000 : 0))
      var word: UInt32 = 0
      withUnsafeMutablePointer(to: &word) { place in
        bench.process.exitRequest = place
        r.nip = 0x1000_0104
        sendLater(SIGUSR1, after: 50_000)
        bench.call(3, reader, bench.data + 64, 4)
        bench.process.exitRequest = nil
        #expect(place.pointee == 1)
      }
      #expect(r.nip == Self.handler)
      let machine = r.general[4] + 0x140
      // Back to `sc` with its arguments, or behind it with EINTR.
      #expect(bench.word(machine + 128) == (restarts ? 0x1000_0100 : 0x1000_0104))
      #expect(bench.word(machine + 12) == (restarts ? reader : 4))
      #expect(bench.word(r.general[4] + 12) == UInt32(getpid()))
      for descriptor in [reader, writer] { bench.call(6, descriptor) }
      bench.call(173, 10, bench.put([0, 0, 0, 0, 0], at: 0), 0, 8)
    }

    @Test("sigsuspend and sigtimedwait take a blocked signal")
    func suspend() throws {
      let bench = try Bench()
      let r = bench.registers
      catchSignal(bench, 10, flags: 4)
      #expect(bench.call(174, 2, bench.put([1 << 9, 0], at: 0), 0, 8) == 0)
      r.nip = 0x1000_0104
      sendLater(SIGUSR1, after: 30_000)
      bench.call(178, bench.put([0, 0], at: 0), 8)
      #expect(r.nip == Self.handler)
      let context = r.general[5]
      #expect(bench.word(context + 52) == 1 << 9 && bench.word(context + 0xc0 + 12) == 4)
      r.general[1] = r.general[4] - 80
      r.general[0] = 172
      bench.process.handleSystemCall(r)
      #expect(bench.call(174, 0, 0, bench.data, 8) == 0 && bench.word(bench.data) == 1 << 9)
      sendLater(SIGUSR1, after: 10_000)
      let time = bench.put([2, 0], at: 16)
      #expect(bench.call(176, bench.put([1 << 9, 0], at: 0), bench.data + 64, time, 8) == 10)
      #expect(bench.word(bench.data + 64) == 10)
      let none = bench.put([0, 1000], at: 16)
      #expect(bench.call(176, bench.put([1 << 9, 0], at: 0), 0, none, 8) == -11)
      bench.call(174, 2, bench.put([0, 0], at: 0), 0, 8)
      bench.call(173, 10, bench.put([0, 0, 0, 0, 0], at: 0), 0, 8)
    }

    @Test("swapcontext exchanges registers and masks")
    func contexts() throws {
      let bench = try Bench()
      let r = bench.registers
      r.nip = 0x1000_2000
      r.general[20] = 77
      #expect(bench.call(249, bench.data, 0, 1184) == 0)
      r.general[20] = 1
      r.nip = 0x1000_3000
      bench.call(249, bench.data + 0x1000, bench.data, 1184)
      #expect(r.nip == 0x1000_2000 && r.general[20] == 77)
      #expect(bench.call(249, 0x100, 0, 1184) == -14 && bench.call(249, bench.data, 0, 8) == -22)
    }
  }
}
