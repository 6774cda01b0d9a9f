// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md#awaitable-hello-or-legacy-hello-protocol

import MongoBSON
import NIOCore

extension Handshake {
    /// What a monitor says after the first hello.
    ///
    /// - Parameters:
    ///   - helloOK: Whether the server knows the command by its new name.
    ///   - news: What the server is not to answer before: it then answers again and again, without being asked.
    func monitoringMessage(id: Int32, helloOK: Bool, awaiting news: AwaitedNews?) throws(MongoError) -> ByteBuffer {
        var writer = BSONWriter(reserving: OpMessage.prefixLength, capacity: 256)
        if helloOK || serverAPI != nil {
            writer.append("hello", Int32(1))
        } else {
            writer.append("isMaster", Int32(1))
        }
        writer.append("helloOk", true)
        if let news {
            writer.beginDocument("topologyVersion")
            writer.append("processId", news.since.processID)
            writer.append("counter", news.since.counter)
            writer.endDocument()
            writer.append("maxAwaitTimeMS", news.limit.wholeMilliseconds)
        }
        serverAPI?.append(to: &writer)
        serverAPI?.append(to: &writer)
        writer.append("$db", "admin")
        do throws(BSONError) {
            var message = try writer.finish()
            OpMessage.finish(&message, requestID: id, flags: news == nil ? [] : .exhaustAllowed)
            return message
        } catch {
            throw MongoError(.bson, "the hello cannot be written: \(error)", underlying: error)
        }
    }
}

/// What an awaited answer is to wait for.
struct AwaitedNews: Sendable {
    /// What is known already.
    var since: TopologyVersion
    /// How long the server is to wait before it says that nothing is new.
    var limit: Duration
}
