import CSys
import Glibc
import Memory

/// `execve`. A guest's executable is run by a new process image of ours; a script by its
/// interpreter; anything else is the host's.
enum Execution {
  private typealias Bytes = [UInt8]

  static func perform(_ call: SystemCall) throws(Errno) -> Int {
    switch call.copy.readCString(call[0]) {
    case .success(let path): return try perform(call, path: path, call[1], call[2])
    case .failure(.fault): throw .fault
    case .failure(.tooLong): throw .nameTooLong
    }
  }

  /// Runs a file with the strings that two arrays of pointers lead to.
  static func perform(
    _ call: SystemCall, path: [UInt8], _ argv: UInt32, _ envp: UInt32
  ) throws(Errno) -> Int {
    call.process.current.signals.synchronizeHost()
    call.process.callState.execution = try vectors(call, path, argv, envp)
    defer { call.process.callState.execution = nil }
    guard let (file, arguments, environment) = call.process.callState.execution?.addresses else {
      throw .noMemory
    }
    return try hostCall(SYS_execve, file, arguments, environment)
  }

  private static func vectors(
    _ call: SystemCall, _ path: Bytes, _ argv: UInt32, _ envp: UInt32
  ) throws(Errno) -> ExecutionVectors {
    let process = call.process
    var arguments = try vector(call, argv)
    let environment = try vector(call, envp)
    // The name as the guest knows it, and the file on the host.
    var (name, file) = (path, resolved(path, process))
    // So many scripts may interpret each other: `exec_binprm` of fs/exec.c.
    for _ in 0...5 {
      let head = try beginning(of: file)
      if head.starts(with: Array("#!".utf8)) {
        guard let line = interpreter(head) else { throw .execFormat }
        arguments = [line.file] + line.argument + [name] + arguments.dropFirst()
        (name, file) = (line.file, resolved(line.file, process))
        continue
      }
      if !isGuest(head) { return ExecutionVectors(file, arguments, environment) }
      let all = command(file, name: path, arguments, process.options)
      return ExecutionVectors(
        Bytes("/proc/self/exe".utf8), all, InheritedEnvironment.marked(environment))
    }
    throw .loop
  }

  /// Our own command that runs a guest's program. Its name for the guest is that of a script, where
  /// one began it.
  private static func command(
    _ file: Bytes, name: Bytes, _ arguments: [Bytes], _ options: LinuxOptions
  ) -> [Bytes] {
    let own = options.inheritedArguments.map { Bytes($0.utf8) }
    let program = file.first == UInt8(ascii: "-") ? Bytes("./".utf8) + file : file
    let known = name == program ? [] : [Bytes("-exec-name".utf8), name]
    return [Bytes("lyrebird-ppc".utf8)] + own + known
      + [Bytes("-0".utf8), arguments.first ?? [], program] + arguments.dropFirst()
  }

  /// The program's file: the guest's own for /proc/self/exe, else looked up under `-L`.
  private static func resolved(_ path: Bytes, _ process: LinuxProcess) -> Bytes {
    if let file = ProcessEntry.find(path, process)?.executable(process) { return Bytes(file.utf8) }
    return process.inSysroot(path).map { Bytes($0.utf8) } ?? path
  }

  /// The strings of a zero-terminated array of pointers.
  private static func vector(_ call: SystemCall, _ address: UInt32) throws(Errno) -> [Bytes] {
    if address == 0 { return [] }
    var result: [Bytes] = []
    var total = 0
    for index in 0..<UInt32(0x10_0000) {
      let pointer = try call.readWord(address &+ 4 &* index)
      if pointer == 0 { return result }
      switch call.copy.readCString(pointer, maximum: 0x2_0000) {
      case .success(let bytes): result.append(bytes)
      case .failure(.fault): throw .fault
      case .failure(.tooLong): throw .argumentListTooLong
      }
      total += result[result.count - 1].count + 5
      if total > 6 << 20 { throw .argumentListTooLong }
    }
    throw .argumentListTooLong
  }

  /// The first bytes of a file that may be executed.
  private static func beginning(of file: Bytes) throws(Errno) -> Bytes {
    try (file + [0]).withErrnoPointer { (path) throws(Errno) in
      try hostCall(SYS_access, path, Int(X_OK))
      let descriptor = Int32(
        try hostCall(SYS_openat, SystemCall.currentDirectory, path, Int(O_RDONLY | O_CLOEXEC)))
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw .accessDenied
      }
      var bytes = Bytes(repeating: 0, count: 256)
      let count = pread(descriptor, &bytes, bytes.count, 0)
      return Bytes(bytes.prefix(max(count, 0)))
    }
  }

  /// Whether an ELF header is that of a 32-bit big-endian PowerPC executable.
  private static func isGuest(_ head: Bytes) -> Bool { (try? ELFHeader(head)) != nil }

  /// The file and the one argument that a "#!" line names.
  private static func interpreter(_ head: Bytes) -> (file: Bytes, argument: [Bytes])? {
    let blank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
    let line = head.dropFirst(2).prefix { $0 != 10 && $0 != 0 }.drop(while: blank)
    let file = Bytes(line.prefix { !blank($0) })
    if file.isEmpty { return nil }
    var argument = Bytes(line.dropFirst(file.count).drop(while: blank))
    while let last = argument.last, blank(last) { argument.removeLast() }
    return (file, argument.isEmpty ? [] : [argument])
  }

}

/// What execve(2) of the host is given.
///
/// The process keeps it, not the caller: where it is executed by a child that borrows its parent's
/// memory, what the caller's frames own is never freed.
final class ExecutionVectors {
  private let path, arguments, environment: CStringArray

  init(_ file: [UInt8], _ arguments: [[UInt8]], _ environment: [[UInt8]]) {
    path = CStringArray([file])
    self.arguments = CStringArray(arguments)
    self.environment = CStringArray(environment)
  }

  /// The addresses of the path, the arguments and the environment.
  var addresses: (Int, Int, Int) {
    (path.first, arguments.address, environment.address)
  }
}

/// A zero-terminated array of C strings.
private final class CStringArray {
  private var pointers: [UnsafeMutablePointer<UInt8>?] = []
  private let array: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>

  init(_ strings: [[UInt8]]) {
    array = .allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() {
      let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: string.count + 1)
      copy.initialize(from: string + [0], count: string.count + 1)
      pointers.append(copy)
      (array + index).initialize(to: copy)
    }
    (array + strings.count).initialize(to: nil)
  }

  deinit {
    for pointer in pointers { pointer?.deallocate() }
    array.deallocate()
  }

  var address: Int { Int(bitPattern: array) }
  /// The address of the first string.
  var first: Int { Int(bitPattern: array.pointee) }
}

extension [UInt8] {
  /// Calls with the address of the bytes.
  func withErrnoPointer<R>(_ body: (Int) throws(Errno) -> R) throws(Errno) -> R {
    try withHostBytes(count) { (address, bytes) throws(Errno) in
      bytes.copyMemory(from: self, byteCount: count)
      return try body(address)
    }
  }
}
