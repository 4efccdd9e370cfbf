import Foundation
import ProcessSupport
import Testing

/// Servers and clients on the loopback interface, and the library that encrypts between them.
@Suite(.serialized, .enabled(if: Sysroot.has("openssl", "curl", "dbclient"), Sysroot.isMissing))
struct NetworkTests {
  private let folder: ScratchFolder
  private let port = String(Sysroot.port)

  init() throws { folder = try ScratchFolder() }

  private func openssl(_ arguments: String...) throws -> GuestRun {
    let run = try Sysroot.run("openssl", arguments)
    #expect(run.status == 0, "\(run.summary)")
    return run
  }

  /// A key, and a certificate that it signs itself.
  private func makeCertificate() throws {
    _ = try openssl(
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder("key"), "-out",
      folder("certificate"), "-subj", "/CN=localhost", "-days", "2")
  }

  @Test("Digests, ciphers and signatures are the host's")
  func digests() throws {
    let file = try folder.file(
      "data", (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) })
    for name in ["sha256", "sha512", "sha3-256", "blake2b512", "md5"] {
      let native = try GuestRun.run(["/usr/bin/openssl", "dgst", "-\(name)", file])
      #expect(try openssl("dgst", "-\(name)", file).text == native.text, "\(name)")
    }
    for name in ["aes-256-cbc", "aes-128-ctr", "chacha20", "camellia-256-cbc"] {
      let arguments = ["enc", "-\(name)", "-K", "01", "-iv", "02", "-in", file]
      let native = try GuestRun.run(["/usr/bin/openssl"] + arguments)
      #expect(try Sysroot.run("openssl", arguments).output == native.output, "\(name)")
    }
    for kind in [["rsa"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], ["ed25519"]] {
      _ = try Sysroot.run("openssl", ["genpkey", "-out", folder("key"), "-algorithm"] + kind)
      _ = try openssl("pkey", "-in", folder("key"), "-pubout", "-out", folder("public"))
      _ = try Sysroot.run(
        "openssl",
        [
          "pkeyutl", "-sign", "-rawin", "-inkey", folder("key"), "-in", file, "-out",
          folder("signed"),
        ])
      let native = try GuestRun.run([
        "/usr/bin/openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", folder("public"),
        "-in", file, "-sigfile", folder("signed"),
      ])
      #expect(native.text == "Signature Verified Successfully\n", "\(kind) \(native.summary)")
    }
  }

  @Test("openssl's server, with its own client and with curl")
  func server() throws {
    try makeCertificate()
    // It serves the files of the folder in which it runs.
    let command =
      "cd $1 && exec openssl s_server -accept 127.0.0.1:$2 -cert certificate -key key -WWW"
    let server = try Sysroot.start("bash", ["-c", command, "bash", folder.path, port])
    try server.console.expect("ACCEPT")
    let page = Array(repeating: "a line of the page\n", count: 5000).joined()
    _ = try folder.file("page", Array(page.utf8))
    let client = try Sysroot.shell(
      "openssl s_client -connect 127.0.0.1:$1 -CAfile $2 -brief </dev/null",
      [port, folder("certificate")])
    #expect(client.errors.contains("Verification: OK"), "\(client.summary)")
    #expect(client.errors.contains("Protocol version: TLSv1.3"), "\(client.summary)")
    let address = ["--cacert", folder("certificate"), "https://localhost:\(port)/page"]
    #expect(try Sysroot.run("curl", ["-sS"] + address).text == page)
    #expect(try GuestRun.run(["/usr/bin/curl", "-sS"] + address).text == page)
  }

  @Test("dropbear: a command, and a shell on a terminal")
  func secureShell() throws {
    #expect(try Sysroot.run("dropbearkey", ["-t", "ed25519", "-f", folder("host")]).status == 0)
    let made = try Sysroot.run("dropbearkey", ["-t", "ed25519", "-f", folder("user")])
    let key = try #require(made.text.firstMatch(of: /ssh-ed25519 \S+/)?.0)
    let keys = Sysroot.folder + "/home/guest/.ssh/authorized_keys"
    try String(key + "\n").write(toFile: keys, atomically: true, encoding: .utf8)
    chmod(keys, 0o600)
    let server = try Sysroot.start(
      "../sbin/dropbear",
      [
        "-F", "-e", "-r", folder("host"), "-P", folder("number"), "-p", "127.0.0.1:" + port,
      ])
    try server.console.expect("Not backgrounding")
    let there = ["-y", "-y", "-i", folder("user"), "-p", port, "127.0.0.1"]
    let run = try Sysroot.run("dbclient", there + ["uname -m; seq 3 | sort -r; exit 4"])
    #expect(run.text == "ppc\n3\n2\n1\n" && run.status == 4, "\(run.summary)")
    let shell = try Sysroot.onTerminal("dbclient", there)
    try shell.console.expect(getuid() == 0 ? "# " : "$ ")
    shell.console.send("sleep 100\n")
    usleep(2_000_000)
    shell.console.send("\u{3}")
    shell.console.send("echo status $?; tty\n")
    try shell.console.expect("status 130\r\n/dev/pts/")
    shell.console.send("exit 3\n")
    #expect(shell.wait() == 3)
  }
}
