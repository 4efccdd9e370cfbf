/// Where the parts of env that the translator itself uses are, as offsets from env in bytes.
///
/// `env` points into the guest's state so that its most used fields are within a signed byte.
public struct EnvironmentLayout: Sendable {
  /// Size of the state in bytes, and where env points within it.
  public var size, envOffset: Int
  /// A 32-bit word that is not zero when translated code should leave: polled at block heads.
  public var exitRequest: Int
  /// Address of the jump table (a 32-bit code offset for every guest word address).
  public var jumpTable: Int
  /// Address of the first byte of the code buffer, as executed.
  public var codeBase: Int
  /// Stack pointer of the return stack while the host's own stack is in use, and the reverse.
  public var returnStack, hostStack: Int
  /// Where the return stack starts: its pointer when it is empty.
  public var returnStackTop: Int
  /// The address of what a fault in translated code is told in.
  public var faultReport = 0
  /// The address of two words: an instruction of a helper that may fault, and where it goes on then.
  public var guarded = 0
  /// Two words that an exit stub leaves for the runtime.
  public var exitKind, exitPayload: Int
  /// Room for values that the register allocator must put away: slots of 16 bytes.
  public var spillSlots, spillSlotCount: Int
  /// The guest's program counter, a 32-bit word.
  public var programCounter: Int
  /// For guests whose memory is reached through a page table: its address, what the function that
  /// makes slow accesses is given, and where the way back from it is kept.
  public var paging: Paging?
  /// A 32-bit word: the host's floating-point status (MXCSR) in translated code, kept here while
  /// functions of ours run; its flags are those of the guest's operations. And what it is while
  /// they run.
  ///
  /// The word behind it is the status for vectors (`FloatMode.vector`), and `floatMode` that of the
  /// offset, 0 or 4, of the one that translated code runs under.
  public var floatStatus, hostFloatStatus, floatMode: Int?
  /// A signed 64-bit word: how many instructions may still be executed, where they are counted.
  public var instructionBudget: Int?
  /// For guests that keep singles in registers of doubles.
  public var singleForms: SingleForms?
  /// How helpers that read the floating-point status are answered for.
  public var floatRecord: FloatRecord?
  /// For guests whose processors reserve words of memory (`line_watch`, `line_touch`).
  public var reservation: Reservation?

  /// What reservations are made of. Memory is divided into lines, which share a number of versions;
  /// bit 31 of a version says that somebody watches a line.
  public struct Reservation: Sendable {
    /// Two to the power of these are the size of a line in bytes, and the number of versions.
    public let lineShift: Int, countShift: Int
    /// The address of the versions, 32-bit words.
    public let versions: Int
    /// Of the processor's own reservation, 32-bit words: its address, whether there is one, and its
    /// line's version.
    public let address: Int, valid: Int, version: Int

    /// The sizes, and the fields by their offsets from env in bytes.
    public init(
      lineShift: Int, countShift: Int, versions: Int, address: Int, valid: Int, version: Int
    ) {
      self.lineShift = lineShift
      self.countShift = countShift
      self.versions = versions
      self.address = address
      self.valid = valid
      self.version = version
    }
  }

  /// What the guest's status says of the last operation, where that is found from its operands: the
  /// helper that reads the status (`HelperFlags.readsFloatStatus`) has a short way for a sum, difference,
  /// product, quotient, root or multiply-add of doubles with a normal result. Offsets from env in bytes,
  /// and bits of words.
  public struct FloatRecord: Sendable {
    /// The fields: the record and the status, 32-bit words; three operands, doubles; and a signed
    /// 64-bit word that is below, above or equal to zero as a later comparison has found.
    public let record: Int, status: Int, relation: Int, operands: (Int, Int, Int)
    /// Of the record: where the operation is, four bits, 0 for none and then as they are listed above.
    public let operation: UInt32
    /// Of the record: whether the third operand and the result are negated, whether a comparison came
    /// later, and what has no short way.
    public let negatesAddend: UInt32, negatesResult: UInt32, compared: UInt32, unusual: UInt32
    /// Of the status: what the short way looks at, and how that must be.
    public let modes: UInt32, wantedModes: UInt32
    /// Of the status: what the last operation replaces; whether it was inexact, and increased the
    /// magnitude; and where "equal" is, with "greater" and "less" above it.
    public let replaced: UInt32, inexact: UInt32, increased: UInt32, relations: UInt32

