// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#authentication-handshake
// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md#speculative-authentication

import MongoBSON
import NIOCore

/// Logs one connection in: its first message travels in the hello, and when the server knows how to answer it there, one
/// exchange less is needed, for a client certificate none at all.
struct Login: Sendable {
    private let authenticator: Authenticator
    /// The conversation whose first message the hello carries.
    private let speculation: Speculation?

    private enum Speculation {
        case scram(SCRAMStateMachine)
        case x509
    }

    init(_ authenticator: Authenticator) throws(MongoError) {
        self.authenticator = authenticator
        switch authenticator.credential.mechanism {
        case nil, .scramSHA256: speculation = .scram(try authenticator.conversation(.sha256))
        case .scramSHA1: speculation = .scram(try authenticator.conversation(.sha1))
        case .mongodbX509: speculation = .x509
        default: speculation = nil
        }
    }

    private var credential: MongoCredential { authenticator.credential }

    /// Adds to the hello what it says of the user.
    func append(to writer: inout BSONWriter) {
        if credential.mechanism == nil, let username = credential.username {
            writer.append("saslSupportedMechs", "\(credential.source).\(username)")
        }
        guard let speculation else { return }
        writer.beginDocument("speculativeAuthenticate")
        switch speculation {
        case .scram(let conversation):
            appendStart(conversation.mechanism.mechanism, conversation.firstMessage, to: &writer)
            writer.append("db", credential.source)
        case .x509:
            appendAuthenticate(to: &writer)
        }
        writer.endDocument()
    }

    /// Finishes what the hello began.
    ///
    /// - Throws: `MongoError` with the code `authentication` when the server refuses the user or cannot prove itself.
    func finish(_ hello: HelloReply, on connection: Connection, _ time: HandshakeTime) async throws(MongoError) {
        try await run(hello, LoginOffer(hello.document ?? [:]).speculativeReply, on: connection, time)
    }

    /// Logs the connection in once more, because the server wants that. There is no hello to begin with.
    ///
    /// - SeeAlso: [Reauthentication](https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#reauthentication)
    func again(_ hello: HelloReply, on connection: Connection, _ time: HandshakeTime) async throws(MongoError) {
        try await run(hello, nil, on: connection, time)
    }

    /// - Parameter answer: The answer to the first message, if the server answered it.
    private func run(
        _ hello: HelloReply,
        _ answer: BSONDocument?,
        on connection: Connection,
        _ time: HandshakeTime
    ) async throws(MongoError) {
        // An arbiter has no data and knows no users.
        guard hello.serverType != .rsArbiter else { return }
        let line = Line(
            connection: connection,
            time: time,
            credential: credential,
            api: authenticator.serverAPI
        )
        switch credential.mechanism {
        case .mongodbX509:
            if answer == nil { _ = try await line.run { appendAuthenticate(to: &$0) } }
        case .plain:
            try await authenticatePlainly(line)
        default:
            let mechanism = Self.mechanism(credential.mechanism, offered: LoginOffer(hello.document ?? [:]).mechanisms)
            if let answer, case .scram(let conversation) = speculation, conversation.mechanism == mechanism {
                try await goOn(conversation, SASLReply(answer), line)
            } else {
                let conversation = try authenticator.conversation(mechanism)
                let reply = try await line.run { writer in
                    appendStart(mechanism.mechanism, conversation.firstMessage, to: &writer)
                }
                try await goOn(conversation, SASLReply(reply), line)
            }
        }
    }

    /// What an error of the hello means when it carried a user.
    func failure(_ error: MongoError) -> MongoError {
        error.code == .command ? credential.refused(error) : error
    }

    /// - SeeAlso: [Default authentication methods](https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#default-authentication-methods)
    static func mechanism(_ chosen: MongoCredential.Mechanism?, offered: [String]?) -> SCRAMMechanism {
        switch chosen {
        case .scramSHA256: .sha256
        case .scramSHA1: .sha1
        default: offered?.contains(MongoCredential.Mechanism.scramSHA256.rawValue) == true ? .sha256 : .sha1
        }
    }

    // MARK: SCRAM

    private func goOn(_ conversation: SCRAMStateMachine, _ first: SASLReply, _ line: Line) async throws(MongoError) {
        guard let keyring = authenticator.keyring else { return }
        var conversation = conversation
        var reply = first
        while true {
            var action = try conversation.receive(reply.payload, isDone: reply.isDone)
            if case .deriveKeys(let parameters) = action {
                action = try conversation.proceed(with: try await keyring.keys(for: parameters))
            }
            guard case .send(let payload) = action else { return }
            let id = reply.conversationID
            reply = SASLReply(
                try await line.run { writer in
                    writer.append("saslContinue", Int32(1))
                    writer.append("conversationId", id)
                    writer.append("payload", BSONBinary(bytes: payload))
                }
            )
        }
    }

