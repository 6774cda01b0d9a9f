// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import MongoTLS

/// Slightly wrong bytes, thousands of them, through every parser that the network or a file can reach. Nothing may crash,
/// and nothing may take long. Worth most under the Address Sanitizer:
///
///     MONGO_NIO_MUTATIONS=100000 dev/test --asan --filter 'MongoTLSTests.MutationTests'
@Suite("Mutated input")
struct MutationTests {
    /// How many in all, over the kinds of input. A small number for every day.
    private static let total = ProcessInfo.processInfo.environment["MONGO_NIO_MUTATIONS"].flatMap { Int($0) } ?? 1_500
    private static let kinds = 5
    private static var count: Int { max(1, total / kinds) }
    /// What counts as hanging: computing for so long. How long the clock on the wall ran says what else the machine does.
    private static let limit = Duration.seconds(2)

    /// How long this thread has computed so far.
    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Hands so many mutations to the body, each of one of the samples.
    private func mutate(
        seed: UInt64,
        _ samples: [[UInt8]],
        _ body: (_ index: Int, _ bytes: [UInt8]) throws -> Void
    ) async throws {
        var random = SeededGenerator(seed: seed)
        var slowest = (time: Duration.zero, index: 0)
        for index in 0..<Self.count {
            if index % 50 == 0 { await Task.yield() }
            let sample = index % samples.count
            let bytes = random.mutate(samples[sample])
            let start = Self.processorTime
            try body(sample, bytes)
            let time = Self.processorTime - start
            if time > slowest.time { slowest = (time, index) }
        }
        print("\(Self.count) mutations of seed \(seed), the slowest: \(slowest.index) with \(slowest.time)")
        #expect(slowest.time < Self.limit, "mutation \(slowest.index) of seed \(seed)")
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test("The server's flights, in TLS 1.2 and 1.3, with client certificate and staple")
    func flights() async throws {
        let identities = try await TestIdentities.shared
        let options = TLSOptions.trusting(identities.authority).with {
            $0.certificateKeyFile = identities.client.certificateKeyFile
        }
        let context = try TLSContext(options)
        let name = TLSServerName(host: "localhost")
        let configurations = [TLS1_2_VERSION, TLS1_3_VERSION].map { version in
            MemoryServer.Configuration(identities.server).with {
                $0.maximumVersion = version
                $0.clientAuthority = identities.authority.certificateFile
            }
        }
        try await mutate(seed: 11, [[0], [1]]) { sample, bytes in
            // The mutation of one byte is the seed of that of the flight: a flight answers a greeting that is ever new.
            var random = SeededGenerator(
                seed: bytes.reduce(UInt64(sample)) { $0 &* 257 &+ UInt64($1) } &+ UInt64.random(in: 0...255)
            )
            let server = try MemoryServer(configurations[sample])
            var session = try TLSSession(context, server: name, endpoint: "localhost:1")
            for _ in 0..<4 {
                if case .failed = session.handshake() { break }
                let flight = server.exchange(session.takeOutboundBytes())
                // One flight in two, so that later ones are reached as well.
                session.receive(ByteBuffer(bytes: Bool.random(using: &random) ? random.mutate(flight) : flight))
            }
            session.receiveEnd()
            _ = session.handshake()
            _ = session.inspection?.judge(context, as: name)
            _ = try? session.readBytes()
        }
    }

    @Test("OCSP responses")
    func responses() async throws {
        let fixture = try await RevocationFixture.shared
        let subject = try fixture.subject(fixture.leaf)
        let samples = [
            try await fixture.root.ocspResponse(for: fixture.leaf),
            try await fixture.root.ocspResponse(for: fixture.leaf, .revoked),
            try await fixture.root.ocspResponse(
                for: fixture.leaf,
                .good.with {
                    $0.signer = fixture.delegate
                    $0.others = [fixture.sibling]
                }
            ),
        ]
        try await mutate(seed: 12, samples) { sample, bytes in
            if let answer = try? OCSPResponse.judge(bytes, about: subject, now: Int64(Date().timeIntervalSince1970)) {
                // What is signed cannot be mutated into something else.
                #expect(answer.status == .good || sample == 1)
            }
        }
    }

    @Test("PEM: authorities, certificates and keys, encrypted or not")
    func pem() async throws {
        let identities = try await TestIdentities.shared
        let client = identities.client
        let samples = [
            try bytes(identities.authority.certificateFile), try bytes(client.certificateKeyFile),
            try bytes(await client.certificateKeyFile(as: .encryptedPBES2, passphrase: "secret")),
            try bytes(await client.certificateKeyFile(as: .encryptedTraditional, passphrase: "secret")),
        ]
        try await mutate(seed: 13, samples) { sample, bytes in
            var options = TLSOptions()
            if sample == 0 { options.authorities = .pem(bytes) } else { options.identity = .pem(bytes) }
            if sample > 1 { options.certificateKeyFilePassword = "secret" }
            expectTyped { _ = try TLSContext(options) }
        }
    }

    @Test("DER: certificates, keys and PKCS#12")
    func der() async throws {
        let identities = try await TestIdentities.shared
        let client = identities.client
        let certificate = try client.der
        let samples = [
            try identities.authority.certificate.der, certificate, try bytes(await client.keyFile(as: .der)),
            try bytes(await client.pkcs12File(passphrase: "secret")),
        ]
        try await mutate(seed: 14, samples) { sample, bytes in
            var options = TLSOptions()
            switch sample {
            case 0: options.authorities = .der([bytes])
            case 1: options.identity = .der(certificates: [bytes], privateKey: samples[2])
            case 2: options.identity = .der(certificates: [certificate], privateKey: bytes)
            default:
                options.identity = .pkcs12(bytes)
                options.certificateKeyFilePassword = "secret"
            }
            expectTyped { _ = try TLSContext(options) }
        }
    }

    @Test("Revocation lists, in PEM and DER, and what they are asked about")
    func lists() async throws {
        let fixture = try await RevocationFixture.shared
        let subject = try fixture.subject(fixture.leaf)
        let path = try await fixture.root.revocationList(revoking: [fixture.sibling])
        let samples = [try bytes(path), try bytes(fixture.root.derFile(ofRevocationList: path))]
        // Not the system's roots, which take longer to load than everything else here together.
        let rootFile = fixture.root.certificateFile
        try await mutate(seed: 15, samples) { sample, bytes in
            var options = TLSOptions()
            options.caFile = rootFile
            options.revocationLists = sample == 0 ? .pem(bytes) : .der([bytes])
            expectTyped {
                let context = try TLSContext(options)
                _ = context.revocationList?.verdict(
                    on: subject,
                    scope: .leaf,
                    store: fixture.context.trustedAuthorities
                )
                _ = context.revocationList?.summaries
            }
        }
    }

    /// Lets nothing pass but success and an error of the configuration.
    private func expectTyped(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            #expect((error as? TLSError)?.category == .configuration, "\(error)")
        }
    }
}
