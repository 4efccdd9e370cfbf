import Glibc
import GuestPowerPC
import IR
import Machine
import Memory
import Translation

/// A machine's memory as its processor sees it: by address translation, through page tables that
/// translated code reads, and by slow accesses for everything else.
///
/// The only place where the processor, the bus and the translator meet.
final class SystemMemory: CodeMemory, AccessPort {
  let bus: Bus
  let spaces: PagedAddressSpaces
  /// Set right after the translator was made, which needs this object.
  unowned(unsafe) var translator: Translator!
  private let supervisor: Supervisor
  private let state: UnsafeMutablePointer<PowerPCState>
  private let env: UnsafeMutableRawPointer
  /// The numbers of the address spaces of data and code in the present mode.
  private(set) var dataSpace: UInt32 = 0
  private var presentCodeSpace: UInt32 = 0
  /// The numbers of the spaces that were found for the segment registers `lastSegments`.
  private var userSpace: UInt32?
  private var supervisorSpace: UInt32?
  private var realSpace: UInt32?
  private var lastSegments = InlineArray<16, UInt32>(repeating: 0)
  /// What `codeSource` reads: host address minus guest address of the place asked for last.
  private let fetch: UnsafeMutablePointer<Int>
  /// A bit for each physical page that code was translated from.
  private let codePages: UnsafeMutablePointer<UInt8>
  /// Where memory is on the bus: the address that its first byte has there.
  private struct MemoryRun {
    let memory: ObjectIdentifier
    let base: Int
  }
  private var runs: [MemoryRun]
  /// Stores in a row to one page of code.
  private var storedPage: UInt32 = 0
  private var storesToPage = 0
  /// For each physical page, how often it was given up for such stores.
  private let surrenders: UnsafeMutablePointer<UInt8>
  /// `tlbie`s in a row that found nothing, and the address of the last.
  private var emptyInvalidations = 0
  private var lastInvalidated: UInt32 = 0

  init(
    bus: Bus, supervisor: Supervisor, state: UnsafeMutablePointer<PowerPCState>
  ) throws(MachineError) {
    guard let base = PhysicalArena.base else {
      throw .unsupported("the host has no address space for the machine's memory")
    }
    do throws(Errno) {
      spaces = try PagedAddressSpaces(arena: base)
    } catch {
      throw .unsupported("cannot map page tables: \(error)")
    }
    self.bus = bus
    runs = Self.runs(of: bus)
    self.supervisor = supervisor
    self.state = state
    env = UnsafeMutableRawPointer(state) + PowerPCState.envOffset
    fetch = .allocate(capacity: 1)
    fetch.initialize(to: 0)
    codePages = .allocate(capacity: 1 << 17)
    codePages.initialize(repeating: 0, count: 1 << 17)
    // Zeros that take no memory until they are written.
    surrenders = calloc(1 << 20, 1).assumingMemoryBound(to: UInt8.self)
    spaces.onReuse = { [unowned self] number in
      translator?.forget(space: number)
      if userSpace == number { userSpace = nil }
      if supervisorSpace == number { supervisorSpace = nil }
      if realSpace == number { realSpace = nil }
    }
  }

  deinit {
    fetch.deallocate()
    codePages.deallocate()
    free(surrenders)
  }

  // MARK: Modes

  /// MSR or segment registers have changed.
  func selectSpaces() {
    let msr = state.pointee.msr
    if segmentsChanged() {
      userSpace = nil
      supervisorSpace = nil
    }
    dataSpace = number(isTranslated: msr & MSR.DR != 0)
    presentCodeSpace =
      msr & (MSR.IR | MSR.DR) == MSR.DR || msr & (MSR.IR | MSR.DR) == MSR.IR
      ? number(isTranslated: msr & MSR.IR != 0) : dataSpace
    state.pointee.pageTable = spaces.table(dataSpace)
  }

  /// The number of the present address space, remembered by mode until segment registers change.
  private func number(isTranslated: Bool) -> UInt32 {
    guard isTranslated else {
      if realSpace == nil { realSpace = number(InlineArray(repeating: 0)) }
      return realSpace ?? 0
    }
    let isUser = state.pointee.msr & MSR.PR != 0
    if let known = isUser ? userSpace : supervisorSpace { return known }
    var keys = InlineArray<16, SegmentKey>(repeating: 0)
    for n in 0..<16 { keys[n] = supervisor.segmentKey(n, isUser: isUser) }
    let new = number(keys)
    if isUser { userSpace = new } else { supervisorSpace = new }
    return new
  }

