/// The special-purpose registers, by the user's manuals' names: chapter 2 of the MPC603e, MPC604e,
/// MPC750, MPC755, MPC7410 and MPC7450 user's manuals.
let specialRegisters: [SpecialRegister] =
  architectedRegisters + blockAddressRegisters + softwareTableRegisters + implementationRegisters
  + performanceRegisters

/// Programming Environments Manual, 2.3.
private let architectedRegisters: [SpecialRegister] = [
  SpecialRegister(1, "XER", .xer, .user),
  SpecialRegister(8, "LR", .lr, .user),
  SpecialRegister(9, "CTR", .ctr, .user),
  SpecialRegister(18, "DSISR"),
  SpecialRegister(19, "DAR", .dar),
  SpecialRegister(22, "DEC", .decrementer),
  SpecialRegister(25, "SDR1", .watched),
  SpecialRegister(26, "SRR0"),
  SpecialRegister(27, "SRR1"),
  SpecialRegister(256, "VRSAVE", .vrsave, .user, on: .f74xx),
  SpecialRegister(268, "TBL", .timeBaseLower, .userReadOnly),
  SpecialRegister(269, "TBU", .timeBaseUpper, .userReadOnly),
  SpecialRegister(272, "SPRG0"),
  SpecialRegister(273, "SPRG1"),
  SpecialRegister(274, "SPRG2"),
  SpecialRegister(275, "SPRG3"),
  SpecialRegister(276, "SPRG4", on: [.f755, .f7455]),
  SpecialRegister(277, "SPRG5", on: [.f755, .f7455]),
  SpecialRegister(278, "SPRG6", on: [.f755, .f7455]),
  SpecialRegister(279, "SPRG7", on: [.f755, .f7455]),
  SpecialRegister(282, "EAR"),
  SpecialRegister(284, "TBL", .timeBaseLower, .supervisorWriteOnly),
  SpecialRegister(285, "TBU", .timeBaseUpper, .supervisorWriteOnly),
  SpecialRegister(287, "PVR", .pvr, .supervisorReadOnly),
]

/// Block address translation: pairs 0 to 3, and 4 to 7 where there are eight.
private let blockAddressRegisters: [SpecialRegister] = [
  SpecialRegister(528, "IBAT0U", .watched), SpecialRegister(529, "IBAT0L", .watched),
  SpecialRegister(530, "IBAT1U", .watched), SpecialRegister(531, "IBAT1L", .watched),
  SpecialRegister(532, "IBAT2U", .watched), SpecialRegister(533, "IBAT2L", .watched),
  SpecialRegister(534, "IBAT3U", .watched), SpecialRegister(535, "IBAT3L", .watched),
  SpecialRegister(536, "DBAT0U", .watched), SpecialRegister(537, "DBAT0L", .watched),
  SpecialRegister(538, "DBAT1U", .watched), SpecialRegister(539, "DBAT1L", .watched),
  SpecialRegister(540, "DBAT2U", .watched), SpecialRegister(541, "DBAT2L", .watched),
  SpecialRegister(542, "DBAT3U", .watched), SpecialRegister(543, "DBAT3L", .watched),
  SpecialRegister(560, "IBAT4U", .watched, on: eightPairs),
  SpecialRegister(561, "IBAT4L", .watched, on: eightPairs),
  SpecialRegister(562, "IBAT5U", .watched, on: eightPairs),
  SpecialRegister(563, "IBAT5L", .watched, on: eightPairs),
  SpecialRegister(564, "IBAT6U", .watched, on: eightPairs),
  SpecialRegister(565, "IBAT6L", .watched, on: eightPairs),
  SpecialRegister(566, "IBAT7U", .watched, on: eightPairs),
  SpecialRegister(567, "IBAT7L", .watched, on: eightPairs),
  SpecialRegister(568, "DBAT4U", .watched, on: eightPairs),
  SpecialRegister(569, "DBAT4L", .watched, on: eightPairs),
  SpecialRegister(570, "DBAT5U", .watched, on: eightPairs),
  SpecialRegister(571, "DBAT5L", .watched, on: eightPairs),
  SpecialRegister(572, "DBAT6U", .watched, on: eightPairs),
  SpecialRegister(573, "DBAT6L", .watched, on: eightPairs),
  SpecialRegister(574, "DBAT7U", .watched, on: eightPairs),
  SpecialRegister(575, "DBAT7L", .watched, on: eightPairs),
]
private let eightPairs: ProcessorFamilies = [.f750CX, .f755, .f7455]

