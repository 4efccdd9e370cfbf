import Machine
import Testing

@testable import Monitor

/// Patterns of trace events. The forms and the warnings are those that QEMU 7.2 gave.
struct TracePatternTests {
  @Test(
    "What matches",
    arguments: [
      ("exec_tb", "exec_tb", true), ("exec_tb", "exec_tb_exit", false), ("exec*", "exec_tb", true),
      ("*", "x", true), ("*", "", true), ("*_tb", "exec_tb", true), ("*_tb", "exec_tb_exit", false),
      ("e*t*b", "exec_tb", true), ("e*tb*", "exec_tb", true), ("e?ec_tb", "exec_tb", false),
      ("e?ec*", "exec_tb", true), ("**x**", "axb", true), ("a*b*c", "abcbd", false), ("", "", true),
    ])
  func matching(pattern: String, name: String, expected: Bool) {
    #expect(TracePattern(pattern).matches(name) == expected)
  }

  @Test("Later requests win, unknown names are told of, QEMU's own are not")
  func requests() throws {
    let names = ["exec_tb", "exec_tb_exit", "escc_put_queue"]
    let list = TraceEvents(names.map { TraceEvent($0) })
    var options = TraceOptions()
    try options.add("exec*")
    try options.add("-exec_tb_exit,file=log")
    for name in ["foo", "virtio_notify", "nosuch*"] { try options.add("enable=" + name) }
    #expect(options.file == "log")
    let warnings = options.apply(to: list)
    #expect(warnings == [": -trace enable=foo: warning: trace event 'foo' does not exist"])
    #expect(list.all.map(\.isEnabled) == [true, false, false])
    list.add([TraceEvent("exec_tb_nocache")])
    #expect(list.all.last?.isEnabled == true)
  }
}