  private func number(_ keys: InlineArray<16, SegmentKey>) -> UInt32 {
    do throws(Errno) { return try spaces.number(keys) } catch {
      // Without memory for a new table the present one serves, emptied.
      spaces.forgetAll()
      translator?.forgetAddresses(env)
      return dataSpace
    }
  }

  /// Whether segment registers are others than when this was asked last.
  private func segmentsChanged() -> Bool {
    var isChanged = false
    for n in 0..<16 where lastSegments[n] != state.pointee.sr[n] {
      lastSegments[n] = state.pointee.sr[n]
      isChanged = true
    }
    return isChanged
  }

  func segmentKeys(_ space: UInt32) -> InlineArray<16, UInt64>? { spaces.keys(space) }

  // MARK: Invalidation

  /// Translations of guest addresses are not valid any more.
  func forget(_ change: TranslationChange) {
    switch change {
    case .page(let address): forget(page: address)
    case .blockAddress, .all:
      spaces.forgetAll()
      translator?.forgetAddresses(env)
    }
  }

  /// `tlbie` takes out a class of pages, those alike in six bits. Guests clear the page that they
  /// name; or, to clear all, one page of each class after another, from 0 on or down to it. The
  /// first is done as meant; a run over all classes of low addresses that finds nothing is taken
  /// as the second.
  private func forget(page address: UInt32) {
    let isFound = spaces.forget(page: address >> 12)
    let isNext = address < Self.lowAddresses && isAdjacent(address)
    emptyInvalidations = isFound || !isNext ? 0 : emptyInvalidations + 1
    lastInvalidated = address
    translator?.forget(page: address >> 12, env)
    if emptyInvalidations == 63 { forget(.all) }
  }

  private static let lowAddresses: UInt32 = 0x40_0000

  private func isAdjacent(_ address: UInt32) -> Bool {
    let distance = Int32(bitPattern: address &- lastInvalidated) >> 12
    return distance == 1 || distance == -1
  }

  /// Windows have come, gone or moved: physical addresses mean something else.
  func mapChanged() {
    runs = Self.runs(of: bus)
    spaces.forgetAll()
    translator?.flush(env)
    // Translated code that is running has nothing to stand on.
    state.pointee.exitRequest = 1
  }

  /// A device has written to memory.
  func memoryWritten(_ memory: PhysicalMemory, _ range: Range<Int>) {
    for run in runs where run.memory == ObjectIdentifier(memory) {
      codeWritten(UInt32(truncatingIfNeeded: run.base &+ range.lowerBound), range.count)
    }
  }

  private static func runs(of bus: Bus) -> [MemoryRun] {
    bus.ranges.compactMap { flat in
      guard case .memory(let memory, let start, _) = flat.window.content else { return nil }
      return MemoryRun(
        memory: ObjectIdentifier(memory), base: Int(flat.base) - start - Int(flat.offset))
    }
  }

  /// Drops the code made from a range of physical addresses that is being written.
  private func codeWritten(_ address: UInt32, _ count: Int) {
    guard count > 0 else { return }
    let last = address &+ UInt32(truncatingIfNeeded: count - 1)
    for page in address >> 12...max(last, address) >> 12 where isCode(page) {
      // The block that runs may hold what was overwritten: the next isync leaves it.
      state.pointee.contextChanged = 1
      let first = max(address, page << 12)
      let end = min(last, page << 12 | 0xfff)
      if translator.invalidateCode(first...end, env) { continue }
      codePages[Int(page >> 3)] &= ~(1 << UInt8(truncatingIfNeeded: page & 7))
    }
  }

  private func isCode(_ page: UInt32) -> Bool {
    codePages[Int(page >> 3)] >> UInt8(truncatingIfNeeded: page & 7) & 1 != 0
  }

  // MARK: Code

  /// Asked for between blocks: there, segment registers count at once.
  var codeSpace: UInt32 {
    if isUnsynchronized {
      state.pointee.contextChanged = 0
      selectSpaces()
    }
    return presentCodeSpace
  }

  /// Whether segment registers may be others than those of the present address spaces: what is
  /// found by them must not be entered there.
  private var isUnsynchronized: Bool { state.pointee.contextChanged != 0 }

  var codeSource: CodeSource {
    CodeSource(context: fetch) { context, address in
      let bias = context.load(as: Int.self)
      guard let place = UnsafeRawPointer(bitPattern: bias &+ Int(address)) else { return 1 << 32 }
      return UInt64(UInt32(bigEndian: place.loadUnaligned(as: UInt32.self)))
    }
  }

  func markCode(page: UInt32) {
    guard !isCode(page) else { return }
    codePages[Int(page >> 3)] |= 1 << UInt8(truncatingIfNeeded: page & 7)
    if let host = bus.range(at: UInt64(page) << 12).flatMap({ Self.host(of: page << 12, in: $0) }) {
      spaces.forgetStores(to: host)
    }
  }

