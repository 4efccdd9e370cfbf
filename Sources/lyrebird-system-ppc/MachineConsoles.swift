import HostIO
import Machine
import Monitor
import Options

extension SystemOptions {
  /// What the serial ports and monitors are connected to, with what QEMU adds by itself.
  ///
  /// Without a window, where QEMU would show a serial port or the monitor in one, there is nothing.
  var consoles: (serials: [CharacterSpecification?], monitors: [CharacterSpecification?]) {
    var (serials, monitors) = (serials, monitors)
    guard hasDefaults else { return (serials, monitors) }
    let hasOwnMonitor = !monitors.isEmpty || serials.contains { $0?.hasMonitor ?? false }
    if isNographic {
      var standard = CharacterSpecification(label: "serial0", .stdio(signals: false))
      if serials.isEmpty && !hasOwnMonitor {
        standard.isShared = true
        standard.hasMonitor = true
        return ([standard], [])
      }
      if serials.isEmpty { serials = [standard] }
      standard.label = "compat_monitor0"
      if !hasOwnMonitor { monitors = [standard] }
    } else if serials.isEmpty {
      serials = [CharacterSpecification(label: "serial0", .null(name: "vc"))]
    }
    return (serials, monitors)
  }
}

/// The serial lines and monitors of a machine, connected to the host.
final class MachineConsoles {
  /// The host's end of every character device.
  let devices: CharacterDevices
  /// The host's end of the serial ports, in order; nil for none.
  private(set) var serialPorts: [(any EventfulPort)?] = []
  private var monitorPorts: [(port: any EventfulPort, isShared: Bool)] = []
  private var monitors: [Monitor] = []

  /// Opens what the options ask for.
  /// - Throws: a message for standard error.
  init(_ options: SystemOptions, devices: CharacterDevices) throws(OptionStop) {
    self.devices = devices
    devices.report = { Self.report("\(SystemOptions.program): \($0)") }
    for specification in options.characterDevices { try open(specification) }
    let (serials, monitors) = options.consoles
    for specification in serials {
      guard let specification else {
        serialPorts.append(nil)
        continue
      }
      serialPorts.append(try connect(specification, "serial device"))
      if specification.hasMonitor, let port = devices.use(specification.label) {
        monitorPorts.append((port, true))
      }
    }
    for case let specification? in monitors {
      let isShared = options.characterDevices.contains {
        specification.backend == .other(id: $0.label) && $0.isShared
      }
      let port = try connect(specification, "monitor")
      monitorPorts.append((port, isShared || specification.hasMonitor))
    }
  }

  private static func report(_ text: String) { SystemCommand.put(text + "\n", to: 1) }

  private func open(_ specification: CharacterSpecification) throws(OptionStop) {
    do throws(HostIOError) { try devices.add(specification) } catch {
      throw .error("\(SystemOptions.program): \(Self.head(specification))\(error)")
    }
  }

  private static func head(_ specification: CharacterSpecification) -> String {
    specification.context.isEmpty ? "" : specification.context + ": "
  }

  private func connect(
    _ specification: CharacterSpecification, _ what: String
  ) throws(OptionStop) -> any EventfulPort {
    var label = specification.label
    if case .other(let id) = specification.backend { label = id } else { try open(specification) }
    guard let port = devices.use(label) else {
      throw .error(
        "\(SystemOptions.program): \(Self.head(specification))"
          + "could not connect \(what) to character backend '\(label)'")
    }
    return port
  }

  /// Lets the monitors work.
  /// - Parameters:
  ///   - quit: ends the program: C-a x.
  func start(_ machine: any MonitoredMachine, traceEvents: TraceEvents, quit: @escaping () -> Void)
  {
    devices.setActions(
      Multiplexer.Actions(quit: quit, commit: { try? machine.commit(nil) }))
    for (port, isShared) in monitorPorts {
      let monitor = Monitor(
        machine, on: port, traceEvents: traceEvents, version: SystemOptions.versionNumber)
      port.onEvent = { [unowned monitor] event in
        switch event {
        case .opened: monitor.opened()
        case .focused: monitor.setFocus(true)
        case .unfocused: monitor.setFocus(false)
        case .closed, .lineBreak: break
        }
      }
      monitors.append(monitor)
      monitor.start(isShared: isShared)
    }
  }
}
