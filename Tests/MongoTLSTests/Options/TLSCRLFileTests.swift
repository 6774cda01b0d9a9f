// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import MongoTLS

@Suite("Revocation lists")
struct TLSCRLFileTests {
    private typealias Kind = RevocationListFault.Kind

    /// What the file says of a certificate.
    private func verdict(
        _ path: String,
        on certificate: IssuedCertificate,
        _ scope: RevocationPolicy.ListScope = .leaf
    ) async throws -> RevocationPolicy.List {
        let fixture = try await RevocationFixture.shared
        let list = try #require(try RevocationList.load(options(path)))
        return list.verdict(
            on: try fixture.subject(certificate),
            scope: scope,
            store: fixture.context.trustedAuthorities
        )
    }

    private func kind(_ list: RevocationPolicy.List) -> RevocationListFault.Kind? {
        if case .refused(let fault) = list { fault.kind } else { nil }
    }

    private func options(_ path: String) -> TLSOptions {
        var options = TLSOptions()
        options.crlFile = path
        return options
    }

    private func text(_ paths: String...) throws -> String {
        try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined(separator: "\n")
    }

    @Test("A certificate on its issuer's list is refused, one that is not is good, in PEM and in DER")
    func revoked() async throws {
        let fixture = try await RevocationFixture.shared
        let pem = try await fixture.root.revocationList(revoking: [fixture.leaf])
        for path in [pem, try fixture.root.derFile(ofRevocationList: pem)] {
            let refused = try await verdict(path, on: fixture.leaf)
            #expect(kind(refused) == .revoked)
            if case .refused(let fault) = refused {
                #expect(fault.depth == 0)
                #expect(fault.certificate?.subject.contains("CN=localhost") == true)
                #expect(fault.verifyCode == 23)
            }
            #expect(try await verdict(path, on: fixture.sibling) == .good)
        }
    }

