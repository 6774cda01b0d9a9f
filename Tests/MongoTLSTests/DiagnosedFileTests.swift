// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

/// Every bad file of the files' matrix, as `diagnose` tells of it.
@Suite("diagnose names every bad file")
struct DiagnosedFileTests {
    @Test("The step 'files' has the code and the path", arguments: FileOption.allCases, CredentialFault.all)
    func named(option: FileOption, fault: CredentialFault) async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let path = try await fault.make(option, identities, directory)
        var options = MongoClientOptions()
        options.tls = option.options(path, identities)
        let report = await MongoClient.diagnose(options)
        #expect(report.hosts.isEmpty)
        let failure = try #require(report.failures.first, "\(report)")
        #expect(report.failures.count == 1)
        #expect(failure.name == .files)
        #expect(failure.category == "configuration")
        #expect(failure.code == fault.code.rawValue, "\(report)")
        #expect(failure.detail.contains(path))
    }

    @Test("So it is with revocation lists and passphrases")
    func others() async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let encrypted = try await identities.client.certificateKeyFile(as: .encryptedPBES2, passphrase: "hunter2")
        let (client, server) = (identities.client, identities.server)
        let caFile = identities.authority.certificateFile
        let cases: [(String, TLSError.Code)] = [
            ("tlsCRLFile=\(directory.path("nowhere"))", .fileMissing),
            ("tlsCRLFile=\(directory.path)", .fileIsDirectory),
            ("tlsCRLFile=\(try directory.write("", to: "empty"))", .fileEmpty),
            ("tlsCRLFile=\(try directory.write("x", to: "text"))", .fileNotPEM),
            ("tlsCRLFile=\(caFile)", .fileWrongContent),
            ("tlsCertificateKeyFile=\(encrypted)", .passphraseMissing),
            ("tlsCertificateKeyFile=\(encrypted)&tlsCertificateKeyFilePassword=hunter3", .passphraseWrong),
            ("tlsCertificateKeyFile=\(client.certificateFile)&tlsPrivateKeyFile=\(server.keyFile)", .keyMismatch),
        ]
        for (query, code) in cases {
            let report = await MongoClient.diagnose("mongodb://localhost:1/?tlsCAFile=\(caFile)&\(query)")
            #expect(report.failures.map(\.code) == [code.rawValue], "\(query): \(report)")
            #expect(!report.description.contains("hunter"))
        }
    }
}
