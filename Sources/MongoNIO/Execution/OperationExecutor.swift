// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore

/// Carries operations out: selects a server, checks a connection out, sends, waits, decodes.
///
/// The only place that sees topology, pool and connection at once, and the only place for a retry loop. Before it on the
/// way of a request: an ``Operation``. After it: `Topology`.
struct OperationExecutor: Sendable {
    let topology: Topology
    /// How long a server may take to be selected.
    let serverSelectionTimeout: Duration
    /// How long a single exchange may take; `nil` means as long as the operation.
    let socketTimeout: Duration?
    /// What the client insists on.
    var serverAPI: MongoServerAPI?

    /// Carries an operation out.
    ///
    /// - Parameters:
    ///   - settings: What the operation inherits.
    ///   - session: The session that it belongs to; `nil` gives it one of its own where it needs one.
    ///   - server: The server it has to go to; `nil` has one selected.
    ///   - timeout: How long it may take in all, instead of what it inherits.
    func execute<O: Operation>(
        _ operation: O,
        _ settings: CommandSettings,
        session: ClientSession? = nil,
        on server: Server? = nil,
        timeout: Duration? = nil
    ) async throws(MongoError) -> O.Output {
        let start = NIODeadline.now()
        let deadline = Deadline(after: timeout ?? settings.timeout, now: start)
        let server =
            if let server {
                server
            } else {
                try await topology.selectServer(
                    ServerSelector(purpose: operation.purpose),
                    deadline: min(deadline, Deadline(after: serverSelectionTimeout, now: start))
                )
            }
        let lease = try await server.pool.checkOut(deadline: deadline)
        let builder = CommandBuilder(
            settings: settings,
            serverType: lease.description.hello.serverType,
            topologyType: topology.type,
            limits: MessageLimits(lease.description.hello),
            serverAPI: serverAPI
        )
        let message = try builder.message(for: operation)
        let limit = socketTimeout.map { min(deadline, Deadline(after: $0)) } ?? deadline
        let frame: MessageFramer.Frame
        do throws(MongoError) {
            frame = try await lease.connection.exchange(message.bytes, id: message.id, deadline: limit)
        } catch {
            throw reported(error, by: server)
        }
        let reply: BSONDocument
        do throws(MongoError) {
            reply = try ReplyDecoder.decode(frame, address: server.address)
        } catch {
            return try operation.recover(from: error)
        }
        return try operation.decode(reply, ReplyContext(server: server, sequenceCount: message.sequenceCount))
    }

    /// Tells the topology of a connection that broke, and the user where it was.
    private func reported(_ error: MongoError, by server: Server) -> MongoError {
        var error = error
        switch error.code {
        case .network, .tls:
            topology.connectionFailed(server.address, error)
        default:
            // A deadline or a cancellation says nothing about the server.
            break
        }
        if error.tls != nil {
            error.tls?.location = server.address.description
        } else {
            error.message = "\(server.address): \(error.message)"
        }
        return error
    }
}
