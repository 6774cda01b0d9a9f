// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import MongoTLS

@Suite("Asking OCSP responders", .timeLimit(.minutes(5)))
struct OCSPRespondersTests {
    /// A way to answer the request, and what comes of it.
    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let isAccepted: Bool
        /// Gets a valid response and makes what the responder sends.
        let actions: @Sendable ([UInt8]) -> [TCPServer.Action]

        init(_ name: String, _ isAccepted: Bool, _ actions: @escaping @Sendable ([UInt8]) -> [TCPServer.Action]) {
            testDescription = name
            self.isAccepted = isAccepted
            self.actions = actions
        }
    }

    private static func http(_ lines: String..., body: [UInt8]) -> TCPServer.Action {
        .send(Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + body)
    }

    static let rows: [Answer] = [
        Answer("with Content-Length", true) {
            [http("HTTP/1.1 200 OK", "Content-Length: \($0.count)", body: $0)]
        },
        Answer("in HTTP/1.0 that ends with the connection", true) {
            [http("HTTP/1.0 200 OK", body: $0), .close]
        },
        Answer("without any length that ends with the connection", true) {
            [http("HTTP/1.1 200 OK", "Connection: close", body: $0), .close]
        },
        Answer("in chunks", true) { response in
            let middle = response.count / 2
            let chunks = [response[..<middle], response[middle...]].flatMap {
                Array("\(String($0.count, radix: 16))\r\n".utf8) + $0 + Array("\r\n".utf8)
            }
            return [
                http("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body: chunks + Array("0\r\n\r\n".utf8))
            ]
        },
        Answer("of another media type", true) {
            [http("HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Length: \($0.count)", body: $0)]
        },
        Answer("byte by byte", true) { response in
            let text = "HTTP/1.1 200 OK\r\nContent-Length: \(response.count)\r\n\r\n"
            return (Array(text.utf8) + response).map { .send([$0]) }
        },
        Answer("with status 500", false) {
            [http("HTTP/1.1 500 Internal Server Error", "Content-Length: \($0.count)", body: $0)]
        },
        Answer("with status 404", false) {
            [http("HTTP/1.1 404 Not Found", "Content-Length: \($0.count)", body: $0)]
        },
        Answer("with status 206", false) {
            [http("HTTP/1.1 206 Partial Content", "Content-Length: \($0.count)", body: $0)]
        },
        Answer("with a redirect", false) {
            [http("HTTP/1.1 302 Found", "Location: /again", "Content-Length: \($0.count)", body: $0)]
        },
        Answer("that is closed early", false) {
            [http("HTTP/1.1 200 OK", "Content-Length: \($0.count)", body: Array($0.dropLast())), .close]
        },
        Answer("that is reset early", false) {
            [http("HTTP/1.1 200 OK", "Content-Length: \($0.count)", body: Array($0.dropLast())), .reset]
        },
        Answer("in chunks that do not end", false) { response in
            let chunk = Array("\(String(response.count, radix: 16))\r\n".utf8) + response
            return [http("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body: chunk), .close]
        },
        Answer("with no body", false) { _ in [http("HTTP/1.1 200 OK", "Content-Length: 0", body: [])] },
        Answer("that announces ten megabytes", false) {
            [http("HTTP/1.1 200 OK", "Content-Length: 10485760", body: $0)]
        },
        Answer("of ten megabytes without any length", false) {
            [http("HTTP/1.1 200 OK", body: $0 + [UInt8](repeating: 0, count: 10 << 20)), .close]
        },
        Answer("of ten megabytes in chunks", false) { response in
            let body = response + [UInt8](repeating: 0, count: 10 << 20)
            let chunk = Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
            return [http("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body: chunk)]
        },
        Answer("of a megabyte of headers", false) { response in
            let header = "X: " + String(repeating: "x", count: 1 << 20)
            return [http("HTTP/1.1 200 OK", header, "Content-Length: \(response.count)", body: response)]
        },
        Answer("with two lengths", false) {
            [http("HTTP/1.1 200 OK", "Content-Length: \($0.count)", "Content-Length: 1", body: $0)]
        },
        Answer("that is not HTTP", false) { [.send($0), .close] },
        Answer("of nothing", false) { _ in [.close] },
        Answer("of a reset", false) { _ in [.reset] },
        Answer("of junk", false) { _ in
            [http("HTTP/1.1 200 OK", "Content-Length: 4", body: [1, 2, 3, 4])]
        },
        Answer("of a refusal", false) { _ in
            let refusal = TestSupport.OCSPAnswer.refusal()
            return [http("HTTP/1.1 200 OK", "Content-Length: \(refusal.count)", body: refusal)]
        },
    ]

    @Test("An answer counts when it is a whole small 200", arguments: rows)
    func accepts(_ answer: Answer) async throws {
        let fixture = try await RevocationFixture.shared
        let response = try await fixture.root.ocspResponse(for: fixture.leaf)
        let server = try await responder { answer.actions(response) }
        let result = try await ask([server])
        #expect((result?.status == .good) == answer.isAccepted)
        // Nobody is asked twice, and no redirect is followed.
        #expect(server.connectionCount == 1)
    }

    @Test("The request is a POST with the certificate's CertID")
    func request() async throws {
        let fixture = try await RevocationFixture.shared
        let response = try await fixture.root.ocspResponse(for: fixture.leaf)
        let server = try await TCPServer.http { _ in response }
        #expect(try await ask([server], target: "/ocsp?x=y")?.status == .good)
        let received = try #require(server.received.first)
        let body = try #require(try fixture.subject(fixture.leaf).request)
        #expect(received.suffix(body.count) == body[...])
        let head = String(decoding: received.dropLast(body.count), as: UTF8.self)
        #expect(head.hasPrefix("POST /ocsp?x=y HTTP/1.1\r\n"))
        let lines = head.lowercased().split(separator: "\r\n").map(String.init)
        for line in [
            "host: 127.0.0.1:\(server.port)", "content-type: application/ocsp-request",
            "content-length: \(body.count)", "connection: close",
        ] {
            #expect(lines.contains(line))
        }
    }

    @Test("An unknown certificate, a wrong certificate and a wrong signer do not count")
    func worthless() async throws {
        let fixture = try await RevocationFixture.shared
        for response in [
            try await fixture.root.ocspResponse(for: fixture.leaf, .unknown),
            try await fixture.root.ocspResponse(for: fixture.sibling, .revoked),
            try await fixture.root.ocspResponse(for: fixture.leaf, .revoked.with { $0.signer = fixture.sibling }),
            try await fixture.root.ocspResponse(for: fixture.leaf, .revoked.expired),
        ] {
            #expect(try await ask([TCPServer.http { _ in response }]) == nil)
        }
    }

    @Test("Of several responders the first conclusive answer counts, and the dead do not delay it")
    func several() async throws {
        let fixture = try await RevocationFixture.shared
        let revoked = try await fixture.root.ocspResponse(for: fixture.leaf, .revoked)
        let unknown = try await fixture.root.ocspResponse(for: fixture.leaf, .unknown)
        let servers = [
            try await TCPServer.start(.silent), try await TCPServer.start(.closing),
            try await TCPServer.start(.dripping(Array("HTTP/1.1 200 OK".utf8), every: .seconds(1))),
            try await TCPServer.http { _ in unknown }, try await TCPServer.http { _ in revoked },
        ]
        // The silent one alone would take a minute.
        let start = ContinuousClock.now
        let answer = try await ask(servers, within: .seconds(60))
        guard case .revoked = answer?.status else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(servers.allSatisfy { $0.connectionCount == 1 })
    }

    @Test("Silent and dripping responders end with the budget")
    func budget() async throws {
        let servers = [
            try await TCPServer.start(.silent),
            try await TCPServer.start(.dripping(Array("HTTP/1.1 200 OK\r\n".utf8), every: .milliseconds(50))),
        ]
        #expect(try await ask(servers, within: .milliseconds(100)) == nil)
        // The connections are closed, or this would wait for the servers.
        for server in servers { try await server.stop() }
    }

    @Test("A port where nobody listens and a name that nobody has do not count")
    func unreachable() async throws {
        let port = try FreePort()
        let endpoints = ["http://127.0.0.1:\(port.number)/", "http://nobody.invalid/"].compactMap { OCSPEndpoint($0) }
        #expect(endpoints.count == 2)
        #expect(try await ask(endpoints, within: .seconds(20)) == nil)
    }

    @Test("Cancelling the task ends the round")
    func cancellation() async throws {
        let server = try await TCPServer.start(.silent)
        let task = Task { try await ask([server], within: .seconds(600)) }
        while server.received.first?.isEmpty != false { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(try await task.value == nil)
        // Also when it was cancelled before it began.
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await ask([server], within: .seconds(600))
        }
        late.cancel()
        #expect(try await late.value == nil)
    }

    @Test("Each responder is reported on, with what it said or why it said nothing")
    func reports() async throws {
        let fixture = try await RevocationFixture.shared
        let unknown = try await fixture.root.ocspResponse(for: fixture.leaf, .unknown)
        let expired = try await fixture.root.ocspResponse(for: fixture.leaf, .good.expired)
        let port = try FreePort()
        let rows: [(actions: [TCPServer.Action], text: String)] = [
            ([Self.http("HTTP/1.1 503 Busy", "Content-Length: 0", body: [])], "HTTP status 503"),
            ([Self.http("HTTP/1.1 200 OK", "Content-Length: 10000000", body: [])], "the answer is too large"),
            ([Self.http("HTTP/1.1 200 OK", "Content-Length: 9", body: [1]), .close], "the answer broke off"),
            ([.close], "the answer broke off"),
            ([Self.http("HTTP/1.1 200 OK", "Content-Length: 1", body: [1])], "cannot be parsed"),
            (
                [Self.http("HTTP/1.1 200 OK", "Content-Length: \(unknown.count)", body: unknown)],
                "does not know the certificate"
            ),
            (
                [Self.http("HTTP/1.1 200 OK", "Content-Length: \(expired.count)", body: expired)],
                "the OCSP response has expired"
            ),
            ([], "no answer in time"),
        ]
        for (actions, text) in rows {
            let server = try await responder { actions }
            let endpoint = try #require(OCSPEndpoint("http://\(server.address)/x"))
            let report = try #require(
                try await round([endpoint], within: .seconds(text.contains("time") ? 1 : 20)).reports.first
            )
            #expect(report.text.hasPrefix("http://\(server.address)/x: "), "\(report.text)")
            #expect(report.text.contains(text), "\(report.text)")
            #expect(!report.isConclusive)
            try await server.stop()
        }
        let dead = try #require(OCSPEndpoint("http://\(port.address)/"))
        let good = try await fixture.root.ocspResponse(for: fixture.leaf)
        let server = try await responder { [Self.http("HTTP/1.1 200 OK", "Content-Length: \(good.count)", body: good)] }
        let silent = try await responder { [] }
        let endpoints = [dead] + [silent, server].compactMap { OCSPEndpoint("http://\($0.address)/") }
        let round = try await round(endpoints, within: .seconds(20))
        #expect(round.answer?.status == .good)
        #expect(round.reports.map(\.endpoint) == endpoints)
        #expect(round.reports.map(\.isConclusive) == [false, false, true])
        #expect(round.reports[1].text.contains("not waited for"))
        #expect(round.reports[2].text.contains(": good until "))
        try await server.stop()
        try await silent.stop()
    }

    // MARK: Asking

    /// A responder that waits for a whole request and then does as it is told.
    private func responder(_ actions: @escaping @Sendable () -> [TCPServer.Action]) async throws -> TCPServer {
        let fixture = try await RevocationFixture.shared
        let request = try #require(try fixture.subject(fixture.leaf).request)
        return try await TCPServer.start(
            .scripted { received in
                received.all.count > request.count && received.all.suffix(request.count) == request[...]
                    ? actions() : []
            }
        )
    }

    private func ask(
        _ servers: [TCPServer],
        target: String = "/",
        within time: TimeAmount = .seconds(20)
    ) async throws -> MongoTLS.OCSPAnswer? {
        try await ask(servers.compactMap { OCSPEndpoint("http://\($0.address)\(target)") }, within: time)
    }

    private func ask(_ endpoints: [OCSPEndpoint], within time: TimeAmount) async throws -> MongoTLS.OCSPAnswer? {
        try await round(endpoints, within: time).answer
    }

    private func round(_ endpoints: [OCSPEndpoint], within time: TimeAmount) async throws -> OCSPResponders.Round {
        let fixture = try await RevocationFixture.shared
        let subject = try fixture.subject(fixture.leaf)
        return await OCSPResponders.ask(
            endpoints,
            try #require(subject.request),
            deadline: .now() + time,
            on: MultiThreadedEventLoopGroup.singleton.next()
        ) { body in
            let now = Int64(Date().timeIntervalSince1970)
            return Result { () throws(OCSPFault) in try OCSPResponse.judge(body, about: subject, now: now) }
        }
    }
}
