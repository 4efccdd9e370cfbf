import GuestPowerPC
import IR
import Memory
import Translation

/// The memory of a guest space behind page tables, for translated code that reaches it so.
public final class PagedGuestMemory: AccessPort {
  /// The number of the exception that an access outside raises here.
  public static let faultNumber: UInt32 = 0xfff_fff0
  private let space: GuestSpace
  private let tables: PagedAddressSpaces
  private var number: UInt32 = 0
  private var payload: UnsafeMutablePointer<UInt32>?
  private var state: UnsafeMutablePointer<PowerPCState>?
  /// The guest addresses that have memory: whole pages.
  public var mapped: Range<UInt32> = 0..<0
  /// The last access that had none.
  public private(set) var fault: Ending?

  /// The host addresses of the space's first page are the lowest that words lead to.
  init(_ space: GuestSpace) throws {
    self.space = space
    tables = try PagedAddressSpaces(arena: space.base)
    number = try tables.number(InlineArray(repeating: 0))
  }

  /// Begins a run. What is mapped has its words already: an access without one may go to the
  /// space at zero, which no real machine shares its process with.
  func attach(_ env: UnsafeMutableRawPointer, _ layout: EnvironmentLayout) {
    guard let paging = layout.paging else { return }
    fault = nil
    for page in mapped.lowerBound >> 12..<mapped.upperBound >> 12 {
      tables.setLoad(number, page: page, host: space.host(page << 12))
      tables.setStore(number, page: page, host: space.host(page << 12))
    }
    env.storeBytes(of: tables.table(number), toByteOffset: paging.pageTable, as: UInt64.self)
    state = (env - PowerPCState.envOffset).assumingMemoryBound(to: PowerPCState.self)
    payload = (env + layout.exitPayload).assumingMemoryBound(to: UInt32.self)
  }

  public func load(_ address: UInt32, _ size: Int, at instruction: UInt32) -> UInt64? {
    guard isMapped(address, size, isWrite: false) else { return nil }
    tables.setLoad(number, page: address >> 12, host: space.host(address & ~0xfff))
    return (0..<size).reduce(0) { $0 << 8 | UInt64(space.host(address)[$1]) }
  }

  public func store(_ address: UInt32, _ size: Int, _ value: UInt64, at instruction: UInt32) -> Bool
  {
    guard isMapped(address, size, isWrite: true) else { return false }
    tables.setStore(number, page: address >> 12, host: space.host(address & ~0xfff))
    for n in 0..<size {
      space.host(address)[n] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (size - 1 - n)))
    }
    return true
  }

  public func refuseMisaligned(_ address: UInt32, at instruction: UInt32) {
    state?.pointee.dar = address
    payload?.pointee = PowerPCException.alignment.rawValue
  }

  private func isMapped(_ address: UInt32, _ size: Int, isWrite: Bool) -> Bool {
    for n in 0..<UInt32(size) where !mapped.contains(address &+ n) {
      fault = .fault(address: address &+ n, isWrite: isWrite)
      payload?.pointee = Self.faultNumber
      return false
    }
    return true
  }
}
