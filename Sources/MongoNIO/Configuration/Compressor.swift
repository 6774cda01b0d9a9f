// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/compression/OP_COMPRESSED.md#compressors

/// A way to compress messages. The raw value is the name in the connection string and in the handshake.
///
/// Naming one asks for it; it is used when the driver was built with it and the server agrees. Each is a trait of the
/// package that needs a library of the system, and none is on by default:
///
/// ```swift
/// .package(url: "…/mongo-nio", from: "…", traits: ["Zstd", "Snappy"])
/// ```
public enum Compressor: String, Sendable, Hashable, CaseIterable {
    /// Snappy: fast, moderate compression.
    case snappy
    /// zlib (deflate); see ``MongoClientOptions/zlibCompressionLevel``.
    case zlib
    /// Zstandard: good compression at good speed.
    case zstd
}
