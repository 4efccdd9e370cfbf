import Foundation
import ProcessSupport
import Testing

/// make, a compiler, an assembler and a linker for PowerPC that run on PowerPC.
@Suite(.enabled(if: Sysroot.has("make", "gcc", "as", "ld", "sed"), Sysroot.isMissing))
struct CompilerTests {
  /// Builds a copy of the sources of a package with the guest's tools.
  private func build(_ package: String, in folder: ScratchFolder, _ command: String) throws {
    let run = try Sysroot.shell(
      "cp -r \(Sysroot.folder)/usr/src/\(package)/. \(folder.path) && cd \(folder.path) && \(command)"
    )
    #expect(run.status == 0, "\(run.summary)")
  }

  @Test("bzip2: built, and its own tests")
  func bzip2() throws {
    let folder = try ScratchFolder()
    try build("bzip2", in: folder, "make -j2 CC=gcc CFLAGS=-O1 test")
  }

  @Test("Lua: built, and runs a program")
  func lua() throws {
    let folder = try ScratchFolder()
    try build(
      "lua5.4", in: folder, "make -j2 -C src CC=gcc 'CFLAGS=-O1 -DLUA_USE_POSIX' MYLIBS=-lm lua")
    let program = "local t = {}; for n = 1, 1000 do t[n] = n * n end; print(#t, t[1000], 1 / 3)"
    let run = try GuestRun.run(
      Array(Sysroot.command("true").dropLast()) + [folder("src/lua"), "-e", program])
    #expect(run.text == "1000\t1000000\t0.33333333333333\n", "\(run.summary)")
  }

  @Test("Mistakes in a program and a Makefile are told")
  func mistakes() throws {
    let folder = try ScratchFolder()
    _ = try folder.file("wrong.c", Array("int main(void) { return x; }\n".utf8))
    _ = try folder.file(
      "Makefile",
      Array("all: wrong\nnone:\n\t./no-such-program\nsame:\n\t@echo $(MAKE_HOST)\n".utf8))
    let wrong = try Sysroot.shell("cd \(folder.path) && make CC=gcc")
    #expect(wrong.status == 2 && wrong.errors.contains("wrong.c:1:25: error: 'x' undeclared"))
    #expect(wrong.errors.contains("make: *** [<builtin>: wrong] Error 1"))
    // make learns from posix_spawn that there is no such program.
    let none = try Sysroot.shell("cd \(folder.path) && make none")
    #expect(none.status == 2)
    #expect(none.errors.contains("make: ./no-such-program: No such file or directory"))
    let same = try Sysroot.shell("cd \(folder.path) && make same")
    #expect(same.text == "powerpc-unknown-linux-gnu\n")
  }
}
