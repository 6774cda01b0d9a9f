// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The 16 bytes that every message of the wire protocol begins with.
///
/// - SeeAlso: [OP_MSG](https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md)
struct MessageHeader: Hashable, Sendable {
    static let length = 16

    /// The whole message with this header, in bytes.
    var messageLength: Int32
    var requestID: Int32
    /// The `requestID` of the message that this one answers; 0 in a request.
    var responseTo: Int32
    var opCode: OpCode

    /// What kind of message follows.
    struct OpCode: RawRepresentable, Hashable, Sendable {
        let rawValue: Int32

        static let message = OpCode(rawValue: 2013)
        /// Another message in compressed form.
        static let compressed = OpCode(rawValue: 2012)
    }
}

extension MessageHeader {
    /// Reads the header at the reader index, without moving it.
    ///
    /// - Returns: `nil` when fewer than 16 bytes are there.
    init?(peeking buffer: ByteBuffer) {
        var view = buffer
        guard
            let (length, requestID, responseTo, opCode) = view.readMultipleIntegers(
                endianness: .little,
                as: (Int32, Int32, Int32, Int32).self
            )
        else { return nil }
        self.init(
            messageLength: length,
            requestID: requestID,
            responseTo: responseTo,
            opCode: OpCode(rawValue: opCode)
        )
    }

    /// Writes the header over the first 16 bytes of a message.
    func set(in buffer: inout ByteBuffer) {
        buffer.setInteger(messageLength, at: buffer.readerIndex, endianness: .little)
        buffer.setInteger(requestID, at: buffer.readerIndex + 4, endianness: .little)
        buffer.setInteger(responseTo, at: buffer.readerIndex + 8, endianness: .little)
        buffer.setInteger(opCode.rawValue, at: buffer.readerIndex + 12, endianness: .little)
    }
}
