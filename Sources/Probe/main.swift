import Boards
import Glibc
import GuestPowerPC
import HostX64
import Machine
import Translation

func load(_ path: String) -> [UInt8] {
  let f = open(path, O_RDONLY)
  var result: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let n = read(f, &buffer, buffer.count)
    if n <= 0 { break }
    result += buffer[0..<n]
  }
  return result
}
FaultHandler.install()
let bus = Bus("memory")
let ram = try PhysicalMemory(size: 128 << 20)
let rom = try PhysicalMemory(size: 1 << 20)
let image = load("/usr/share/qemu/openbios-ppc")
func word(_ o: Int) -> Int { (0..<4).reduce(0) { $0 << 8 | Int(image[o + $1]) } }
for n in 0..<(Int(image[44]) << 8 | Int(image[45])) {
  let p = word(28) + 32 * n
  if word(p) == 1 {
    rom.write(image[word(p + 4)..<word(p + 4) + word(p + 16)], at: word(p + 8) - 0xfff0_0000)
  }
}
try bus.map(Window("ram", ram), at: 0)
try bus.map(Window("bios", rom, isReadOnly: true), at: 0xfff0_0000)
var seen: [UInt64: Int] = [:]
bus.onUnassigned = { a, s, w in
  seen[a, default: 0] += 1
  if seen[a] == 1 { print((w ? "write" : "read"), String(a, radix: 16), s) }
}
var start = timespec()
clock_gettime(CLOCK_MONOTONIC, &start)
let clock = Clock {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Int64(now.tv_sec - start.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec - start.tv_nsec)
}
let host = X64Host(features: .detect(), guestMemory: .paged)
let emulator = try SystemEmulator(
  processor: Processor.named("750")!, host: host, bus: bus, clock: clock,
  timeBaseFrequency: 16_600_000, codeBufferSize: 64 << 20)
emulator.supervisor.log = { print($0) }
var count = 0
emulator.supervisor.onException = { e, nip, bits in
  count += 1
  if count < 40 { print("exception", String(e.rawValue, radix: 16), "at", String(nip, radix: 16), String(bits, radix: 16), "dar", String(emulator.state.pointee.dar, radix: 16)) }
}
Killer.start(emulator.exitRequest, 2)
try emulator.run()
print("nip", String(emulator.state.pointee.nip, radix: 16), "msr", String(emulator.state.pointee.msr, radix: 16), emulator.translator.counters, "exceptions", count)
