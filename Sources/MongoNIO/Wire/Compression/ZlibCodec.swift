// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if Zlib
import CMongoZlib

/// zlib (RFC 1950).
enum ZlibCodec: CompressionCodec {
    static func bound(_ count: Int) -> Int {
        Int(compressBound(uLong(count)))
    }

    static func compress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer,
        level: Int
    ) -> Int? {
        var length = uLongf(destination.count)
        let result = compress2(
            destination.bindMemory(to: Bytef.self).baseAddress,
            &length,
            source.bindMemory(to: Bytef.self).baseAddress,
            uLong(source.count),
            Int32(truncatingIfNeeded: level)
        )
        return result == Z_OK ? Int(length) : nil
    }

    /// Deflate makes 258 bytes of two bits, at best.
    static func isPlausible(_ source: UnsafeRawBufferPointer, _ count: Int) -> Bool {
        count / 1032 <= source.count
    }

    static func decompress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var length = uLongf(destination.count)
        let result = uncompress(
            destination.bindMemory(to: Bytef.self).baseAddress,
            &length,
            source.bindMemory(to: Bytef.self).baseAddress,
            uLong(source.count)
        )
        return result == Z_OK ? Int(length) : nil
    }
}
#endif
