// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS
import NIOCore

/// A connection that only watches its server: says hello, and listens. It does not log in.
struct MonitorConnection: Sendable {
    /// The connection's number among those that watch the server, from 1.
    let id: Int
    private let establisher: ConnectionEstablisher
    private let connection: Connection
    /// What the server said last.
    private(set) var hello: HelloReply
    /// What TLS agreed on.
    let tls: TLSConnectionInfo?
    /// Whether the server goes on answering without being asked.
    private(set) var isStreaming = false

    /// Opens a connection; its first hello is an answer like the later ones.
    init(id: Int, _ establisher: ConnectionEstablisher) async throws(MongoError) {
        let established = try await establisher.establish(id: id)
        self.id = id
        self.establisher = establisher
        connection = established.connection
        hello = established.description.hello
        tls = established.description.tls
    }

    /// The server's number for the connection.
    var serverID: Int64? { hello.connectionID }

    var isOpen: Bool { connection.closeReason == nil }

    func close(_ reason: MongoError) {
        connection.close(reason)
    }

    /// Asks what the server is; how long that took is in the answer.
    mutating func ask() async throws(MongoError) {
        let start = ContinuousClock.now
        try await exchange(awaiting: nil, deadline: Deadline(after: establisher.connectTimeout))
        hello.roundTripTime = .now - start
    }

    /// Waits until the server has something new to say, or has had nothing for a while.
    mutating func awaitNews(_ news: AwaitedNews) async throws(MongoError) {
        // Without a limit for connecting, there is none for this.
        let deadline = Deadline(after: establisher.connectTimeout.map { $0 + news.limit })
        guard isStreaming else {
            try await exchange(awaiting: news, deadline: deadline)
            return
        }
        do throws(MongoError) {
            try take(await connection.nextReply(deadline: deadline))
        } catch {
            throw closed(error)
        }
    }

    private mutating func exchange(awaiting news: AwaitedNews?, deadline: Deadline) async throws(MongoError) {
        let id = RequestID.next()
        do throws(MongoError) {
            let message = try establisher.handshake.monitoringMessage(id: id, helloOK: hello.helloOK, awaiting: news)
            try take(await connection.exchange(message, id: id, deadline: deadline, streams: news != nil))
        } catch {
            throw closed(error)
        }
    }

    private mutating func take(_ frame: MessageFramer.Frame) throws(MongoError) {
        isStreaming = OpMessage.announcesMore(frame)
        let reply = try ReplyDecoder.decode(frame, address: establisher.address)
        let connectionID = hello.connectionID
        hello = HelloReply(reply)
        if hello.connectionID == nil { hello.connectionID = connectionID }
    }

    /// After an error the connection is of no more use, whatever the error is.
    private func closed(_ error: MongoError) -> MongoError {
        let error = error.code == .command ? error : establisher.located(error)
        connection.close(error)
        return error
    }
}
