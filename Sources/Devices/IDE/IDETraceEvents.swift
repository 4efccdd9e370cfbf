import Machine

extension TraceEvent {
  /// A register of a channel is read.
  public static let ideRead = TraceEvent("ide_ioport_read")
  /// A register of a channel is written.
  public static let ideWrite = TraceEvent("ide_ioport_write")
  /// Alternate Status is read.
  public static let ideStatusRead = TraceEvent("ide_status_read")
  /// Device Control is written.
  public static let ideControlWrite = TraceEvent("ide_ctrl_write")
  /// Two bytes are read from the data register.
  public static let ideDataRead16 = TraceEvent("ide_data_readw")
  /// Two bytes are written to the data register.
  public static let ideDataWrite16 = TraceEvent("ide_data_writew")
  /// Four bytes are read from the data register.
  public static let ideDataRead32 = TraceEvent("ide_data_readl")
  /// Four bytes are written to the data register.
  public static let ideDataWrite32 = TraceEvent("ide_data_writel")
  /// A command is done.
  public static let ideCommand = TraceEvent("ide_exec_cmd")
  /// A unit is reset.
  public static let ideReset = TraceEvent("ide_reset")
  /// Sectors of a disk are read.
  public static let ideSectorRead = TraceEvent("ide_sector_read")
  /// Sectors of a disk are written.
  public static let ideSectorWrite = TraceEvent("ide_sector_write")
  /// A step of a DMA transfer in QEMU; never told here.
  public static let ideDMA = TraceEvent("ide_dma_cb")
  /// The bytes of a packet command have arrived.
  public static let atapiPacket = TraceEvent("ide_atapi_cmd_packet")
  /// A packet command is about to be done: its code.
  public static let atapiCommand = TraceEvent("ide_atapi_cmd")
  /// A packet command fails.
  public static let atapiError = TraceEvent("ide_atapi_cmd_error")
  /// The next part of an answer is ready to be read from the data register.
  public static let atapiReply = TraceEvent("ide_atapi_cmd_reply_end")
  /// Blocks of the medium are to be read.
  public static let atapiRead = TraceEvent("ide_atapi_cmd_read")

  /// The events of the IDE channels, disks and CD-ROMs.
  public static let ide = [
    ideRead, ideWrite, ideStatusRead, ideControlWrite, ideDataRead16, ideDataWrite16,
    ideDataRead32, ideDataWrite32, ideCommand, ideReset, ideSectorRead, ideSectorWrite, ideDMA,
    atapiPacket, atapiCommand, atapiError, atapiReply, atapiRead,
  ]
}