    /// The fields by their offsets from env in bytes, and bits of the record and the status: masks, but for
    /// `operation` and `relations`, which are numbers of bits counted from the least.
    public init(
      record: Int, status: Int, relation: Int, operands: (Int, Int, Int), operation: UInt32,
      negatesAddend: UInt32, negatesResult: UInt32, compared: UInt32, unusual: UInt32,
      modes: UInt32, wantedModes: UInt32, replaced: UInt32, inexact: UInt32, increased: UInt32,
      relations: UInt32
    ) {
      self.record = record
      self.status = status
      self.relation = relation
      self.operands = operands
      self.operation = operation
      self.negatesAddend = negatesAddend
      self.negatesResult = negatesResult
      self.compared = compared
      self.unusual = unusual
      self.modes = modes
      self.wantedModes = wantedModes
      self.replaced = replaced
      self.inexact = inexact
      self.increased = increased
      self.relations = relations
    }
  }

  /// Globals that are doubles, each with a single beside it that stands for it now and then, within a
  /// block, and then is in its home. Which do is said at the start of an instruction
  /// (`insn_start`), a bit each.
  public struct SingleForms: Sendable {
    /// The first double and the first single; both follow one another.
    public let wide: TempIndex, narrow: TempIndex
    /// How many there are, at most 32.
    public let count: Int

    /// The first of each, and how many there are.
    public init(wide: TempIndex, narrow: TempIndex, count: Int) {
      (self.wide, self.narrow, self.count) = (wide, narrow, count)
    }

    /// The single that stands for a global; nil if it has none.
    public func narrow(of temp: TempIndex) -> TempIndex? {
      temp >= wide && Int(temp) < Int(wide) + count ? temp - wide + narrow : nil
    }
  }

  /// The fields that paged guest memory needs: 64-bit words.
  public struct Paging: Sendable {
    /// Address of the page table for loads; that for stores lies `PageTable.storeOffset` above.
    public var pageTable: Int
    /// Passed to the function that makes slow accesses.
    public var slowContext: Int
    /// Where translated code goes on after a slow access.
    public var slowReturn: Int
    /// Sixteen words: what translated code adds a guest address to, by its four uppermost bits, to
    /// find its entry in the jump table.
    public var codeSegments: Int

    /// The fields of paged memory, by their offsets from env in bytes.
    public init(pageTable: Int, slowContext: Int, slowReturn: Int, codeSegments: Int) {
      self.pageTable = pageTable
      self.slowContext = slowContext
      self.slowReturn = slowReturn
      self.codeSegments = codeSegments
    }
  }

  /// The fields that every guest has; `instructionBudget` may be set afterwards.
  public init(
    size: Int, envOffset: Int, exitRequest: Int, jumpTable: Int, codeBase: Int, returnStack: Int,
    hostStack: Int, returnStackTop: Int, exitKind: Int, exitPayload: Int, spillSlots: Int,
    spillSlotCount: Int,
    programCounter: Int, paging: Paging? = nil
  ) {
    self.size = size
    self.envOffset = envOffset
    self.exitRequest = exitRequest
    self.jumpTable = jumpTable
    self.codeBase = codeBase
    self.returnStack = returnStack
    self.hostStack = hostStack
    self.returnStackTop = returnStackTop
    self.exitKind = exitKind
    self.exitPayload = exitPayload
    self.spillSlots = spillSlots
    self.spillSlotCount = spillSlotCount
    self.programCounter = programCounter
    self.paging = paging
  }
}

