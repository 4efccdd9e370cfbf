import GuestPowerPC
import Memory

/// The vDSO: an ELF object in memory, which no file holds. It has the code that signal handlers
/// return to, with what unwinders must know of the frames there, and functions for clocks
/// (arch/powerpc/kernel/vdso; vdso(7)).
///
/// The clock functions make the system call of their name; the time base's frequency is a number.
/// Nothing is at a fixed address but within the object.
struct VirtualObject {
  /// The object, for any address that is a multiple of a page.
  let bytes: [UInt8]
  /// Where `rt_sigreturn` and `sigreturn` are called, as offsets.
  let rtTrampoline, plainTrampoline: UInt32

  /// The only one.
  static let shared = VirtualObject()

  /// `li r0, number; sc`.
  static func call(_ number: UInt32) -> [UInt32] { [0x3800_0000 | number, 0x4400_0002] }
  /// The numbers of rt_sigreturn and sigreturn.
  static let rtReturn: UInt32 = 172, plainReturn: UInt32 = 119

  private static let blr: UInt32 = 0x4e80_0020, nop: UInt32 = 0x6000_0000
  private static let name = "linux-vdso32.so.1", version = "LINUX_2.6.15"

  /// The functions, by the numbers of their system calls.
  private static let calls: [(name: String, number: UInt32)] = [
    ("__kernel_gettimeofday", 78), ("__kernel_clock_gettime", 246),
    ("__kernel_clock_gettime64", 403), ("__kernel_clock_getres", 247), ("__kernel_time", 13),
    ("__kernel_getcpu", 302),
  ]

  /// Returns the time base's frequency in r3 and r4, with SO clear: `li r3,0; lis r4,high;
  /// ori r4,r4,low; crclr so; blr`.
  private static let timeBaseFunction: [UInt32] = [
    0x3860_0000, 0x3c80_0000 | UInt32(timeBaseFrequency >> 16),
    0x6084_0000 | UInt32(timeBaseFrequency & 0xffff), 0x4c63_1982, blr,
  ]

  private init() {
    var code = StructureWriter()
    var symbols: [(name: String, offset: UInt32, size: UInt32)] = []
    func add(_ name: String, _ words: [UInt32]) {
      symbols.append((name, UInt32(code.count), UInt32(4 * words.count)))
      for word in words { code.word(word) }
    }
    // Unwinders look one byte before a return address: a word belongs to each trampoline that
    // nobody executes.
    code.word(Self.nop)
    add("__kernel_sigtramp_rt32", Self.call(Self.rtReturn))
    code.word(Self.nop)
    add("__kernel_sigtramp32", Self.call(Self.plainReturn))
    for row in Self.calls { add(row.name, Self.call(row.number) + [Self.blr]) }
    add("__kernel_get_tbfreq", Self.timeBaseFunction)
    let image = ObjectImage(
      code: code.bytes, symbols: symbols, name: Self.name, version: Self.version,
      frames: [
        // What lies between the frame's start and the pointer to the registers: see SignalFrame.
        SignalUnwinding(start: 0, size: 12, registersAt: 64 + 16 + 128 + 48),
        SignalUnwinding(start: 12, size: 12, registersAt: 64 + 28),
      ])
    bytes = image.bytes
    rtTrampoline = image.codeOffset + symbols[0].offset
    plainTrampoline = image.codeOffset + symbols[1].offset
  }
}

/// What an unwinder must know of a signal frame: where the code is, and how far above r1 a pointer to
/// the saved registers (`struct mcontext`) lies.
struct SignalUnwinding {
  /// The code, from the word before it on.
  var start, size: UInt32
  var registersAt: Int

  private static let defineExpression: UInt8 = 0x0f, expression: UInt8 = 0x10
  private static let addressOfR1: UInt8 = 0x71, dereference: UInt8 = 0x06, add: UInt8 = 0x23

  /// The call frame instructions (DWARF 4, 6.4.2), with the columns of the 32-bit PowerPC: 0 to 31
  /// general registers, 32 to 63 floating-point registers, 65 LR, 67 the return address, 70 CR, 77 to
  /// 108 vectors, 109 VRSAVE, 110 VSCR.
  var instructions: [UInt8] {
    var result: [UInt8] = []
    // The frame address is what r1 was.
    let pointer = [Self.addressOfR1] + Self.signed(registersAt) + [Self.dereference]
    let old = pointer + [Self.add, 4, Self.dereference]
    result += [Self.defineExpression, UInt8(old.count)] + old
    func save(_ column: Int, _ offset: Int) {
      let place = offset == 0 ? pointer : pointer + [Self.add] + Self.unsigned(offset)
      result += [Self.expression] + Self.unsigned(column) + [UInt8(place.count)] + place
    }
    for number in 0..<32 where number != 1 { save(number, 4 * number) }
    for number in 0..<32 { save(32 + number, 4 * 48 + 8 * number) }
    save(67, 4 * 32)
    save(65, 4 * 36)
    save(70, 4 * 38)
    for number in 0..<32 { result += saveVector(77 + number, 0x1d0 + 16 * number, pointer) }
    result += saveVector(109, 0x3d0, pointer)
    result += saveVector(110, 0x3dc, pointer)
    return result
  }

  /// A register that is saved where the MSR, the word at 132, has VEC (bit 25 from the right): the
  /// place times that bit. 0 is what unwinders take for "not saved".
  private func saveVector(_ column: Int, _ offset: Int, _ pointer: [UInt8]) -> [UInt8] {
    let (duplicate, shift, and, swap, multiply): (UInt8, UInt8, UInt8, UInt8, UInt8) = (
      0x12, 0x25, 0x1a, 0x16, 0x1e
    )
    func literal(_ number: UInt8) -> UInt8 { 0x30 + number }
    let place =
      pointer + [duplicate, Self.add] + Self.unsigned(132)
      + [Self.dereference, literal(25), shift, literal(1), and, swap, Self.add]
      + Self.unsigned(offset) + [multiply]
    return [Self.expression] + Self.unsigned(column) + [UInt8(place.count)] + place
  }

  /// LEB128 (DWARF 4, 7.6).
  static func unsigned(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + unsigned(value >> 7)
  }

  private static func signed(_ value: Int) -> [UInt8] {
    value >= -64 && value < 64
      ? [UInt8(value & 127)] : [UInt8(value & 127 | 128)] + signed(value >> 7)
  }
}

extension LinuxProcess {
  /// Maps the vDSO.
  func installVirtualObject() throws(LoadError.Cause) {
    do throws(Errno) {
      let flags = MapFlags.private | MapFlags.anonymous | MapFlags.fixedNoReplace
      let page = VirtualObject.page(space)
      _ = try space.map(page, Page.size, protection: 3, flags: flags)
      _ = GuestCopy(space).writeBytes(page, VirtualObject.shared.bytes)
      try space.protect(page, Page.size, protection: 5)
    } catch {
      throw .cannotMap(error)
    }
  }
}

extension VirtualObject {
  /// The last page that can be mapped: above the stack.
  static func page(_ space: UserAddressSpace) -> UInt32 { space.limit &- Page.size }
}
