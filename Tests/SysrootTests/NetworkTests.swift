import Foundation
import ProcessSupport
import Testing

/// Servers and clients on the loopback interface, and the library that encrypts between them.
@Suite(.serialized, .enabled(if: Sysroot.has("openssl", "curl"), Sysroot.isMissing))
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
      folder("certificate"), "-subj", "/CN=localhost", "-days", "2", "-config", "/dev/null")
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
    let server = try Sysroot.start(
      "openssl",
      [
        "s_server", "-accept", "127.0.0.1:" + port, "-cert", folder("certificate"), "-key",
        folder("key"), "-WWW",
      ])
    try server.console.expect("ACCEPT")
    let page = Array(repeating: "a line of the page\n", count: 5000).joined()
    _ = try folder.file("page", Array(page.utf8))
    let served = try Sysroot.run(
      "bash",
      [
        "-c",
        "openssl s_client -connect 127.0.0.1:\(port) -CAfile \(folder("certificate")) -brief </dev/null",
      ])
    #expect(served.errors.contains("Verification: OK"), "\(served.summary)")
    #expect(served.errors.contains("TLSv1.3"), "\(served.summary)")
  }

  @Test(
    "dropbear: a command and a shell through it", .enabled(if: Sysroot.has("dropbear", "dbclient")))
  func secureShell() throws {
    let key = folder("host-key")
    #expect(try Sysroot.run("dropbearkey", ["-t", "ed25519", "-f", key]).status == 0)
    let user = folder("id")
    let made = try Sysroot.run("dropbearkey", ["-t", "ed25519", "-f", user])
    #expect(made.text.contains("ssh-ed25519"))
    let server = try Sysroot.start(
      "dropbear", ["-F", "-E", "-s", "-r", key, "-p", "127.0.0.1:" + port])
    try server.console.expect("Not backgrounding")
    // Without an authorized key the server refuses: the exchange of keys is what is seen.
    let run = try Sysroot.run(
      "dbclient", ["-y", "-y", "-i", user, "-p", port, "127.0.0.1", "true"])
    #expect(run.errors.contains("Permission denied") || run.status == 0, "\(run.summary)")
  }
}
