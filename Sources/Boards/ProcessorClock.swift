import GuestPowerPC
import Machine

/// The time base and the decrementer of a processor, on the machine's clock.
final class ProcessorClock {
  /// Ticks in a second.
  let frequency: UInt64
  private let clock: Clock
  /// Called when the decrementer passes from 0 to -1.
  var onDecrementer: (() -> Void)?
  /// What is added to the ticks since the clock started, for each register.
  private var timeBaseOffset: UInt64 = 0
  private var decrementerZero: UInt64 = 0
  private lazy var timer = Timer(clock) { [unowned self] in passZero() }

  private func passZero() {
    TraceEvent.decrementerException("raise decrementer")
    onDecrementer?()
  }

  init(_ clock: Clock, frequency: UInt64) {
    self.clock = clock
    self.frequency = frequency
  }

  /// Ticks since the clock started.
  private var ticks: UInt64 {
    let time = UInt64(bitPattern: max(clock.now, 0))
    let product = time.multipliedFullWidth(by: frequency)
    return UInt64(1_000_000_000).dividingFullWidth((product.high % 1_000_000_000, product.low))
      .quotient
  }

  var timeBase: UInt64 {
    get {
      let value = ticks &+ timeBaseOffset
      TraceEvent.timeBaseLoad("tb 0x\(hexadecimal(value, digits: 16))")
      return value
    }
    set {
      timeBaseOffset = newValue &- ticks
      TraceEvent.timeBaseStore(
        "tb 0x\(hexadecimal(newValue, digits: 16)) "
          + "offset 0x\(hexadecimal(timeBaseOffset, digits: 16))")
    }
  }

  /// Counts down; negative once it has passed zero.
  var decrementer: UInt32 {
    get {
      let value = UInt32(truncatingIfNeeded: decrementerZero &- ticks)
      TraceEvent.decrementerLoad("decr 0x\(hexadecimal(UInt64(value), digits: 16))")
      return value
    }
    set {
      let old = UInt32(truncatingIfNeeded: decrementerZero &- ticks)
      TraceEvent.decrementerStore(
        "nb_bits 32 decr 0x\(hexadecimal(UInt64(old), digits: 16)) "
          + "value 0x\(hexadecimal(UInt64(newValue), digits: 16))")
      let now = ticks
      decrementerZero = now &+ UInt64(newValue)
      // Writing a negative value over one that is not passes zero at once.
      if newValue >> 31 != 0 {
        decrementerZero = now &+ UInt64(bitPattern: Int64(Int32(bitPattern: newValue)))
        timer.cancel()
        if old >> 31 == 0 { passZero() }
        return
      }
      let wait = (UInt64(newValue) &+ 1) &* 1_000_000_000 / frequency &+ 1
      timer.arm(in: Int64(bitPattern: wait))
    }
  }
}
