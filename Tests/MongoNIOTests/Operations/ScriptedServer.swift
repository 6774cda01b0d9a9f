// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Synchronization
import TestSupport

@testable import MongoNIO

/// A server that answers commands by a script, for what the server at hand does not know, or would not do.
final class ScriptedServer: Sendable {
    /// A command, with the documents that travelled beside it as arrays in it.
    struct Command: Sendable {
        var name: String
        var body: BSONDocument
        /// The number of the connection that it came on.
        var connection = 0
    }

    fileprivate struct State {
        var buffers: [Int: ByteBuffer] = [:]
        var commands: [Command] = []
    }

    fileprivate final class Recorder: Sendable {
        let state = Mutex(State())
    }

    private let server: TCPServer
    private let recorder: Recorder

    /// All commands but `hello`, in the order of their arrival.
    var commands: [Command] { recorder.state.withLock { $0.commands } }

    var uri: String { "mongodb://\(server.address)/?directConnection=true" }

    /// Whether the client has not closed the connection of this number yet.
    func isOpen(_ connection: Int) -> Bool { server.isOpen(connection) }

    func stop() async throws { try await server.stop() }

    /// - Parameters:
    ///   - hello: What it says of itself beside the least that it has to say.
    ///   - answer: Answers each command but `hello`; an `ok` is added. `nil` leaves it without an answer.
    static func start(
        hello: BSONDocument = [:],
        answer: @escaping @Sendable (Command) -> BSONDocument?
    ) async throws -> ScriptedServer {
        let recorder = Recorder()
        let server = try await TCPServer.start(
            .scripted { received in
                recorder.take(received).compactMap { id, command in
                    let reply: BSONDocument
                    if command.name == "hello" || command.name.lowercased() == "ismaster" {
                        reply = Self.hello(hello)
                    } else {
                        recorder.state.withLock { $0.commands.append(command) }
                        // Nobody waits for the answer to an unacknowledged write.
                        if command.body["writeConcern", "w"]?.toInt() == 0 { return nil }
                        guard var answer = answer(command) else { return nil }
                        if answer["ok"] == nil { answer["ok"] = 1 }
                        reply = answer
                    }
                    return .send(Self.message(reply, to: id))
                }
            }
        )
        return ScriptedServer(server, recorder)
    }

    private init(_ server: TCPServer, _ recorder: Recorder) {
        self.server = server
        self.recorder = recorder
    }

    private static func hello(_ more: BSONDocument) -> BSONDocument {
        var hello: BSONDocument = [
            "ok": 1, "isWritablePrimary": true, "helloOk": true, "minWireVersion": 0, "maxWireVersion": 25,
            "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
            "connectionId": 1,
        ]
        for (key, value) in more { hello[key] = value }
        return hello
    }

    private static func message(_ body: BSONDocument, to id: Int32) -> [UInt8] {
        var bytes = ByteBuffer(repeating: 0, count: OpMessage.prefixLength)
        bytes.writeImmutableBuffer(body.buffer)
        OpMessage.finish(&bytes, requestID: 1)
        bytes.setInteger(id, at: 8, endianness: .little)
        return Array(bytes.readableBytesView)
    }
}

extension ScriptedServer.Recorder {
    /// The commands that are whole now, each with its number.
    func take(_ received: TCPServer.Received) -> [(Int32, ScriptedServer.Command)] {
        state.withLock { state in
            var buffer = state.buffers[received.connection] ?? ByteBuffer()
            buffer.writeBytes(received.bytes)
            var commands: [(Int32, ScriptedServer.Command)] = []
            while let length: Int32 = buffer.getInteger(at: buffer.readerIndex, endianness: .little),
                buffer.readableBytes >= Int(length), let message = buffer.readSlice(length: Int(length)),
                let id: Int32 = message.getInteger(at: message.readerIndex + 4, endianness: .little)
            {
                guard var command = ScriptedServer.command(message) else { continue }
                command.connection = received.connection
                commands.append((id, command))
            }
            state.buffers[received.connection] = buffer
            return commands
        }
    }
}

extension ScriptedServer {
    /// Reads OP_MSG, and the old message that a handshake begins with.
    fileprivate static func command(_ message: ByteBuffer) -> Command? {
        var message = message
        guard let code: Int32 = message.getInteger(at: message.readerIndex + 12, endianness: .little) else {
            return nil
        }
        if code == 2004 {
            message.moveReaderIndex(forwardBy: 20)
            _ = message.readNullTerminatedString()
            message.moveReaderIndex(forwardBy: 8)
            return (try? BSONValidator.readDocument(from: &message)).map { Command(name: "hello", body: $0) }
        }
        message.moveReaderIndex(forwardBy: 20)
        var body: BSONDocument = [:]
        var sequences: [(String, [BSON])] = []
        while let kind: UInt8 = message.readInteger() {
            if kind == 0 {
                guard let document = try? BSONValidator.readDocument(from: &message) else { return nil }
                body = document
            } else {
                guard let length: Int32 = message.readInteger(endianness: .little),
                    var section = message.readSlice(length: Int(length) - 4),
                    let name = section.readNullTerminatedString()
                else { return nil }
                var documents: [BSON] = []
                while section.readableBytes > 0 {
                    guard let document = try? BSONValidator.readDocument(from: &section) else { return nil }
                    documents.append(.document(document))
                }
                sequences.append((name, documents))
            }
        }
        for (name, documents) in sequences { body[name] = .array(documents) }
        return body.keys.first.map { Command(name: $0, body: body) }
    }
}
