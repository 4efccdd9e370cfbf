import Machine

/// The trace events of all devices, by QEMU's names.
public let allDeviceTraceEvents: [TraceEvent] =
  pciTraceEvents + macIOTraceEvents + heathrowTraceEvents
  + firmwareConfigurationTraceEvents + macNVRAMTraceEvents + vgaTraceEvents + ne2000TraceEvents
  + sunGEMTraceEvents + ohciTraceEvents + TraceEvent.escc + TraceEvent.ide
  + TraceEvent.cuda + TraceEvent.pmu + TraceEvent.via + TraceEvent.adb + TraceEvent.adbKeyboard
  + TraceEvent.adbMouse + [.grackleSetIrq, .uninSetIrq]
