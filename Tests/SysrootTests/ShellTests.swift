import Foundation
import ProcessSupport
import Testing

/// Shells: scripts give what the host's own shells give, terminals have job control.
@Suite(.enabled(if: Sysroot.has("bash", "dash", "ls"), Sysroot.isMissing))
struct ShellTests {
  /// What any shell does alike.
  private static let portable = #"""
    printf '%s\n' pear apple fig | sort | tr a-z A-Z | paste -s -d, -
    cat <<END
    here: $((6 * 7)) $(echo nested $(echo substitution))
    END
    (exit 3); echo "status $?"
    ! false && echo negated
    trap 'echo caught' USR1; kill -USR1 $$; trap - USR1
    trap 'echo leaving' EXIT
    sleep 0.05 & wait $!; echo "waited $?"
    sleep 10 & sleep 0.3; kill $!; wait $!; echo "killed $?"
    seq 1 5000 | while read -r line; do [ $((line % 1000)) = 0 ] && echo "$line"; done
    ulimit -n 64; ulimit -n
    no-such-program 2>/dev/null; echo "missing $?"
    cd "$1" && mkfifo pipe && { echo through >pipe & cat pipe; wait; }
    printf '#!/bin/sh\necho "script of $0: $*"\n' >inner; chmod +x inner
    printf '#!%s/inner fixed\n' "$1" >outer; chmod +x outer
    ./outer a 'b c' | sed "s|$1||g"
    printf 'echo "no first line: $1"\n' >plain; chmod +x plain; ./plain x
    set -- $(ls | sort); echo "$# $*"; rm pipe inner outer plain
    timeout 0.2 sleep 5; echo "timeout $?"
    echo "$(yes | head -n 3 | wc -l)" $(seq 3 | xargs 2>/dev/null || seq 3)
    """#
  /// What bash has beyond.
  private static let ofBash = #"""
    cat <(echo one) <(echo two); coproc cat; echo hello >&${COPROC[1]}; read -r line <&${COPROC[0]}
    echo "coprocess: $line"; declare -A map=([a]=1 [b]=2); echo "${map[b]}"; [[ abc =~ b(.) ]]
    echo "${BASH_REMATCH[1]} $(printf '%(%Y)T' 0)"; false | true; echo "${PIPESTATUS[*]}"
    (echo >/dev/tcp/127.0.0.1/1) 2>/dev/null || echo refused
    read -r -t 0.2 line < <(sleep 2); echo $(($? > 128)); exec {file}</dev/null; echo "file $file"
    """#

  @Test("A script", arguments: ["dash", "bash"])
  func script(_ shell: String) throws {
    let text = Self.portable + (shell == "bash" ? "\n" + Self.ofBash : "")
    let (ours, natives) = (try ScratchFolder(), try ScratchFolder())
    let run = try Sysroot.run(shell, ["-c", text, shell, ours.path])
    let native = try GuestRun.run(
      ["/bin/" + shell, "-c", text, shell, natives.path], environment: Sysroot.environment)
    #expect(run.text == native.text && run.status == native.status, "\(run.summary)")
  }

  @Test("Job control")
  func jobs() throws {
    let shell = try Sysroot.onTerminal("bash", ["--norc", "--noediting", "-i"])
    let terminal = shell.console
    func type(_ text: String, _ answer: String) throws {
      try terminal.expect("$ ")
      terminal.send(text)
      try terminal.expect(answer)
    }
    try type("sleep 100\n", "sleep 100\r\n")
    usleep(1_000_000)
    terminal.send("\u{1a}")
    try terminal.expect("[1]+  Stopped                 sleep 100")
    try type("bg; jobs\n", "[1]+  Running                 sleep 100 &")
    try type("(sleep 200; echo no) & jobs -r | wc -l\n", "2\r\n")
    try type("kill %1; wait %1; echo status $?\n", "status 143")
    try type("fg %2\n", "( sleep 200; echo no )")
    usleep(500_000)
    terminal.send("\u{3}")
    try type("echo status $?\n", "status 130")
    try type("cat | tr a-z A-Z\n", "tr a-z A-Z\r\n")
    terminal.send("typed\n\u{4}")
    try terminal.expect("TYPED")
    try type("trap 'echo resized $(stty size)' WINCH; echo re''ady\n", "ready\r\n")
    terminal.resize(rows: 33, columns: 99)
    usleep(500_000)
    terminal.send("\n")
    try terminal.expect("resized 33 99")
    terminal.send("exit 5\n")
    #expect(shell.wait() == 5)
  }

  @Test("Editing a line")
  func line() throws {
    let shell = try Sysroot.onTerminal("bash", ["--norc", "-i"])
    let terminal = shell.console
    try terminal.expect("$ ")
    // C-a, a word, C-e, a letter, DEL; then the history: the line above.
    terminal.send("hello\u{1}echo \u{5}x\u{7f}\r")
    try terminal.expect("\rhello\r\n")
    terminal.send("\u{1b}[A again\r")
    try terminal.expect("\rhello again\r\n")
    terminal.send("exit\r")
    #expect(shell.wait() == 0)
  }
}
