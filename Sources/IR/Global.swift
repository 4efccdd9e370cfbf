/// A piece of guest state that ops name: where it is in env and how the log calls it.
public struct Global: Sendable {
  /// The name that the log prints, such as `r3`.
  public let name: String
  /// Its type.
  public let type: ValueType
  /// Offset in env, in bytes.
  public let offset: Int
  /// Whether it means something within a block alone.
  public let isTransient: Bool

  /// - Parameter offset: in env, in bytes.
  public init(_ name: String, _ type: ValueType, offset: Int, isTransient: Bool = false) {
    (self.name, self.type, self.offset) = (name, type, offset)
    self.isTransient = isTransient
  }
}

/// What a helper may do to the guest's state: TCG's call flags.
public struct HelperFlags: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt32
  /// The flags of some bits.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Does not read globals.
  @inlinable public static var noReadGlobals: HelperFlags { HelperFlags(rawValue: 1) }
  /// Does not write globals.
  @inlinable public static var noWriteGlobals: HelperFlags { HelperFlags(rawValue: 2) }
  /// May be dropped when its result is unused.
  @inlinable public static var noSideEffects: HelperFlags { HelperFlags(rawValue: 4) }
  /// Looks only at globals without a home in a host register.
  @inlinable public static var noHomes: HelperFlags { HelperFlags(rawValue: 8) }
  /// Does no floating point by the host and does not look at its status, which then need not be put
  /// away.
  @inlinable public static var noFloatStatus: HelperFlags { HelperFlags(rawValue: 16) }
  /// Looks at the status of floating point by the host, and leaves it alone. Its result is the
  /// guest's status (`EnvironmentLayout.floatRecord`).
  @inlinable public static var readsFloatStatus: HelperFlags { HelperFlags(rawValue: 32) }
  /// Does not fault and does not look at the guest's state.
  public static let pure: HelperFlags = [.noReadGlobals, .noWriteGlobals, .noSideEffects]
}

/// A function of ours that translated code calls.
///
/// The function is `@convention(c)`; its first argument is env, then up to three 64-bit integers;
/// it returns a 64-bit integer or nothing.
public struct Helper {
  /// The name that the log prints, made up when somebody asks: there are many helpers, and most
  /// programs want no log.
  public var name: String { makeName() }
  private let makeName: @Sendable () -> String
  /// The address of the function.
  public let address: UnsafeRawPointer
  /// What it may do.
  public let flags: HelperFlags

  /// - Parameters:
  ///   - name: for the log.
  ///   - address: of a function as above.
  public init(
    _ name: @autoclosure @escaping @Sendable () -> String, _ address: UnsafeRawPointer,
    flags: HelperFlags
  ) {
    (makeName, self.address, self.flags) = (name, address, flags)
  }
}
