import Machine

/// The trace events of the GEM by QEMU's names.
extension TraceEvent {
  /// A register of a group is read or written.
  static let sungemMmioGregRead = TraceEvent("sungem_mmio_greg_read")
  static let sungemMmioGregWrite = TraceEvent("sungem_mmio_greg_write")
  static let sungemMmioTxdmaRead = TraceEvent("sungem_mmio_txdma_read")
  static let sungemMmioTxdmaWrite = TraceEvent("sungem_mmio_txdma_write")
  static let sungemMmioRxdmaRead = TraceEvent("sungem_mmio_rxdma_read")
  static let sungemMmioRxdmaWrite = TraceEvent("sungem_mmio_rxdma_write")
  static let sungemMmioMacRead = TraceEvent("sungem_mmio_mac_read")
  static let sungemMmioMacWrite = TraceEvent("sungem_mmio_mac_write")
  static let sungemMmioMifRead = TraceEvent("sungem_mmio_mif_read")
  static let sungemMmioMifWrite = TraceEvent("sungem_mmio_mif_write")
  static let sungemMmioPcsRead = TraceEvent("sungem_mmio_pcs_read")
  static let sungemMmioPcsWrite = TraceEvent("sungem_mmio_pcs_write")
  /// The whole controller is reset.
  static let sungemReset = TraceEvent("sungem_reset")
  /// A frame on the management interface.
  static let sungemMiiWrite = TraceEvent("sungem_mii_write")
  static let sungemMiiRead = TraceEvent("sungem_mii_read")
  static let sungemMiiInvalidSof = TraceEvent("sungem_mii_invalid_sof")
  static let sungemMiiInvalidOp = TraceEvent("sungem_mii_invalid_op")
  /// Transmitting.
  static let sungemTxChecksum = TraceEvent("sungem_tx_checksum")
  static let sungemTxChecksumOob = TraceEvent("sungem_tx_checksum_oob")
  static let sungemTxUnfinished = TraceEvent("sungem_tx_unfinished")
  static let sungemTxOverflow = TraceEvent("sungem_tx_overflow")
  static let sungemTxFinished = TraceEvent("sungem_tx_finished")
  static let sungemTxKick = TraceEvent("sungem_tx_kick")
  static let sungemTxDisabled = TraceEvent("sungem_tx_disabled")
  static let sungemTxProcess = TraceEvent("sungem_tx_process")
  static let sungemTxDesc = TraceEvent("sungem_tx_desc")
  static let sungemTxReset = TraceEvent("sungem_tx_reset")
  /// Receiving.
  static let sungemRxMacDisabled = TraceEvent("sungem_rx_mac_disabled")
  static let sungemRxTxdmaDisabled = TraceEvent("sungem_rx_txdma_disabled")
  static let sungemRxCheck = TraceEvent("sungem_rx_check")
  static let sungemRxPacket = TraceEvent("sungem_rx_packet")
  static let sungemRxBadFrameSize = TraceEvent("sungem_rx_bad_frame_size")
  static let sungemRxUnmatched = TraceEvent("sungem_rx_unmatched")
  static let sungemRxProcess = TraceEvent("sungem_rx_process")
  static let sungemRxRingfull = TraceEvent("sungem_rx_ringfull")
  static let sungemRxDesc = TraceEvent("sungem_rx_desc")
  static let sungemRxReset = TraceEvent("sungem_rx_reset")
  static let sungemRxKick = TraceEvent("sungem_rx_kick")
}

/// The trace events of the GEM.
public let sunGEMTraceEvents: [TraceEvent] = [
  .sungemMmioGregRead, .sungemMmioGregWrite, .sungemMmioTxdmaRead, .sungemMmioTxdmaWrite,
  .sungemMmioRxdmaRead, .sungemMmioRxdmaWrite, .sungemMmioMacRead, .sungemMmioMacWrite,
  .sungemMmioMifRead, .sungemMmioMifWrite, .sungemMmioPcsRead, .sungemMmioPcsWrite,
  .sungemReset, .sungemMiiWrite, .sungemMiiRead, .sungemMiiInvalidSof, .sungemMiiInvalidOp,
  .sungemTxChecksum, .sungemTxChecksumOob, .sungemTxUnfinished, .sungemTxOverflow,
  .sungemTxFinished, .sungemTxKick, .sungemTxDisabled, .sungemTxProcess, .sungemTxDesc,
  .sungemTxReset, .sungemRxMacDisabled, .sungemRxTxdmaDisabled, .sungemRxCheck, .sungemRxPacket,
  .sungemRxBadFrameSize, .sungemRxUnmatched, .sungemRxProcess, .sungemRxRingfull, .sungemRxDesc,
  .sungemRxReset, .sungemRxKick,
]
