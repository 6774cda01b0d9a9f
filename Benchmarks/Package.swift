// swift-tools-version: 6.1
// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "mongo-nio", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.97.0"),
    ],
    targets: [
        .executableTarget(
            name: "BSONBenchmark",
            dependencies: [
                .product(name: "MongoBSON", package: "mongo-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
        )
    ]
)
