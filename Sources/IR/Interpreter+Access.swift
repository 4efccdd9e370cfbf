/// The interpreter's loads and stores.
extension Interpreter {
  /// Loads and stores of host memory, mostly fields of env.
  func hostAccess(_ op: Op) {
    let displacement = Int(Int32(bitPattern: op.constant))
    let isStore = op.outputCount == 0
    let base = UInt(truncatingIfNeeded: input(op, isStore ? 1 : 0))
    guard let place = UnsafeMutableRawPointer(bitPattern: base &+ UInt(bitPattern: displacement))
    else { return }
    if isStore {
      withUnsafeBytes(of: wide(op.input(0))) {
        place.copyMemory(from: $0.baseAddress!, byteCount: op.hostBytes)
      }
      return
    }
    var raw = VectorBits(low: 0, high: 0)
    withUnsafeMutableBytes(of: &raw) {
      $0.baseAddress!.copyMemory(from: place, byteCount: op.hostBytes)
    }
    if op.type == .v128 { return assign(op.output(0), wide: raw) }
    assign(op.output(0), op.isSignedLoad ? extended(raw.low, 8 * op.hostBytes) : raw.low)
  }

  /// Runs a guest access; nil if it went well.
  func access<Memory: InterpreterMemory & ~Copyable>(
    _ op: Op, _ memory: inout Memory, _ index: Int
  ) -> BlockExit? {
    let address = guestAddress(op)
    if Int(address) & (op.memory.alignment - 1) != 0 {
      return .misaligned(address: address, instruction: instruction)
    }
    // The two vectors of 256 bits lie one behind the other.
    for half in 0..<max(op.type.vectors, 1) {
      let address = address &+ UInt32(16 * half)
      let fault: UInt32? =
        switch op.opcode {
        case .qemu_ld, .qemu_ld2: load(op, address, half, &memory)
        case .qemu_cmpxchg: compareAndExchange(op, address, &memory)
        default: store(op, address, half, &memory)
        }
      if let fault { return .fault(address: fault, instruction: instruction) }
    }
    return nil
  }

  /// Base, index and displacement, modulo 2^32.
  private func guestAddress(_ op: Op) -> UInt32 {
    if op.opcode == .qemu_cmpxchg { return UInt32(truncatingIfNeeded: input(op, 0)) }
    let count = op.inputCount
    let sum = input(op, count - 2) &+ input(op, count - 1)
    return UInt32(truncatingIfNeeded: sum) &+ op.constant2
  }

  private func load<Memory: InterpreterMemory & ~Copyable>(
    _ op: Op, _ address: UInt32, _ half: Int, _ memory: inout Memory
  ) -> UInt32? {
    var bytes = GuestBytes(op.memory)
    if let fault = bytes.read(address, &memory) { return fault }
    let (low, high) = bytes.value
    if op.type.vectors > 0 {
      assign(op.output(0), wide: VectorBits(low: low, high: high), half)
    } else if op.opcode == .qemu_ld {
      assign(op.output(0), op.memory.isSigned ? extended(low, 8 * op.memory.bytes) : low)
    } else if op.type.bits == 64 {
      assign(op.output(0), low)
      assign(op.output(1), high)
    } else {
      assign(op.output(0), low)
      assign(op.output(1), low >> 32)
    }
    return nil
  }

  private func store<Memory: InterpreterMemory & ~Copyable>(
    _ op: Op, _ address: UInt32, _ half: Int, _ memory: inout Memory
  ) -> UInt32? {
    var bytes = GuestBytes(op.memory)
    let first = input(op, 0)
    if op.type.vectors > 0 {
      let value = wide(op.input(0), half)
      bytes.value = (value.low, value.high)
    } else if op.opcode == .qemu_st {
      bytes.value = (first, 0)
    } else {
      let second = input(op, 1)
      bytes.value = op.type.bits == 64 ? (first, second) : (first | second << 32, 0)
    }
    return bytes.write(address, &memory)
  }

  private func compareAndExchange<Memory: InterpreterMemory & ~Copyable>(
    _ op: Op, _ address: UInt32, _ memory: inout Memory
  ) -> UInt32? {
    var bytes = GuestBytes(op.memory)
    if let fault = bytes.read(address, &memory) { return fault }
    let bits = 8 * op.memory.bytes
    let old = bytes.value.low
    let expected = bits >= 64 ? input(op, 1) : input(op, 1) & (1 &<< UInt64(bits) &- 1)
    // As on a host, the place is written whether or not it held the expected value.
    if old == expected { bytes.value = (input(op, 2), 0) }
    if let fault = bytes.write(address, &memory) { return fault }
    assign(op.output(0), op.memory.isSigned ? extended(old, bits) : old)
    return nil
  }

  /// The low `bits` of a number, sign-extended.
  private func extended(_ value: UInt64, _ bits: Int) -> UInt64 {
    let shift = UInt64(64 - bits)
    return UInt64(bitPattern: Int64(bitPattern: value &<< shift) &>> Int64(shift))
  }
}

/// The bytes of one guest access, as a number in the guest's byte order.
private struct GuestBytes {
  private let operation: MemoryOperation
  /// In the order of addresses.
  private var bytes: InlineArray<16, UInt8> = .init(repeating: 0)

  init(_ operation: MemoryOperation) { self.operation = operation }

  private var count: Int { min(operation.bytes, 16) }

  mutating func read<Memory: InterpreterMemory & ~Copyable>(
    _ address: UInt32, _ memory: inout Memory
  ) -> UInt32? {
    let count = count
    return withUnsafeMutableBytes(of: &bytes) {
      memory.read(address, into: .init(rebasing: $0[..<count]))
    }
  }

  func write<Memory: InterpreterMemory & ~Copyable>(
    _ address: UInt32, _ memory: inout Memory
  ) -> UInt32? {
    let count = count
    return withUnsafeBytes(of: bytes) { memory.write(address, from: .init(rebasing: $0[..<count])) }
  }

  /// The number's low and high 64 bits.
  var value: (low: UInt64, high: UInt64) {
    get {
      var result: (low: UInt64, high: UInt64) = (0, 0)
      for significance in 0..<count {
        let byte = UInt64(bytes[place(significance)]) << UInt64(8 * (significance & 7))
        if significance < 8 { result.low |= byte } else { result.high |= byte }
      }
      return result
    }
    set {
      for significance in 0..<count {
        let half = significance < 8 ? newValue.low : newValue.high
        bytes[place(significance)] = UInt8(
          truncatingIfNeeded: half >> UInt64(8 * (significance & 7)))
      }
    }
  }

  /// Where the byte of a significance stands; 0 is the least significant.
  private func place(_ significance: Int) -> Int {
    operation.isLittleEndian ? significance : count - 1 - significance
  }
}

extension Op {
  /// How many bytes of host memory an `ld` or `st` op accesses.
  var hostBytes: Int {
    switch opcode {
    case .ld8u, .ld8s, .st8: 1
    case .ld16u, .ld16s, .st16: 2
    case .ld32u, .ld32s, .st32: 4
    default: type.bits / 8
    }
  }

  /// Whether a load of host memory extends the sign.
  var isSignedLoad: Bool { opcode == .ld8s || opcode == .ld16s || opcode == .ld32s }
}

extension Opcode {
  /// Whether the op accesses guest memory.
  var isGuestMemory: Bool { isGuestAccess || self == .qemu_cmpxchg }
}
