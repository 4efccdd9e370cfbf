import GuestPowerPC

/// The registers of a PowerPC whose state is in memory while control is outside translated code.
final class ProcessorRegisters: GuestRegisters {
  /// The state; its owner keeps it alive.
  let state: UnsafeMutablePointer<PowerPCState>
  let hasVectors: Bool

  init(_ state: UnsafeMutablePointer<PowerPCState>, hasVectors: Bool) {
    self.state = state
    self.hasVectors = hasVectors
  }

  func gpr(_ index: Int) -> UInt32 { state.pointee.gpr[index] }
  func setGPR(_ index: Int, _ value: UInt32) { state.pointee.gpr[index] = value }
  var nip: UInt32 {
    get { state.pointee.nip }
    set { state.pointee.nip = newValue }
  }
  var lr: UInt32 {
    get { state.pointee.lr }
    set { state.pointee.lr = newValue }
  }
  var ctr: UInt32 {
    get { state.pointee.ctr }
    set { state.pointee.ctr = newValue }
  }
  var xer: UInt32 {
    get { state.pointee.packedXER }
    set { state.pointee.packedXER = newValue }
  }
  var cr: UInt32 {
    get { state.pointee.packedCR }
    set { state.pointee.packedCR = newValue }
  }
  var msr: UInt32 {
    get { state.pointee.msr }
    set { state.pointee.msr = newValue }
  }
  var fpscr: UInt32 {
    get { state.pointee.fpscr }
    set { state.pointee.fpscr = newValue }
  }
  func fpr(_ index: Int) -> UInt64 { state.pointee.fpr[index] }
  func setFPR(_ index: Int, _ bits: UInt64) { state.pointee.fpr[index] = bits }
  func vr(_ index: Int) -> (high: UInt64, low: UInt64) {
    (state.pointee.vr[2 * index + 1], state.pointee.vr[2 * index])
  }
  func setVR(_ index: Int, _ value: (high: UInt64, low: UInt64)) {
    state.pointee.vr[2 * index + 1] = value.high
    state.pointee.vr[2 * index] = value.low
  }
  var vscr: UInt32 {
    get { state.pointee.vscr }
    set { state.pointee.vscr = newValue }
  }
  var vrsave: UInt32 {
    get { state.pointee.vrsave }
    set { state.pointee.vrsave = newValue }
  }
  func setSummaryOverflow(_ isSet: Bool) {
    let nibble = ConditionField.nibble(state.pointee.cr[0]) & 0xe
    state.pointee.cr[0] = ConditionField.image(nibble | (isSet ? 1 : 0))
  }
  func clearReservation() { state.pointee.reserveValid = 0 }
}
