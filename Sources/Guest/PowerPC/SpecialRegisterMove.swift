import IR

/// `mfspr` and `mtspr` in system mode, by the table of the processor's registers.
extension Cpu {
  /// Offset of a register in `PowerPCState.spr` from env.
  private func offset(_ number: Int) -> UInt32 {
    UInt32(bitPattern: Int32(PowerPCState.offset(\.spr) + 4 * number))
  }

  /// A register that is a word of `PowerPCState.spr`.
  func specialWord(_ number: Int) -> I32 {
    I32(ir, ir.emit1(.ld, .i32, result: .i32, Block.env, constant: offset(number)))
  }

  /// Assigns a register that is a word of `PowerPCState.spr`, at once.
  func setSpecialWord(_ number: Int, _ value: I32) {
    ir.effect2(.st, .i32, value.temp, Block.env, constant: offset(number))
  }

  func moveFromSpecialRegister(_ i: XFX) {
    guard let entry = entry(i.SPR, .userRead, .supervisorRead) else {
      return missing(i.SPR, isWrite: false)
    }
    switch entry.kind {
    case .xer: self[i.RT] = XER
    case .lr: self[i.RT] = LR
    case .ctr: self[i.RT] = CTR
    case .dar: self[i.RT] = state(\.dar)
    case .pvr: self[i.RT] = state(\.pvr)
    case .vrsave: self[i.RT] = state(\.vrsave)
    case .timeBaseLower: self[i.RT] = timeBase(upper: false)
    case .timeBaseUpper: self[i.RT] = timeBase(upper: true)
    case .decrementer: self[i.RT] = call(.decrementer)
    case .storage, .watched: self[i.RT] = specialWord(i.SPR)
    case .userCopy: self[i.RT] = specialWord(i.SPR + 16)
    }
  }

  func moveToSpecialRegister(_ i: XFX) {
    guard let entry = entry(i.SPR, .userWrite, .supervisorWrite) else {
      return missing(i.SPR, isWrite: true)
    }
    let value = self[i.RS]
    switch entry.kind {
    case .xer: setXER(value)
    case .lr: LR = value
    case .ctr: CTR = value
    case .dar: setState(\.dar, value)
    case .vrsave: setState(\.vrsave, value)
    case .storage:
      let kept = Int(Int32(bitPattern: entry.writable))
      setSpecialWord(i.SPR, kept == -1 ? value : value & kept)
    case .timeBaseLower, .timeBaseUpper, .decrementer, .watched, .pvr, .userCopy:
      perform(.writeSpecialRegister, constant(i.SPR), value & Int(entry.writable))
    }
  }

  /// The entry of a register that may be accessed now.
  private func entry(
    _ number: Int, _ user: SpecialRegister.Access, _ supervisor: SpecialRegister.Access
  ) -> SpecialRegisterTable.Entry? {
    let entry = context.pointee.registers?[number] ?? .init()
    let needed = isPrivileged ? supervisor : user
    return entry.isPresent && entry.access.contains(needed) ? entry : nil
  }

  /// A register that is not there, or not to be accessed so: a message, and in problem state an
  /// exception (`refuse`). In supervisor state it is nothing more, which the manuals allow; but
  /// 0, 4, 5 and 6, the POWER architecture's, are illegal.
  private func missing(_ number: Int, isWrite: Bool) {
    perform(
      .reportSpecialRegister, constant(number), constant(isWrite ? 1 : 0),
      constant(Int(address)))
    if !isPrivileged { return refuse(number) }
    if number == 0 || 4...6 ~= number { raise(.illegal) }
  }
}
