// swift-tools-version: 6.1
// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // An asynchronous function runs where its caller runs: no change of threads on the way of a request but the one from
    // the event loop back to the task.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A product of swift-distributed-tracing, which only those builds need that ask for spans.
func tracing(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"]))
}

let package = Package(
    name: "mongo-nio",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "MongoNIO", targets: ["MongoNIO"]),
        .library(name: "MongoBSON", targets: ["MongoBSON"]),
        .library(name: "MongoTLS", targets: ["MongoTLS"]),
        .executable(name: "mongotls", targets: ["mongotls"]),
    ],
    // None is on by default: the driver then builds without what they need, a library of the system for each way to compress
    // messages, a package for the others.
    traits: [
        .trait(name: "Zlib", description: "Messages compressed with zlib; needs zlib's headers (zlib1g-dev)"),
        .trait(name: "Zstd", description: "Messages compressed with Zstandard; needs its headers (libzstd-dev)"),
        .trait(name: "Snappy", description: "Messages compressed with Snappy; needs its headers (libsnappy-dev)"),
        .trait(name: "Tracing", description: "Spans of operations and commands, through swift-distributed-tracing"),
        .trait(name: "Metrics", description: "Metrics through swift-metrics: MongoClientOptions.metricsFactory"),
        .trait(name: "ServiceLifecycle", description: "MongoClient is a Service of swift-service-lifecycle"),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.97.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.11.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.3.0"),
    ],
    targets: [
        // The system's OpenSSL 3. When its headers are missing, the module's header says which package to install.
        .systemLibrary(
            name: "CMongoOpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev", "pkg-config"]), .yum(["openssl-devel"]), .brew(["openssl@3"])]
        ),
        // The C library's resolver, for the SRV and TXT records of mongodb+srv.
        .systemLibrary(name: "CMongoResolver"),
        .systemLibrary(
            name: "CMongoZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"]), .brew(["zlib"])]
        ),
        .systemLibrary(
            name: "CMongoZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .yum(["libzstd-devel"]), .brew(["zstd"])]
        ),
        .systemLibrary(
            name: "CMongoSnappy",
            pkgConfig: "snappy",
            providers: [.apt(["libsnappy-dev"]), .yum(["snappy-devel"]), .brew(["snappy"])]
        ),
        .target(
            name: "MongoBSON",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio")
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MongoTLS",
            dependencies: [
                "CMongoOpenSSL",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MongoNIO",
            dependencies: [
                "MongoBSON",
                "MongoTLS",
                "CMongoResolver",
                .target(name: "CMongoZlib", condition: .when(traits: ["Zlib"])),
                .target(name: "CMongoZstd", condition: .when(traits: ["Zstd"])),
                .target(name: "CMongoSnappy", condition: .when(traits: ["Snappy"])),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "DequeModule", package: "swift-collections"),
                tracing("Tracing"),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])
                ),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "mongotls",
            dependencies: [
                "MongoNIO",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "MongoNIO",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(name: "MongoBSONTests", dependencies: ["MongoBSON", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "MongoTLSTests",
            dependencies: [
                "MongoTLS", "MongoNIO", "CMongoOpenSSL", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MongoNIOTests",
            dependencies: [
                "MongoNIO", "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SpecTests",
            dependencies: [
                "MongoNIO", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                tracing("Tracing"), tracing("InMemoryTracing"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "MongoNIO", "MongoBSON", "MongoTLS", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                tracing("Tracing"), tracing("InMemoryTracing"),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])
                ),
            ],
            swiftSettings: settings
        ),
    ]
)
