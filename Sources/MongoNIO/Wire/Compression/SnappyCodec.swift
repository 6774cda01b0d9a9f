// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if Snappy
import CMongoSnappy

/// Snappy, in its raw format.
enum SnappyCodec: CompressionCodec {
    static func bound(_ count: Int) -> Int {
        snappy_max_compressed_length(count)
    }

    static func compress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer,
        level: Int
    ) -> Int? {
        var length = destination.count
        let result = snappy_compress(
            source.bindMemory(to: CChar.self).baseAddress,
            source.count,
            destination.bindMemory(to: CChar.self).baseAddress,
            &length
        )
        return result == SNAPPY_OK ? length : nil
    }

    /// The text begins with its length. The best that two bytes can stand for is 64.
    static func isPlausible(_ source: UnsafeRawBufferPointer, _ count: Int) -> Bool {
        told(source) == count && count / 32 <= source.count
    }

    private static func told(_ source: UnsafeRawBufferPointer) -> Int? {
        var length = 0
        let result = snappy_uncompressed_length(
            source.bindMemory(to: CChar.self).baseAddress,
            source.count,
            &length
        )
        return result == SNAPPY_OK ? length : nil
    }

    static func decompress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer
    ) -> Int? {
        // The library looks at the room itself; this keeps the promise whatever its version does.
        guard let told = told(source), told <= destination.count else { return nil }
        var length = destination.count
        let result = snappy_uncompress(
            source.bindMemory(to: CChar.self).baseAddress,
            source.count,
            destination.bindMemory(to: CChar.self).baseAddress,
            &length
        )
        return result == SNAPPY_OK ? length : nil
    }
}
#endif
