/// The key codes of the Apple Extended Keyboard by the names that QEMU's `sendkey` takes.
///
/// Codes: "Guide to the Macintosh Family Hardware", figure 8-10.
public enum ADBKey {
  /// The code of a key, or nil if the keyboard has no such key.
  public static func code(named name: String) -> UInt8? { codes[name] }

  /// All names, in alphabetical order.
  public static var names: [String] { codes.keys.sorted() }

  private static let codes = letters.merging(digits) { $1 }.merging(others) { $1 }
    .merging(functions) { $1 }.merging(keypad) { $1 }

  private static let letters: [String: UInt8] = [
    "a": 0x00, "b": 0x0b, "c": 0x08, "d": 0x02, "e": 0x0e, "f": 0x03, "g": 0x05, "h": 0x04,
    "i": 0x22, "j": 0x26, "k": 0x28, "l": 0x25, "m": 0x2e, "n": 0x2d, "o": 0x1f, "p": 0x23,
    "q": 0x0c, "r": 0x0f, "s": 0x01, "t": 0x11, "u": 0x20, "v": 0x09, "w": 0x0d, "x": 0x07,
    "y": 0x10, "z": 0x06,
  ]

  private static let digits: [String: UInt8] = [
    "1": 0x12, "2": 0x13, "3": 0x14, "4": 0x15, "5": 0x17, "6": 0x16, "7": 0x1a, "8": 0x1c,
    "9": 0x19, "0": 0x1d,
  ]

  private static let others: [String: UInt8] = [
    "minus": 0x1b, "equal": 0x18, "backspace": 0x33, "tab": 0x30, "bracket_left": 0x21,
    "bracket_right": 0x1e, "ret": 0x24, "semicolon": 0x29, "apostrophe": 0x27,
    "grave_accent": 0x32, "backslash": 0x2a, "comma": 0x2b, "dot": 0x2f, "slash": 0x2c,
    "spc": 0x31, "esc": 0x35, "less": 0x0a,
    "shift": 0x38, "shift_r": 0x7b, "ctrl": 0x36, "ctrl_r": 0x7d, "alt": 0x3a, "alt_r": 0x7c,
    "meta_l": 0x37, "meta_r": 0x37, "caps_lock": 0x39, "num_lock": 0x47, "scroll_lock": 0x6b,
    "insert": 0x72, "help": 0x72, "home": 0x73, "pgup": 0x74, "delete": 0x75, "end": 0x77,
    "pgdn": 0x79, "left": 0x3b, "right": 0x3c, "down": 0x3d, "up": 0x3e, "print": 0x69,
    "sysrq": 0x69, "pause": 0x71, "power": 0x7f, "volumeup": 0x48, "volumedown": 0x49,
    "audiomute": 0x4a,
  ]

  private static let functions: [String: UInt8] = [
    "f1": 0x7a, "f2": 0x78, "f3": 0x63, "f4": 0x76, "f5": 0x60, "f6": 0x61, "f7": 0x62,
    "f8": 0x64, "f9": 0x65, "f10": 0x6d, "f11": 0x67, "f12": 0x6f,
  ]

  private static let keypad: [String: UInt8] = [
    "kp_0": 0x52, "kp_1": 0x53, "kp_2": 0x54, "kp_3": 0x55, "kp_4": 0x56, "kp_5": 0x57,
    "kp_6": 0x58, "kp_7": 0x59, "kp_8": 0x5b, "kp_9": 0x5c, "kp_decimal": 0x41,
    "kp_multiply": 0x43, "asterisk": 0x43, "kp_add": 0x45, "kp_divide": 0x4b,
    "kp_enter": 0x4c, "kp_subtract": 0x4e, "kp_equals": 0x51,
  ]
}
