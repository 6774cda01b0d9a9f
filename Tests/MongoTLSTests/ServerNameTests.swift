// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import TestSupport
import Testing

@Suite("Verification of the host, and SNI")
struct ServerNameTests {
    private func server(
        _ names: [String] = [],
        addresses: [String] = [],
        commonName: String? = nil
    ) async throws -> MemoryServer.Configuration {
        let request = CertificateRequest.server(names: names, addresses: addresses).with { $0.commonName = commonName }
        return .init(try await TestIdentities.shared.authority.issue(request))
    }

    private var options: TLSOptions {
        get async throws { .trusting(try await TestIdentities.shared.authority) }
    }

    @Test("Upper case and a trailing dot do not matter, neither in the host nor in SNI")
    func spelling() async throws {
        let configuration = try await server(["db.example.com"])
        for host in ["db.example.com", "DB.Example.COM", "db.example.com.", "DB.EXAMPLE.COM."] {
            let server = try MemoryServer(configuration)
            try InMemory.connect(try await options, to: host, server)
            #expect(server.serverName == "db.example.com")
        }
        let upper = try await self.server(["DB.EXAMPLE.COM"])
        try InMemory.connect(try await options, to: "db.example.com", MemoryServer(upper))
    }

    @Test(
        "A wildcard stands for one whole label on the left, and for nothing else",
        arguments: [
            ("*.example.com", "db.example.com", true), ("*.example.com", "DB.example.com.", true),
            ("*.example.com", "example.com", false), ("*.example.com", "a.db.example.com", false),
            ("d*.example.com", "db.example.com", false),
            ("*b.example.com", "db.example.com", false), ("d*b.example.com", "dxb.example.com", false),
            ("db.*.com", "db.example.com", false), ("*.*.com", "db.example.com", false),
            ("*.com", "example.com", false), ("*", "localhost", false),
            ("*.example.com", "xn--db-eka.example.com", true), ("xn--*.example.com", "xn--db.example.com", false),
        ]
    )
    func wildcards(pattern: String, host: String, matches: Bool) async throws {
        let configuration = try await server([pattern])
        if matches {
            try InMemory.connect(try await options, to: host, MemoryServer(configuration))
        } else {
            let error = try InMemory.failure(try await options, to: host, configuration)
            #expect(error.code == .hostnameMismatch)
        }
    }

    @Test(
        "An IP address matches the IP addresses of the certificate only, in every spelling, and is never sent as SNI",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "2001:db8::7"), ("2001:db8::7", "[2001:db8::7]"),
            ("2001:db8::7", "2001:DB8:0:0:0:0:0:7"), ("fe80::1", "fe80::1%eth0"), ("fe80::1", "[fe80::1%eth0]"),
        ]
    )
    func addresses(listed: String, dialed: String) async throws {
        let server = try MemoryServer(try await server(addresses: [listed]))
        try InMemory.connect(try await options, to: dialed, server)
        #expect(server.serverName == nil)
    }

    @Test("An IP address that the certificate lists as a name or as the common name only is not enough")
    func addressAsName() async throws {
        for configuration in [
            try await server(["192.0.2.7"]), try await server(commonName: "192.0.2.7"),
            try await server(addresses: ["192.0.2.8"]), try await server(["db.example.com"], commonName: "192.0.2.7"),
        ] {
            let error = try InMemory.failure(try await options, to: "192.0.2.7", configuration)
            #expect(error.code == .addressMismatch)
            #expect(error.category == .hostname)
            #expect(error.message.contains("certificate verify failed"))
        }
    }

    @Test("The common name counts only where there is no subject alternative name at all")
    func commonName() async throws {
        let host = "db.example.com"
        try InMemory.connect(try await options, to: host, MemoryServer(try await server(commonName: host)))
        for configuration in [
            try await server(["other.example.com"], commonName: host),
            // OpenSSL by itself would look at the common name here.
            try await server(addresses: ["192.0.2.7"], commonName: host),
        ] {
            let error = try InMemory.failure(try await options, to: host, configuration)
            #expect(error.code == .hostnameMismatch)
        }
    }

    @Test("A wrong host is 'hostname', with the names that the certificate lists and the one that was dialed")
    func mismatch() async throws {
        let configuration = try await server(["db1.example.com", "db2.example.com"])
        let error = try InMemory.failure(try await options, to: "db3.example.com", configuration)
        #expect(error.category == .hostname)
        #expect(error.code == .hostnameMismatch)
        #expect(error.depth == 0)
        #expect(error.verifyCode == 62)
        #expect(error.certificate?.subjectAlternativeNames == ["DNS:db1.example.com", "DNS:db2.example.com"])
        for text in ["DNS:db1.example.com", "DNS:db2.example.com", "db3.example.com"] {
            #expect(error.hint?.contains(text) == true)
        }
    }

    @Test(
        "What cannot be a name is refused before anything is sent",
        arguments: [
            "", ".", "a\u{0}b", ".example.com", "bücher.example.com", "010.0.0.1", "127.1", "0x7f.0.0.1", "2130706433",
        ]
    )
    func impossible(host: String) async throws {
        let context = try TLSContext(try await options)
        let error = #expect(throws: TLSError.self) { _ = try TLSSession(context, server: TLSServerName(host: host)) }
        #expect(error?.code == .invalidServerName)
        #expect(error?.category == .configuration)
        #expect(error?.hint?.contains("xn--") == true)
    }
}

