import Foundation
import LinuxUser
import Memory
import Testing

extension LinuxUserTests {
  @Suite(.serialized) struct ELFTests {
    /// A small executable: one segment of code, one of data with zeros behind.
    static let sample: [UInt8] = {
      var file = StructureWriter()
      file.raw([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1] + [UInt8](repeating: 0, count: 9))
      file.half(2)
      file.half(20)
      for word in [1, 0x1000_0080, 52, 0, 0] { file.word(word) }
      for half in [52, 32, 2, 40, 0, 0] { file.half(half) }
      for word in [1, 0, 0x1000_0000, 0x1000_0000, 0x100, 0x100, 5, 0x1_0000] { file.word(word) }
      for word in [1, 0x100, 0x1001_0100, 0x1001_0100, 0x40, 0x3000, 6, 0x1_0000] {
        file.word(word)
      }
      file.pad(to: 0x100)
      file.raw([UInt8](repeating: 0xab, count: 0x40))
      return file.bytes
    }()

    private func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
      let path = NSTemporaryDirectory() + "lyrebird-elf-\(UUID().uuidString)"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      return try body(path)
    }

    private func load(_ bytes: [UInt8]) throws -> LinuxProcess {
      try withFile(bytes) { path in
        let process = LinuxProcess(try UserAddressSpace())
        try process.load(path: path, arguments: ["prog", "a b"], environment: ["X=1", "Y=2"])
        return process
      }
    }

