// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import MongoTLS
import NIOCore
import TestSupport
import Testing

@Suite("The engine, byte by byte")
struct EngineTests {
    static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    private func configuration(_ version: Int32) async throws -> MemoryServer.Configuration {
        .init(try await TestIdentities.shared.server).with {
            ($0.minimumVersion, $0.maximumVersion) = (version, version)
        }
    }

    private func context() async throws -> TLSContext {
        try TLSContext(.trusting(try await TestIdentities.shared.authority))
    }

    private let name = TLSServerName(host: "localhost")

    @Test("Ciphertext may arrive one byte at a time", arguments: versions)
    func singleBytes(version: Int32) async throws {
        let server = try MemoryServer(try await configuration(version))
        var session = try TLSSession(try await context(), server: name)
        var isComplete = false
        for _ in 0..<10 where !isComplete {
            if case .complete = session.handshake() { isComplete = true }
            for byte in server.exchange(session.takeOutboundBytes()) {
                session.receive(ByteBuffer(bytes: [byte]))
                guard !isComplete else { continue }
                switch session.handshake() {
                case .complete: isComplete = true
                case .incomplete: break
                case .failed(let error): throw error
                }
            }
        }
        // In TLS 1.3 the client has the last word.
        session.receive(ByteBuffer(bytes: server.exchange(session.takeOutboundBytes())))
        #expect(isComplete && server.isComplete)
        let message = (0..<40_000).map { UInt8(truncatingIfNeeded: $0) }
        var received: [UInt8] = []
        for byte in server.write(message) {
            session.receive(ByteBuffer(bytes: [byte]))
            received += try session.readBytes()
        }
        #expect(received == message)
    }

    @Test("The server's first flight may be split anywhere", arguments: versions)
    func splits(version: Int32) async throws {
        let configuration = try await configuration(version)
        let context = try await context()
        var split = 0
        while true {
            await Task.yield()
            let server = try MemoryServer(configuration)
            var session = try TLSSession(context, server: name)
            _ = session.handshake()
            let flight = server.exchange(session.takeOutboundBytes())
            guard split <= flight.count else { break }
            session.receive(ByteBuffer(bytes: flight[..<split]))
            guard case .incomplete = session.handshake() else {
                #expect(split == flight.count)
                break
            }
            session.receive(ByteBuffer(bytes: flight[split...]))
            try InMemory.complete(&session, with: server)
            split += 3
        }
        #expect(split > 300)
    }

    @Test(
        "Thousands of mutated flights end in an error or wait for more, and never in a connection",
        arguments: versions
    )
    func mutations(version: Int32) async throws {
        let configuration = try await configuration(version)
        let context = try await context()
        var random = SeededGenerator(seed: UInt64(version))
        var (failed, waiting, harmless) = (0, 0, 0)
        for _ in 0..<2_000 {
            // The thread belongs to other tests as well.
            await Task.yield()
            let server = try MemoryServer(configuration)
            var session = try TLSSession(context, server: name)
            _ = session.handshake()
            let flight = server.exchange(session.takeOutboundBytes())
            session.receive(ByteBuffer(bytes: random.mutate(flight)))
            switch session.handshake() {
            case .failed(let error):
                failed += 1
                #expect(!error.message.isEmpty && error.category != .configuration)
                // An engine that has failed stays so, and still does not crash.
                session.receive(ByteBuffer(bytes: flight))
                if case .complete = session.handshake() { Issue.record("a failed handshake went on") }
            case .incomplete:
                waiting += 1
                session.receiveEnd()
                if case .complete = session.handshake() { Issue.record("a handshake that was cut completed") }
            case .complete:
                // What is not protected: the version field of a record, and changes that undo each other.
                harmless += 1
                #expect(session.info.peer?.subject.contains("CN=localhost") == true)
            }
            _ = session.takeOutboundBytes()
        }
        #expect(failed > 1_000)
        #expect(failed + waiting + harmless == 2_000)
        #expect(harmless < 40)
    }

    @Test("Garbage in the place of a flight is an error of its own kind")
    func garbage() async throws {
        let context = try await context()
        var random = SeededGenerator(seed: 3)
        for _ in 0..<1_000 {
            await Task.yield()
            var session = try TLSSession(context, server: name)
            _ = session.handshake()
            var bytes = (0..<Int.random(in: 5...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // A length that is satisfied, so that OpenSSL does not wait for the rest.
            (bytes[3], bytes[4]) = (0, UInt8(truncatingIfNeeded: min(bytes.count - 5, 255)))
            session.receive(ByteBuffer(bytes: bytes))
            session.receiveEnd()
            guard case .failed(let error) = session.handshake() else {
                Issue.record("garbage was taken for TLS: \(bytes)")
                return
            }
            if !(0x14...0x17).contains(bytes[0]) { #expect(error.category == .notTLS) }
        }
    }

    @Test("Plain words are recognized: HTTP, and a server without TLS")
    func notTLS() async throws {
        for (answer, code) in [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", TLSError.Code.httpAnswer), ("SSH-2.0-OpenSSH_9.6\r\n", .notTLS),
            ("220 mail.example.com ESMTP\r\n", .notTLS),
        ] {
            var session = try TLSSession(try await context(), server: name)
            _ = session.handshake()
            session.receive(ByteBuffer(string: answer))
            guard case .failed(let error) = session.handshake() else {
                Issue.record("\(answer) was taken for TLS")
                continue
            }
            #expect(error.code == code)
            #expect(error.category == .notTLS)
            #expect(error.message.contains("wrong version number"))
            #expect(error.hint != nil)
        }
    }

    @Test("An end in the middle of the handshake is 'closedDuringHandshake', wherever it comes", arguments: versions)
    func closedInTheMiddle(version: Int32) async throws {
        let configuration = try await configuration(version)
        let context = try await context()
        let length = try {
            let server = try MemoryServer(configuration)
            var session = try TLSSession(context, server: name)
            _ = session.handshake()
            return server.exchange(session.takeOutboundBytes()).count
        }()
        for cut in stride(from: 0, to: length - 8, by: 7) {
            await Task.yield()
            let server = try MemoryServer(configuration)
            var session = try TLSSession(context, server: name)
            _ = session.handshake()
            session.receive(ByteBuffer(bytes: server.exchange(session.takeOutboundBytes()).prefix(cut)))
            session.receiveEnd()
            guard case .failed(let error) = session.handshake() else {
                Issue.record("a handshake that was cut at \(cut) went on")
                continue
            }
            #expect(error.code == .closedDuringHandshake, "cut at \(cut)")
        }
    }

    @Test("A proper goodbye is the end, and a cut is 'truncated'", arguments: versions)
    func endings(version: Int32) async throws {
        let configuration = try await configuration(version)
        for isProper in [true, false] {
            let server = try MemoryServer(configuration)
            var session = try TLSSession(try await context(), server: name)
            try InMemory.complete(&session, with: server)
            session.receive(ByteBuffer(bytes: server.exchange(session.takeOutboundBytes())))
            session.receive(ByteBuffer(bytes: server.write([1, 2, 3])))
            #expect(try session.readBytes() == [1, 2, 3])
            if isProper { session.receive(ByteBuffer(bytes: server.shutdown())) }
            session.receiveEnd()
            var buffer = [UInt8](repeating: 0, count: 16)
            switch buffer.withUnsafeMutableBytes({ session.read(into: $0) }) {
            case .ended: #expect(isProper)
            case .failed(let error):
                #expect(!isProper)
                #expect(error.code == .truncated)
            case .bytes, .incomplete: Issue.record("the end was not noticed")
            }
        }
    }
}
