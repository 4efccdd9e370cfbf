import Foundation
import ProcessSupport
import Testing

/// What the tests of lyrebird-system-ppc need from outside.
enum SystemProgram {
  /// OpenBIOS of Debian's package qemu-system-data.
  static let hasFirmware = Place.exists("/usr/share/qemu/openbios-ppc")
  static let needsFirmware: Comment = "no OpenBIOS here: Debian's package qemu-system-data has it"
  /// The bare-metal guests, which `make guests` builds.
  static let guests = Place.package + "/Guests/build/system/"
  static let hasGuests = Place.exists(guests + "exceptions")
  static let needsGuests: Comment = "no guests here: `make guests` builds them"
  /// Linux and a disk of it.
  static let images = Place.shared + "/guests/"
  static let hasLinux =
    hasFirmware && Place.exists(images + "vmlinux") && Place.exists(images + "ppc-grub-disk.qcow2")
  static let needsLinux: Comment = "no OpenBIOS or no Linux images (../shared/guests) here"
  static let qemu = "/usr/bin/qemu-system-ppc"

  /// The boards.
  static let boards = ["g3beige", "mac99"]
  /// Options for a machine with nothing but its serial line, on standard input and output.
  static let bare = [
    "-nodefaults", "-nographic", "-vga", "none", "-nic", "none", "-serial", "stdio",
  ]
  /// The prompt of OpenBIOS.
  static let prompt = "\n0 > "

  /// Types at a prompt of OpenBIOS and waits for the next.
  /// - Returns: what came between.
  @discardableResult
  static func type(_ line: String, on console: Conversation) throws -> String {
    console.send(line + "\r")
    return try console.expect("0 > ")
  }
}

extension Conversation {
  /// Gives the monitor a command and waits for its next prompt.
  /// - Returns: what came, with the echo of the command.
  @discardableResult
  func command(_ line: String, prompt: String = "(qemu) ") throws -> String {
    send(line + "\n")
    return try expect("\n" + prompt)
  }
}
