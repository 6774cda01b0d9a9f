// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOCore
import TestSupport
import Testing

/// Drives the engine against a ``MemoryServer``.
enum InMemory {
    struct Stuck: Error {}

    /// Makes a connection, and sends and receives something over it: a refusal in TLS 1.3 comes that late.
    ///
    /// - Throws: The `TLSError` that the client would see.
    @discardableResult
    static func connect(
        _ options: TLSOptions,
        to host: String = "localhost",
        _ server: MemoryServer
    ) throws -> TLSConnectionInfo {
        var session = try TLSSession(try TLSContext(options), server: TLSServerName(host: host))
        try complete(&session, with: server)
        let info = session.info
        try session.writeBytes(Array("ping".utf8))
        session.receive(ByteBuffer(bytes: server.exchange(session.takeOutboundBytes())))
        if server.read() == Array("ping".utf8) {
            session.receive(ByteBuffer(bytes: server.write(Array("pong".utf8))))
        }
        #expect(try session.readBytes() == Array("pong".utf8))
        return info
    }

    static func connect(
        _ options: TLSOptions,
        to host: String = "localhost",
        _ configuration: MemoryServer.Configuration
    ) throws -> TLSConnectionInfo {
        try connect(options, to: host, MemoryServer(configuration))
    }

    /// The error of a connection that has to fail.
    static func failure(
        _ options: TLSOptions,
        to host: String = "localhost",
        _ configuration: MemoryServer.Configuration,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> TLSError {
        let error = #expect(throws: TLSError.self, sourceLocation: sourceLocation) {
            _ = try connect(options, to: host, configuration)
        }
        return try #require(error, sourceLocation: sourceLocation)
    }

    /// Goes through the handshake.
    static func complete(_ session: inout TLSSession, with server: MemoryServer) throws {
        for _ in 0..<10 {
            let step = session.handshake()
            let answer = server.exchange(session.takeOutboundBytes())
            switch step {
            case .complete:
                session.receive(ByteBuffer(bytes: answer))
                return
            case .failed(let error):
                throw error
            case .incomplete:
                session.receive(ByteBuffer(bytes: answer))
            }
        }
        throw Stuck()
    }
}

extension TLSSession {
    mutating func takeOutboundBytes() -> [UInt8] {
        let buffer = takeOutbound()
        return Array(buffer.readableBytesView)
    }

    mutating func writeBytes(_ bytes: [UInt8]) throws {
        // A closure whose error is typed makes the compiler crash here.
        try bytes.withUnsafeBytes { bytes in try write(bytes) }
    }

    /// Everything that can be read now.
    mutating func readBytes() throws(TLSError) -> [UInt8] {
        var result: [UInt8] = []
        while true {
            var buffer = [UInt8](repeating: 0, count: 4096)
            switch buffer.withUnsafeMutableBytes({ read(into: $0) }) {
            case .bytes(let count): result += buffer[..<count]
            case .incomplete, .ended: return result
            case .failed(let error): throw error
            }
        }
    }
}

extension TLSOptions {
    /// Trusts the authority of the shared identities.
    static func trusting(_ authority: CertificateAuthority) -> TLSOptions {
        var options = TLSOptions()
        options.caFile = authority.certificateFile
        return options
    }

    func with(_ change: (inout TLSOptions) -> Void) -> TLSOptions {
        var copy = self
        change(&copy)
        return copy
    }

    /// The error of options that have to be refused when the client is made.
    func refusal(sourceLocation: SourceLocation = #_sourceLocation) throws -> TLSError {
        let error = #expect(throws: TLSError.self, sourceLocation: sourceLocation) { _ = try TLSContext(self) }
        let refusal = try #require(error, sourceLocation: sourceLocation)
        #expect(refusal.category == .configuration, sourceLocation: sourceLocation)
        return refusal
    }
}
