import Machine

extension TraceEvent {
  /// A register of a channel is read or written.
  public static let ideRead = TraceEvent("ide_ioport_read")
  public static let ideWrite = TraceEvent("ide_ioport_write")
  public static let ideStatusRead = TraceEvent("ide_status_read")
  public static let ideControlWrite = TraceEvent("ide_ctrl_write")
  /// The data register is read or written.
  public static let ideDataRead16 = TraceEvent("ide_data_readw")
  public static let ideDataWrite16 = TraceEvent("ide_data_writew")
  public static let ideDataRead32 = TraceEvent("ide_data_readl")
  public static let ideDataWrite32 = TraceEvent("ide_data_writel")
  /// A command is done.
  public static let ideCommand = TraceEvent("ide_exec_cmd")
  /// A unit is reset.
  public static let ideReset = TraceEvent("ide_reset")
  /// Sectors are read or written.
  public static let ideSectorRead = TraceEvent("ide_sector_read")
  public static let ideSectorWrite = TraceEvent("ide_sector_write")
  public static let ideDMA = TraceEvent("ide_dma_cb")
  /// A packet command is done, or fails, or its data are ready.
  public static let atapiPacket = TraceEvent("ide_atapi_cmd_packet")
  public static let atapiCommand = TraceEvent("ide_atapi_cmd")
  public static let atapiError = TraceEvent("ide_atapi_cmd_error")
  public static let atapiReply = TraceEvent("ide_atapi_cmd_reply_end")
  public static let atapiRead = TraceEvent("ide_atapi_cmd_read")

  /// The events of the IDE channels, disks and CD-ROMs.
  public static let ide = [
    ideRead, ideWrite, ideStatusRead, ideControlWrite, ideDataRead16, ideDataWrite16,
    ideDataRead32, ideDataWrite32, ideCommand, ideReset, ideSectorRead, ideSectorWrite, ideDMA,
    atapiPacket, atapiCommand, atapiError, atapiReply, atapiRead,
  ]
}