/// Reads guest code for translation.
public struct CodeSource {
  /// Reads the word at a guest address; bit 32 of the result is set when it cannot be fetched,
  /// bit 33 when its page is rewritten often, so that the translation must check the word, and bit
  /// 34 when the word itself is.
  public typealias Fetch = @convention(c) (UnsafeRawPointer, UInt32) -> UInt64

  /// Passed to `fetch`.
  public let context: UnsafeRawPointer
  /// The function that reads.
  public let fetch: Fetch

  /// Calls `fetch` with `context`, which must outlive the source.
  public init(context: UnsafeRawPointer, fetch: @escaping Fetch) {
    self.context = context
    self.fetch = fetch
  }

  /// The word at an address.
  @inlinable public func word(at address: UInt32) -> FetchedWord {
    FetchedWord(bits: fetch(context, address))
  }
}

/// What comes of fetching a word of guest code.
public struct FetchedWord {
  /// As `CodeSource.Fetch` returns it.
  public let bits: UInt64
  /// A word as `CodeSource.Fetch` returns it.
  @inlinable public init(bits: UInt64) { self.bits = bits }
  /// The word, or nil if it cannot be executed.
  @inlinable public var word: UInt32? {
    bits >> 32 & 1 == 0 ? UInt32(truncatingIfNeeded: bits) : nil
  }
  /// What a translation may rely on.
  @inlinable public var stability: CodeStability {
    bits >> 33 & 1 == 0 ? .reported : bits >> 34 & 1 == 0 ? .checked : .changing
  }
}

/// What a translation may rely on as to a word of guest code.
public enum CodeStability: Sendable {
  /// Whoever changes it has the translation dropped.
  case reported
  /// Nobody tells: the translation compares the word before it executes it.
  case checked
  /// The same, and it has often been another one: constants in it are best taken from memory.
  case changing
}

/// Where the code at a guest address is: what a translation of it relies on.
public struct CodePlace: Equatable {
  /// The address by which the code is known: physical where the guest has address translation,
  /// else the guest address itself.
  public var physical: UInt32
  /// The guest addresses around it for which the difference between the two is the same, and
  /// stays so until the translator is told: the first and the last. Blocks and the jumps that
  /// join them stay within.
  public var first, last: UInt32

  /// - Parameters:
  ///   - first: the first guest address for which the difference holds.
  ///   - last: the last one.
  public init(physical: UInt32, first: UInt32, last: UInt32) {
    self.physical = physical
    self.first = first
    self.last = last
  }
}

/// Why translated code returned to the runtime: the first constant of `exit_tb`.
public enum ExitKind: UInt32, Sendable {
  /// Continue at the program counter, which is in env.
  case lookup = 0
  /// An exit request was seen at a block head; continue at the program counter after serving it.
  case request = 1
  /// A direct jump whose target is not linked yet; the payload is the jump's number.
  case link = 2
  /// The guest raised an exception; the payload is the guest's number for it.
  case exception = 3
  /// A host fault in translated code; the payload is the host address of the instruction.
  case fault = 4
  /// The code at the program counter is not what was translated; the payload is 0 for the word
  /// there, 1 for any word of the block that begins there.
  case stale = 5
  /// A computed call whose cache is empty; the payload is its number, the target is in env.
  case cache = 6
  /// The guest says that the code in a line of its instruction cache may have changed; the payload
  /// is an address in it, and the program counter that of the next instruction.
  case invalidate = 7
  /// A slow access raised the exception whose number is in env.
  case access = 8
}

/// What one translation read and made.
public struct TranslatedSpan {
  /// The guest addresses that were read, as the block of words from `first` up to `end`; a block
  /// that follows jumps has further spans.
  public var first, end: UInt32
  /// Number of guest instructions.
  public var instructions: Int

  /// The words from `first` up to `end`.
  public init(first: UInt32, end: UInt32, instructions: Int) {
    self.first = first
    self.end = end
    self.instructions = instructions
  }
}

/// Where a translation notes what it read: buffers of the translator's.
public struct CodeRecord {
  /// Filled with the guest code that was read, at most `spanCapacity` runs.
  public let spans: UnsafeMutablePointer<TranslatedSpan>
  /// Filled with the words, in the order of the runs, at most `wordCapacity`.
  public let words: UnsafeMutablePointer<FetchedWord>

