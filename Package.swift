// swift-tools-version: 6.3
import PackageDescription

/// One set of rules for every target: Swift 6 mode, explicit existentials and imports, and warnings
/// that fail the build.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// Sanitizer and fuzz builds need the engine only: nothing that brings in packages or readline. With
/// `store` it is the store, what it stands on, and their tests.
let storeOnly = Context.environment["QRROT_ENGINE_ONLY"] == "store"
let engineOnly = storeOnly || Context.environment["QRROT_ENGINE_ONLY"] == "1"
/// A build of the fuzzers (`.ci/fuzz`): the files that the tests share with them become libraries.
let isFuzzing = Context.environment["QRROT_FUZZ"] == "1"

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let http = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

var products: [Product] = [
  .library(name: "QrrotCore", targets: ["QrrotCore"]),
  .library(name: "QrrotParser", targets: ["QrrotParser"]),
  .library(name: "QrrotStore", targets: ["QrrotStore"]),
]

var targets: [Target] = [
  // The brackets and names of 64 bytes of JSON at a time: C, because Swift's vectors are not as quick.
  .target(name: "CJSONStructure"),
  .target(name: "QrrotCore", dependencies: ["CJSONStructure"], swiftSettings: house),
  // The ends of words, 16 bytes at a time: C, for the same reason.
  .target(name: "CWords"),
  .target(name: "QrrotParser", dependencies: ["QrrotCore", "CWords"], swiftSettings: house),
  // The number of the processor, and its CRC-32C instruction: C, because Swift has no names for them.
  .target(name: "CProcessor"),
  .target(name: "CChecksum"),
  // Room on the disk that is taken beforehand: C, because Swift does not see the call.
  .target(name: "CDisk"),
  .target(
    name: "QrrotStore", dependencies: ["QrrotCore", "CChecksum", "CDisk", "CProcessor"],
    swiftSettings: house),
  .target(name: "QrrotWire", dependencies: ["QrrotCore"], swiftSettings: house),
  // The sums of INCRBYFLOAT: C, because Swift has its type on some processors only.
  .target(name: "CLongDouble"),
  // What a client of the server says and is answered: bytes in, bytes out, without a network.
  .target(
    name: "QrrotService",
    dependencies: ["QrrotCore", "QrrotParser", "QrrotStore", "QrrotWire", "CLongDouble"],
    swiftSettings: house),
  // It knows no network: how bytes get to a provider and back is the business of QrrotProviders.
  .target(
    name: "QrrotAgent", dependencies: ["QrrotCore", "QrrotParser"], swiftSettings: house),
  .target(
    name: "QrrotTesting", dependencies: ["QrrotCore", "QrrotParser", "QrrotStore"],
    path: "Tests/QrrotTesting", swiftSettings: house),
  .target(name: "CBenchmark", path: "Benchmarks/CBenchmark"),
  .executableTarget(
    name: "qrrot-bench-store",
    dependencies: [
      "QrrotCore", "QrrotParser", "QrrotStore", "QrrotService", "QrrotTesting", "CBenchmark",
    ],
    path: "Benchmarks/Store", swiftSettings: house),
]

var dependencies: [Package.Dependency] = []

if isFuzzing {
  // libFuzzer brings a `main` of its own, which benchmarks have too.
  targets.removeAll { $0.name == "qrrot-bench-store" }
  // A test target can't be imported, so its files are a library here, and there are no tests.
  targets += [
    .target(
      name: "QrrotStoreFuzzing", dependencies: ["QrrotStore", "QrrotTesting"],
      path: "Tests/QrrotDurabilityTests/Fuzzing", swiftSettings: house),
    .target(
      name: "QrrotParserFuzzing", dependencies: ["QrrotParser", "QrrotTesting"],
      path: "Tests/QrrotParserTests/Fuzzing", swiftSettings: house),
    .target(
      name: "QrrotCoreFuzzing", dependencies: ["QrrotCore", "QrrotTesting"],
      path: "Tests/QrrotCoreTests/Fuzzing", swiftSettings: house),
    .target(
      name: "QrrotWireFuzzing", dependencies: ["QrrotCore", "QrrotWire", "QrrotTesting"],
      path: "Tests/QrrotWireTests/Fuzzing", swiftSettings: house),
    .executableTarget(
      name: "fuzz-log", dependencies: ["QrrotStoreFuzzing", "QrrotTesting"],
      path: "Tests/Fuzz/Log", swiftSettings: house),
    .executableTarget(
      name: "fuzz-snapshot", dependencies: ["QrrotStoreFuzzing", "QrrotTesting"],
      path: "Tests/Fuzz/Snapshot", swiftSettings: house),
    .executableTarget(
      name: "fuzz-commands", dependencies: ["QrrotParserFuzzing", "QrrotTesting"],
      path: "Tests/Fuzz/Commands", swiftSettings: house),
    .executableTarget(
      name: "fuzz-paths", dependencies: ["QrrotCoreFuzzing", "QrrotTesting"],
      path: "Tests/Fuzz/Paths", swiftSettings: house),
    .target(
      name: "QrrotServiceFuzzing",
      dependencies: ["QrrotService", "QrrotStore", "QrrotWire", "QrrotCore", "QrrotTesting"],
      path: "Tests/QrrotServiceTests/Fuzzing", swiftSettings: house),
    .executableTarget(
      name: "fuzz-conversation", dependencies: ["QrrotServiceFuzzing", "QrrotTesting"],
      path: "Tests/Fuzz/Conversation", swiftSettings: house),
    .executableTarget(
      name: "fuzz-calls", dependencies: ["QrrotWireFuzzing", "QrrotTesting"],
      path: "Tests/Fuzz/Calls", swiftSettings: house),
    .executableTarget(
      name: "fuzz-resp", dependencies: ["QrrotWireFuzzing", "QrrotTesting"],
      path: "Tests/Fuzz/Resp", swiftSettings: house),
  ]
} else {
  targets += [
    .testTarget(
      name: "QrrotCoreTests", dependencies: ["QrrotCore", "QrrotTesting"], swiftSettings: house),
    .testTarget(
      name: "QrrotParserTests", dependencies: ["QrrotParser", "QrrotTesting"], swiftSettings: house),
    .testTarget(
      name: "QrrotStoreTests", dependencies: ["QrrotStore", "QrrotParser", "QrrotTesting"],
      swiftSettings: house),
    .testTarget(
      name: "QrrotDurabilityTests", dependencies: ["QrrotStore", "QrrotTesting"],
      swiftSettings: house),
    .testTarget(
      name: "QrrotWireTests",
      dependencies: ["QrrotWire", "QrrotCore", "QrrotParser", "QrrotTesting"],
      swiftSettings: house),
    .testTarget(
      name: "QrrotServiceTests",
      dependencies: [
        "QrrotService", "QrrotStore", "QrrotWire", "QrrotCore", "QrrotTesting",
      ],
      swiftSettings: house),
    .testTarget(
      name: "QrrotAgentTests",
      dependencies: ["QrrotAgent", "QrrotStore", "QrrotParser", "QrrotTesting"],
      swiftSettings: house),
  ]
}

