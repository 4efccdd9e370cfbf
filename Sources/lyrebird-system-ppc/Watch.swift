import Boards
import Glibc
import GuestPowerPC
enum Watch {
  nonisolated(unsafe) static var machine: MacMachine?
  static func start(_ m: MacMachine) {
    machine = m
    nonisolated(unsafe) var seen: [UInt64: Int] = [:]
    m.bus.onUnassigned = { a, s, w in
      seen[a & ~0xff, default: 0] += 1
      if seen[a & ~0xff]! < 3 { say("\(w ? "write" : "read") \(String(a, radix: 16)) \(s) nip \(String(m.emulator.state.pointee.nip, radix: 16))\n") }
    }
    nonisolated(unsafe) var count = 0
    m.emulator.supervisor.onException = { e, nip, bits in
      count += 1
      if count < 10 { say("exception \(String(e.rawValue, radix: 16)) at \(String(nip, radix: 16)) \(String(bits, radix: 16)) dar \(String(m.emulator.state.pointee.dar, radix: 16))\n") }
    }
    var thread = pthread_t()
    pthread_create(&thread, nil, { _ in
      while true {
        sleep(1)
        let s = Watch.machine!.emulator.state
        say("nip \(String(s.pointee.nip, radix: 16)) lr \(String(s.pointee.lr, radix: 16)) msr \(String(s.pointee.msr, radix: 16)) \(Watch.machine!.emulator.translator.counters)\n")
      }
    }, nil)
  }
}

private func say(_ text: String) {
  var text = text
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}