  func place(ofCode address: UInt32) -> CodePlace? {
    guard case .page(let page, let range, _, _, _) = supervisor.translate(address, .fetch) else {
      return nil
    }
    let physical = page | address & 0xffc
    guard let flat = bus.range(at: UInt64(physical)), let start = flat.host,
      UInt64(physical) + 3 <= flat.last
    else { return nil }
    // As far as the translation is linear and the memory goes on.
    let below = min(address &- range.lowerBound, physical &- UInt32(flat.base))
    let above = min(
      range.upperBound &- address, UInt32(truncatingIfNeeded: flat.last) &- physical)
    fetch.pointee =
      Int(bitPattern: start) &+ Int(UInt64(physical) &- flat.base) &- Int(address)
    return CodePlace(physical: physical, first: address &- below, last: address &+ above)
  }

  /// The host address of a physical page that lies wholly within a range of memory.
  private static func host(of page: UInt32, in range: FlatRange) -> UnsafeMutableRawPointer? {
    guard let start = range.host, UInt64(page) >= range.base, UInt64(page) + 4095 <= range.last
    else { return nil }
    return start + Int(UInt64(page) - range.base)
  }

  // MARK: Slow accesses

  func load(_ address: UInt32, _ size: Int, at instruction: UInt32) -> UInt64? {
    if crosses(address, size) { return loadBytes(address, size) }
    guard let physical = physical(address, size, .load) else { return nil }
    noteLoad(address, physical)
    return bus.read(UInt64(physical), size) ?? 0
  }

  func store(_ address: UInt32, _ size: Int, _ value: UInt64, at instruction: UInt32) -> Bool {
    if crosses(address, size) { return storeBytes(address, size, value) }
    guard let physical = physical(address, size, .store) else { return false }
    bus.write(UInt64(physical), size, value)
    noteStore(address, physical)
    return true
  }

  private func crosses(_ address: UInt32, _ size: Int) -> Bool {
    Int(address & 0xfff) + size > 4096
  }

  /// Loads from the page of an address go by the page table from now on, if it is memory.
  func noteLoad(_ address: UInt32, _ physical: UInt32) {
    guard !isUnsynchronized, let range = bus.range(at: UInt64(physical)),
      let host = Self.host(of: physical & ~0xfff, in: range)
    else { return }
    spaces.setLoad(dataSpace, page: address >> 12, host: host)
  }

  /// And stores, unless there is code. What was made from the bytes stored is gone already.
  func noteStore(_ address: UInt32, _ physical: UInt32) {
    guard let range = bus.range(at: UInt64(physical)), !range.isReadOnly,
      let host = Self.host(of: physical & ~0xfff, in: range)
    else { return }
    if isCode(physical >> 12) { countStore(to: physical >> 12) }
    if isCode(physical >> 12) || isUnsynchronized { return }
    spaces.setStore(dataSpace, page: address >> 12, host: host)
  }

  func refuseMisaligned(_ address: UInt32, at instruction: UInt32) {
    supervisor.noteMisaligned(address)
  }

  /// Counts stores to a page of code. One that is stored to again and again, such as a page of a program
  /// that has ended, is given up as a whole; later each time, because a page may hold both code
  /// and data.
  private func countStore(to page: UInt32) {
    storesToPage = page == storedPage ? storesToPage + 1 : 0
    storedPage = page
    let surrendered = surrenders[Int(page)]
    if storesToPage < 8 << (2 * Int(surrendered)) { return }
    surrenders[Int(page)] = min(surrendered + 1, Self.mostSurrenders)
    storesToPage = 0
    codeWritten(page << 12, 4096)
  }

  private static let mostSurrenders: UInt8 = 5

  /// The same for an access within a page, whose last byte may meet a breakpoint too.
  private func physical(_ address: UInt32, _ size: Int, _ access: Access) -> UInt32? {
    let last = address &+ UInt32(truncatingIfNeeded: size - 1)
    if (address ^ last) & ~7 != 0, supervisor.meetsBreakpoint(last, access) {
      return physical(last, access).map { $0 &- (last &- address) }
    }
    return physical(address, access)
  }

  /// The physical address for an access; nil after the exception was noted in env.
  func physical(_ address: UInt32, _ access: Access) -> UInt32? {
    switch supervisor.translate(address, access) {
    case .page(let page, _, _, _, _): return page | address & 0xfff
    case .fault(let exception, let bits):
      supervisor.noteFault(exception, bits: bits, at: address)
      return nil
    }
  }
}
