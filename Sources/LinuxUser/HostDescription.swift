import CSys
import Glibc
import Memory

extension LinuxProcess {
  /// Tells the host's kernel where the program, its arguments and its environment are, so that
  /// /proc/PID/cmdline and environ are the guest's for everybody, ps(1) of the host included.
  ///
  /// PR_SET_MM with PR_SET_MM_MAP needs no privileges, but a kernel with CHECKPOINT_RESTORE.
  func describeToHost() {
    let base = UInt64(space.base)
    guard var map = HostDescription(), !argumentStrings.isEmpty else { return }
    map.arguments = map.range(argumentStrings, base)
    map.environment = map.range(environmentStrings, base)
    map.code = map.range(layout.code.start..<layout.code.end, base)
    map.stack = UInt64(entry.stackPointer) + base
    if base != 0 {
      // Where address 0 is, for other guests: see GuestBeside.
      map.data = (base, base)
    } else if layout.data.start > 0, layout.data.end >= layout.data.start {
      map.data = map.range(layout.data.start..<layout.data.end, base)
    }
    isDescribedToHost = map.install()
  }
}

/// struct prctl_mm_map (linux/prctl.h).
private struct HostDescription {
  typealias Bounds = (start: UInt64, end: UInt64)
  var code, data, heap: Bounds
  var stack: UInt64
  var arguments, environment: Bounds

  /// What the kernel knows now.
  init?() {
    guard let line = HostFile.text("/proc/self/stat"), let end = line.lastIndex(of: ")"),
      let heapEnd = try? hostCall(SYS_brk, 0)
    else { return nil }
    let fields = line[line.index(after: end)...].split { $0 == " " || $0 == "\n" }
      .map { UInt64($0) ?? 0 }
    guard fields.count > 48 else { return nil }
    // The first here is field 3: proc(5).
    (code, stack, data) = ((fields[23], fields[24]), fields[25], (fields[42], fields[43]))
    heap = (fields[44], UInt64(heapEnd))
    (arguments, environment) = ((fields[45], fields[46]), (fields[47], fields[48]))
  }

  func range(_ addresses: Range<UInt32>, _ base: UInt64) -> Bounds {
    (UInt64(addresses.lowerBound) + base, UInt64(addresses.upperBound) + base)
  }

  /// Whether the kernel took it.
  func install() -> Bool {
    // No auxiliary vector; no other executable (a descriptor of -1).
    let words: [UInt64] = [
      code.start, code.end, data.start, data.end, heap.start, heap.end, stack, arguments.start,
      arguments.end, environment.start, environment.end, 0, 0xffff_ffff_0000_0000,
    ]
    let size = 8 * words.count
    let result = try? withHostBytes(size) { (address, bytes) throws(Errno) in
      bytes.copyMemory(from: words, byteCount: size)
      // PR_SET_MM, PR_SET_MM_MAP.
      return try hostCall(SYS_prctl, 35, 14, address, size)
    }
    return result != nil
  }
}
