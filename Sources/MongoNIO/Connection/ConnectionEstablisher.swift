// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
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
    var authenticator: Authenticator?

    /// - Parameters:
    ///   - id: The connection's number in its pool.
    ///   - secured: Told when TLS has been agreed on, or is not wanted.
    ///   - handshaken: Told when the server has answered the hello; behind a load balancer with the service that it is.
    /// - Throws: `MongoError`, with the address in its message. Nothing is left open.
    func establish(
        id: Int,
        secured: () -> Void = {},
        handshaken: (BSONObjectID?) -> Void = { _ in }
    ) async throws(MongoError) -> EstablishedConnection {
        let deadline = Deadline(after: connectTimeout)
        do throws(MongoError) {
            let login = try authenticator?.begin()
            let (connection, description) = try await greet(login, deadline, secured)
            handshaken(description.hello.serviceID)
            do throws(MongoError) {
                try await login?.finish(description.hello, on: connection, deadline: deadline)
            } catch {
                connection.close(error)
                throw error
            }
            return EstablishedConnection(id: id, connection: connection, description: description)
        } catch {
            throw located(error)
        }
    }

    /// Everything up to the server's answer to the hello. An error of this part may mean that the server is overloaded.
    private func greet(
        _ login: Login?,
        _ deadline: Deadline,
        _ secured: () -> Void
    ) async throws(MongoError) -> (Connection, ConnectionDescription) {
        do throws(MongoError) {
            let connection = try await open(deadline)
            do throws(MongoError) {
                let tls = try await connection.secure(deadline: deadline)
                secured()
                let hello = try await handshake.perform(on: connection, login: login, deadline: deadline)
                let description = ConnectionDescription(
                    address: address,
                    hello: hello,
                    tls: tls,
                    authenticator: authenticator
                )
                return (connection, description)
            } catch {
                connection.close(error)
                throw error
            }
        } catch {
            throw error.markedForBackpressure()
        }
    }

    /// Says in an error where it happened.
    func located(_ error: MongoError) -> MongoError {
        error.located(at: address, connectTimeout: connectTimeout)
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
}

/// What is known of a connection once it is made. A class, so that requests do not copy all that a server said.
final class ConnectionDescription: Sendable {
    let address: ServerAddress
    /// What the server said of itself.
    let hello: HelloReply
    /// What TLS agreed on; `nil` on a plain connection.
    let tls: TLSConnectionInfo?
    /// Who logged it in; `nil` when nobody did.
    private let authenticator: Authenticator?

    init(
        address: ServerAddress,
        hello: HelloReply,
        tls: TLSConnectionInfo? = nil,
        authenticator: Authenticator? = nil
    ) {
        self.address = address
        self.hello = hello
        self.tls = tls
        self.authenticator = authenticator
    }

    /// Logs the connection in once more.
    ///
    /// - Returns: Whether there is anybody to log in.
    func logInAgain(on connection: Connection, deadline: Deadline) async throws(MongoError) -> Bool {
        guard let authenticator else { return false }
        try await authenticator.begin().again(hello, on: connection, deadline: deadline)
        return true
    }
}

extension MongoError {
    /// Says where it happened.
    fileprivate func located(at address: ServerAddress, connectTimeout: Duration?) -> MongoError {
        var error = self
        if tls == nil, code == .timeout, let connectTimeout {
            error.message += " (connectTimeoutMS is \(connectTimeout.wholeMilliseconds))"
        }
        return error.located(at: address)
    }
}
