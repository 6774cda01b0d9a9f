// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if Zstd
import CMongoZstd

/// Zstandard (RFC 8878), at its default level.
enum ZstdCodec: CompressionCodec {
    static func bound(_ count: Int) -> Int {
        ZSTD_compressBound(count)
    }

    static func compress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer,
        level: Int
    ) -> Int? {
        let length = ZSTD_compress(
            destination.baseAddress,
            destination.count,
            source.baseAddress,
            source.count,
            ZSTD_defaultCLevel()
        )
        return ZSTD_isError(length) == 0 ? length : nil
    }

    /// A frame that tells its content's size has to tell this one. The best that a block of four bytes can stand for is
    /// 128 KiB.
    static func isPlausible(_ source: UnsafeRawBufferPointer, _ count: Int) -> Bool {
        let told = ZSTD_getFrameContentSize(source.baseAddress, source.count)
        // The two greatest numbers mean "not told" and "no frame".
        if told == UInt64.max { return count / (128 << 10) <= source.count / 4 }
        return told == UInt64(count)
    }

    static func decompress(
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer
    ) -> Int? {
        let length = ZSTD_decompress(destination.baseAddress, destination.count, source.baseAddress, source.count)
        return ZSTD_isError(length) == 0 ? length : nil
    }
}
#endif
