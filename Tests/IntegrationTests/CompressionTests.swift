// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/compression/OP_COMPRESSED.md#test-plan

import MongoNIO
import TestSupport
import Testing

@Suite("Compression with a server")
struct CompressionTests {
    static let compressors = Compressor.allCases.filter(\.isAvailable)

    /// How many bytes a server has received and sent in compressed form, by compressor.
    private func counts(_ client: MongoClient) async throws -> [Compressor: (received: Int, sent: Int)] {
        let status = try await client.database("admin").runCommand(["serverStatus": 1])
        let compression = status["network"]?.documentValue?["compression"]?.documentValue
        var counts: [Compressor: (received: Int, sent: Int)] = [:]
        for compressor in Compressor.allCases {
            let fields = compression?[compressor.rawValue]?.documentValue
            counts[compressor] = (
                fields?["decompressor"]?.documentValue?["bytesIn"]?.toInt() ?? 0,
                fields?["compressor"]?.documentValue?["bytesIn"]?.toInt() ?? 0
            )
        }
        return counts
    }

    /// A server with these compressors, and a client that wants those.
    private func with(
        server names: String,
        client wanted: String,
        _ body: (_ client: MongoClient, _ plain: MongoClient) async throws -> Void
    ) async throws {
        var configuration = MongodProcess.Configuration()
        configuration.arguments = ["--networkMessageCompressors", names]
        let server = try await MongodProcess.start(configuration)
        let uri = "mongodb://127.0.0.1:\(server.port)/"
        try await withMongoClient(uri) { plain in
            try await withMongoClient("\(uri)?compressors=\(wanted)") { client in
                try await body(client, plain)
            }
        }
        await server.stop()
    }

    @Test("Documents small and large go both ways in compressed form", arguments: compressors)
    func roundTrip(compressor: Compressor) async throws {
        try await with(server: compressor.rawValue, client: compressor.rawValue) { client, plain in
            let before = try #require(try await counts(plain)[compressor])
            let collection = client.database("mongonio_tests").collection("compression")
            let documents: [BSONDocument] = [0, 1, 1000, 2_000_000].map { length in
                ["_id": BSON(length), "text": .string(String(repeating: "kitten", count: length))]
            }
            for document in documents { try await collection.insertOne(document) }
            let found = try await collection.find([:], options: .init(sort: ["_id": 1])).toArray()
            #expect(found == documents)
            let after = try #require(try await counts(plain)[compressor])
            #expect(after.received > before.received)
            #expect(after.sent > before.sent)
        }
    }

    @Test("The client's order decides, of the compressors that the server knows")
    func order() async throws {
        guard Self.compressors.count == 3 else { try Test.cancel("not built with all traits") }
        try await with(server: "snappy,zlib", client: "zstd,zlib,snappy") { client, plain in
            let before = try await counts(plain)
            try await client.database("admin").runCommand(["ping": 1])
            let after = try await counts(plain)
            #expect(try #require(after[.zlib]).received > (try #require(before[.zlib]).received))
            #expect(try #require(after[.snappy]).received == (try #require(before[.snappy]).received))
        }
    }

    @Test("A server that knows none of the client's compressors is talked to without", arguments: compressors)
    func nothingInCommon(compressor: Compressor) async throws {
        try await with(server: "disabled", client: compressor.rawValue) { client, plain in
            try await client.database("admin").runCommand(["ping": 1])
            let counts = try await counts(plain)
            #expect(counts.values.allSatisfy { $0 == (0, 0) })
        }
    }

    @Test("Making a user is not compressed", arguments: compressors)
    func exempt(compressor: Compressor) async throws {
        try await with(server: compressor.rawValue, client: compressor.rawValue) { client, plain in
            try await client.database("admin").runCommand(["ping": 1])
            let before = try #require(try await counts(plain)[compressor])
            try await client.database("admin").runCommand([
                "createUser": "kitten", "pwd": "a secret", "roles": [],
            ])
            let after = try #require(try await counts(plain)[compressor])
            #expect(after.received == before.received)
        }
    }
}
