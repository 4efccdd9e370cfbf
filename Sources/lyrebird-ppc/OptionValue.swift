import Debugging
import GuestPowerPC
import HostX64
import Options
import Translation

/// The arguments of options.
enum OptionValue {
  /// The message for an argument that is not what the option takes.
  static func bad(_ name: String, _ text: String) -> String {
    "\(UserOptions.name): invalid argument '\(text)' for option '\(name)'"
  }

  /// `-cpu`.
  @Sendable static func setProcessor(
    _ options: inout UserOptions, _ text: String
  ) throws(OptionStop) {
    if text == "help" || text == "?" { throw .refusal(processorList) }
    guard let processor = Processor.named(text) else {
      throw .error("\(UserOptions.name): unable to find CPU model '\(text)'")
    }
    options.processor = processor
  }

  private static var processorList: String {
    var text = LogText()
    for processor in Processor.all {
      text.put("PowerPC ")
      text.put(processor.name, width: 16)
      text.put(" PVR ")
      text.putHexadecimal(UInt64(processor.version), digits: 8)
      text.put("\n")
    }
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// `-d`.
  @Sendable static func setLogItems(
    _ options: inout UserOptions, _ text: String
  ) throws(OptionStop) {
    do throws(LogError) { options.logItems.formUnion(try LogItems(list: text)) } catch {
      throw .refusal(LogItems.help)
    }
  }

  /// `-host-features`: "none", "NAME", "-NAME", in order; the first NAME starts from none.
  @Sendable static func setFeatures(
    _ options: inout UserOptions, _ text: String
  ) throws(OptionStop) {
    let present = Features.detect()
    var chosen = text.hasPrefix("-") ? present : []
    for name in text.split(separator: ",") where name != "none" {
      let isRemoved = name.hasPrefix("-")
      let plain = isRemoved ? name.dropFirst() : name
      guard let feature = Features.names.first(where: { $0.name == plain })?.feature else {
        let known = Features.names.map(\.name).joined(separator: ", ")
        throw .error("\(UserOptions.name): unknown host feature '\(plain)' (known: \(known))")
      }
      if isRemoved {
        chosen.remove(feature)
      } else if present.contains(feature) {
        chosen.insert(feature)
      } else {
        throw .error("\(UserOptions.name): this host has no '\(plain)'")
      }
    }
    options.features = chosen
  }

  /// `-without`: names of techniques, separated by commas.
  @Sendable static func setTechniques(
    _ options: inout UserOptions, _ text: String
  ) throws(OptionStop) {
    for name in text.split(separator: ",") where !options.techniques.remove(name) {
      let known = Techniques.names.joined(separator: ", ")
      throw .error("\(UserOptions.name): unknown technique '\(name)' (known: \(known))")
    }
  }
}

/// `-help`.
enum OptionHelp {
  static var text: String {
    var text = LogText()
    text.put("usage: \(UserOptions.name) [options] program [arguments...]\n")
    text.put("PowerPC Linux programs on x86-64\n\n")
    text.put("Options and associated environment variables:\n\n")
    append("Argument", "Env-variable", "Description", &text)
    for row in OptionRow.all {
      for name in row.names {
        append(
          "-" + name + (row.argument.map { " " + $0 } ?? ""),
          row.variable.map { UserOptions.prefix + $0 } ?? "", row.help, &text)
      }
    }
    text.put(footer)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  private static func append(
    _ argument: String, _ variable: String, _ help: String, _ text: inout LogText
  ) {
    text.put(argument, width: 20)
    text.put(" ")
    text.put(variable, width: 24)
    text.put(" \(help)\n")
  }

  private static let footer = """

    Defaults:
    LYREBIRD_LD_PREFIX  = /usr/powerpc-linux-gnu
    LYREBIRD_STACK_SIZE = 8388608 byte

    Several changes of one variable may stand in one option, separated by commas:
        -E var1=val2,var2=val2 -U LD_PRELOAD,LD_DEBUG
    The last change of a variable counts. LYREBIRD_STATISTICS=1 prints what the
    translator did when the program ends.

    """
}
