// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import MongoTLS

@Suite("Judging OCSP responses")
struct OCSPResponseTests {
    /// A response and what it is worth. The name completes "a response …".
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: Expected
        let make: @Sendable (RevocationFixture) async throws -> [UInt8]
        /// About the certificate of the intermediate instead of the root's.
        var isDeep = false

        var testDescription: String { name }

        init(
            _ name: String,
            _ expected: Expected,
            isDeep: Bool = false,
            _ make: @escaping @Sendable (RevocationFixture) async throws -> [UInt8]
        ) {
            self.name = name
            self.expected = expected
            self.make = make
            self.isDeep = isDeep
        }
    }

    enum Expected: Sendable, Equatable {
        case good
        case revoked
        case unknown
        case fault(String)

        static let notSigned = fault("notSigned")

        init(_ result: Result<MongoTLS.OCSPAnswer, OCSPFault>) {
            switch result {
            case .success(let answer):
                switch answer.status {
                case .good: self = .good
                case .revoked: self = .revoked
                case .unknown: self = .unknown
                }
            case .failure(.notSigned): self = .notSigned
            case .failure(let fault): self = .fault("\(fault)")
            }
        }
    }

    static let accepted: [Case] = [
        Case("that says good", .good) { try await $0.root.ocspResponse(for: $0.leaf) },
        Case("that says revoked", .revoked) { try await $0.root.ocspResponse(for: $0.leaf, .revoked) },
        Case("that says unknown", .unknown) { try await $0.root.ocspResponse(for: $0.leaf, .unknown) },
        Case("of a responder that is named by its subject", .good) {
            try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.namesResponder = true })
        },
        Case("with CertIDs in SHA-256", .good) {
            try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.identifierDigest = "sha256" })
        },
        Case("with CertIDs in SHA-256 that says revoked", .revoked) {
            try await $0.root.ocspResponse(for: $0.leaf, .revoked.with { $0.identifierDigest = "sha256" })
        },
        Case("that names the certificate second, after a good one", .revoked) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf, .revoked.with { $0.others = [fixture.sibling] })
        },
        Case("that names the certificate twice, good and revoked", .revoked) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf, .revoked.with { $0.others = [fixture.leaf] })
        },
        Case("of a delegate", .good) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = fixture.delegate })
        },
        Case("of a delegate that says revoked", .revoked) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf, .revoked.with { $0.signer = fixture.delegate })
        },
        Case("of a delegate that is named by its subject", .good) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with {
                $0.signer = fixture.delegate
                $0.namesResponder = true
            }
            return try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        },
        Case("of a delegate with other certificates embedded", .good) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with {
                $0.signer = fixture.delegate
                $0.extraCertificates = [
                    fixture.sibling, fixture.root.certificate, fixture.namesake.certificate, fixture.deepDelegate,
                ]
            }
            return try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        },
        Case("of the issuer with other certificates embedded", .good) { fixture in
            let extra = [fixture.namesake.certificate, fixture.root.certificate, fixture.delegate]
            return try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.extraCertificates = extra })
        },
        Case("of an intermediate for its certificate", .good, isDeep: true) {
            try await $0.intermediate.ocspResponse(for: $0.deepLeaf)
        },
        Case("of an intermediate that says revoked", .revoked, isDeep: true) {
            try await $0.intermediate.ocspResponse(for: $0.deepLeaf, .revoked)
        },
        Case("of an intermediate's delegate", .good, isDeep: true) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with { $0.signer = fixture.deepDelegate }
            return try await fixture.intermediate.ocspResponse(for: fixture.deepLeaf, answer)
        },
        Case("without nextUpdate that is an hour old", .good) {
            try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.nextUpdate = nil })
        },
        Case("of a responder whose clock is half a minute ahead", .good) {
            let soon = Date(timeIntervalSinceNow: 30)
            return try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.thisUpdate = soon })
        },
    ]

    static let refused: [Case] = [
        Case("for a sibling", .fault("otherCertificate")) { try await $0.root.ocspResponse(for: $0.sibling) },
        Case("for a certificate of an authority with the same name", .fault("otherCertificate")) { fixture in
            let twin = try await fixture.namesake.issue(.server().with { $0.serial = fixture.leaf.serial })
            return try await fixture.namesake.ocspResponse(for: twin)
        },
        Case("for the same serial number of another authority", .fault("otherCertificate")) { fixture in
            let twin = try await fixture.intermediate.issue(.server().with { $0.serial = fixture.leaf.serial })
            return try await fixture.intermediate.ocspResponse(for: twin)
        },
        Case("with CertIDs in MD5", .fault("otherCertificate")) {
            try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.identifierDigest = "md5" })
        },
        Case("of an authority with the same name, about the right certificate", .notSigned) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with {
                $0.signer = fixture.namesake.certificate
                $0.namesResponder = true
            }
            return try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        },
        Case("of an authority with the same name that is not embedded", .notSigned) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with {
                $0.signer = fixture.namesake.certificate
                $0.namesResponder = true
                $0.includesSigner = false
            }
            return try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        },
        Case("with a broken signature", .notSigned) {
            try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.hasBrokenSignature = true })
        },
        Case("of a delegate with a broken signature", .notSigned) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with {
                $0.signer = fixture.delegate
                $0.hasBrokenSignature = true
            }
            return try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        },
        Case("of a delegate that is not embedded", .notSigned) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with {
                $0.signer = fixture.delegate
                $0.includesSigner = false
            }
            return try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        },
        Case("of an expired delegate", .notSigned) { fixture in
            let delegate = try await fixture.root.issue(.responseSigner().expired)
            return try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = delegate })
        },
        Case("of a delegate that is not valid yet", .notSigned) { fixture in
            let delegate = try await fixture.root.issue(.responseSigner().notYetValid)
            return try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = delegate })
        },
        Case("of a server of the same authority, which is no delegate", .notSigned) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = fixture.sibling })
        },
        Case("of the server itself", .notSigned) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = fixture.leaf })
        },
        Case("of a certificate without any extended key usage", .notSigned) { fixture in
            let delegate = try await fixture.root.issue(.responseSigner().with { $0.usages = [] })
            return try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = delegate })
        },
        Case("of another authority's delegate", .notSigned) { fixture in
            let delegate = try await fixture.namesake.issue(.responseSigner())
            return try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = delegate })
        },
        Case("of a delegate that signed itself", .notSigned) { fixture in
            let delegate = try await CertificateAuthority.selfSigned(.responseSigner())
            return try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = delegate })
        },
        Case("of an intermediate's delegate for a certificate of the root", .notSigned) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = fixture.deepDelegate })
        },
        Case("of the intermediate for a certificate of the root", .notSigned) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with { $0.signer = fixture.intermediate.certificate }
            return try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        },
        Case("of the root's delegate for a certificate of the intermediate", .notSigned, isDeep: true) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with { $0.signer = fixture.delegate }
            return try await fixture.intermediate.ocspResponse(for: fixture.deepLeaf, answer)
        },
        Case("of the root for a certificate of the intermediate", .notSigned, isDeep: true) { fixture in
            let answer = TestSupport.OCSPAnswer.good.with { $0.signer = fixture.root.certificate }
            return try await fixture.intermediate.ocspResponse(for: fixture.deepLeaf, answer)
        },
        Case("that has expired", .fault("expired")) { try await $0.root.ocspResponse(for: $0.leaf, .good.expired) },
        Case("that has expired and says revoked", .fault("expired")) {
            try await $0.root.ocspResponse(for: $0.leaf, .revoked.expired)
        },
        Case("that ended a second ago", .fault("expired")) {
            let now = Date(timeIntervalSinceNow: -1)
            return try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.nextUpdate = now })
        },
        Case("that begins tomorrow", .fault("notYetValid")) {
            try await $0.root.ocspResponse(for: $0.leaf, .good.notYetValid)
        },
        Case("that begins in five minutes", .fault("notYetValid")) {
            let soon = Date(timeIntervalSinceNow: 300)
            return try await $0.root.ocspResponse(for: $0.leaf, .good.with { $0.thisUpdate = soon })
        },
        Case("that ends before it begins", .fault("unreadableTimes")) {
            let answer = TestSupport.OCSPAnswer.good.with { $0.nextUpdate = $0.thisUpdate.addingTimeInterval(-60) }
            return try await $0.root.ocspResponse(for: $0.leaf, answer)
        },
        Case("without nextUpdate that is a week old", .fault("tooOld")) {
            try await $0.root.ocspResponse(for: $0.leaf, .good.expired.with { $0.nextUpdate = nil })
        },
        Case("that refuses as malformedRequest", .fault("notSuccessful(status: 1)")) { _ in
            TestSupport.OCSPAnswer.refusal(status: 1)
        },
        Case("that refuses as internalError", .fault("notSuccessful(status: 2)")) { _ in
            TestSupport.OCSPAnswer.refusal(status: 2)
        },
        Case("that refuses as tryLater", .fault("notSuccessful(status: 3)")) { _ in
            TestSupport.OCSPAnswer.refusal(status: 3)
        },
        Case("that refuses as unauthorized", .fault("notSuccessful(status: 6)")) { _ in
            TestSupport.OCSPAnswer.refusal(status: 6)
        },
        Case("that refuses for no known reason", .fault("notSuccessful(status: 77)")) { _ in
            TestSupport.OCSPAnswer.refusal(status: 77)
        },
        Case("that is successful and empty", .fault("unknownType")) { _ in TestSupport.OCSPAnswer.refusal(status: 0) },
        Case("of no bytes", .fault("malformed")) { _ in [] },
        Case("of junk", .fault("malformed")) { _ in Array("this is not a response".utf8) },
        Case("of zeros", .fault("malformed")) { _ in [UInt8](repeating: 0, count: 1_000) },
        Case("of a sequence that claims four gigabytes", .fault("malformed")) { _ in
            [0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x0a, 0x01, 0x00]
        },
        Case("of an endless nesting", .fault("malformed")) { _ in
            Array(repeatElement([0x30, 0x80], count: 30_000).joined())
        },
        Case("that is a certificate", .fault("malformed")) { try $0.leaf.der },
        Case("of a megabyte", .fault("tooLarge")) { fixture in
            try await fixture.root.ocspResponse(for: fixture.leaf) + [UInt8](repeating: 0, count: 1 << 20)
        },
        Case("followed by a byte", .fault("malformed")) { try await $0.root.ocspResponse(for: $0.leaf) + [0] },
        Case("without its last byte", .fault("malformed")) {
            Array(try await $0.root.ocspResponse(for: $0.leaf).dropLast())
        },
        Case("that is a request", .fault("malformed")) { fixture in
            try #require(try fixture.subject(fixture.leaf).request)
        },
    ]

    @Test("A response is accepted for what it says", arguments: accepted)
    func accepts(_ row: Case) async throws {
        try await check(row)
    }

    @Test("A response proves nothing", arguments: refused)
    func refuses(_ row: Case) async throws {
        try await check(row)
    }

    private func check(_ row: Case) async throws {
        let fixture = try await RevocationFixture.shared
        let response = try await row.make(fixture)
        let result = try fixture.judge(response, about: row.isDeep ? fixture.deepLeaf : fixture.leaf)
        #expect(Expected(result) == row.expected, "a response \(row.name)")
    }

    @Test(
        "RSA and Ed25519 sign as well; MD5 does not count",
        arguments: [.rsa(bits: 2048), .ed25519] as [CertificateRequest.Key]
    )
    func keys(key: CertificateRequest.Key) async throws {
        let root = try await CertificateAuthority.make(.authority(name: "Root").with { $0.key = key })
        let leaf = try await root.issue(.server())
        let delegate = try await root.issue(.responseSigner().with { $0.key = key })
        let subject = try RevocationFixture.subject(leaf, rootFile: root.certificateFile)
        func judge(_ answer: TestSupport.OCSPAnswer) async throws -> MongoTLS.OCSPAnswer? {
            let response = try await root.ocspResponse(for: leaf, answer)
            let now = Int64(Date().timeIntervalSince1970)
            return try? OCSPResponse.judge(response, about: subject, now: now)
        }
        #expect(try await judge(.good)?.status == .good)
        #expect(try await judge(.good.with { $0.signer = delegate })?.status == .good)
        #expect(try await judge(.good.with { $0.hasBrokenSignature = true }) == nil)
        if key != .ed25519 {
            #expect(try await judge(.good.with { $0.usesMD5 = true }) == nil)
            #expect(try await judge(.good.with { $0.pssDigest = "sha256" })?.status == .good)
            for digest in ["sha1", "md5"] {
                #expect(try await judge(.good.with { $0.pssDigest = digest }) == nil, "RSA-PSS with \(digest)")
            }
        }
    }

    @Test("A delegate is held to the security level of the server's chain: a short key signs nothing")
    func weakDelegate() async throws {
        let fixture = try await RevocationFixture.shared
        let delegate = try await fixture.root.issue(.responseSigner().with { $0.key = .rsa(bits: 1024) })
        let response = try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = delegate })
        func judge(_ level: Int32) throws -> MongoTLS.OCSPAnswer? {
            let rootFile = fixture.root.certificateFile
            let subject = try RevocationFixture.subject(fixture.leaf, rootFile: rootFile, level: level)
            return try? OCSPResponse.judge(response, about: subject, now: Int64(Date().timeIntervalSince1970))
        }
        #expect(try judge(1)?.status == .good)
        #expect(try judge(2) == nil)
    }

    @Test("A root that OpenSSL is told to trust for servers alone still signs responses, and its delegates do")
    func trustedForServers() async throws {
        let fixture = try await RevocationFixture.shared
        let directory = try TemporaryDirectory()
        let file = directory.path("trusted.pem")
        try await Subprocess.check(
            "openssl",
            ["x509", "-in", fixture.root.certificateFile, "-addtrust", "serverAuth", "-trustout", "-out", file]
        )
        let subject = try RevocationFixture.subject(fixture.leaf, rootFile: file)
        for signer in [nil, fixture.delegate] {
            let response = try await fixture.root.ocspResponse(for: fixture.leaf, .good.with { $0.signer = signer })
            let answer = try OCSPResponse.judge(response, about: subject, now: Int64(Date().timeIntervalSince1970))
            #expect(answer.status == .good)
        }
    }

    @Test("Times are read to the second")
    func times() async throws {
        let fixture = try await RevocationFixture.shared
        let start = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 - 600).rounded())
        let revoked = TestSupport.OCSPAnswer(.revoked(at: start.addingTimeInterval(-86_400))).with {
            $0.thisUpdate = start
            $0.nextUpdate = start.addingTimeInterval(3_600)
        }
        let answer = try fixture.judge(
            await fixture.root.ocspResponse(for: fixture.leaf, revoked),
            about: fixture.leaf
        ).get()
        let seconds = Int64(start.timeIntervalSince1970)
        #expect(answer.status == .revoked(at: seconds - 86_400))
        #expect(answer.thisUpdate == seconds)
        #expect(answer.nextUpdate == seconds + 3_600)
    }

    @Test("No mutation of a response is taken for another verdict, and none is fatal")
    func mutations() async throws {
        let fixture = try await RevocationFixture.shared
        let answer = TestSupport.OCSPAnswer.revoked.with { $0.signer = fixture.delegate }
        let response = try await fixture.root.ocspResponse(for: fixture.leaf, answer)
        let subject = try fixture.subject(fixture.leaf)
        let now = Int64(Date().timeIntervalSince1970)
        for _ in 0..<3_000 {
            var bytes = response
            for _ in 0..<Int.random(in: 1...3) { bytes[Int.random(in: bytes.indices)] = .random(in: 0...255) }
            if Bool.random() { bytes.removeLast(Int.random(in: 0..<bytes.count)) }
            // What the signature does not cover, such as embedded certificates, may change and the response stay valid.
            if let answer = try? OCSPResponse.judge(bytes, about: subject, now: now) {
                guard case .revoked = answer.status else {
                    Issue.record("a mutated response says \(answer): \(bytes)")
                    return
                }
            }
        }
    }

    @Test("What a certificate says about OCSP is read: features, responders, request, key")
    func subject() async throws {
        let fixture = try await RevocationFixture.shared
        let root = fixture.root
        let plain = try fixture.subject(fixture.leaf)
        #expect(!plain.mustStaple)
        #expect(plain.responders.isEmpty)
        let certificate = try await root.issue(
            .server().with {
                $0.mustStaple = true
                $0.responders = [
                    "http://127.0.0.1:1/a", "https://127.0.0.1:1/", "ldap://127.0.0.1/", "http://127.0.0.1:1/a",
                    "http://b.example/",
                ]
            }
        )
        let subject = try fixture.subject(certificate)
        #expect(subject.mustStaple)
        #expect(subject.responders.map(\.host) == ["127.0.0.1", "b.example"])
        let many = (0..<20).map { "http://127.0.0.1:\($0 + 1)/" }
        let crowded = try fixture.subject(await root.issue(.server().with { $0.responders = many }))
        #expect(crowded.responders.count == 8)

        let key = try #require(subject.key)
        #expect(key != plain.key)
        #expect(try fixture.subject(certificate).key == key)
        let directory = try TemporaryDirectory()
        let file = try directory.write(try #require(subject.request), to: "request.der")
        let text = try await Subprocess.check("openssl", ["ocsp", "-reqin", file, "-req_text"]).standardOutput
        #expect(text.contains("Hash Algorithm: sha1"))
        #expect(text.contains("Serial Number: \(certificate.serial)"))
        #expect(!text.contains("Nonce"))
        #expect(text.components(separatedBy: "Certificate ID:").count == 2)
    }
}
