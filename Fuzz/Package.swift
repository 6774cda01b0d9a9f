// swift-tools-version: 6.1
// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Built by dev/fuzz, which adds -sanitize=fuzzer for all modules, so that the coverage of MongoBSON is seen.
let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "mongo-nio", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.97.0"),
    ],
    targets: [
        .target(name: "CLibFuzzer"),
        .target(
            name: "FuzzSupport",
            dependencies: [.product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]
        ),
    ]
        + ["FuzzValidator", "FuzzDecoder", "FuzzJSON"].map { name in
            .executableTarget(
                name: name,
                dependencies: [
                    "CLibFuzzer",
                    "FuzzSupport",
                    .product(name: "MongoBSON", package: "mongo-nio"),
                    .product(name: "NIOCore", package: "swift-nio"),
                ],
                swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
            )
        }
)
