import Foundation
import ProcessSupport
import Synchronization
import Testing

/// What `make suites` builds of other projects' tests.
enum ConformanceSuite {
  static let folder =
    ProcessInfo.processInfo.environment["LYREBIRD_SUITES"] ?? Place.package + "/.build/suites"
  static let sysroot = ["-L", "/usr/powerpc-linux-gnu"]
  static let isPresent = Place.runsLong && FileManager.default.fileExists(atPath: folder)
  static let isMissing =
    "conformance suites are run with LYREBIRD_LONG=1, where `make suites` built them"

  /// Hours: glibc's tests sleep a lot.
  static let deadline = 4 * 3600.0

  /// Runs a `check` target of Guests/suites/Makefile.
  static func check(_ name: String) throws -> GuestRun {
    try GuestRun.run(
      [
        "/usr/bin/make", "-sC", Place.package + "/Guests/suites", "check-" + name,
        "SUITES=" + folder,
        "RUN=" + Place.product("lyrebird-ppc"),
      ], environment: ["TIMEOUTFACTOR=20"], seconds: deadline)
  }

  /// Whether a suite was built: what it consists of is there.
  static func has(_ path: String) -> Bool { Place.exists(folder + "/" + path) }
}

/// Other projects' tests pass: see docs/Conformance.md.
@Suite(.enabled(if: ConformanceSuite.isPresent, Comment(rawValue: ConformanceSuite.isMissing)))
struct ConformanceTests {
  @Test("gcc.c-torture/execute", arguments: ["O0", "O1", "O2", "O3", "altivec"])
  func torture(_ level: String) throws {
    let folder = ConformanceSuite.folder + "/gcc/" + level
    let programs = (FileManager.default.enumerator(atPath: folder)?.allObjects ?? [])
      .compactMap { $0 as? String }.filter { !["ieee", "builtins"].contains($0) }
    #expect(programs.count > 1600, "\(level): \(programs.count) programs")
    // AltiVec's own level needs a processor with it.
    let options = ConformanceSuite.sysroot + (level == "altivec" ? ["-cpu", "7450"] : [])
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: programs.count) { index in
      let run = try? GuestRun.lyrebird(options + [folder + "/" + programs[index]])
      guard run?.status != 0 else { return }
      failures.withLock { $0.append("\(programs[index]): \(run?.summary ?? "not started")") }
    }
    let found = failures.withLock { $0.sorted() }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  /// glibc's tests that cannot pass, by the reason.
  static let exceptions: [(reason: String, names: Set<String>)] = [
    ("it asks a name server", ["posix/bug-ga2"]),
    (
      "its Makefile executes it without the emulator",
      ["elf/tst-tls-allocation-failure-static-patched"]
    ),
    (
      "it needs a debugger for PowerPC",
      Set(
        ["cond", "condattr", "mutex", "mutexattr", "rwlock", "rwlockattr"].map {
          "nptl/test-\($0)-printers"
        })
    ),
    (
      "it finds its own vector badly aligned, also under QEMU",
      ["misc/tst-align-clone-internal", "misc/tst-misalign-clone-internal"]
    ),
  ]

  /// The folders of glibc's tests that are run: GLIBC_FOLDERS of Guests/suites/Makefile.
  static let folders = [
    "setjmp", "signal", "rt", "nptl", "posix", "io", "misc", "time", "dirent", "resource", "socket",
    "sysvipc", "login", "inet", "debug", "dlfcn", "string", "stdlib", "malloc", "elf",
    "stdio-common", "math",
  ]

  @Test(
    "glibc", .enabled(if: ConformanceSuite.has("glibc-build/built"), "glibc is not built"),
    arguments: folders)
  func glibc(_ folder: String) throws {
    let run = try ConformanceSuite.check("glibc-" + folder)
    let results = run.text.split(separator: "\n").map(String.init)
    #expect(results.contains { $0.hasPrefix("PASS: ") }, "\(folder): \(run.summary)")
    let failures = results.filter { $0.hasPrefix("FAIL: ") }.map { String($0.dropFirst(6)) }
      .filter { name in !Self.exceptions.contains { $0.names.contains(name) } }
    #expect(failures.isEmpty, "\(failures.joined(separator: " "))")
  }

  /// The suites that their own Makefiles run, and what shows that they are built.
  static let selfTests = [
    "zlib": "zlib/infcover", "bzip2": "bzip2/bzip2.ppc", "sqlite": "sqlite3/testfixture",
    "openssl": "openssl/built",
  ].filter { ConformanceSuite.has($0.value) }.keys.sorted()

  @Test("Self-tests", arguments: selfTests)
  func selfTest(_ name: String) throws {
    let run = try ConformanceSuite.check(name)
    #expect(run.status == 0, "\(name): \(run.summary)")
  }
}
