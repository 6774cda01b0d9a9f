// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@testable import MongoNIO

/// What a trait is missing for is not tested: `dev/test` builds with all of them.
@Suite("Compressed messages")
struct OpCompressedTests {
    static let compressors = Compressor.allCases.filter(\.isAvailable)

    private func message(_ command: String, padding: Int = 2000) throws -> ByteBuffer {
        var writer = BSONWriter(reserving: OpMessage.prefixLength, capacity: 64)
        writer.append(command, Int32(1))
        writer.append("text", String(repeating: "kitten ", count: padding / 7))
        writer.append("$db", "admin")
        var message = try writer.finish()
        OpMessage.finish(&message, requestID: 77)
        return message
    }

    private func compression(_ compressor: Compressor, level: Int = -1) throws -> MessageCompression {
        try #require(MessageCompression([compressor], level: level, server: [compressor.rawValue]))
    }

    private func frame(_ bytes: ByteBuffer) throws -> MessageFramer.Frame {
        MessageFramer.Frame(header: try #require(MessageHeader(peeking: bytes)), bytes: bytes)
    }

    @Test("A message comes back as it was, and is shorter on the way", arguments: compressors)
    func roundTrip(compressor: Compressor) throws {
        for padding in [0, 10, 2000, 1_000_000] {
            let message = try message("find", padding: padding)
            let wrapped = OpCompressed.wrap(message, try compression(compressor))
            let frame = try frame(wrapped)
            #expect(frame.header.opCode == .compressed)
            #expect(frame.header.requestID == 77)
            #expect(frame.header.messageLength == Int32(wrapped.readableBytes))
            #expect(wrapped.getInteger(at: 24, as: UInt8.self) == compressor.id)
            if padding >= 2000 { #expect(wrapped.readableBytes < message.readableBytes / 2) }
            let unwrapped = try OpCompressed.unwrap(frame, maximumLength: MessageFramer.defaultMaximumLength)
            #expect(unwrapped.bytes == message)
            #expect(unwrapped.header.opCode == .message)
        }
    }

    #if Zlib
    @Test("zlib's level makes a difference, and every one can be read", arguments: -1...9)
    func levels(level: Int) throws {
        let message = try message("insert", padding: 100_000)
        let wrapped = OpCompressed.wrap(message, try compression(.zlib, level: level))
        #expect((wrapped.readableBytes > message.readableBytes) == (level == 0))
        let unwrapped = try OpCompressed.unwrap(try frame(wrapped), maximumLength: 48_000_000)
        #expect(unwrapped.bytes == message)
    }
    #endif

    @Test(
        "What greets and logs in is never compressed, in whatever case it is written",
        arguments: [
            "hello", "isMaster", "ismaster", "saslStart", "saslContinue", "getnonce", "authenticate", "createUser",
            "updateUser", "copydbSaslStart", "copydbsaslstart", "copydbgetnonce", "copydb", "SASLSTART",
        ]
    )
    func exempt(command: String) throws {
        let message = try message(command)
        #expect(!OpCompressed.mayBeCompressed(message))
        for compressor in Self.compressors {
            #expect(OpCompressed.wrap(message, try compression(compressor)) == message)
        }
    }

    @Test("Other commands are compressed, long names and beginnings of those names too")
    func compressible() throws {
        for command in ["find", "helloThere", "copydbs", "aVeryLongNameOfACommand", "copydbSaslStarts"] {
            #expect(OpCompressed.mayBeCompressed(try message(command)))
        }
        #expect(!OpCompressed.mayBeCompressed(ByteBuffer()))
        #expect(!OpCompressed.mayBeCompressed(ByteBuffer(repeating: 0, count: 20)))
    }

    @Test("The client's order decides which compressor is used")
    func negotiation() throws {
        for first in Self.compressors {
            for second in Self.compressors where second != first {
                let names = [second.rawValue, first.rawValue]
                #expect(MessageCompression([first, second], level: 0, server: names)?.compressor == first)
                #expect(
                    MessageCompression([first, second], level: 0, server: [second.rawValue])?.compressor == second
                )
            }
            #expect(MessageCompression([first], level: 0, server: []) == nil)
            #expect(MessageCompression([], level: 0, server: [first.rawValue]) == nil)
        }
    }

    // MARK: Hostile messages

    /// A compressed message with these fields.
    private func hostile(opCode: Int32 = 2013, claimed: Int32, id: UInt8, _ body: [UInt8]) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeRepeatingByte(0, count: 16)
        bytes.writeInteger(opCode, endianness: .little)
        bytes.writeInteger(claimed, endianness: .little)
        bytes.writeInteger(id)
        bytes.writeBytes(body)
        MessageHeader(messageLength: Int32(bytes.readableBytes), requestID: 1, responseTo: 2, opCode: .compressed)
            .set(in: &bytes)
        return bytes
    }

