/// The names of keys that `sendkey` takes.
public enum KeyName {
  /// QEMU's names (7.2).
  public static let all = """
    0 1 2 3 4 5 6 7 8 9 a ac_back ac_bookmarks ac_forward ac_home ac_refresh again alt alt_r
    apostrophe asterisk audiomute audionext audioplay audioprev audiostop b backslash backspace
    bracket_left bracket_right c calculator caps_lock comma compose computer copy ctrl ctrl_r cut d
    delete dot down e end equal esc f f1 f10 f11 f12 f2 f3 f4 f5 f6 f7 f8 f9 find front g
    grave_accent h help henkan hiragana home i insert j k katakanahiragana kp_0 kp_1 kp_2 kp_3 kp_4
    kp_5 kp_6 kp_7 kp_8 kp_9 kp_add kp_comma kp_decimal kp_divide kp_enter kp_equals kp_multiply
    kp_subtract l lang1 lang2 left less lf m mail mediaselect menu meta_l meta_r minus muhenkan n
    num_lock o open p paste pause pgdn pgup power print props q r ret right ro s scroll_lock
    semicolon shift shift_r slash sleep spc stop sysrq t tab u undo unmapped up v volumedown
    volumeup w wake x y yen z
    """.split(whereSeparator: \.isWhitespace).map(String.init)
  private static let set = Set(all)

  /// Whether a name is a key's, or a scan code `0x..`.
  static func isKnown(_ name: String) -> Bool {
    if name.hasPrefix("0x") { return UInt32(name.dropFirst(2), radix: 16) != nil }
    return set.contains(name)
  }
}
