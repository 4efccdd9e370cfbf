import Debugging
import Options

extension SystemOptionRow {
  /// Log and trace.
  static let debugging: [SystemOptionRow] = [
    SystemOptionRow(
      "d", "item1,...", "enable logging of specified items (use '-d help' for a list)"
    ) {
      options, text, context in
      // The last `-d` counts, but for the trace events that it named.
      let items = text.split(separator: ",")
      for item in items where item.hasPrefix("trace:") {
        let pattern = String(item.dropFirst(6))
        if pattern == "help" { options.listsTraceEvents = true }
        if !pattern.isEmpty { options.trace.add(pattern, place: "") }
      }
      let others = items.filter { !$0.hasPrefix("trace:") }.joined(separator: ",")
      do { options.logItems = try LogItems(list: others) } catch {
        throw OptionStop.refusal(LogItems.help)
      }
    },
    SystemOptionRow("D", "logfile", "output log to logfile (default stderr)") {
      options, text, _ in options.logFile = text
    },
    SystemOptionRow("dfilter", "range[,...]", "filter debug output to range of addresses") {
      options, text, _ in
      do { options.logFilter = try DebugFilter(list: text) } catch {
        throw OptionProblem("Bad range specifier")
      }
    },
    SystemOptionRow(
      "trace", "[[enable=]<pattern>][,events=<file>][,file=<file>]", "specify tracing options"
    ) { options, text, _ in
      if text == "help" || text == "?" {
        options.listsTraceEvents = true
        return
      }
      do throws(OptionProblem) { try options.trace.add(text) } catch {
        throw OptionStop.error(SystemOptions.program + error.description)
      }
    },
    SystemOptionRow("singlestep|one-insn-per-tb", nil, "one guest instruction per block") {
      options, _, _ in options.singleInstructions = true
    },
  ]
}
