// swift-tools-version: 6.2
import PackageDescription

// Modules on the translation and execution path. Dynamic exclusivity checks are off in release
// (static checking stays on; debug keeps the dynamic checks), and debug builds of these modules
// are optimised so that the tests run at a useful speed. See shared/reference/swift.md.
let hot: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  .unsafeFlags(["-O"], .when(configuration: .debug)),
]
// Loaders, system calls, devices, command line: ordinary safe Swift.
let cool: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]
let tests: [SwiftSetting] = [.swiftLanguageMode(.v6)]
// What the dynamic loader need not do at each start: libgcc is linked in, nothing is exported.
let lean: [LinkerSetting] = [
  .unsafeFlags(
    ["-Xclang-linker", "-static-libgcc", "-Xlinker", "--no-export-dynamic"],
    .when(configuration: .release))
]

let package = Package(
  name: "Lyrebird",
  products: [
    .executable(name: "lyrebird-ppc", targets: ["lyrebird-ppc"]),
    .executable(name: "lyrebird-system-ppc", targets: ["lyrebird-system-ppc"]),
  ],
  targets: [
    .systemLibrary(name: "CSys"),
    .target(name: "IR", dependencies: ["CSys"], swiftSettings: hot),
    .target(name: "Optimizer", dependencies: ["IR"], swiftSettings: hot),
    .target(name: "RegisterAllocation", dependencies: ["IR"], swiftSettings: hot),
    .target(
      name: "HostX64", dependencies: ["IR", "RegisterAllocation", "CSys"], path: "Sources/Host/X64",
      swiftSettings: hot),
    .target(
      name: "GuestPowerPC", dependencies: ["IR"], path: "Sources/Guest/PowerPC",
      swiftSettings: hot),
    .target(name: "Memory", dependencies: ["CSys"], swiftSettings: hot),
    .target(
      name: "Translation",
      dependencies: ["IR", "Memory", "Optimizer", "RegisterAllocation", "CSys"],
      swiftSettings: hot),
    .target(
      name: "Debugging",
      dependencies: ["IR", "Options", "RegisterAllocation", "Translation", "CSys"],
      swiftSettings: cool),
    .target(
      name: "LinuxUser",
      dependencies: [
        "GuestPowerPC", "Translation", "RegisterAllocation", "IR", "Memory", "Debugging", "CSys",
      ],
      swiftSettings: cool),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CSlirp", providers: [.apt(["libslirp-dev"])]),
    .target(name: "Options", swiftSettings: cool),
    .target(name: "Images", dependencies: ["CSys", "CZlib", "CZstd"], swiftSettings: cool),
    .target(name: "Machine", swiftSettings: cool),
    .target(name: "Devices", dependencies: ["Machine"], swiftSettings: cool),
    .target(
      name: "HostIO", dependencies: ["CSlirp", "CSys", "Machine", "Options"], swiftSettings: cool),
    .target(name: "Monitor", dependencies: ["CSys", "Machine", "Options"], swiftSettings: cool),
    .target(
      name: "Boards",
      dependencies: [
        "Devices", "GuestPowerPC", "Images", "IR", "Machine", "Memory", "RegisterAllocation",
        "Translation",
      ],
      swiftSettings: hot),
    .executableTarget(
      name: "lyrebird-system-ppc",
      dependencies: [
        "Boards", "CSys", "Debugging", "Devices", "GuestPowerPC", "HostIO", "HostX64", "Images",
        "Machine", "Monitor", "Options", "Translation",
      ],
      swiftSettings: cool, linkerSettings: lean),
    .executableTarget(
      name: "lyrebird-ppc",
      dependencies: [
        "LinuxUser", "GuestPowerPC", "HostX64", "Translation", "Memory", "Debugging", "Options",
      ],
      swiftSettings: cool, linkerSettings: lean),
    .testTarget(
      name: "BoardsTests",
      dependencies: [
        "Boards", "Devices", "EngineSupport", "GuestPowerPC", "HostX64", "IR", "Images", "Machine",
        "Memory", "Translation",
      ],
      swiftSettings: hot),
    .testTarget(name: "MachineTests", dependencies: ["Machine"], swiftSettings: tests),
    .testTarget(name: "DevicesTests", dependencies: ["Devices", "Machine"], swiftSettings: tests),
    .testTarget(
      name: "HostIOTests", dependencies: ["CSys", "HostIO", "Machine", "Options"],
      swiftSettings: tests),
    .testTarget(
      name: "MonitorTests",
      dependencies: ["CSys", "HostIO", "Machine", "Monitor", "Options", "lyrebird-system-ppc"],
      swiftSettings: tests),
    .testTarget(name: "IRTests", dependencies: ["IR"], swiftSettings: tests),
    .testTarget(
      name: "HostX64Tests",
      dependencies: [
        "CSys", "EngineSupport", "HostX64", "IR", "Optimizer", "RegisterAllocation", "Translation",
      ],
      swiftSettings: hot),
    // What tests need to run translated code in this process.
    .target(
      name: "EngineSupport",
      dependencies: [
        "CSys", "GuestPowerPC", "HostX64", "IR", "Memory", "Optimizer", "Translation",
      ],
      path: "Tests/EngineSupport", swiftSettings: hot),
    .testTarget(
      name: "RegisterAllocationTests",
      dependencies: ["GuestPowerPC", "HostX64", "IR", "Optimizer", "RegisterAllocation"],
      swiftSettings: tests),
    .testTarget(name: "OptimizerTests", dependencies: ["IR", "Optimizer"], swiftSettings: hot),
    .testTarget(
      name: "TranslationTests",
      dependencies: [
        "EngineSupport", "GuestPowerPC", "HostX64", "IR", "Optimizer", "RegisterAllocation",
        "Translation",
      ],
      resources: [.copy("Golden")], swiftSettings: tests),
    .testTarget(
      name: "GuestPowerPCTests",
      dependencies: [
        "EngineSupport", "GuestPowerPC", "HostX64", "IR", "Optimizer", "RegisterAllocation",
        "Translation",
      ],
      resources: [.copy("Cases")], swiftSettings: hot),
    .testTarget(
      name: "LinuxUserTests", dependencies: ["GuestPowerPC", "LinuxUser", "Memory"],
      swiftSettings: tests),
    .testTarget(name: "ImagesTests", dependencies: ["Images"], swiftSettings: tests),
    // What tests need to run programs and to talk with them.
    .target(name: "ProcessSupport", path: "Tests/ProcessSupport", swiftSettings: tests),
    .testTarget(
      name: "DebuggingTests",
      dependencies: ["Debugging", "GuestPowerPC", "ProcessSupport", "lyrebird-ppc"],
      swiftSettings: tests),
    .testTarget(
      name: "ProgramTests",
      dependencies: ["Optimizer", "ProcessSupport", "Translation", "lyrebird-ppc"],
      resources: [.copy("Expected")], swiftSettings: tests),
    .testTarget(
      name: "SysrootTests", dependencies: ["ProcessSupport", "lyrebird-ppc"],
      swiftSettings: tests),
    .testTarget(
      name: "SystemTests",
      dependencies: ["Boards", "Machine", "ProcessSupport", "lyrebird-system-ppc"],
      resources: [.copy("Expected")], swiftSettings: tests),
  ]
)
