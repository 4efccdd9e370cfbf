/// A processor model: its version register and what it has.
public struct Processor: Sendable {
  /// The name that `-cpu` takes.
  public let name: String
  /// PVR.
  public let version: UInt32
  /// The processors that it is like.
  public let family: ProcessorFamily
  /// Optional parts of the instruction set, as user programs find them.
  public var features: Feature { family.traits.features }
  /// Optional parts of the instruction set in system mode.
  public var systemFeatures: Feature { features.union(.externalControl) }

  /// The model for which this is another name, or nil.
  public let alias: String?

  init(
    _ name: String, _ version: UInt32, _ family: ProcessorFamily, aliasFor alias: String? = nil
  ) {
    (self.name, self.version, self.family, self.alias) = (name, version, family, alias)
  }

  /// The models by QEMU's names, each followed by its other names.
  public static let all: [Processor] = processorModels.flatMap { model in
    [model]
      + processorAliases.filter { $0.model == model.name }.map {
        Processor($0.name, model.version, model.family, aliasFor: model.name)
      }
  }

  /// The model with a name, in any case of letters; or nil.
  public static func named(_ name: String) -> Processor? {
    let wanted = name.lowercased()
    return all.first { $0.name == wanted }
  }

  /// The list that QEMU's `-cpu help` prints of these models.
  public static var list: String {
    all.map { processor in
      let padding = String(repeating: " ", count: max(1, 17 - processor.name.utf8.count))
      let version = "PVR " + ExceptionText.word(processor.version)
      return "PowerPC " + processor.name + padding
        + (processor.alias.map { "(alias for \($0))" } ?? version) + "\n"
    }.joined()
  }
}
