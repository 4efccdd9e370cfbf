import Foundation
import ProcessSupport
import Testing

/// A kernel of shared/bench, and how much of its work a test does.
struct Kernel: Sendable, CustomTestStringConvertible {
  /// The file's name without its ending.
  let name: String
  let source: String
  let arguments: [String]

  /// The name in the list of tests.
  var testDescription: String { name }

  private static let prefixes = ["i_", "m_", "f_", "s_", "j_", "g_segv"]
  /// Arguments that keep a run of a debug build far below a second.
  private static let short: [String: String] = [
    "f_dgemm": "1", "f_fft": "4", "f_libm": "4000", "f_mandel": "30", "f_mandelf": "30",
    "f_nbody": "10000", "f_sgemm": "1", "g_segv": "2000", "i_ackermann": "2", "i_bits": "200000",
    "i_crc32": "3", "i_divmod": "200000", "i_fib": "22", "i_hashmap": "1", "i_indcall": "4000",
    "i_listchase": "5", "i_matmul": "2", "i_qsort": "1", "i_sha256": "2", "i_sieve": "2",
    "i_strops": "5000", "i_vmswitch": "100000", "j_smc": "1000", "m_memcpy": "20000",
    "m_memset": "20000", "m_stream": "1", "m_strlen": "10000", "s_fileio": "1000", "s_fork": "20",
    "s_getpid": "20000", "s_mmap": "1000", "s_stdio": "10000",
  ]
  static let all: [Kernel] = {
    var whole: [String: [String]] = [:]
    for line in Shared.lines("bench/args.txt") {
      let words = line.split(separator: " ").map { String($0) }
      whole[words[0]] = Array(words.dropFirst())
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: Shared.folder + "/bench"))
    return (files ?? []).sorted().compactMap { file in
      let parts = file.split(separator: ".").map { String($0) }
      guard parts.count == 2, ["c", "cc"].contains(parts[1]),
        prefixes.contains(where: { parts[0].hasPrefix($0) })
      else { return nil }
      let arguments = Guest.runsLong ? whole[parts[0]] ?? [] : short[parts[0]].map { [$0] } ?? []
      return Kernel(
        name: parts[0], source: Shared.folder + "/bench/" + file, arguments: arguments)
    }
  }()

  private static let guestFlags = ["-fno-strict-aliasing", "-static"]
  private static let nativeFlags = ["-ffp-contract=off"]
  private static let folder = Guest.package + "/Guests/build/bench"

  /// The kernel's program, built if there is none that is newer than the source; nil without a
  /// compiler.
  func build(native: Bool) throws -> String? {
    let folder = Self.folder + (native ? "/x86" : "/ppc")
    let product = folder + "/" + name
    if try isCurrent(product) { return product }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let tool = source.hasSuffix(".cc") ? "g++" : "gcc"
    let compiler = "/usr/bin/" + (native ? "" : "powerpc-linux-gnu-") + tool
    guard FileManager.default.isExecutableFile(atPath: compiler) else { return nil }
    let flags = native ? Self.nativeFlags : Self.guestFlags
    let run = try GuestRun.run(
      [compiler, "-O2", "-w", "-pthread"] + flags + ["-o", product, source, "-lm"])
    return run.status == 0 ? product : nil
  }

  private func isCurrent(_ product: String) throws -> Bool {
    let manager = FileManager.default
    guard manager.fileExists(atPath: product) else { return false }
    let dates = try [product, source].map {
      try manager.attributesOfItem(atPath: $0)[.modificationDate] as? Date ?? .distantPast
    }
    return dates[0] >= dates[1]
  }
}

/// The kernels print the checksums that they print natively.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.isMissing)))
struct KernelTests {
  /// What qemu-ppc 7.2 prints where fused multiply-add makes the native output another one:
  /// (kernel, argument, output).
  static let recorded: [(name: String, argument: String, output: String)] = [
    ("f_mandelf", "700", "mandelf 21523868\n"), ("f_mandelf", "30", "mandelf 38863\n"),
  ]

  @Test("Kernels of shared/bench", arguments: Kernel.all)
  func kernel(_ kernel: Kernel) throws {
    guard let program = try kernel.build(native: false),
      let native = try kernel.build(native: true)
    else {
      print("skipping \(kernel.name): no compiler builds it here")
      return
    }
    let expected = try GuestRun.run([native] + kernel.arguments)
    let run = try GuestRun.lyrebird([program] + kernel.arguments)
    #expect(run.status == expected.status && !run.isHung, "\(kernel.name): \(run.summary)")
    let row = Self.recorded.first { $0.name == kernel.name && [$0.argument] == kernel.arguments }
    #expect(run.text == row?.output ?? expected.text, "\(kernel.name): \(run.summary)")
  }
}
