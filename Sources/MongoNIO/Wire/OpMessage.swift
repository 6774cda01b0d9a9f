// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore

/// OP_MSG: the one kind of message that commands and replies travel in.
///
/// Before it: `CommandBuilder`, which writes a command's body. After it: `Connection`, which sends the bytes.
///
/// - SeeAlso: [OP_MSG](https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md)
enum OpMessage {
    /// Flag bits. The lower 16 are required: whoever does not know one has to refuse the message.
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt32

        static let checksumPresent = Flags(rawValue: 1 << 0)
        static let moreToCome = Flags(rawValue: 1 << 1)
        static let exhaustAllowed = Flags(rawValue: 1 << 16)

        static let required: UInt32 = 0xFFFF
    }

    /// How many bytes stand before the body's document: header, flags, kind of the section.
    static let prefixLength = MessageHeader.length + 4 + 1

    /// Documents that travel beside the body, so that they need no keys of an array.
    struct DocumentSequence: Sendable {
        /// The name of the command's field, for example `documents`.
        var identifier: String
        var documents: ArraySlice<BSONDocument>

        /// What the sequence takes in a message, in bytes.
        var encodedLength: Int {
            1 + 4 + identifier.utf8.count + 1 + documents.reduce(0) { $0 + $1.byteCount }
        }
    }

    /// Completes a message in place.
    ///
    /// - Parameter message: ``prefixLength`` bytes of room, then the body's document.
    static func finish(
        _ message: inout ByteBuffer,
        requestID: Int32,
        flags: Flags = [],
        sequences: [DocumentSequence] = []
    ) {
        for sequence in sequences { append(sequence, to: &message) }
        MessageHeader(
            messageLength: Int32(truncatingIfNeeded: message.readableBytes),
            requestID: requestID,
            responseTo: 0,
            opCode: .message
        ).set(in: &message)
        let afterHeader = message.readerIndex + MessageHeader.length
        message.setInteger(flags.rawValue, at: afterHeader, endianness: .little)
        message.setInteger(UInt8(0), at: afterHeader + 4)
    }

    private static func append(_ sequence: DocumentSequence, to message: inout ByteBuffer) {
        let length = sequence.encodedLength
        message.reserveCapacity(minimumWritableBytes: length)
        message.writeInteger(UInt8(1))
        message.writeInteger(Int32(truncatingIfNeeded: length - 1), endianness: .little)
        message.writeString(sequence.identifier)
        message.writeInteger(UInt8(0))
        for document in sequence.documents {
            message.writeImmutableBuffer(document.buffer)
        }
    }

    /// A reply's body.
    struct Reply: Sendable {
        var flags: Flags
        /// A view of the received bytes, validated once.
        var body: BSONDocument
    }

    /// Reads a reply.
    ///
    /// - Throws: `MongoError` when it is not one. The connection is then of no more use.
    static func decode(_ frame: MessageFramer.Frame) throws(MongoError) -> Reply {
        var bytes = frame.bytes
        bytes.moveReaderIndex(forwardBy: MessageHeader.length)
        guard let rawFlags: UInt32 = bytes.readInteger(endianness: .little) else {
            throw malformed("is too short")
        }
        let flags = Flags(rawValue: rawFlags)
        let known: Flags = [.checksumPresent, .moreToCome]
        guard rawFlags & Flags.required & ~known.rawValue == 0 else {
            throw malformed("has the unknown flags 0x\(String(rawFlags, radix: 16))")
        }
        if flags.contains(.checksumPresent) {
            guard bytes.readableBytes >= 4 else { throw malformed("is too short") }
            bytes.moveWriterIndex(to: bytes.writerIndex - 4)
        }

        var body: BSONDocument?
        while let kind: UInt8 = bytes.readInteger() {
            guard let length: Int32 = bytes.getInteger(at: bytes.readerIndex, endianness: .little),
                length >= 4, let section = bytes.readSlice(length: Int(length))
            else { throw malformed("has a section of a wrong length") }
            switch kind {
            case 0:
                guard body == nil else { throw malformed("has two bodies") }
                do {
                    // Lenient in text: servers are known to cut error messages in the middle of a character.
                    body = try BSONDocument(validating: section, text: .lenient)
                } catch {
                    throw MongoError(
                        .invalidResponse,
                        "the server's reply is not valid BSON: \(error)",
                        underlying: error
                    )
                }
            case 1:
                // No command of ours is answered with a document sequence, but the protocol allows one.
                continue
            default:
                throw malformed("has a section of the unknown kind \(kind)")
            }
        }
        guard let body else { throw malformed("has no body") }
        return Reply(flags: flags, body: body)
    }

    /// Whether a message says that more will follow without being asked for.
    static func announcesMore(_ frame: MessageFramer.Frame) -> Bool {
        guard frame.header.opCode == .message,
            let flags: UInt32 = frame.bytes.getInteger(
                at: frame.bytes.readerIndex + MessageHeader.length,
                endianness: .little
            )
        else { return false }
        return Flags(rawValue: flags).contains(.moreToCome)
    }

    private static func malformed(_ what: String) -> MongoError {
        MongoError(.invalidResponse, "the server's reply \(what)")
    }
}
