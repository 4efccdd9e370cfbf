import Foundation
import ProcessSupport
import Testing

/// A database server with threads, under load.
@Suite(
  .serialized,
  .enabled(if: Sysroot.has("redis-server", "redis-cli", "redis-benchmark"), Sysroot.isMissing))
struct DatabaseTests {
  private let folder: ScratchFolder
  private let port = String(Sysroot.port)
  private let server: RunningProgram

  init() throws {
    folder = try ScratchFolder()
    server = try Sysroot.start(
      "redis-server",
      [
        "--port", port, "--bind", "127.0.0.1", "--dir", folder.path, "--io-threads", "2",
        "--appendonly", "yes",
      ])
    try server.console.expect("Ready to accept connections")
  }

  private func ask(_ words: String...) throws -> String {
    let run = try Sysroot.run("redis-cli", ["-p", port] + words)
    #expect(run.status == 0, "\(run.summary)")
    return run.text
  }

  @Test("Values, scripts, a snapshot by a child, and the end")
  func values() throws {
    #expect(try ask("set", "name", "value") == "OK\n")
    #expect(try ask("get", "name") == "value\n")
    #expect(try ask("incrbyfloat", "number", "10.5") == "10.5\n")
    #expect(
      try ask("eval", "return redis.call('get', 'name') .. #ARGV", "0", "a", "b") == "value2\n")
    #expect(try ask("debug", "jmap").hasPrefix("ERR"))
    #expect(try ask("bgsave") == "Background saving started\n")
    try server.console.expect("Background saving terminated with success")
    #expect(try ask("bgrewriteaof").hasPrefix("Background append only file rewriting started"))
    try server.console.expect("Background AOF rewrite finished successfully")
    server.signal(SIGTERM)
    #expect(server.wait() == 0)
    #expect(Place.exists(folder("dump.rdb")))
  }

  @Test("A benchmark with fifty clients")
  func load() throws {
    let run = try Sysroot.run(
      "redis-benchmark",
      ["-p", port, "-n", "2000", "-q", "--threads", "2", "-t", "set,get,incr,lpush,lpop,mset"])
    #expect(run.status == 0, "\(run.summary)")
    #expect(run.text.matches(of: #/requests per second/#).count == 6, "\(run.summary)")
    #expect(try ask("dbsize").contains(#/^[0-9]+\n$/#))
    #expect(try ask("get", "counter:__rand_int__") == "2000\n")
    server.signal(SIGTERM)
    #expect(server.wait() == 0)
  }
}