    private func appendStart(
        _ mechanism: MongoCredential.Mechanism,
        _ payload: [UInt8],
        to writer: inout BSONWriter
    ) {
        writer.append("saslStart", Int32(1))
        writer.append("mechanism", mechanism.rawValue)
        writer.append("payload", BSONBinary(bytes: payload))
        writer.append("autoAuthorize", Int32(1))
        writer.beginDocument("options")
        writer.append("skipEmptyExchange", true)
        writer.endDocument()
    }

    // MARK: Others

    private func appendAuthenticate(to writer: inout BSONWriter) {
        writer.append("authenticate", Int32(1))
        writer.append("mechanism", MongoCredential.Mechanism.mongodbX509.rawValue)
        if let username = credential.username { writer.append("user", username) }
    }

    /// RFC 4616: user name and password as they are, behind an empty name of whom to act for.
    private func authenticatePlainly(_ line: Line) async throws(MongoError) {
        let payload = Array("\0\(credential.username ?? "")\0\(credential.password ?? "")".utf8)
        let reply = try await line.run { writer in
            writer.append("saslStart", Int32(1))
            writer.append("mechanism", MongoCredential.Mechanism.plain.rawValue)
            writer.append("payload", BSONBinary(bytes: payload))
            writer.append("autoAuthorize", Int32(1))
        }
        guard SASLReply(reply).isDone else {
            throw MongoError(
                .authentication,
                "authentication by PLAIN failed: the server does not end the conversation"
            )
        }
    }
}

/// What a hello's reply says of logging in.
struct LoginOffer: Sendable {
    /// The mechanisms that the user may choose from; `nil` when the server did not say. Unknown ones are no error.
    var mechanisms: [String]?
    /// The answer to the first message, if the server answered it.
    var speculativeReply: BSONDocument?

    init(_ reply: BSONDocument) {
        mechanisms = reply.array(forKey: "saslSupportedMechs")?.elements.compactMap(\.string)
        speculativeReply = reply.document(forKey: "speculativeAuthenticate")
    }
}

/// A server's part of a SASL conversation.
private struct SASLReply {
    var conversationID: BSON
    var payload: [UInt8]
    var isDone: Bool

    init(_ reply: BSONDocument) {
        conversationID = reply["conversationId"] ?? .int32(1)
        payload = reply["payload"]?.binaryValue.map { Array($0.data.readableBytesView) } ?? []
        isDone = reply.truth(forKey: "done") == true
    }
}

/// Carries the commands of a log-in over its connection.
private struct Line {
    let connection: Connection
    let time: HandshakeTime
    let credential: MongoCredential
    let api: MongoServerAPI?

    func run(_ body: (inout BSONWriter) -> Void) async throws(MongoError) -> BSONDocument {
        let id = RequestID.next()
        let deadline = try time.next()
        let frame = try await connection.exchange(try message(id: id, body), id: id, deadline: deadline)
        do throws(MongoError) {
            return try ReplyDecoder.decode(frame, address: nil)
        } catch {
            throw error.code == .command ? credential.refused(error) : error
        }
    }

    private func message(id: Int32, _ body: (inout BSONWriter) -> Void) throws(MongoError) -> ByteBuffer {
        var writer = BSONWriter(reserving: OpMessage.prefixLength, capacity: 512)
        body(&writer)
        if let maxTime = time.maxTime { writer.append("maxTimeMS", maxTime) }
        api?.append(to: &writer)
        writer.append("$db", credential.source)
        do throws(BSONError) {
            var message = try writer.finish()
            OpMessage.finish(&message, requestID: id)
            return message
        } catch {
            // The reason could quote the user's name.
            throw MongoError(.bson, "the credential cannot be written as BSON: is there a zero byte in it?")
        }
    }
}

extension MongoCredential {
    /// What the user is told when the server refuses. The server's own words may name the user: they stay in `server`.
    fileprivate func refused(_ error: MongoError) -> MongoError {
        var error = error
        let code = error.server?.code ?? 0
        let name = mechanism?.rawValue ?? "SCRAM"
        let hint =
            switch (code, mechanism) {
            case (18, .mongodbX509), (11, .mongodbX509):
                "; is there a user in '$external' with the subject of the client certificate for its name?"
            case (18, _), (11, _):
                "; user name or password are wrong, or the user is of another database than authSource=\(source), "
                    + "or may not use this mechanism"
            case (334, _), (2, _): "; the server does not offer this mechanism"
            default: ""
            }
        error.code = .authentication
        error.message =
            "authentication by \(name) failed: the server answered \(error.server?.codeName ?? "error") (\(code))"
            + hint
        return error
    }
}