@Suite("serverNames")
struct ServerNamesOptionTests {
    private func name(_ options: TLSOptions, _ host: String, _ port: Int?) throws -> TLSServerName? {
        try TLSContext(options).serverName(host: host, port: port, name: host)
    }

    @Test("host:port goes before host, spellings do not matter, and others keep their own name")
    func lookup() throws {
        let options = TLSOptions().with {
            $0.insecure = true
            $0.serverNames = [
                "127.0.0.1:27018": "db1.example.com", "127.0.0.1": "db2.example.com", "[::1]:27018": "db3.example.com",
                "::1": "db4.example.com", "Tunnel.example.com": "db5.example.com",
                "/tmp/mongodb-27017.sock": "192.0.2.7",
            ]
        }
        func expect(_ host: String, _ port: Int?, _ expected: String) throws {
            #expect(try name(options, host, port) == TLSServerName(host: expected))
        }
        try expect("127.0.0.1", 27018, "db1.example.com")
        try expect("127.0.0.1", 27017, "db2.example.com")
        try expect("::1", 27018, "db3.example.com")
        try expect("::1", 1, "db4.example.com")
        try expect("TUNNEL.example.com", 27017, "db5.example.com")
        try expect("/tmp/mongodb-27017.sock", nil, "192.0.2.7")
        try expect("localhost", 27017, "localhost")
        #expect(try TLSContext(options).serverName(host: "/tmp/other.sock", port: nil, name: nil) == nil)
    }

    @Test("Through a tunnel the certificate has to list the given name, and SNI follows")
    func tunnel() async throws {
        let authority = try await TestIdentities.shared.authority
        let certificate = try await authority.issue(.server(names: ["db.example.com"], addresses: []))
        let options = TLSOptions.trusting(authority).with { $0.serverNames = ["127.0.0.1": "db.example.com"] }
        let context = try TLSContext(options)
        let server = try MemoryServer(.init(certificate))
        let name = try #require(context.serverName(host: "127.0.0.1", port: 27017, name: "127.0.0.1"))
        var session = try TLSSession(context, server: name)
        try InMemory.complete(&session, with: server)
        #expect(server.serverName == "db.example.com")
        #expect(try InMemory.failure(options, to: "127.0.0.1", .init(certificate)).code == .addressMismatch)
    }

    @Test(
        "What is no host or no name is refused",
        arguments: [
            ["": "a"], ["a": ""], ["a": "b\u{0}c"], ["a": String(repeating: "x", count: 254)],
            ["a": "."], ["a": ".example.com"], ["a": "127.1"], ["a": "bücher.example.com"],
        ]
    )
    func invalid(names: [String: String]) throws {
        #expect(try TLSOptions().with { $0.serverNames = names }.refusal().code == .invalidServerName)
    }
}
