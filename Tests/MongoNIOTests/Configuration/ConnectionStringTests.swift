// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Connection strings: their parts")
struct ConnectionStringTests {
    @Test("All parts are found and decoded")
    func allParts() throws {
        let parsed = try ConnectionString(
            "mongodb://us%3Aer:p%40ss%2Fw%25rd@a.example,[::1]:27018,%2Frun%2Fdb.sock/sh%2Dop.orders.2024?replicaSet=rs%200"
        )
        #expect(parsed.scheme == .mongodb)
        #expect(parsed.hosts.map(\.description) == ["a.example:27017", "[::1]:27018", "/run/db.sock"])
        #expect(parsed.credential?.username == "us:er")
        #expect(parsed.credential?.password == "p@ss/w%rd")
        #expect(parsed.credential?.source == "sh-op")
        #expect(parsed.database == "sh-op")
        #expect(parsed.collection == "orders.2024")
        #expect(parsed.options.replicaSet == "rs 0")
        #expect(parsed.warnings.isEmpty)
    }

    @Test("A plus sign is a plus sign, not a space")
    func plusSign() throws {
        let parsed = try ConnectionString("mongodb://a+b:c+d@host/?appname=e+f&tlsCAFile=/g+h.pem")
        #expect(parsed.credential?.username == "a+b")
        #expect(parsed.credential?.password == "c+d")
        #expect(parsed.options.appName == "e+f")
        #expect(parsed.tls?.caFile == "/g+h.pem")
    }

    @Test(
        "Slash, database and question mark may be left out",
        arguments: ["mongodb://h", "mongodb://h/", "mongodb://h?", "mongodb://h/?", "mongodb://h/?&"]
    )
    func minimal(uri: String) throws {
        let parsed = try ConnectionString(uri)
        #expect(parsed.hosts == [try ServerAddress("h")])
        #expect(parsed.database == nil)
        #expect(parsed.credential == nil)
        #expect(parsed.tls == nil)
        #expect(parsed.warnings.isEmpty)
    }

    @Test("A Unix domain socket may have a relative path")
    func relativeSocket() throws {
        let parsed = try ConnectionString("mongodb://bob:bar@rel%2Fmongodb-27017.sock,other%2Fb.sock/admin")
        #expect(parsed.hosts.map(\.host) == ["rel/mongodb-27017.sock", "other/b.sock"])
        #expect(parsed.hosts.allSatisfy { $0.kind == .unixSocket })
    }

    @Test("The zone of an IPv6 address is percent-encoded (RFC 6874)")
    func zone() throws {
        #expect(try ConnectionString("mongodb://[fe80::1%25eth0]:1").hosts.map(\.host) == ["fe80::1%eth0"])
    }

    @Test(
        "What is not a connection string is refused",
        arguments: [
            "mongodb:/h", "MONGODB://h", "mongodb+srv:/h", "http://h", " mongodb://h", "mongodb://", "mongodb:///",
            "mongodb:///db", "mongodb://?tls=true", "mongodb://u:p@", "mongodb://u:p@/", "mongodb://,", "mongodb://a,",
            "mongodb://,a", "mongodb://a,,b", "mongodb://%", "mongodb://%FF", "mongodb://a%2", "mongodb://%2Ftmp%2Fa",
            "mongodb://%2Ftmp%2Fa.sock:27017", "mongodb://h/a%20b", "mongodb://h/a%24b", "mongodb://h/a%2Fb",
            "mongodb://h/a%5Cb", "mongodb://h/a%22b", "mongodb://h/a%00b", "mongodb://h/a/b", "mongodb://h/%zz",
            "mongodb://h/.c", "mongodb://h/?w", "mongodb://h/?=1", "mongodb://h/?w=%", "mongodb://h/?w=%zz",
            "mongodb://h/?appname=%FF", "mongodb://h/?w=1&&x", "mongodb://h/?w=1;tls=true&journal=true",
            "mongodb://u%:p@h", "mongodb://u:p%2@h", "mongodb://u:%C3%28@h", "mongodb://:p@h", "mongodb://h h/",
        ]
    )
    func refused(uri: String) {
        let error = #expect(throws: MongoError.self) { try ConnectionString(uri) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(
        "No piece of a password that is not percent-encoded is quoted or taken for something else",
        arguments: [
            "mongodb://user:hun/ter@host/db", "mongodb://user:hun?ter@host/db", "mongodb://user:hun@ter@host/db",
            "mongodb://user:hun:ter@host/db", "mongodb://user:hun%ter@host/db", "mongodb://user:12/hunter@host/db",
            "mongodb://user:12?hunter@host/db", "mongodb://user:12?hunter@host/?tls=true",
            "mongodb://user:hun?w=1@host", "mongodb://user:p@hunter/x@host", "mongodb://user:hunter,x/y@host",
            "mongodb://hunter/@host",
            "mongodb+srv://user:hun/ter@host/db", "mongodb+srv://user:12?hunter@host/?retryWrites=true",
        ]
    )
    func unescapedPassword(uri: String) throws {
        let error = #expect(throws: MongoError.self) { try ConnectionString(uri) }
        let text = try #require(error).description
        #expect(!text.contains("hun"))
        #expect(!text.contains("ter@"))
        #expect(!text.contains("12"))
    }

