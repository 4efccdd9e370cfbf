import Debugging
import GuestPowerPC
import LinuxUser
import Memory

/// Connects the log with everything that has something to tell.
final class UserLog {
  private let file: LogFile
  private let items: LogItems
  private let emulator: UserEmulator
  private let symbols = SymbolTable()
  /// The translator's observer, which it does not keep alive itself.
  private let translation: TranslationLog?

  init(_ options: UserOptions, _ emulator: UserEmulator) throws(LogError) {
    self.emulator = emulator
    items = options.logItems
    if let template = options.logFile {
      file = try LogFile(template: template, appends: options.appendsLog)
    } else {
      file = LogFile()
    }
    if items.isDisjoint(with: .translation) {
      translation = nil
    } else {
      translation = TranslationLog(
        emulator.translator, items: items, filter: options.logFilter, file: file, symbols: symbols
      ) { env, includesFloatingPoint, text in
        PowerPCState.appendDump(
          of: env, includesFloatingPoint: includesFloatingPoint, to: &text.bytes)
      }
      emulator.translator.observer = translation
    }
    connect()
  }

  private func connect() {
    let (file, items) = (file, items)
    let process = emulator.process
    process.traceOutput = { text in
      file.write(text)
      file.flush()
    }
    if items.contains(.unimplemented) { process.log = { file.write($0 + "\n") } }
    process.onTermination = { _ in file.flush() }
    // A child has a copy of the buffer: it must be empty. `execve` does not come back.
    let willFork = process.willFork
    process.willFork = {
      file.flush()
      willFork?()
    }
    emulator.onException = { [unowned emulator] exception, state in
      if exception == .systemCall { return file.flush() }
      if items.contains(.exceptions) { file.write(Self.text(exception, state)) }
      if items.contains(.guestErrors), exception == .illegal {
        file.write(
          Self.illegal(state.pointee.nip) {
            emulator.translator.memory.codeSource.word(at: $0).word
          })
      }
    }
  }

  /// The program is loaded.
  func programLoaded(path: String) {
    let process = emulator.process
    if translation != nil {
      symbols.load(path: path, base: process.programBase)
      if let (path, base) = process.interpreter { symbols.load(path: path, base: base) }
      // And the libraries, as the interpreter maps them.
      process.onCodeMapped = { [symbols] address, offset, descriptor in
        symbols.load(
          path: "/proc/self/fd/\(descriptor)", offset: UInt32(truncatingIfNeeded: offset),
          mappedAt: address)
      }
    }
    if items.contains(.pages) { file.write(MemoryMap.text(process)) }
  }

  /// The run is over.
  func finish() { file.flush() }

  private typealias Name = (exception: PowerPCException, name: String, number: Int, code: UInt32)
  /// Names and numbers of exceptions as QEMU's log has them, and the error code of program ones.
  private static let names: [Name] = [
    (.dataStorage, "DSI", 2, 0), (.instructionStorage, "ISI", 3, 0x4000_0000),
    (.alignment, "ALIGN", 5, 0), (.floatingPoint, "PROGRAM", 6, 0x10),
    (.illegal, "PROGRAM", 6, 0x21), (.privileged, "PROGRAM", 6, 0x31),
    (.trap, "PROGRAM", 6, 0x40), (.floatingPointUnavailable, "FPU", 7, 0),
    (.vectorUnavailable, "VPU", 73, 0),
  ]

  private static func text(
    _ exception: PowerPCException, _ state: UnsafePointer<PowerPCState>
  ) -> LogText {
    let row = names.first { $0.exception == exception }
    var text = LogText()
    text.put("Raise exception at ")
    text.putHexadecimal(UInt64(state.pointee.nip), digits: 8)
    text.put(" => \(row?.name ?? "UNKNOWN") (\(row?.number ?? -1)) error=")
    text.putHexadecimal(UInt64(row?.code ?? 0), digits: 2)
    text.put("\n")
    return text
  }

  /// The four opcode fields of a word that is no instruction, the word and its address.
  private static func illegal(_ address: UInt32, _ word: (UInt32) -> UInt32?) -> LogText {
    let word = word(address) ?? 0
    var text = LogText()
    text.put("invalid/unsupported opcode: ")
    for shift: UInt32 in [26, 1, 6, 16] {
      let field = word >> shift & (shift == 26 ? 63 : 31)
      if shift != 26 { text.put(" - ") }
      text.putHexadecimal(UInt64(field), digits: 2)
    }
    text.put(" (")
    text.putHexadecimal(UInt64(word), digits: 8)
    text.put(") ")
    text.putHexadecimal(UInt64(address), digits: 8)
    text.put("\n")
    return text
  }
}