/// What the handlers of translation misses use (MPC603e, 2.1.2; MPC7450, 5.5.5).
private let softwareTableRegisters: [SpecialRegister] = [
  SpecialRegister(976, "DMISS", .storage, .supervisorReadOnly, on: [.f603, .f755]),
  SpecialRegister(977, "DCMP", on: [.f603, .f755]),
  SpecialRegister(978, "HASH1", .storage, .supervisorReadOnly, on: [.f603, .f755]),
  SpecialRegister(979, "HASH2", .storage, .supervisorReadOnly, on: [.f603, .f755]),
  SpecialRegister(980, "IMISS", .storage, .supervisorReadOnly, on: [.f603, .f755]),
  SpecialRegister(981, "ICMP", on: [.f603, .f755]),
  SpecialRegister(982, "RPA", on: [.f603, .f755]),
  SpecialRegister(980, "TLBMISS", on: .f7450),
  SpecialRegister(981, "PTEHI", on: .f7450),
  SpecialRegister(982, "PTELO", on: .f7450),
]

/// Implementation: cache control bits that start an operation read as zero, as it is done at once.
private let implementationRegisters: [SpecialRegister] = [
  SpecialRegister(920, "THRM4", on: .f750CX),
  SpecialRegister(983, "L3PM", on: .f7450),
  SpecialRegister(984, "L3ITCR0", on: .f7450),
  SpecialRegister(1000, "L3OHCR", on: .f7455),
  SpecialRegister(1001, "L3ITCR1", on: .f7455),
  SpecialRegister(1002, "L3ITCR2", on: .f7455),
  SpecialRegister(1003, "L3ITCR3", on: .f7455),
  SpecialRegister(1008, "HID0", .watched, on: [.f603, .f604]),
  // ICFI and DCFI.
  SpecialRegister(1008, "HID0", .watched, on: [.f7xx, .f74xx], writable: ~0x0c00),
  SpecialRegister(1009, "HID1", on: [.f603, .f604e, .f7xx, .f74xx]),
  SpecialRegister(1010, "IABR", .watched),
  SpecialRegister(1011, "HID2", .watched, on: .f755),
  SpecialRegister(1011, "ICTRL", on: .f7450, writable: ~0x0000_0100),
  SpecialRegister(1013, "DABR", .watched, on: [.f604, .f7xx, .f74xx]),
  SpecialRegister(1014, "MSSCR0", on: .f74xx),
  SpecialRegister(1015, "MSSCR1", on: .f7400),
  SpecialRegister(1015, "MSSSR0", on: .f7450),
  SpecialRegister(1016, "L2PM", on: [.f755, .f7410]),
  SpecialRegister(1016, "HID2", on: .f750CX),
  SpecialRegister(1016, "LDSTCR", on: .f7450),
  // L2IP; on the 7450 also L2I itself.
  SpecialRegister(1017, "L2CR", on: [.f7xx, .f7400], writable: ~1),
  SpecialRegister(1017, "L2CR", on: .f7450, writable: ~0x0020_0001),
  // L3I.
  SpecialRegister(1018, "L3CR", on: .f7450, writable: ~0x0000_0400),
  SpecialRegister(1019, "ICTC", on: [.f7xx, .f74xx]),
  SpecialRegister(1020, "THRM1", on: [.f7xx, .f7400]),
  SpecialRegister(1021, "THRM2", on: [.f7xx, .f7400]),
  SpecialRegister(1022, "THRM3", on: [.f7xx, .f7400]),
  SpecialRegister(1023, "PIR", on: [.f604, .f74xx]),
]

/// The performance monitor: its registers keep what is written, but nothing is counted.
private let performanceRegisters: [SpecialRegister] = [
  SpecialRegister(928, "UMMCR2", .userCopy, .userReadOnly, on: .f74xx),
  SpecialRegister(929, "UPMC5", .userCopy, .userReadOnly, on: .f7450),
  SpecialRegister(930, "UPMC6", .userCopy, .userReadOnly, on: .f7450),
  SpecialRegister(935, "UBAMR", .userCopy, .userReadOnly, on: .f7400),
  SpecialRegister(936, "UMMCR0", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(937, "UPMC1", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(938, "UPMC2", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(939, "USIAR", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(940, "UMMCR1", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(941, "UPMC3", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(942, "UPMC4", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(943, "USDAR", .userCopy, .userReadOnly, on: [.f7xx, .f74xx]),
  SpecialRegister(944, "MMCR2", on: .f74xx),
  SpecialRegister(945, "PMC5", on: .f7450),
  SpecialRegister(946, "PMC6", on: .f7450),
  SpecialRegister(951, "BAMR", on: .f7400),
  SpecialRegister(952, "MMCR0", on: [.f604, .f7xx, .f74xx]),
  SpecialRegister(953, "PMC1", on: [.f604, .f7xx, .f74xx]),
  SpecialRegister(954, "PMC2", on: [.f604, .f7xx, .f74xx]),
  SpecialRegister(955, "SIAR", on: [.f604, .f7xx, .f74xx]),
  SpecialRegister(956, "MMCR1", on: [.f604e, .f7xx, .f74xx]),
  SpecialRegister(957, "PMC3", on: [.f604e, .f7xx, .f74xx]),
  SpecialRegister(958, "PMC4", on: [.f604e, .f7xx, .f74xx]),
  SpecialRegister(959, "SDAR", on: [.f604, .f7xx, .f74xx]),
]
