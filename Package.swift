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

let package = Package(
  name: "Lyrebird",
  products: [
    .executable(name: "lyrebird-ppc", targets: ["lyrebird-ppc"])
  ],
  targets: [
    .systemLibrary(name: "CSys"),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "IR", swiftSettings: hot),
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
      dependencies: ["IR", "Optimizer", "RegisterAllocation", "CSys"],
      swiftSettings: hot),
    .target(
      name: "Debugging", dependencies: ["IR", "RegisterAllocation", "Translation", "CSys"],
      swiftSettings: cool),
    .target(
      name: "Images", dependencies: ["CSys", "CZlib", "CZstd"], swiftSettings: hot),
    .target(
      name: "LinuxUser",
      dependencies: [
        "GuestPowerPC", "Translation", "RegisterAllocation", "IR", "Memory", "Debugging", "CSys",
      ],
      swiftSettings: cool),
    .executableTarget(
      name: "lyrebird-ppc",
      dependencies: ["LinuxUser", "GuestPowerPC", "HostX64", "Translation", "Memory", "Debugging"],
      swiftSettings: cool),
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
        "CSys", "GuestPowerPC", "HostX64", "IR", "Optimizer", "Translation",
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
      name: "LinuxUserTests", dependencies: ["LinuxUser", "Memory"], swiftSettings: tests),
    .testTarget(name: "ImagesTests", dependencies: ["Images"], swiftSettings: hot),
    .testTarget(
      name: "DebuggingTests", dependencies: ["Debugging", "GuestPowerPC", "lyrebird-ppc"],
      swiftSettings: tests),
    .testTarget(
      name: "ProgramTests", dependencies: ["Translation", "lyrebird-ppc"],
      resources: [.copy("Expected")], swiftSettings: tests),
  ]
)
