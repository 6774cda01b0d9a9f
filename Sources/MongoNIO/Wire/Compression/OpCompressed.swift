// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// How the messages of a connection are compressed: what client and server agreed on.
struct MessageCompression: Hashable, Sendable {
    var compressor: Compressor
    /// For zlib.
    var level = -1

    /// The first of the client's compressors that the driver was built with and the server knows, too.
    init?(_ offered: [Compressor], level: Int, server: [String]) {
        guard let compressor = offered.first(where: { $0.isAvailable && server.contains($0.rawValue) }) else {
            return nil
        }
        self.compressor = compressor
        self.level = level
    }
}

/// OP_COMPRESSED: another message in compressed form.
///
/// `Connection` wraps what it sends and unwraps what it receives, in the task that waits: nothing is computed on the loop.
///
/// - SeeAlso: [OP_COMPRESSED](https://github.com/mongodb/specifications/blob/master/source/compression/OP_COMPRESSED.md)
enum OpCompressed {
    /// What stands before the compressed bytes: header, kind and size of the message, number of the compressor.
    static let prefixLength = MessageHeader.length + 4 + 4 + 1

    /// The compressed form of a whole message; the message itself when it must not be compressed.
    static func wrap(_ message: ByteBuffer, _ compression: MessageCompression) -> ByteBuffer {
        guard mayBeCompressed(message), let codec = compression.compressor.codec,
            var header = MessageHeader(peeking: message)
        else { return message }
        let count = message.readableBytes - MessageHeader.length
        let bound = codec.bound(count)
        var wrapped = ByteBuffer()
        wrapped.reserveCapacity(prefixLength + bound)
        wrapped.writeRepeatingByte(0, count: MessageHeader.length)
        wrapped.writeInteger(header.opCode.rawValue, endianness: .little)
        wrapped.writeInteger(Int32(truncatingIfNeeded: count), endianness: .little)
        wrapped.writeInteger(compression.compressor.id)
        let written = wrapped.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { space in
            message.withUnsafeReadableBytes { bytes in
                let body = UnsafeRawBufferPointer(rebasing: bytes[MessageHeader.length...])
                return codec.compress(body, into: space, level: compression.level) ?? 0
            }
        }
        // The bound says that it fits; should a library fail, the plain message is as good. It is the better one where what
        // cannot be compressed becomes larger than a server takes.
        guard written > 0, wrapped.readableBytes <= max(message.readableBytes, Int(MessageFramer.defaultMaximumLength))
        else { return message }
        header.messageLength = Int32(truncatingIfNeeded: wrapped.readableBytes)
        header.opCode = .compressed
        header.set(in: &wrapped)
        return wrapped
    }

    /// The message that a compressed one stands for.
    ///
    /// - Parameter maximumLength: The largest message that is accepted, in bytes.
    /// - Throws: `MongoError` when it is damaged or too large, or when the driver cannot read it. The connection is then of
    ///   no more use.
    static func unwrap(_ frame: MessageFramer.Frame, maximumLength: Int32) throws(MongoError) -> MessageFramer.Frame {
        var bytes = frame.bytes
        bytes.moveReaderIndex(forwardBy: MessageHeader.length)
        guard
            let (opCode, claimed, id) = bytes.readMultipleIntegers(endianness: .little, as: (Int32, Int32, UInt8).self)
        else { throw malformed("is too short") }
        guard opCode == MessageHeader.OpCode.message.rawValue else {
            throw malformed("holds a message of the unexpected kind \(opCode)")
        }
        guard claimed > 0, claimed <= maximumLength - Int32(MessageHeader.length) else {
            throw malformed("claims a length of \(claimed) bytes")
        }
        let count = Int(claimed)
        // The number 0 stands for no compression at all.
        let codec = id == 0 ? nil : try codec(id)
        let isPlausible = bytes.withUnsafeReadableBytes { source in
            codec?.isPlausible(source, count) ?? (source.count == count)
        }
        guard isPlausible else { throw malformed("claims \(count) bytes in \(bytes.readableBytes)") }

        var message = ByteBuffer()
        message.reserveCapacity(MessageHeader.length + count)
        message.writeRepeatingByte(0, count: MessageHeader.length)
        let written = message.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            let space = UnsafeMutableRawBufferPointer(rebasing: space[..<count])
            return bytes.withUnsafeReadableBytes { source in
                guard let codec else {
                    space.copyMemory(from: source)
                    return count
                }
                return codec.decompress(source, into: space) ?? 0
            }
        }
        guard written == count else { throw malformed("is damaged") }
        var header = frame.header
        header.messageLength = Int32(MessageHeader.length) + claimed
        header.opCode = .message
        header.set(in: &message)
        return MessageFramer.Frame(header: header, bytes: message)
    }

    private static func codec(_ id: UInt8) throws(MongoError) -> any CompressionCodec.Type {
        guard let compressor = Compressor(id: id) else {
            throw malformed("is made by the unknown compressor \(id)")
        }
        guard let codec = compressor.codec else {
            throw malformed("is made by \(compressor), which this build lacks (trait \(compressor.trait))")
        }
        return codec
    }

    private static func malformed(_ what: String) -> MongoError {
        MongoError(.invalidResponse, "the server's compressed message \(what)")
    }

    // MARK: What is not compressed

    /// Whether a message's command may be compressed: what greets and logs in must not, lest its length tell of its secrets.
    static func mayBeCompressed(_ message: ByteBuffer) -> Bool {
        // Behind the prefix: the document's length and the type of its first element, then the name of the command.
        let start = message.readerIndex + OpMessage.prefixLength + 4 + 1
        guard start < message.writerIndex else { return false }
        let view = message.viewBytes(at: start, length: min(longestName + 1, message.writerIndex - start))
        guard let view, let end = view.firstIndex(of: 0) else {
            // Longer than any of those.
            return true
        }
        return !neverCompressed.contains(String(decoding: view[..<end], as: UTF8.self).lowercased())
    }

    /// In lower case: the server takes some of them in any.
    private static let neverCompressed: Set<String> = [
        "hello", "ismaster", "saslstart", "saslcontinue", "getnonce", "authenticate", "createuser", "updateuser",
        "copydbsaslstart", "copydbgetnonce", "copydb",
    ]
    private static let longestName = 15
}
