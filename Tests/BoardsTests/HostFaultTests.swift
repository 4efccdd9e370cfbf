import Devices
import EngineSupport
import Foundation
import Images
import Machine
import Testing

@testable import Boards
@testable import GuestPowerPC

/// Faults of the host's disk, as the guest meets them at the registers of its IDE channel.
@Suite("Faults of the host", .serialized)
struct HostFaultTests {
  private static let sectors: UInt64 = 2048

  /// An image as a medium.
  private final class Medium: Storage {
    let image: any BlockStorage
    init(_ image: any BlockStorage) { self.image = image }
    var sectorCount: UInt64 { image.sectorCount }
    var isReadOnly: Bool { image.isReadOnly }
    func read(_ sector: UInt64, count: Int, into: UnsafeMutableRawBufferPointer) -> Bool {
      (try? image.read(sector, into: into)) != nil
    }
    func write(_ sector: UInt64, count: Int, from: UnsafeRawBufferPointer) -> Bool {
      (try? image.write(sector, from: from)) != nil
    }
    func flush() -> Bool { (try? image.flush()) != nil }
  }

  /// The registers of IDE 0, 16 bytes apart, through the board's bus.
  private struct Registers {
    let bus: Bus
    private static let base = UInt64(WildMachine.macIO) + 0x2_0000

    subscript(register: UInt64) -> UInt8 {
      get { UInt8(truncatingIfNeeded: bus.read(Self.base + register << 4, 1) ?? 0) }
      nonmutating set { bus.write(Self.base + register << 4, 1, UInt64(newValue)) }
    }

    /// Gives a command for a sector.
    func start(_ command: UInt8, at sector: UInt64) {
      self[6] = 0xe0
      self[2] = 1
      for n in 0..<3 as Range<UInt64> { self[3 + n] = UInt8(sector >> (8 * n) & 0xff) }
      self[7] = command
    }

    var hasFailed: Bool { self[7] & 1 != 0 }
    var wantsData: Bool { self[7] & 8 != 0 }

    /// WRITE SECTOR; whether it succeeded.
    func write(_ sector: UInt64, _ byte: UInt8) -> Bool {
      start(0x30, at: sector)
      guard wantsData else { return false }
      for _ in 0..<256 { bus.write(Self.base, 2, UInt64(byte) << 8 | UInt64(byte)) }
      return !hasFailed
    }

    /// READ SECTOR: its first byte, nil if it failed.
    func read(_ sector: UInt64) -> UInt8? {
      start(0x20, at: sector)
      guard !hasFailed, wantsData else { return nil }
      let words = (0..<256).map { _ in bus.read(Self.base, 2) ?? 0 }
      return UInt8(words[0] & 0xff)
    }

    /// FLUSH CACHE; whether it succeeded.
    func flush() -> Bool {
      start(0xe7, at: 0)
      return !hasFailed
    }
  }

  private func registers(_ path: String) throws -> (WildMachine, Registers) {
    let image = try Images.open(path: path, format: .raw, readOnly: false)
    let wild = try WildMachine(.g3beige, power: .cuda, disk: Medium(image))
    return (wild, Registers(bus: wild.machine.bus))
  }

  private static func command(_ words: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  @Test("A full disk fails writes and loses none that was flushed")
  func fullDisk() throws {
    let folder = NSTemporaryDirectory() + "lyrebird-full-\(getpid())"
    guard Self.command("mkdir", folder),
      Self.command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder)
    else { return }
    defer { _ = Self.command("umount", "-l", folder) && Self.command("rmdir", folder) }
    let path = folder + "/disk"
    try #require(Self.command("truncate", "-s", "\(Self.sectors * 512)", path))
    try HostProcess.lock.withLock { _ in
      let (wild, disk) = try registers(path)
      var kept: [UInt64] = []
      var failures = 0
      for n in 0..<Self.sectors / 8 {
        if disk.write(8 * n, UInt8(n & 0xff) ^ 0x5a) && disk.flush() {
          kept.append(n)
        } else {
          failures += 1
        }
      }
      #expect(kept.count > 16 && failures > 16)
      let file = try #require(FileManager.default.contents(atPath: path))
      for n in kept {
        #expect(disk.read(8 * n) == UInt8(n & 0xff) ^ 0x5a)
        #expect(file[Int(8 * n) * 512 + 511] == UInt8(n & 0xff) ^ 0x5a)
      }
      withExtendedLifetime(wild) {}
    }
  }

  @Test("A file that shrinks while it is used fails reads, and takes writes again")
  func truncatedFile() throws {
    let path = NSTemporaryDirectory() + "lyrebird-shrunk-\(getpid())"
    try #require(Self.command("truncate", "-s", "\(Self.sectors * 512)", path))
    defer { unlink(path) }
    try HostProcess.lock.withLock { _ in
      let (wild, disk) = try registers(path)
      #expect(disk.write(1000, 7) && disk.flush() && disk.read(1000) == 7)
      #expect(truncate(path, 4096) == 0)
      let read = disk.read(1000)
      #expect(read == nil || read == 0)
      #expect(disk.read(3) == 0)
      #expect(disk.write(1000, 8) && disk.flush() && disk.read(1000) == 8)
      withExtendedLifetime(wild) {}
    }
  }
}
