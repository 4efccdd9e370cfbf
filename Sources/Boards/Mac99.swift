extension Board {
  /// A Power Macintosh G4 with UniNorth and KeyLargo (Core99).
  public static let mac99 = Board(
    name: "mac99", aliases: [], title: "Mac99 based PowerMAC", defaultProcessor: "7400",
    machineID: 1, timeBaseFrequency: 100_000_000, clockFrequency: 900_000_000,
    busFrequency: 100_000_000, rom: (0xfff0_0000, 1 << 20), maximumMemory: 2048 << 20,
    networkCard: .sunGEM, chips: .newworld,
    placements: [
      Placement("AGP configuration address", .memory, 0xf080_0000) { $0.bridges[1].addressWindow },
      Placement("AGP configuration data", .memory, 0xf0c0_0000) { $0.bridges[1].dataWindow },
      Placement("PCI I/O", .memory, 0xf200_0000) { $0.bridges[0].ioWindow },
      Placement("PCI configuration address", .memory, 0xf280_0000) { $0.bridges[0].addressWindow },
      Placement("PCI configuration data", .memory, 0xf2c0_0000) { $0.bridges[0].dataWindow },
      Placement("internal PCI configuration address", .memory, 0xf480_0000) {
        $0.bridges[2].addressWindow
      },
      Placement("internal PCI configuration data", .memory, 0xf4c0_0000) {
        $0.bridges[2].dataWindow
      },
      Placement("UniNorth", .memory, 0xf800_0000) { $0.uniNorth.window },
      Placement("fw_cfg selector", .memory, 0xf000_0510) { $0.firmware.selectorWindow },
      Placement("fw_cfg data", .memory, 0xf000_0512) { $0.firmware.dataWindow },
      Placement("PCI memory", .memory, 0x8000_0000, priority: -1) { $0.bridges[0].memoryWindow },
      Placement("NVRAM", .memory, 0xfff0_4000) { $0.nvram.window },
      Placement("GPIO", .macIO, 0x0_0050) { $0.pmu == nil ? nil : $0.gpio.window },
      Placement("DBDMA", .macIO, 0x0_8000) { $0.dbdma.window },
      Placement("ESCC, legacy layout", .macIO, 0x1_2000) { $0.escc.legacyWindow },
      Placement("ESCC", .macIO, 0x1_3000) { $0.escc.window },
      Placement("timer", .macIO, 0x1_5000) { $0.timer.window },
      Placement("CUDA", .macIO, 0x1_6000) { $0.cuda?.window },
      Placement("PMU", .macIO, 0x1_6000) { $0.pmu?.window },
      Placement("IDE 0", .macIO, 0x2_0000) { $0.channels[0].window },
      Placement("IDE 1", .macIO, 0x2_1000) { $0.channels[1].window },
      Placement("OpenPIC", .macIO, 0x4_0000) { $0.openPIC?.window },
    ],
    wires: [
      (.serialB, 36), (.serialA, 37), (.via, 25), (.ide0, 13), (.ide0DMA, 2), (.ide1, 14),
      (.ide1DMA, 3), (.interruptA, 27), (.interruptB, 28), (.interruptC, 29), (.interruptD, 30),
      (.gpio1, 47), (.gpio9, 55),
    ])
}
