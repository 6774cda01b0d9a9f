// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Server addresses")
struct ServerAddressTests {
    @Test(
        "Host, port and kind are told apart",
        arguments: [
            ("db.example.com", "db.example.com", 27017, ServerAddress.Kind.hostname),
            ("DB.Example.COM:27018", "db.example.com", 27018, .hostname),
            ("db_1.example.com:1", "db_1.example.com", 1, .hostname),
            ("bücher.example.com:65535", "bücher.example.com", 65535, .hostname),
            ("db.example.com.:27018", "db.example.com.", 27018, .hostname),
            ("256.0.0.1", "256.0.0.1", 27017, .hostname),
            ("127.0.0.1:27018", "127.0.0.1", 27018, .ipv4),
            ("[::1]", "::1", 27017, .ipv6),
            ("[2001:DB8::1]:27018", "2001:db8::1", 27018, .ipv6),
            ("[fe80::1%eth0]:27018", "fe80::1%eth0", 27018, .ipv6),
        ]
    )
    func parts(text: String, host: String, port: Int, kind: ServerAddress.Kind) throws {
        let address = try ServerAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.kind == kind)
        #expect(try ServerAddress(address.description) == address)
    }

    @Test("A path that ends with .sock is a Unix domain socket, absolute or relative, in its own case")
    func unixSocket() throws {
        for path in ["/tmp/MongoDB-27017.sock", "run/db.sock"] {
            let address = try ServerAddress(path)
            #expect(address.kind == .unixSocket)
            #expect(address.host == path)
            #expect(address.port == nil)
            #expect(address.description == path)
            #expect(address.certificateName == nil)
        }
    }

    @Test("An IPv6 address may stand without brackets where there is no port beside it")
    func bareIPv6() throws {
        #expect(try ServerAddress(host: "::1", port: 27018) == ServerAddress("[::1]:27018"))
    }

    @Test("Names that differ in the case of letters are the same address")
    func caseFolding() throws {
        #expect(try ServerAddress("A.example:1") == ServerAddress("a.EXAMPLE:1"))
        #expect(try ServerAddress("a.example:1") != ServerAddress("a.example:2"))
    }

    @Test("The name for the certificate has no trailing dot and no zone")
    func certificateName() throws {
        #expect(try ServerAddress("Db.example.com.").certificateName == "db.example.com")
        #expect(try ServerAddress("[fe80::1%eth0]").certificateName == "fe80::1")
        #expect(try ServerAddress("192.0.2.1").certificateName == "192.0.2.1")
    }

    @Test(
        "What cannot be an address is refused",
        arguments: [
            "", ".", ":27017", "host:", "host:0", "host:65536", "host:-1", "host:+1", "host:1a", "host:999999",
            "host:99999999999999999999", "host::1", "::1", "::", "[::1", "[]", "[::1]x", "[::1]:", "[host]:1",
            "[127.0.0.1]", "[::1%]", "a b", "a\tb", "a\u{0}b", "user@host", "ho,st", "/tmp/mongodb", "/tmp/\u{0}.sock",
            "a%20b", "a\u{A0}b", "[fe80::1%a/b.sock]", "host:１２",
            // What resolvers take for IPv4 addresses, and others for other ones.
            "010.0.0.1", "127.1", "0x7f.0.0.1:27017", "2130706433", "0X7F000001",
        ]
    )
    func refused(text: String) {
        #expect(throws: MongoError.self) { try ServerAddress(text) }
    }

    @Test("A port out of range is refused, and so is any port of a Unix domain socket")
    func refusedPorts() {
        for port in [0, -1, 65536, .max, .min] {
            #expect(throws: MongoError.self) { try ServerAddress(host: "db", port: port) }
        }
        #expect(throws: MongoError.self) { try ServerAddress(host: "/tmp/a.sock", port: 27017) }
    }

    @Test("The message about a long or unprintable name is one short line")
    func message() throws {
        let error = #expect(throws: MongoError.self) {
            try ServerAddress(host: "a\nb " + String(repeating: "x", count: 10_000))
        }
        let text = try #require(error?.description)
        #expect(!text.contains("\n"))
        #expect(text.count < 200)
    }

    @Test("A name of digits that no resolver takes for an address is a name")
    func digits() throws {
        for name in ["123456789012", "1.2.3.4.5", "0xdb1.example.com", "10.example.com", "256.0.0.1", "127.1."] {
            #expect(try ServerAddress(name).kind == .hostname, "\(name)")
        }
    }

    @Test("Text for one line has no control characters, direction marks or line breaks, whatever the encoding of them")
    func harmless() {
        let text = "a\u{1B}[31mb\u{9B}\u{202E}\u{2066}\u{2028}\r\nc é".harmless
        #expect(text.unicodeScalars.count { $0 == "\u{FFFD}" } == 7)
        #expect("Größe 大".quotable == "Größe 大")
    }
}