    @Test("A list that has expired, is not valid yet, badly signed or missing refuses, each in its own way")
    func faults() async throws {
        let fixture = try await RevocationFixture.shared
        let now = Date()
        let expired = try await fixture.root.revocationList(
            lastUpdate: now.addingTimeInterval(-7_200),
            nextUpdate: now.addingTimeInterval(-3_600)
        )
        #expect(kind(try await verdict(expired, on: fixture.leaf)) == .expired)
        let early = try await fixture.root.revocationList(lastUpdate: now.addingTimeInterval(3_600))
        #expect(kind(try await verdict(early, on: fixture.leaf)) == .notYetValid)
        #expect(kind(try await verdict(fixture.namesake.revocationList(), on: fixture.leaf)) == .badSignature)
        #expect(kind(try await verdict(fixture.intermediate.revocationList(), on: fixture.leaf)) == .missing)

        // The signature is the last thing in the file.
        let good = try await fixture.root.revocationList()
        var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture.root.derFile(ofRevocationList: good))))
        bytes[bytes.count - 1] ^= 1
        let directory = try TemporaryDirectory()
        let spoiled = try directory.write(bytes, to: "spoiled.crl")
        #expect(kind(try await verdict(spoiled, on: fixture.leaf)) == .badSignature)
    }

    @Test("Of several lists in one file the issuer's counts, and of the issuer's the one that is valid")
    func several() async throws {
        let fixture = try await RevocationFixture.shared
        let now = Date()
        let expired = try await fixture.root.revocationList(
            lastUpdate: now.addingTimeInterval(-7_200),
            nextUpdate: now.addingTimeInterval(-3_600)
        )
        let current = try await fixture.root.revocationList(revoking: [fixture.leaf])
        let foreign = try await fixture.namesake.revocationList()
        let deep = try await fixture.intermediate.revocationList(revoking: [fixture.deepLeaf])
        let directory = try TemporaryDirectory()
        let path = try directory.write(text(foreign, expired, deep, current), to: "lists.pem")
        #expect(try RevocationList.load(options(path))?.count == 4)
        #expect(kind(try await verdict(path, on: fixture.leaf)) == .revoked)
        #expect(try await verdict(path, on: fixture.sibling) == .good)
        #expect(kind(try await verdict(path, on: fixture.deepLeaf)) == .revoked)
    }

    @Test("For the leaf the list of its issuer is enough; for the chain every authority needs one")
    func scopes() async throws {
        let fixture = try await RevocationFixture.shared
        let deep = try await fixture.intermediate.revocationList()
        #expect(try await verdict(deep, on: fixture.deepLeaf, .leaf) == .good)
        let missing = try await verdict(deep, on: fixture.deepLeaf, .chain)
        #expect(kind(missing) == .missing)
        if case .refused(let fault) = missing { #expect(fault.depth == 1) }

        let directory = try TemporaryDirectory()
        let both = try directory.write(text(deep, try await fixture.root.revocationList()), to: "both.pem")
        #expect(try await verdict(both, on: fixture.deepLeaf, .chain) == .good)
        let list = try await fixture.root.revocationList(revoking: [fixture.intermediate.certificate])
        let revoking = try directory.write(text(deep, list), to: "revoking.pem")
        #expect(try await verdict(revoking, on: fixture.deepLeaf, .leaf) == .good)
        #expect(kind(try await verdict(revoking, on: fixture.deepLeaf, .chain)) == .revoked)
        #expect(kind(try await verdict(revoking, on: fixture.deepLeaf, .authorities)) == .revoked)
    }

    @Test("For the authorities alone the leaf needs no list and may be on one")
    func authorities() async throws {
        let fixture = try await RevocationFixture.shared
        let root = try await fixture.root.revocationList()
        #expect(try await verdict(root, on: fixture.deepLeaf, .authorities) == .good)
        #expect(kind(try await verdict(root, on: fixture.deepLeaf, .chain)) == .missing)
        let deep = try await fixture.intermediate.revocationList(revoking: [fixture.deepLeaf])
        let directory = try TemporaryDirectory()
        let both = try directory.write(text(deep, root), to: "both.pem")
        #expect(try await verdict(both, on: fixture.deepLeaf, .authorities) == .good)
        #expect(kind(try await verdict(both, on: fixture.deepLeaf, .chain)) == .revoked)
        // The root's own list is still needed.
        #expect(kind(try await verdict(deep, on: fixture.deepLeaf, .authorities)) == .missing)
    }

    /// A file that is no revocation list, and the code that it leads to.
    struct BadFile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: TLSError.Code
        let make: @Sendable (RevocationFixture, TemporaryDirectory) async throws -> String
    }

    static let badFiles: [BadFile] = [
        BadFile(testDescription: "missing", code: .fileMissing) { $1.path("missing.pem") },
        BadFile(testDescription: "a directory", code: .fileIsDirectory) { $1.path },
        BadFile(testDescription: "empty", code: .fileEmpty) { try $1.write("", to: "list") },
        BadFile(testDescription: "blank", code: .fileEmpty) { try $1.write(" \r\n", to: "list") },
        BadFile(testDescription: "garbage", code: .fileNotPEM) { try $1.write("garbage", to: "list") },
        BadFile(testDescription: "a pipe", code: .fileNotRegular) { _, directory in
            try await Subprocess.check("mkfifo", [directory.path("pipe")])
            return directory.path("pipe")
        },
        BadFile(testDescription: "a certificate in PEM", code: .fileWrongContent) { fixture, _ in
            fixture.leaf.certificateFile
        },
        BadFile(testDescription: "a key in PEM", code: .fileWrongContent) { fixture, _ in fixture.leaf.keyFile },
        BadFile(testDescription: "a certificate in DER", code: .fileWrongContent) { fixture, _ in
            try fixture.leaf.derFile()
        },
        BadFile(testDescription: "PKCS#12", code: .fileWrongContent) { fixture, _ in
            try await fixture.leaf.pkcs12File(passphrase: "secret")
        },
        BadFile(testDescription: "a list in DER without its end", code: .fileDamaged) { fixture, directory in
            let path = try await fixture.root.derFile(ofRevocationList: fixture.root.revocationList())
            return try directory.write(Data(contentsOf: URL(fileURLWithPath: path)).dropLast(10), to: "list")
        },
        BadFile(testDescription: "a list in DER with something behind it", code: .fileDamaged) { fixture, directory in
            let path = try await fixture.root.derFile(ofRevocationList: fixture.root.revocationList())
            return try directory.write(Data(contentsOf: URL(fileURLWithPath: path)) + [0], to: "list")
        },
        BadFile(testDescription: "a list in PEM without its end", code: .fileDamaged) { fixture, directory in
            let text = try String(contentsOfFile: await fixture.root.revocationList(), encoding: .utf8)
            return try directory.write(String(text.dropLast(100)), to: "list")
        },
        BadFile(testDescription: "two lists in PEM, the second without its end", code: .fileDamaged) {
            fixture,
            directory in
            let text = try String(contentsOfFile: await fixture.root.revocationList(), encoding: .utf8)
            return try directory.write(text + text.dropLast(100), to: "list")
        },
        BadFile(testDescription: "a list in PEM with junk inside", code: .fileDamaged) { fixture, directory in
            let text = try String(contentsOfFile: await fixture.root.revocationList(), encoding: .utf8)
            return try directory.write(text.replacingOccurrences(of: "\nM", with: "\n*"), to: "list")
        },
    ]

    @Test("A file that is no list is a configuration error with its path, before anything is sent", arguments: badFiles)
    func badFile(_ file: BadFile) async throws {
        let fixture = try await RevocationFixture.shared
        let directory = try TemporaryDirectory()
        let path = try await file.make(fixture, directory)
        let error = #expect(throws: TLSError.self) { try TLSContext(options(path)) }
        #expect(error?.category == .configuration)
        #expect(error?.code == file.code)
        #expect(error?.location == path)
        #expect(error?.message.contains("revocation list file") == true)
    }

    @Test("Line ends of Windows and a byte order mark do not matter")
    func text() async throws {
        let fixture = try await RevocationFixture.shared
        let text = try String(
            contentsOfFile: await fixture.root.revocationList(revoking: [fixture.leaf]),
            encoding: .utf8
        )
        let directory = try TemporaryDirectory()
        let path = try directory.write("\u{FEFF}" + text.replacingOccurrences(of: "\n", with: "\r\n"), to: "list")
        #expect(kind(try await verdict(path, on: fixture.leaf)) == .revoked)
    }

    @Test("Lists from memory are as good as those of a file, one or several, in PEM and in DER")
    func memory() async throws {
        let fixture = try await RevocationFixture.shared
        let deep = try await fixture.intermediate.revocationList()
        let pem = try await fixture.root.revocationList(revoking: [fixture.leaf])
        func der(_ authority: CertificateAuthority, _ path: String) throws -> [UInt8] {
            try [UInt8](Data(contentsOf: URL(fileURLWithPath: authority.derFile(ofRevocationList: path))))
        }
        for lists in [
            TLSRevocationLists.pem(Array(try text(deep, pem).utf8)),
            .der([try der(fixture.intermediate, deep), try der(fixture.root, pem)]),
        ] {
            var options = TLSOptions()
            options.caFile = fixture.root.certificateFile
            options.revocationLists = lists
            let context = try TLSContext(options)
            #expect(context.revocationPolicy.listScope == .leaf)
            let list = try #require(context.revocationList)
            #expect(list.count == 2)
            for (certificate, expected) in [
                (fixture.leaf, Kind.revoked), (fixture.sibling, nil), (fixture.deepLeaf, nil),
            ] {
                let subject = try fixture.subject(certificate)
                let verdict = list.verdict(on: subject, scope: .leaf, store: context.trustedAuthorities)
                #expect(kind(verdict) == expected)
            }
        }
    }

    @Test("Lists from memory that are none, or beside a file, or without a check, are configuration errors")
    func badMemory() async throws {
        let fixture = try await RevocationFixture.shared
        let list = try await fixture.root.revocationList()
        let pem = Array(try text(list).utf8)
        func error(_ change: (inout TLSOptions) -> Void) -> TLSError? {
            var options = TLSOptions()
            options.caFile = fixture.root.certificateFile
            change(&options)
            return #expect(throws: TLSError.self) { try TLSContext(options) }
        }
        let contents: [(TLSRevocationLists, TLSError.Code)] = [
            (.pem([]), .fileEmpty), (.der([]), .fileEmpty), (.der([[]]), .fileEmpty), (.pem([0x30, 0]), .fileNotPEM),
            (.pem(Array(try fixture.leaf.pem.utf8)), .fileWrongContent), (.der([pem]), .fileDamaged),
            (.der([try fixture.leaf.der]), .fileWrongContent), (.pem(pem.dropLast(50)), .fileDamaged),
        ]
        for (lists, code) in contents {
            let error = error { $0.revocationLists = lists }
            #expect(error?.category == .configuration)
            #expect(error?.code == code, "\(lists)")
            #expect(error?.location == "TLSOptions.revocationLists")
        }
        for path in [\TLSOptions.insecure, \.allowInvalidCertificates, \.disableCertificateRevocationCheck] {
            let error = error {
                $0[keyPath: path] = false
                $0.revocationLists = .pem(pem)
            }
            #expect(error?.code == .conflictingOptions)
        }
        let both = error {
            $0.crlFile = list
            $0.revocationLists = .pem(pem)
        }
        #expect(both?.code == .conflictingOptions)
    }
}
