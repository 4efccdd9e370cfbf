/// AltiVec PEM, 4.2.1.1 and 4.2.1.2: vector integer add and subtract.
let vectorIntegerAdd: [Instruction] = [
  .vector(
    "vaddubm", "Vector Add Unsigned Byte Modulo", .VX(0), ops: elements(.add_vec, .e8)
  ) {
    lanes($0, $1) { (a: UInt8, b) in a &+ b }
  },
  .vector(
    "vadduhm", "Vector Add Unsigned Halfword Modulo", .VX(64), ops: elements(.add_vec, .e16)
  ) {
    lanes($0, $1) { (a: UInt16, b) in a &+ b }
  },
  .vector(
    "vadduwm", "Vector Add Unsigned Word Modulo", .VX(128), ops: elements(.add_vec, .e32)
  ) {
    lanes($0, $1) { (a: UInt32, b) in a &+ b }
  },
  .vector(
    "vaddubs", "Vector Add Unsigned Byte Saturate", .VX(512),
    ops: saturating(.usadd_vec, .add_vec, .e8)
  ) {
    saturated($0, $1, UInt8.self) { a, b in a &+ b }
  },
  .vector(
    "vadduhs", "Vector Add Unsigned Halfword Saturate", .VX(576),
    ops: saturating(.usadd_vec, .add_vec, .e16)
  ) {
    saturated($0, $1, UInt16.self) { a, b in a &+ b }
  },
  .vector(
    "vadduws", "Vector Add Unsigned Word Saturate", .VX(640),
    ops: saturating { $0.addingUnsigned($1) }
  ) {
    saturated($0, $1, UInt32.self) { a, b in a &+ b }
  },
  .vector(
    "vaddsbs", "Vector Add Signed Byte Saturate", .VX(768),
    ops: saturating(.ssadd_vec, .add_vec, .e8)
  ) {
    saturated($0, $1, Int8.self) { a, b in a &+ b }
  },
  .vector(
    "vaddshs", "Vector Add Signed Halfword Saturate", .VX(832),
    ops: saturating(.ssadd_vec, .add_vec, .e16)
  ) {
    saturated($0, $1, Int16.self) { a, b in a &+ b }
  },
  .vector(
    "vaddsws", "Vector Add Signed Word Saturate", .VX(896), ops: saturating { $0.addingSigned($1) }
  ) {
    saturated($0, $1, Int32.self) { a, b in a &+ b }
  },
  .vector(
    "vaddcuw", "Vector Add Carryout Unsigned Word", .VX(384),
    ops: pairs { $0.carry(adding: $1) }
  ) {
    lanes($0, $1) { (a: UInt32, b) in a > ~b ? 1 : 0 }
  },
  .vector(
    "vsububm", "Vector Subtract Unsigned Byte Modulo", .VX(1024), ops: elements(.sub_vec, .e8)
  ) {
    lanes($0, $1) { (a: UInt8, b) in a &- b }
  },
  .vector(
    "vsubuhm", "Vector Subtract Unsigned Halfword Modulo", .VX(1088), ops: elements(.sub_vec, .e16)
  ) {
    lanes($0, $1) { (a: UInt16, b) in a &- b }
  },
  .vector(
    "vsubuwm", "Vector Subtract Unsigned Word Modulo", .VX(1152), ops: elements(.sub_vec, .e32)
  ) {
    lanes($0, $1) { (a: UInt32, b) in a &- b }
  },
  .vector(
    "vsububs", "Vector Subtract Unsigned Byte Saturate", .VX(1536),
    ops: saturating(.ussub_vec, .sub_vec, .e8)
  ) {
    saturated($0, $1, UInt8.self) { a, b in a &- b }
  },
  .vector(
    "vsubuhs", "Vector Subtract Unsigned Halfword Saturate", .VX(1600),
    ops: saturating(.ussub_vec, .sub_vec, .e16)
  ) {
    saturated($0, $1, UInt16.self) { a, b in a &- b }
  },
  .vector(
    "vsubuws", "Vector Subtract Unsigned Word Saturate", .VX(1664),
    ops: saturating { $0.subtractingUnsigned($1) }
  ) {
    saturated($0, $1, UInt32.self) { a, b in a &- b }
  },
  .vector(
    "vsubsbs", "Vector Subtract Signed Byte Saturate", .VX(1792),
    ops: saturating(.sssub_vec, .sub_vec, .e8)
  ) {
    saturated($0, $1, Int8.self) { a, b in a &- b }
  },
  .vector(
    "vsubshs", "Vector Subtract Signed Halfword Saturate", .VX(1856),
    ops: saturating(.sssub_vec, .sub_vec, .e16)
  ) {
    saturated($0, $1, Int16.self) { a, b in a &- b }
  },
  .vector(
    "vsubsws", "Vector Subtract Signed Word Saturate", .VX(1920),
    ops: saturating { $0.subtractingSigned($1) }
  ) {
    saturated($0, $1, Int32.self) { a, b in a &- b }
  },
  .vector(
    "vsubcuw", "Vector Subtract Carryout Unsigned Word", .VX(1408),
    ops: pairs { $0.carry(subtracting: $1) }
  ) {
    lanes($0, $1) { (a: UInt32, b) in a >= b ? 1 : 0 }
  },
]

