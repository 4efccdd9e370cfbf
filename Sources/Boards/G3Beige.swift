extension Board {
  /// The "beige" Power Macintosh G3 (Gossamer): Grackle, Heathrow, CUDA.
  public static let g3beige = Board(
    name: "g3beige", aliases: [], title: "Heathrow based PowerMAC", defaultProcessor: "750",
    machineID: 2, timeBaseFrequency: 16_600_000, clockFrequency: 266_000_000,
    busFrequency: 66_000_000, rom: (0xffc0_0000, 4 << 20), maximumMemory: 2047 << 20,
    networkCard: .ne2000, chips: .oldworld,
    placements: [
      Placement("PCI memory", .memory, 0x8000_0000, priority: -1) { $0.grackle?.memoryWindow },
      Placement("PCI I/O", .memory, 0xfe00_0000) { $0.grackle?.ioWindow },
      Placement("PCI configuration address", .memory, 0xfec0_0000) { $0.grackle?.addressWindow },
      Placement("PCI configuration data", .memory, 0xfee0_0000) { $0.grackle?.dataWindow },
      Placement("fw_cfg selector", .memory, 0xf000_0510) { $0.firmware.selectorWindow },
      Placement("fw_cfg data", .memory, 0xf000_0512) { $0.firmware.dataWindow },
      Placement("Heathrow interrupt controller", .macIO, 0x0_0000) { $0.heathrow?.window },
      Placement("DBDMA", .macIO, 0x0_8000) { $0.dbdma.window },
      Placement("ESCC, legacy layout", .macIO, 0x1_2000) { $0.escc.legacyWindow },
      Placement("ESCC", .macIO, 0x1_3000) { $0.escc.window },
      Placement("CUDA", .macIO, 0x1_6000) { $0.cuda?.window },
      Placement("IDE 0", .macIO, 0x2_0000) { $0.channels[0].window },
      Placement("IDE 1", .macIO, 0x2_1000) { $0.channels[1].window },
      Placement("NVRAM", .macIO, 0x6_0000) { $0.nvram.window },
    ],
    wires: [
      (.serialB, 16), (.serialA, 15), (.via, 18), (.ide0, 13), (.ide0DMA, 2), (.ide1, 14),
      (.ide1DMA, 3), (.interruptA, 21), (.interruptB, 22), (.interruptC, 23), (.interruptD, 24),
    ])
}
