// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import TestSupport
import Testing

/// Files that a connection string names, from the outside: what is wrong is told at once, and nothing is sent.
@Suite("Files of certificates and keys, through connection strings")
struct TLSFileTests {
    @Test("A client with a bad file is not made, names the path, and sends nothing")
    func nothingSent() async throws {
        let identities = try await TestIdentities.shared
        let listener = try await TCPServer.start(.silent)
        let directory = try TemporaryDirectory()
        let empty = try directory.write("", to: "empty.pem")
        let der = try identities.client.derFile()
        let encrypted = try await identities.client.certificateKeyFile(as: .encryptedPBES2, passphrase: "secret")
        let cases: [(option: String, path: String, more: String, code: TLSError.Code)] = [
            ("tlsCAFile", directory.path("nowhere.pem"), "", .fileMissing),
            ("tlsCAFile", directory.path, "", .fileIsDirectory),
            ("tlsCAFile", empty, "", .fileEmpty),
            ("ssl_ca_certs", identities.client.keyFile, "", .fileWrongContent),
            ("tlsCertificateKeyFile", der, "", .fileNotPEM),
            ("tlsCertificateKeyFile", encrypted, "", .passphraseMissing),
            ("tlsCertificateKeyFile", encrypted, "&tlsCertificateKeyFilePassword=wr%40ng", .passphraseWrong),
            ("ssl_certfile", encrypted, "&ssl_pem_passphrase=wr%40ng", .passphraseWrong),
            (
                "tlsPrivateKeyFile", identities.server.keyFile,
                "&tlsCertificateKeyFile=\(identities.client.certificateFile)", .keyMismatch
            ),
        ]
        for (option, path, more, code) in cases {
            let uri = "mongodb://\(listener.address)/?\(option)=\(path)\(more)"
            let error = #expect(throws: MongoError.self) { _ = try MongoClient(uri) }
            #expect(error?.code == .tls)
            #expect(error?.tls?.category == .configuration)
            #expect(error?.tls?.code == code, "\(uri)")
            #expect(error?.tls?.location == path)
            #expect(error?.description.contains(path) == true)
            #expect(error?.description.contains("wr@ng") == false)
        }
        #expect(listener.connectionCount == 0)
        try await listener.stop()
    }

    @Test("mongod lets the client in, with its key in one file or two, encrypted or not, in TLS 1.2 and 1.3")
    func success() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tlsRequiringClientCertificate)
        let client = identities.client
        let passphrase = "p@ss/w%rd ü"
        let encoded = "p%40ss%2Fw%25rd%20%C3%BC"
        let one = try await client.certificateKeyFile(as: .encryptedPBES2, passphrase: passphrase, keyFirst: true)
        let key = try await client.keyFile(as: .encryptedTraditional, passphrase: passphrase)
        for query in [
            "tlsCertificateKeyFile=\(client.certificateKeyFile)",
            "tlsCertificateKeyFile=\(one)&tlsCertificateKeyFilePassword=\(encoded)",
            "ssl_certfile=\(client.chainFile)&ssl_keyfile=\(key)&ssl_pem_passphrase=\(encoded)",
        ] {
            for version in [TLSVersion.tls12, .tls13] {
                var options = try MongoClientOptions(
                    "mongodb://localhost:\(server.port)/?tlsCAFile=\(identities.authority.certificateFile)&\(query)"
                )
                options.tls?.maximumVersion = version
                let client = try MongoClient(options)
                #expect(try await client.database("admin").runCommand(["ping": 1])["ok"]?.toInt() == 1)
                await client.close()
            }
        }
    }

    @Test("mongod lets a client in whose identity comes from a PKCS#12 archive in memory, under another name by tunnel")
    func memory() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tlsRequiringClientCertificate)
        let archive = try Data(
            contentsOf: URL(fileURLWithPath: try await identities.client.pkcs12File(passphrase: "secret"))
        )
        var tls = TLSOptions()
        tls.authorities = .der([try identities.authority.certificate.der])
        tls.identity = .pkcs12([UInt8](archive))
        tls.passphrase = TLSPassphrase { "secret" }
        // The certificate lists 127.0.0.1 as an address; asking for the name shows that the name is what counts.
        for (name, isListed) in [("localhost", true), ("db.example.com", false)] {
            tls.serverNames = ["127.0.0.1:\(server.port)": name]
            var options = try MongoClientOptions("mongodb://127.0.0.1:\(server.port)/")
            options.tls = tls
            options.serverSelectionTimeout = .seconds(5)
            let client = try MongoClient(options)
            if isListed {
                #expect(try await client.database("admin").runCommand(["ping": 1])["ok"]?.toInt() == 1)
            } else {
                let error = await #expect(throws: MongoError.self) {
                    try await client.database("admin").runCommand(["ping": 1])
                }
                #expect(error?.tls?.code == .hostnameMismatch)
            }
            await client.close()
        }
    }

    @Test("Conflicting options of a program are refused when the client is made")
    func conflicts() throws {
        var options = MongoClientOptions()
        var tls = TLSOptions()
        tls.insecure = false
        tls.crlFile = "/crl.pem"
        options.tls = tls
        let error = #expect(throws: MongoError.self) { try options.validate() }
        #expect(error?.tls?.code == .conflictingOptions)
        // MONGODB-X509 takes an identity from memory for a client certificate.
        options.tls = TLSOptions()
        options.credential = try MongoClientOptions("mongodb://h/?authMechanism=MONGODB-X509").credential
        let missing = #expect(throws: MongoError.self) { try options.validate() }
        #expect(missing?.tls?.code == .missingCertificate)
        options.tls?.identity = .pem([1])
        try options.validate()
    }

    @Test("mongotls finds the system's roots where SSL_CERT_FILE says, and says so when nothing is there")
    func systemRoots() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tls)
        let uri = "mongodb://localhost:\(server.port)/?tls=true"
        func ping(_ file: String) async throws -> Subprocess.Result {
            try await Subprocess.run(
                try Mongotls.path,
                ["ping", uri, "--json"],
                environment: ["SSL_CERT_FILE": file, "SSL_CERT_DIR": "/nowhere"]
            )
        }
        #expect(try await ping(identities.authority.certificateFile).exitCode == 0)
        let stranger = try await ping(identities.stranger.certificateFile)
        #expect(stranger.exitCode == 1)
        // mongod sends the root as well.
        #expect(stranger.standardOutput.contains("untrustedRoot"))
        let nowhere = try await ping("/nowhere/roots.pem")
        #expect(nowhere.exitCode == 1)
        #expect(nowhere.standardOutput.contains("SSL_CERT_FILE"))
    }
}
