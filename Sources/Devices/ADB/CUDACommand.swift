/// A pseudo command of CUDA: its code, its name, and what it does.
struct CUDACommand: Sendable {
  /// QEMU's name where it has the command.
  let name: String
  /// Given the bytes after the code; the bytes of the answer, or nil for bad parameters.
  let perform: @Sendable (CUDA, [UInt8]) -> [UInt8]?

  /// The commands by code.
  static let table: [UInt8: CUDACommand] = [
    0x01: CUDACommand(name: "AUTOPOLL") { cuda, data in
      guard data.count == 1 else { return nil }
      cuda.isPolling = data[0] != 0
      return []
    },
    0x02: CUDACommand(name: "GET_6805_ADDR") { cuda, data in
      guard let address = address(data) else { return nil }
      return [cuda.memory(address)]
    },
    0x03: CUDACommand(name: "GET_TIME") { cuda, data in
      data.isEmpty ? cuda.clock.bytes : nil
    },
    0x07: CUDACommand(name: "GET_PRAM") { cuda, data in
      guard let address = address(data) else { return nil }
      return [cuda.parameterRAM[address & 0xff]]
    },
    0x08: CUDACommand(name: "SET_6805_ADDR") { cuda, data in
      guard let address = address(Array(data.prefix(2))), data.count > 2 else { return nil }
      for (n, byte) in data.dropFirst(2).enumerated() where (address + n) >> 8 == 1 {
        cuda.parameterRAM[(address + n) & 0xff] = byte
      }
      return []
    },
    0x09: CUDACommand(name: "SET_TIME") { cuda, data in
      cuda.clock.set(data) ? [] : nil
    },
    0x0a: CUDACommand(name: "POWERDOWN") { cuda, data in
      guard data.isEmpty else { return nil }
      cuda.powerOff()
      return []
    },
    0x0c: CUDACommand(name: "SET_PRAM") { cuda, data in
      guard let address = address(Array(data.prefix(2))), data.count > 2 else { return nil }
      for (n, byte) in data.dropFirst(2).enumerated() {
        cuda.parameterRAM[(address + n) & 0xff] = byte
      }
      return []
    },
    0x11: CUDACommand(name: "RESET_SYSTEM") { cuda, data in
      guard data.isEmpty else { return nil }
      cuda.restart()
      return []
    },
    // Whether the machine starts again after a power failure: that is the host's affair.
    0x13: CUDACommand(name: "SET_FILE_SERVER_FLAG") { _, data in data.count == 1 ? [] : nil },
    0x14: CUDACommand(name: "SET_AUTO_RATE") { cuda, data in
      guard data.count == 1, data[0] != 0 else { return nil }
      cuda.pollInterval = data[0]
      return []
    },
    0x16: CUDACommand(name: "GET_AUTO_RATE") { cuda, data in
      data.isEmpty ? [cuda.pollInterval] : nil
    },
    0x19: CUDACommand(name: "SET_DEVICE_LIST") { cuda, data in
      guard data.count == 2 else { return nil }
      cuda.polledDevices = UInt16(data[0]) << 8 | UInt16(data[1])
      return []
    },
    0x1a: CUDACommand(name: "GET_DEVICE_LIST") { cuda, data in
      let list = cuda.polledDevices
      return data.isEmpty ? [UInt8(list >> 8), UInt8(truncatingIfNeeded: list)] : nil
    },
    // Messages about power keys: there are none.
    0x21: CUDACommand(name: "SET_POWER_MESSAGES") { _, data in data.count == 1 ? [] : nil },
  ]

  /// A big-endian address of two bytes.
  private static func address(_ data: [UInt8]) -> Int? {
    data.count == 2 ? Int(data[0]) << 8 | Int(data[1]) : nil
  }
}

extension CUDA {
  /// A byte of the microcontroller's memory: the parameter RAM at 0x100, all else reads as zero.
  func memory(_ address: Int) -> UInt8 { address >> 8 == 1 ? parameterRAM[address & 0xff] : 0 }
}