  /// Empty buffers, which are never freed.
  public init() {
    spans = .allocate(capacity: spanCapacity)
    words = .allocate(capacity: wordCapacity)
  }

  /// Frees the buffers.
  public func deallocate() {
    spans.deallocate()
    words.deallocate()
  }
}

/// What a translation comprises.
public struct TranslatedCode {
  /// The number of runs of guest code, and of instructions.
  public var spans, instructions: Int
  /// Whether the block compares its words at its head before it executes any.
  public var isChecked: Bool
  /// Whether some of the words compared there have often been others.
  public var isShortLived = false
  /// Whether it begins with an attempt to do more at once, from its first mark to its second: if an access
  /// faults there nothing has been done, and what is behind does it.
  public var beginsWithAttempt = false
  /// Whether it goes over to the floating-point status of vectors, which its limits do not allow: it
  /// is not to be run.
  public var changesFloatMode = false

  /// The numbers of a translation.
  public init(spans: Int, instructions: Int, isChecked: Bool) {
    self.spans = spans
    self.instructions = instructions
    self.isChecked = isChecked
  }
}

/// Limits and switches of one translation.
public struct TranslationLimits {
  /// The most guest instructions in the block, and conditional branches; floating point may have more.
  public var instructions: Int, branches = Int.max
  /// Whether jumps may be chained and followed.
  public var chains: Bool
  /// Whether guest calls and returns may be paired with the host's.
  public var pairsReturns = true
  /// Whether branches forward may stay within the block.
  public var keepsForwardBranches = true
  /// Whether executed instructions are counted: blocks then are straight lines, and take what they
  /// executed off a budget in env (`EnvironmentLayout.instructionBudget`) where they are left.
  public var countsInstructions = false
  /// Whether other processors run at the same time on the same memory.
  public var isShared = false
  /// Whether a block that is a loop may be translated several times in a row.
  public var repeatsLoops = true
  /// Whether iterations of a loop may be done side by side.
  public var usesLanes = true
  /// Whether the host has fused multiply-add.
  public var fusesMultiplyAdd = true
  /// Whether singles may stand for doubles where an access faults (`EnvironmentLayout.SingleForms`).
  public var keepsSingles = false
  /// Whether the host has the ops of vectors.
  public var hasVectors = true
  /// Whether blocks may be entered in either `FloatMode`; otherwise all are in that of scalars, and end
  /// in it.
  public var mixesFloatModes = true
  /// The first guest address of those that the block and its direct jumps stay within.
  public var first: UInt32 = 0
  /// The last of these addresses.
  public var last: UInt32 = .max

  /// At most so many instructions, at any address; the other switches are on, but for counting.
  public init(instructions: Int, chains: Bool) {
    self.instructions = instructions
    self.chains = chains
  }
}

/// A guest architecture, as the translator sees it. Called once per block.
public protocol Guest: AnyObject {
  /// Globals and helpers.
  var names: BlockNames { get }
  /// Where the translator's own fields are in env.
  var layout: EnvironmentLayout { get }
  /// Size in bytes of what `ExitKind.invalidate` drops, a power of two.
  var cacheLineSize: UInt32 { get }
  /// Appends the ops of the code at `address` to an empty block.
  ///
  /// - Parameters:
  ///   - key: the mode bits that the translation may rely on.
  ///   - record: filled with the guest code that was read.
  func translate(
    into block: Block, at address: UInt32, key: UInt32, from code: CodeSource,
    limits: TranslationLimits, record: CodeRecord
  ) -> TranslatedCode
  /// The mode bits that hold now.
  func key(_ env: UnsafeMutableRawPointer) -> UInt32
  /// An instruction's text as the log prints it: mnemonic and operands.
  func disassemble(_ word: UInt32, at address: UInt32) -> String
}

/// The most separate runs of guest code in one block.
public let spanCapacity = 8
/// The most instructions in one block.
public let wordCapacity = 512