if storeOnly {
  let kept: Set = [
    "CJSONStructure", "QrrotCore", "CWords", "QrrotParser", "CProcessor", "CChecksum", "CDisk",
    "QrrotStore", "QrrotTesting", "QrrotCoreTests", "QrrotParserTests", "QrrotStoreTests",
    "QrrotDurabilityTests",
  ]
  targets.removeAll { !kept.contains($0.name) }
}

if !engineOnly {
  dependencies += [
    .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
    .package(url: "https://github.com/apple/swift-system", .upToNextMinor(from: "1.8.1")),
    .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
    .package(url: "https://github.com/apple/swift-nio", .upToNextMinor(from: "2.101.2")),
    .package(url: "https://github.com/apple/swift-nio-ssl", .upToNextMinor(from: "2.37.6")),
    .package(
      url: "https://github.com/swift-server/async-http-client", .upToNextMinor(from: "1.37.0")),
  ]
  products += [
    .library(name: "QrrotShell", targets: ["QrrotShell"]),
    .executable(name: "qrrot", targets: ["qrrot"]),
  ]
  targets += [
    // pkg-config prints warnings for readline on Linux, where the module map's link line is enough.
    .systemLibrary(
      name: "CReadline", path: "CReadline",
      providers: [.apt(["libreadline-dev"]), .brew(["readline"])]
    ),
    .systemLibrary(
      name: "CZlib", path: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(
      name: "QrrotProviders",
      dependencies: [
        "QrrotCore", "QrrotAgent", http, system,
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: house),
    .target(
      name: "QrrotServer",
      dependencies: [
        "QrrotCore", "QrrotService", "QrrotStore", system,
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: house),
    // The shell as a client: an engine whose database a server has.
    .target(
      name: "QrrotRemote",
      dependencies: [
        "QrrotCore", "QrrotStore", "QrrotWire",
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: house),
    .target(
      name: "QrrotShell",
      dependencies: ["QrrotCore", "QrrotParser", "QrrotAgent", "CZlib", system],
      swiftSettings: house),
    .executableTarget(
      name: "qrrot",
      dependencies: [
        "QrrotCore", "QrrotParser", "QrrotStore", "QrrotShell", "QrrotAgent", "QrrotProviders",
        "QrrotService", "QrrotServer", "QrrotRemote", "CReadline", argumentParser, system,
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "QrrotProvidersTests",
      dependencies: [
        "QrrotProviders", "QrrotAgent", "QrrotTesting", http,
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "QrrotServerTests",
      dependencies: [
        "QrrotServer", "QrrotService", "QrrotStore", "QrrotCore", "QrrotTesting", system,
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "QrrotRemoteTests",
      dependencies: [
        "QrrotRemote", "QrrotServer", "QrrotService", "QrrotWire", "QrrotStore", "QrrotShell",
        "QrrotParser", "QrrotAgent", "QrrotTesting",
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "QrrotShellTests",
      dependencies: [
        "QrrotShell", "QrrotStore", "QrrotParser", "QrrotAgent", "QrrotTesting", "QrrotRemote",
        "QrrotServer", "QrrotService", "CZlib", "qrrot", system,
      ],
      swiftSettings: house),
  ]
}

let package = Package(
  name: "qrrot",
  platforms: [.macOS(.v15)],
  products: products,
  dependencies: dependencies,
  targets: targets,
  swiftLanguageModes: [.v6]
)
