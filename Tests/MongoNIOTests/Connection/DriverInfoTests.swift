// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

/// The prose tests "Client Metadata Update" of mongodb-handshake, on the document that new connections send.
@Suite("Libraries that add themselves to the client's metadata")
struct DriverInfoTests {
    private let library = DriverInfo(name: "library", version: "1.2", platform: "Library Platform")

    private func shared() throws -> SharedClientMetadata {
        try SharedClientMetadata(
            ClientMetadata(
                applicationName: "app",
                operatingSystem: .init(type: "Linux"),
                platform: "Swift",
                environment: .init()
            )
        )
    }

    private func driver(_ metadata: SharedClientMetadata, _ field: String) -> String? {
        metadata.document["driver", field]?.stringValue
    }

    @Test("Prose tests 1 and 2: what is added follows what is there, behind a bar; the rest stays as it is")
    func appended() throws {
        for info in [
            DriverInfo(name: "framework", version: "2.0", platform: "Framework Platform"),
            DriverInfo(name: "framework", version: "2.0"),
            DriverInfo(name: "framework", platform: "Framework Platform"),
            DriverInfo(name: "framework"),
        ] {
            let metadata = try shared()
            try metadata.append(library)
            let before = metadata.document
            try metadata.append(info)
            #expect(driver(metadata, "name") == "mongo-nio|library|framework")
            let version = "\(MongoNIOVersion.string)|1.2" + (info.version.map { "|\($0)" } ?? "")
            #expect(driver(metadata, "version") == version)
            let platform = "Swift|Library Platform" + (info.platform.map { "|\($0)" } ?? "")
            #expect(metadata.document["platform"] == .string(platform))
            for field in ["application", "os"] { #expect(metadata.document[field] == before[field]) }
        }
    }

    @Test("Prose tests 3 to 6: a library that was added before is not added again, whatever came in between")
    func duplicates() throws {
        let metadata = try shared()
        try metadata.append(library)
        try metadata.append(DriverInfo(name: "framework", version: "1.2", platform: "Library Platform"))
        let before = metadata.document
        try metadata.append(library)
        #expect(metadata.document == before)
    }

    @Test("Prose tests 7 and 8: an empty text is the same as none")
    func empty() throws {
        let metadata = try shared()
        try metadata.append(DriverInfo(name: "library", platform: "Library Platform"))
        try metadata.append(DriverInfo(name: "other", version: "1.2"))
        let before = metadata.document
        try metadata.append(DriverInfo(name: "library", version: "", platform: "Library Platform"))
        try metadata.append(DriverInfo(name: "other", version: "1.2", platform: ""))
        #expect(metadata.document == before)
    }

    @Test("A bar in a text, and texts that no server would take, are refused and change nothing")
    func refused() throws {
        let metadata = try shared()
        let before = metadata.document
        for info in [DriverInfo(name: "a|b"), DriverInfo(name: String(repeating: "x", count: 600))] {
            #expect(throws: MongoError.self) { try metadata.append(info) }
        }
        #expect(metadata.document == before)
    }
}
