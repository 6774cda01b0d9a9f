// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOCore

/// Makes connections to one server: DNS and TCP, TLS, hello, log-in. Read it from top to bottom.
///
/// Before it on the way of a request: `ConnectionPool`, which needs a new connection. After it: `Connection`.
struct ConnectionEstablisher: Sendable {
    let address: ServerAddress
    let connector: ChannelConnector
    /// `nil` means plaintext.
    let tls: TLSContextProvider?
    /// For all of it together; `nil` means as long as it takes.
    let connectTimeout: Duration?
    let handshake: Handshake
    /// `nil` means that the client does not log in.
    let authenticator: Authenticator?

    /// - Parameter id: The connection's number in its pool.
    /// - Throws: `MongoError`, with the address in its message. Nothing is left open.
    func establish(id: Int) async throws(MongoError) -> EstablishedConnection {
        let start = NIODeadline.now()
        let deadline = Deadline(after: connectTimeout, now: start)
        do throws(MongoError) {
            let connection = try await open(deadline)
            do throws(MongoError) {
                let tlsInfo = try await connection.secure(deadline: deadline)
                let login = try authenticator?.begin()
                let hello = try await handshake.perform(on: connection, login: login, deadline: deadline)
                try await login?.finish(hello, on: connection, deadline: deadline)
                return EstablishedConnection(
                    id: id,
                    connection: connection,
                    description: ConnectionDescription(address: address, hello: hello, tls: tlsInfo),
                    duration: .nanoseconds((NIODeadline.now() - start).nanoseconds)
                )
            } catch {
                connection.close(error)
                throw error
            }
        } catch {
            throw error.located(at: address, connectTimeout: connectTimeout)
        }
    }

    /// DNS and TCP.
    private func open(_ deadline: Deadline) async throws(MongoError) -> Connection {
        // One context for all: made when the client was made.
        let context = tls?.current
        let name = context?.serverName(host: address.host, port: address.port, name: address.certificateName)
        if name == nil, context?.verifiesHostname == true {
            throw MongoError(
                TLSError(
                    .configuration,
                    .invalidServerName,
                    "a Unix domain socket has no name that a certificate could list",
                    hint: "set serverNames in the TLS options, or do without TLS on this socket"
                )
            )
        }
        let endpoint = address.description
        let target: ChannelConnector.Target =
            if let port = address.port {
                .host(address.host, port: port)
            } else {
                .unixSocket(path: address.host)
            }
        return try await connector.connect(to: target, deadline: deadline) { channel in
            let connection: Connection
            if let context {
                let session = try TLSSession(context, server: name ?? .localhost, endpoint: endpoint)
                connection = Connection(channel: channel, session: session)
            } else {
                connection = Connection(channel: channel, session: nil)
            }
            try channel.pipeline.syncOperations.addHandler(ConnectionChannelHandler(connection))
            return connection
        }
    }
}

/// A connection that is ready for commands.
struct EstablishedConnection: Sendable {
    /// The connection's number in its pool.
    var id: Int
    var connection: Connection
    var description: ConnectionDescription
    /// How long it took to make.
    var duration: Duration
}

/// What is known of a connection once it is made.
struct ConnectionDescription: Sendable {
    var address: ServerAddress
    /// What the server said of itself.
    var hello: HelloReply
    /// What TLS agreed on; `nil` on a plain connection.
    var tls: TLSConnectionInfo?
}

extension MongoError {
    /// Says where it happened.
    fileprivate func located(at address: ServerAddress, connectTimeout: Duration?) -> MongoError {
        var error = self
        if var tls = error.tls {
            tls.location = address.description
            error.tls = tls
            error.message = "TLS: \(tls)"
            return error
        }
        if code == .timeout, let connectTimeout {
            error.message += " (connectTimeoutMS is \(connectTimeout.wholeMilliseconds))"
        }
        error.message = "\(address): \(error.message)"
        return error
    }
}