/// AltiVec PEM, 4.2.1.1: vector average, maximum and minimum.
let vectorIntegerCompareSelect: [Instruction] = [
  .vector(
    "vavgub", "Vector Average Unsigned Byte", .VX(1026), ops: elements(.avg_vec, .e8)
  ) {
    saturated($0, $1, UInt8.self) { a, b in (a &+ b &+ 1) &>> 1 }
  },
  .vector(
    "vavguh", "Vector Average Unsigned Halfword", .VX(1090), ops: elements(.avg_vec, .e16)
  ) {
    saturated($0, $1, UInt16.self) { a, b in (a &+ b &+ 1) &>> 1 }
  },
  .vector(
    "vavguw", "Vector Average Unsigned Word", .VX(1154),
    ops: pairs { $0.average($1, signed: false) }
  ) {
    saturated($0, $1, UInt32.self) { a, b in (a &+ b &+ 1) &>> 1 }
  },
  .vector(
    "vavgsb", "Vector Average Signed Byte", .VX(1282), ops: pairs { $0.averageSigned($1, .e8) }
  ) {
    saturated($0, $1, Int8.self) { a, b in (a &+ b &+ 1) &>> 1 }
  },
  .vector(
    "vavgsh", "Vector Average Signed Halfword", .VX(1346), ops: pairs { $0.averageSigned($1, .e16) }
  ) {
    saturated($0, $1, Int16.self) { a, b in (a &+ b &+ 1) &>> 1 }
  },
  .vector(
    "vavgsw", "Vector Average Signed Word", .VX(1410), ops: pairs { $0.average($1, signed: true) }
  ) {
    saturated($0, $1, Int32.self) { a, b in (a &+ b &+ 1) &>> 1 }
  },
  .vector(
    "vmaxub", "Vector Maximum Unsigned Byte", .VX(2), ops: elements(.umax_vec, .e8)
  ) {
    lanes($0, $1) { (a: UInt8, b) in max(a, b) }
  },
  .vector(
    "vmaxuh", "Vector Maximum Unsigned Halfword", .VX(66), ops: elements(.umax_vec, .e16)
  ) {
    lanes($0, $1) { (a: UInt16, b) in max(a, b) }
  },
  .vector(
    "vmaxuw", "Vector Maximum Unsigned Word", .VX(130), ops: elements(.umax_vec, .e32)
  ) {
    lanes($0, $1) { (a: UInt32, b) in max(a, b) }
  },
  .vector(
    "vmaxsb", "Vector Maximum Signed Byte", .VX(258), ops: elements(.smax_vec, .e8)
  ) {
    lanes($0, $1) { (a: Int8, b) in max(a, b) }
  },
  .vector(
    "vmaxsh", "Vector Maximum Signed Halfword", .VX(322), ops: elements(.smax_vec, .e16)
  ) {
    lanes($0, $1) { (a: Int16, b) in max(a, b) }
  },
  .vector(
    "vmaxsw", "Vector Maximum Signed Word", .VX(386), ops: elements(.smax_vec, .e32)
  ) {
    lanes($0, $1) { (a: Int32, b) in max(a, b) }
  },
  .vector(
    "vminub", "Vector Minimum Unsigned Byte", .VX(514), ops: elements(.umin_vec, .e8)
  ) {
    lanes($0, $1) { (a: UInt8, b) in min(a, b) }
  },
  .vector(
    "vminuh", "Vector Minimum Unsigned Halfword", .VX(578), ops: elements(.umin_vec, .e16)
  ) {
    lanes($0, $1) { (a: UInt16, b) in min(a, b) }
  },
  .vector(
    "vminuw", "Vector Minimum Unsigned Word", .VX(642), ops: elements(.umin_vec, .e32)
  ) {
    lanes($0, $1) { (a: UInt32, b) in min(a, b) }
  },
  .vector(
    "vminsb", "Vector Minimum Signed Byte", .VX(770), ops: elements(.smin_vec, .e8)
  ) {
    lanes($0, $1) { (a: Int8, b) in min(a, b) }
  },
  .vector(
    "vminsh", "Vector Minimum Signed Halfword", .VX(834), ops: elements(.smin_vec, .e16)
  ) {
    lanes($0, $1) { (a: Int16, b) in min(a, b) }
  },
  .vector(
    "vminsw", "Vector Minimum Signed Word", .VX(898), ops: elements(.smin_vec, .e32)
  ) {
    lanes($0, $1) { (a: Int32, b) in min(a, b) }
  },
]