    @Test("A combining character does not hide a delimiter")
    func combiningCharacters() throws {
        // "&" followed by U+0301 is one Character that differs from "&"; so is "@".
        #expect(throws: MongoError.self) { try ConnectionString("mongodb://h/?appname=x&\u{301}tls=true") }
        let parsed = try ConnectionString("mongodb://u:p@\u{301}h/")
        #expect(parsed.credential?.username == "u")
        #expect(parsed.hosts.map(\.host) == ["\u{301}h"])
    }

    @Test("The semicolon of old separates options where there is no ampersand")
    func semicolon() throws {
        let parsed = try ConnectionString("mongodb://h/?replicaSet=rs;tls=true")
        #expect(parsed.options.replicaSet == "rs")
        #expect(parsed.tls != nil)
    }

    @Test("mongodb+srv names one host, which is kept in lower case and without a trailing dot")
    func srv() throws {
        for uri in ["mongodb+srv://Cluster.Example.NET", "mongodb+srv://cluster.example.net./?w=1"] {
            let parsed = try ConnectionString(uri)
            #expect(parsed.scheme == .mongodbSRV)
            #expect(parsed.srvHost == "cluster.example.net")
            #expect(parsed.hosts.isEmpty)
            #expect(parsed.tls != nil)
        }
        // Prose test 1 of the seed list specification: few labels are no reason to refuse.
        #expect(try ConnectionString("mongodb+srv://localhost").srvHost == "localhost")
        #expect(try ConnectionString("mongodb+srv://mongo.local").srvHost == "mongo.local")
        #expect(try ConnectionString("mongodb+srv://h.example.net/?tls=false").tls == nil)
    }

    @Test(
        "mongodb+srv takes no port, no list, no address and no direct connection",
        arguments: [
            "mongodb+srv://a.b.c:27017", "mongodb+srv://a.b.c,d.e.f", "mongodb+srv://127.0.0.1", "mongodb+srv://[::1]",
            "mongodb+srv://%2Ftmp%2Fa.sock", "mongodb+srv://", "mongodb+srv://.",
            "mongodb+srv://a.b.c/?directConnection=true", "mongodb+srv://a.b.c/?srvMaxHosts=1&replicaSet=rs",
            "mongodb+srv://a.b.c/?srvMaxHosts=1&loadBalanced=true",
        ]
    )
    func srvRefused(uri: String) {
        #expect(throws: MongoError.self) { try ConnectionString(uri) }
    }

    @Test("The description shows servers and database, no user information and no options")
    func description() throws {
        let parsed = try ConnectionString("mongodb://user:hunter@a,b:1/db?proxyHost=p")
        #expect(parsed.description == "mongodb://<credentials>@a:27017,b:1/db")
        #expect(try ConnectionString("mongodb+srv://a.b.c").description == "mongodb+srv://a.b.c/")
    }

    @Test("Mutations of a connection string are read or refused, and never trap")
    func mutations() {
        let seed = Array(
            "mongodb://us%3Aer:p%40@a.b,[::1]:27018,%2Frun%2Fd.sock/db.c?tls=true&w=majority&readPreferenceTags=a:b,c:d"
                .utf8
        )
        let alphabet = Array("%:/?#[]@!$&'()*+,;=.-_~\0 \"\\0fF".utf8) + [0x80, 0xC3, 0xFF]
        var generator = SplitMix64(state: 42)
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                case 2: bytes[index] = alphabet.randomElement(using: &generator) ?? 0
                default: bytes = Array(bytes[..<index]) + bytes[Int.random(in: 0..<bytes.count, using: &generator)...]
                }
                if bytes.isEmpty { bytes = seed }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let parsed = try? ConnectionString(text) {
                #expect(!parsed.hosts.isEmpty || parsed.srvHost != nil)
            }
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
