import Glibc
import Memory

/// Why a program cannot be started. The description names the file and the cause; the run ends
/// with exit status 1.
public struct LoadError: Error, Equatable, CustomStringConvertible {
  /// The file at fault.
  public let path: String
  /// What is wrong with it.
  public let cause: Cause

  /// What can be wrong with an executable.
  public enum Cause: Error, Equatable {
    case cannotOpen(Errno)
    case cannotRead(Errno)
    case notRegular, tooShort, notELF, wrongVersion
    case wrongClass(UInt8)
    case wrongByteOrder(UInt8)
    case wrongMachine(UInt16)
    case wrongType(UInt16)
    case headerSize(UInt16)
    case programHeaderTable, noSegments
    case segmentSizes(Int)
    case segmentRange(Int)
    case segmentAlignment(Int)
    case segmentTruncated(Int)
    case segmentOverlap(Int)
    case addressRefused(UInt32, UInt32)
    case interpreterName
    case interpreterMissing(String)
    case cannotMap(Errno)
    case argumentsTooLong, noStack
  }

  /// A failure of a file.
  public init(_ path: String, _ cause: Cause) {
    self.path = path
    self.cause = cause
  }

  /// "PATH: cause".
  public var description: String { "\(path): \(Self.text(cause))" }

  private static func text(_ cause: Cause) -> String {
    switch cause {
    case .cannotOpen(let error): "cannot open: \(message(error))"
    case .cannotRead(let error): "cannot read: \(message(error))"
    case .notRegular: "not a regular file"
    case .tooShort: "truncated: no whole ELF header"
    case .notELF: "not an ELF file"
    case .wrongClass(let value): "not a 32-bit ELF file (class \(value))"
    case .wrongByteOrder(let value): "not a big-endian ELF file (data encoding \(value))"
    case .wrongVersion: "unknown ELF version"
    case .wrongMachine(let value): "not a PowerPC program (ELF machine \(value))"
    case .wrongType(let value): "not an executable (ELF type \(value))"
    case .headerSize(let value): "bad ELF header: program header entries of \(value) bytes"
    case .programHeaderTable: "bad ELF header: program header table outside of the file"
    default: segmentText(cause)
    }
  }

  private static func segmentText(_ cause: Cause) -> String {
    switch cause {
    case .noSegments: "nothing to load: no loadable segments"
    case .segmentSizes(let index): "segment \(index): larger in the file than in memory"
    case .segmentRange(let index): "segment \(index): outside of the address space"
    case .segmentAlignment(let index): "segment \(index): bad alignment"
    case .segmentTruncated(let index): "segment \(index): past the end of the file"
    case .segmentOverlap(let index): "segment \(index): overlaps the one before"
    case .addressRefused(let start, let end):
      "addresses 0x\(hex(start)) to 0x\(hex(end)) are not available"
    case .interpreterName: "bad interpreter name"
    case .interpreterMissing(let name):
      "interpreter \(name) not found (-L names a directory for it)"
    case .cannotMap(let error): "cannot map: \(message(error))"
    case .argumentsTooLong: "arguments and environment do not fit on the stack"
    default: "no room for the stack"
    }
  }

  private static func hex(_ value: UInt32) -> String { String(value, radix: 16) }

  private static func message(_ error: Errno) -> String {
    String(cString: strerror(error.rawValue))
  }
}
