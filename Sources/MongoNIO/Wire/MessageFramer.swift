// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Puts received bytes together into whole messages.
///
/// A value without I/O. Its owner, `Connection`, asks for the memory that is to be filled next, so that TLS decrypts
/// straight into the message: first 16 bytes for the header, then the rest, in memory allocated once for the length that
/// the header names. The next one upwards is `ConnectionStateMachine`.
struct MessageFramer {
    /// The largest message that is accepted before the server has named its own limit, and the specification's default.
    static let defaultMaximumLength: Int32 = 48_000_000

    /// The message so far.
    private var message = ByteBuffer()
    /// How long the message has to become: the header's length until the header is there.
    private var expected = MessageHeader.length
    private var header: MessageHeader?
    /// The largest message that is accepted, in bytes.
    var maximumLength: Int32 = MessageFramer.defaultMaximumLength

    /// A whole message with its header.
    struct Frame: Hashable, Sendable {
        var header: MessageHeader
        /// All of the message, the header included.
        var bytes: ByteBuffer
    }

    /// Whether a message has begun and is not whole.
    var isMidMessage: Bool {
        message.readableBytes > 0
    }

    /// Gives the memory that is to be filled next to the body, which answers how much of it it filled.
    ///
    /// - Returns: What the body answered.
    mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        let missing = expected - message.readableBytes
        return message.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { space in
            body(UnsafeMutableRawBufferPointer(rebasing: space[..<missing]))
        }
    }

    /// Takes a message out when one is whole. To be called after every ``fill(_:)``.
    ///
    /// - Throws: `MongoError` when what arrived cannot be a message. The connection is then of no more use.
    mutating func next() throws(MongoError) -> Frame? {
        guard message.readableBytes >= expected else { return nil }
        if header == nil {
            let header = try Self.checkedHeader(message, maximumLength: maximumLength)
            self.header = header
            expected = Int(header.messageLength)
            // Once, for the whole message.
            message.reserveCapacity(expected)
            guard message.readableBytes >= expected else { return nil }
        }
        guard let header else { return nil }
        defer {
            message = ByteBuffer()
            expected = MessageHeader.length
            self.header = nil
        }
        return Frame(header: header, bytes: message)
    }

    private static func checkedHeader(
        _ message: ByteBuffer,
        maximumLength: Int32
    ) throws(MongoError) -> MessageHeader {
        guard let header = MessageHeader(peeking: message) else {
            throw MongoError(.invalidResponse, "the server's message has no header")
        }
        // A message without a body is 16 bytes long; no answer to us is.
        guard header.messageLength > MessageHeader.length, header.messageLength <= maximumLength else {
            throw MongoError(
                .invalidResponse,
                "the server's message claims a length of \(header.messageLength) bytes: is this a MongoDB server?"
            )
        }
        guard header.opCode == .message || header.opCode == .compressed else {
            throw MongoError(
                .invalidResponse,
                "the server sent a message of the unexpected kind \(header.opCode.rawValue)"
            )
        }
        return header
    }
}
