// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md#connection-handshake

import MongoBSON
import NIOCore

/// The first words on every connection: who we are, and what the server is.
struct Handshake: Sendable {
    /// The `client` document, at most 512 bytes.
    let metadata: BSONDocument
    /// Whether the connection only watches the server: then any version will do.
    var isMonitoring = false

    init(metadata: ClientMetadata) throws(MongoError) {
        do throws(BSONError) {
            self.metadata = try metadata.document()
        } catch {
            throw MongoError(.invalidArgument, "the application name cannot be sent: \(error)", underlying: error)
        }
    }

    /// Says hello and waits for the answer.
    ///
    /// - Throws: `MongoError` when the server does not answer, or is too old or too new for this driver.
    func perform(on connection: Connection, deadline: Deadline) async throws(MongoError) -> HelloReply {
        let id = RequestID.next()
        let message = try message(id: id)
        let start = ContinuousClock.now
        let frame = try await connection.exchange(message, id: id, deadline: deadline)
        let reply = try ReplyDecoder.decode(frame, address: nil)
        var hello = HelloReply(reply)
        hello.roundTripTime = .now - start
        // A monitor has to know whom the driver cannot talk to.
        if !isMonitoring { try hello.checkCompatibility() }
        connection.setMaximumMessageLength(hello.maxMessageSizeBytes)
        return hello
    }

    func message(id: Int32) throws(MongoError) -> ByteBuffer {
        var writer = BSONWriter(reserving: OpMessage.prefixLength, capacity: 768)
        // The legacy name, which every server understands; `helloOk` asks whether it knows the new one.
        writer.append("isMaster", Int32(1))
        writer.append("helloOk", true)
        writer.append("backpressure", "2")
        writer.append("client", metadata)
        writer.append("$db", "admin")
        do throws(BSONError) {
            var message = try writer.finish()
            OpMessage.finish(&message, requestID: id)
            return message
        } catch {
            throw MongoError(.bson, "the handshake cannot be written: \(error)", underlying: error)
        }
    }
}
