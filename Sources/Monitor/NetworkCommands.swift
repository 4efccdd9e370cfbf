extension MonitorCommand {
  /// Commands about networks.
  static let networks: [MonitorCommand] = [
    MonitorCommand(
      "hostfwd_add", [.string("arg1"), .string("arg2").optional],
      "[netdev_id] [tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport",
      "redirect TCP or UDP connections from host to guest (requires -net user)"
    ) { monitor, arguments throws(MonitorError) in
      let (network, rule) = ruleArguments(arguments)
      try monitor.machine.addForwarding(rule, to: network)
    },
    MonitorCommand(
      "hostfwd_remove", [.string("arg1"), .string("arg2").optional],
      "[netdev_id] [tcp|udp]:[hostaddr]:hostport", "remove host-to-guest TCP or UDP redirection"
    ) { monitor, arguments throws(MonitorError) in
      let (network, rule) = ruleArguments(arguments)
      let isFound = try monitor.machine.removeForwarding(rule, from: network)
      monitor.print("host forwarding rule for \(rule) \(isFound ? "removed" : "not found")\n")
    },
    MonitorCommand(
      "set_link", [.string("name"), .flag("up")], "name on|off",
      "change the link status of a network adapter"
    ) { monitor, arguments throws(MonitorError) in
      try reported { () throws(MonitorError) in
        try monitor.machine.setLink(arguments.text("name"), isUp: arguments.isSet("up"))
      }
    },
  ]

  /// The network's name, which may be left out, and the rule.
  private static func ruleArguments(
    _ arguments: CommandArguments
  ) -> (network: String?, rule: String) {
    let first = arguments.text("arg1")
    guard let second = arguments.optionalText("arg2") else { return (nil, first) }
    return (first, second)
  }
}
