// swift-tools-version: 6.1
// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "DriverBenchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "mongo-nio", path: "../..")],
    targets: [
        .executableTarget(
            name: "DriverBenchmark",
            dependencies: [
                .product(name: "MongoNIO", package: "mongo-nio"),
                .product(name: "MongoBSON", package: "mongo-nio"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]
        )
    ]
)
