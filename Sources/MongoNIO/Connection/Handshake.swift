// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md#connection-handshake

import MongoBSON
import NIOCore

/// The first words on every connection: who we are, and what the server is.
struct Handshake: Sendable {
    /// Who the client is.
    let metadata: SharedClientMetadata
    /// Whether the connection only watches the server: then any version will do.
    var isMonitoring = false
    /// The compressors to offer, the preferred one first; of those that the driver was built with.
    var compressors: [Compressor] = []
    var zlibCompressionLevel = -1
    /// The version of the API to insist on.
    let serverAPI: MongoServerAPI?
    /// Whether the address is that of a load balancer.
    var isLoadBalanced: Bool

    init(
        metadata: ClientMetadata,
        serverAPI: MongoServerAPI? = nil,
        isLoadBalanced: Bool = false
    ) throws(MongoError) {
        self.serverAPI = serverAPI
        self.isLoadBalanced = isLoadBalanced
        self.metadata = try SharedClientMetadata(metadata)
    }

    /// Says hello and waits for the answer.
    ///
    /// - Parameters:
    ///   - login: Begins with the hello; `nil` for connections that only watch the server.
    ///   - time: How long the server may take.
    /// - Throws: `MongoError` when the server does not answer, or is too old or too new for this driver.
    func perform(
        on connection: Connection,
        login: Login? = nil,
        time: HandshakeTime
    ) async throws(MongoError) -> HelloReply {
        let id = RequestID.next()
        let deadline = try time.next()
        let message = try message(id: id, login: login, maxTime: time.maxTime)
        let start = ContinuousClock.now
        let frame = try await connection.exchange(message, id: id, deadline: deadline)
        let reply: BSONDocument
        do throws(MongoError) {
            reply = try ReplyDecoder.decode(frame, address: nil)
        } catch {
            throw login?.failure(error) ?? error
        }
        var hello = HelloReply(reply)
        hello.roundTripTime = .now - start
        // A monitor has to know whom the driver cannot talk to.
        if !isMonitoring { try hello.checkCompatibility() }
        guard !isLoadBalanced || hello.serviceID != nil else {
            throw MongoError(
                .incompatibleServer,
                "Driver attempted to initialize in load balancing mode, but the server does not support this mode."
            )
        }
        connection.setMaximumMessageLength(hello.maxMessageSizeBytes)
        connection.setCompression(
            MessageCompression(compressors, level: zlibCompressionLevel, server: hello.compressors)
        )
        return hello
    }

    func message(id: Int32, login: Login? = nil, maxTime: Int64? = nil) throws(MongoError) -> ByteBuffer {
        var writer = BSONWriter(reserving: OpMessage.prefixLength, capacity: 768)
        if serverAPI != nil || isLoadBalanced {
            writer.append("hello", Int32(1))
        } else {
            // The legacy name, which every server understands; `helloOk` asks whether it knows the new one.
            writer.append("isMaster", Int32(1))
            writer.append("helloOk", true)
        }
        writer.append("backpressure", "2")
        writer.append("client", metadata.document)
        writer.beginArray("compression")
        for compressor in compressors where compressor.isAvailable { writer.append(compressor.rawValue) }
        writer.endArray()
        if isLoadBalanced { writer.append("loadBalanced", true) }
        login?.append(to: &writer)
        if let maxTime { writer.append("maxTimeMS", maxTime) }
        serverAPI?.append(to: &writer)
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
