// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/compression/OP_COMPRESSED.md#compressor-ids

/// A way to compress, on raw memory: the thin layer over a C library, which nothing else of the driver sees.
protocol CompressionCodec {
    /// The most bytes that so many can become.
    static func bound(_ count: Int) -> Int

    /// - Parameter level: For zlib.
    /// - Returns: How many bytes were written; `nil` when they do not fit.
    static func compress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer,
        level: Int
    ) -> Int?

    /// Whether the source may stand for so many bytes: a look at its size and its first bytes, before memory is taken for
    /// what somebody claims.
    static func isPlausible(_ source: UnsafeRawBufferPointer, _ count: Int) -> Bool

    /// - Returns: How many bytes were written; `nil` when the source is damaged, or stands for more than there is room for.
    static func decompress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer
    ) -> Int?
}

extension Compressor {
    /// Its number in a message.
    var id: UInt8 {
        switch self {
        case .snappy: 1
        case .zlib: 2
        case .zstd: 3
        }
    }

    init?(id: UInt8) {
        guard let compressor = Self.allCases.first(where: { $0.id == id }) else { return nil }
        self = compressor
    }

    /// The package trait that brings it.
    var trait: String {
        switch self {
        case .snappy: "Snappy"
        case .zlib: "Zlib"
        case .zstd: "Zstd"
        }
    }

    /// `nil` when the driver was built without it.
    var codec: (any CompressionCodec.Type)? {
        switch self {
        case .snappy:
            #if Snappy
            SnappyCodec.self
            #else
            nil
            #endif
        case .zlib:
            #if Zlib
            ZlibCodec.self
            #else
            nil
            #endif
        case .zstd:
            #if Zstd
            ZstdCodec.self
            #else
            nil
            #endif
        }
    }

    /// Whether the driver was built with it: each has a trait of the package, `Snappy`, `Zlib` and `Zstd`.
    public var isAvailable: Bool { codec != nil }
}