    @Test("A small executable is mapped and finds its arguments")
    func sample() throws {
      let process = try load(Self.sample)
      let copy = GuestCopy(process.space)
      #expect(process.entry.address == 0x1000_0080)
      #expect(copy.readWord(0x1000_0000) == 0x7f45_4c46)
      #expect(copy.readWord(0x1001_013c) == 0xabab_abab && copy.readWord(0x1001_0140) == 0)
      #expect(copy.readWord(0x1001_30fc) == 0 && !copy.writeWord(0x1000_0000, 1))
      #expect(process.space.heapStart == 0x1001_4000)
      let stack = process.entry.stackPointer
      func word(_ index: UInt32) -> UInt32 { copy.readWord(stack + 4 * index) ?? 0 }
      func string(_ address: UInt32) -> String {
        guard case .success(let bytes) = copy.readCString(address) else { return "?" }
        return String(decoding: bytes, as: UTF8.self)
      }
      #expect(stack & 15 == 0 && word(0) == 2 && word(3) == 0 && word(6) == 0)
      #expect([1, 2, 4, 5].map { string(word($0)) } == ["prog", "a b", "X=1", "Y=2"])
      var vector: [UInt32: UInt32] = [:]
      for index in stride(from: 7 as UInt32, to: 80, by: 2) where word(index) != 0 {
        vector[word(index)] = word(index + 1)
        if word(index + 2) == 0 { break }
      }
      let expected: [UInt32: UInt32] = [
        22: 22, 19: 32, 20: 32, 21: 0, 3: 0x1000_0034, 4: 32, 5: 2, 6: 4096, 7: 0, 8: 0,
        9: 0x1000_0080, 23: 0, 17: 100,
      ]
      for (type, value) in expected { #expect(vector[type] == value, "type \(type)") }
      #expect(string(vector[31] ?? 0).contains("lyrebird-elf") && vector[25] != nil)
      let registers = FakeRegisters()
      process.initialize(registers)
      #expect(registers.nip == 0x1000_0080 && registers.general[1] == stack)
    }

    @Test("A broken header is refused for what is wrong with it")
    func refusals() throws {
      typealias Row = (offset: Int, bytes: [UInt8], cause: LoadError.Cause)
      let rows: [Row] = [
        (0, [0], .notELF), (4, [2], .wrongClass(2)), (5, [1], .wrongByteOrder(1)),
        (6, [7], .wrongVersion), (16, [0, 1], .wrongType(1)), (18, [0, 62], .wrongMachine(62)),
        (42, [0, 31], .headerSize(31)), (44, [0, 0], .programHeaderTable),
        (44, [0xff, 0xff], .programHeaderTable),
        (28, [0xff, 0xff, 0xff, 0xf0], .programHeaderTable),
        (52, [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0], .noSegments),
        (52 + 16, [0, 0, 2, 0], .segmentSizes(0)), (52 + 8, [0, 0, 0, 1], .segmentAlignment(0)),
        (52 + 28, [0, 0, 0, 3], .segmentAlignment(0)),
        (52 + 8, [0xff, 0xff, 0xf0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0], .segmentRange(0)),
        (84 + 4, [0, 0, 0x11, 0], .segmentTruncated(1)),
        (84 + 8, [0x0f, 0, 1, 0], .segmentOverlap(1)),
        (52 + 8, [0, 0, 0, 0], .addressRefused(0, 0x1001_4000)),
      ]
      for row in rows {
        var file = Self.sample
        file.replaceSubrange(row.offset..<row.offset + row.bytes.count, with: row.bytes)
        if row.cause == .noSegments { file[84 + 3] = 9 }
        let error = #expect(throws: LoadError.self) { try load(file) }
        #expect(error?.cause == row.cause, "offset \(row.offset)")
        #expect(error?.description.contains("lyrebird-elf") == true)
      }
      #expect(throws: LoadError.self) { try load(Array(Self.sample.prefix(40))) }
      #expect(throws: LoadError("/nonexistent", .cannotOpen(.noEntry))) {
        try LinuxProcess(UserAddressSpace()).load(
          path: "/nonexistent", arguments: [String](), environment: [])
      }
      #expect(throws: LoadError("/tmp", .notRegular)) {
        try LinuxProcess(UserAddressSpace()).load(
          path: "/tmp", arguments: [String](), environment: [])
      }
    }

    /// A program of the cross compiler, where that is installed.
    static let compiled: [UInt8]? = {
      let compiler = "/usr/bin/powerpc-linux-gnu-gcc"
      guard FileManager.default.isExecutableFile(atPath: compiler) else { return nil }
      let base = NSTemporaryDirectory() + "lyrebird-compiled"
      try? "int main(void) { return 0; }".write(
        toFile: base + ".c", atomically: true, encoding: .utf8)
      let task = Process()
      task.executableURL = URL(fileURLWithPath: compiler)
      task.arguments = ["-O1", "-static", base + ".c", "-o", base]
      guard (try? task.run()) != nil else { return nil }
      task.waitUntilExit()
      return (try? Data(contentsOf: URL(fileURLWithPath: base))).map(Array.init)
    }()

    @Test("Mutated headers are refused or loaded, and never crash")
    func fuzz() throws {
      let rounds = ProcessInfo.processInfo.environment["LYREBIRD_LONG"] == nil ? 400 : 100_000
      for (seed, original) in [Self.sample, Self.compiled ?? []].enumerated()
      where !original.isEmpty {
        var random = Random(UInt64(seed) &+ 99)
        let header = min(52 + 8 * 32, original.count)
        var file = original
        let path = NSTemporaryDirectory() + "lyrebird-fuzz-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(original).write(to: URL(fileURLWithPath: path))
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        for _ in 0..<rounds {
          file.replaceSubrange(0..<header, with: original[0..<header])
          for _ in 0..<Int.random(in: 1...4, using: &random) {
            let edge: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)]
            let place = Int.random(in: 0..<header, using: &random)
            file[place] = edge[Int.random(in: 0..<edge.count, using: &random)]
          }
          try handle.seek(toOffset: 0)
          try handle.write(contentsOf: file[0..<header])
          let process = LinuxProcess(try UserAddressSpace())
          _ = try? process.load(path: path, arguments: ["x"], environment: [])
        }
        for _ in 0..<rounds / 8 {
          let size = Int.random(in: 0..<original.count / 2, using: &random)
          try handle.seek(toOffset: 0)
          try handle.write(contentsOf: original[0..<header])
          try handle.truncate(atOffset: UInt64(size))
          let process = LinuxProcess(try UserAddressSpace())
          #expect(throws: LoadError.self) {
            try process.load(path: path, arguments: ["x"], environment: [])
          }
        }
      }
    }
  }
}