    private func refuse(_ bytes: ByteBuffer, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let frame = try frame(bytes)
        let error = #expect(throws: MongoError.self, sourceLocation: sourceLocation) {
            try OpCompressed.unwrap(frame, maximumLength: 48_000_000)
        }
        #expect(error?.code == .invalidResponse, sourceLocation: sourceLocation)
    }

    @Test("Impossible sizes, kinds and compressors are refused", arguments: [UInt8]([0, 1, 2, 3, 4, 255]))
    func impossible(id: UInt8) throws {
        for claimed in [Int32.min, -1, 0, 48_000_000, .max] {
            try refuse(hostile(claimed: claimed, id: id, [1, 2, 3]))
        }
        try refuse(hostile(opCode: 2012, claimed: 3, id: id, [1, 2, 3]))
        try refuse(hostile(claimed: 47_000_000, id: id, [1, 2, 3]))
        try refuse(hostile(claimed: 47_000_000, id: id, []))
        var short = hostile(claimed: 1, id: id, [])
        short.moveWriterIndex(to: 20)
        try refuse(short)
    }

    @Test("A claim that is not what comes out is refused", arguments: compressors)
    func wrongClaim(compressor: Compressor) throws {
        let wrapped = OpCompressed.wrap(try message("find"), try compression(compressor))
        let claimed = try #require(wrapped.getInteger(at: 20, endianness: .little, as: Int32.self))
        for difference: Int32 in [-1000, -1, 1, 1000] {
            var changed = wrapped
            changed.setInteger(claimed + difference, at: 20, endianness: .little)
            try refuse(changed)
        }
    }

    @Test("A message with any one byte changed, or cut off anywhere, gives an answer or an error, and nothing worse")
    func damage() throws {
        for compressor in Self.compressors {
            let wrapped = OpCompressed.wrap(try message("find"), try compression(compressor))
            for offset in 16..<wrapped.readableBytes {
                var changed = wrapped
                let byte = try #require(changed.getInteger(at: offset, as: UInt8.self))
                changed.setInteger(byte ^ 0x55, at: offset)
                _ = try? OpCompressed.unwrap(try frame(changed), maximumLength: 48_000_000)
                var short = wrapped
                short.moveWriterIndex(to: offset)
                try refuse(short)
            }
        }
    }

    @Test("Nothing compressed at all is understood, too")
    func noop() throws {
        let message = try message("find", padding: 10)
        let body = [UInt8](message.readableBytesView.dropFirst(16))
        let unwrapped = try OpCompressed.unwrap(
            try frame(hostile(claimed: Int32(body.count), id: 0, body)),
            maximumLength: 48_000_000
        )
        #expect(unwrapped.bytes.readableBytesView.dropFirst(16) == message.readableBytesView.dropFirst(16))
    }

    @Test("The framer lets compressed messages through")
    func framing() throws {
        var framer = MessageFramer()
        let bytes = hostile(claimed: 3, id: 0, [1, 2, 3])
        var rest = bytes
        var frame: MessageFramer.Frame?
        while frame == nil, rest.readableBytes > 0 {
            _ = framer.fill { space in
                let count = min(space.count, rest.readableBytes)
                rest.readWithUnsafeReadableBytes { available in
                    space.copyMemory(from: UnsafeRawBufferPointer(rebasing: available[..<count]))
                    return count
                }
                return count
            }
            frame = try framer.next()
        }
        #expect(frame?.bytes == bytes)
    }
}
