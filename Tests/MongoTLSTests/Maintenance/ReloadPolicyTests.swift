// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import MongoTLS

/// When files are read anew, as traces: what the files look like, what came of reading them, what is done.
@Suite("When TLS files are read anew")
struct ReloadPolicyTests {
    private let directory: TemporaryDirectory
    private let error = TLSError(.configuration, .keyMismatch, "the key is another one's")

    init() throws {
        directory = try TemporaryDirectory(named: "reload")
    }

    /// What a file with this content, which is written now, looks like.
    private func files(_ content: String) throws -> FileFingerprints {
        FileFingerprints([try directory.write(content, to: "\(content).pem")])
    }

    @Test("Files that look as they did are not read")
    func unchanged() throws {
        let a = try files("a")
        var policy = ReloadPolicy(loaded: a)
        #expect(policy.step(a) == .nothing)
        #expect(policy.step(a) == .nothing)
    }

    @Test("Changed files are read once")
    func changed() throws {
        let (a, b) = (try files("a"), try files("b"))
        var policy = ReloadPolicy(loaded: a)
        #expect(policy.step(b) == .load)
        policy.loaded(b)
        #expect(policy.step(b) == .nothing)
        #expect(policy.step(a) == .load)
    }

    @Test("A bad state that lasts is warned of once, and not read again")
    func bad() throws {
        let (a, b) = (try files("a"), try files("b"))
        var policy = ReloadPolicy(loaded: a)
        #expect(policy.step(b) == .load)
        policy.failed(b, error)
        #expect(policy.step(b) == .warn(error))
        for _ in 0..<3 { #expect(policy.step(b) == .nothing) }
    }

    @Test(
        "What does not lie in the files is tried again, and warned of once",
        arguments: [TLSError.Code.passphraseUnavailable, .fileUnreadable, .libraryFailure]
    )
    func transient(code: TLSError.Code) throws {
        let (a, b) = (try files("a"), try files("b"))
        let vault = TLSError(.configuration, code, "not now")
        var policy = ReloadPolicy(loaded: a)
        #expect(policy.step(b) == .load)
        policy.failed(b, vault)
        #expect(policy.step(b) == .warn(vault))
        for _ in 0..<3 {
            #expect(policy.step(b) == .load)
            policy.failed(b, vault)
        }
        // Another reason is news, and one that lasts is not tried again.
        #expect(policy.step(b) == .load)
        policy.failed(b, error)
        #expect(policy.step(b) == .warn(error))
        #expect(policy.step(b) == .nothing)
    }

    @Test("A bad state between two changes is not warned of")
    func between() throws {
        let (a, b, c) = (try files("a"), try files("b"), try files("c"))
        var policy = ReloadPolicy(loaded: a)
        #expect(policy.step(b) == .load)
        policy.failed(b, error)
        #expect(policy.step(c) == .load)
        policy.loaded(c)
        #expect(policy.step(c) == .nothing)
    }

    @Test("Each bad state has its warning, and what was put back has none")
    func again() throws {
        let (a, b, c) = (try files("a"), try files("b"), try files("c"))
        var policy = ReloadPolicy(loaded: a)
        for state in [b, c] {
            #expect(policy.step(state) == .load)
            policy.failed(state, error)
            #expect(policy.step(state) == .warn(error))
        }
        #expect(policy.step(a) == .nothing)
        // The same bad state once more is news.
        #expect(policy.step(c) == .load)
        policy.failed(c, error)
        #expect(policy.step(c) == .warn(error))
    }

    @Test("Writing in place, exchanging, exchanging a link and removing change how files look")
    func fingerprints() throws {
        let file = try directory.write("one", to: "file")
        let link = directory.path("link")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: link, withDestinationPath: file)
        var seen: Set<FileFingerprints> = []
        func look() { #expect(seen.insert(FileFingerprints([link])).inserted) }
        look()
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.write(contentsOf: Data("longer".utf8))
        try handle.close()
        look()
        let other = try directory.write("longer", to: "other")
        try manager.removeItem(atPath: link)
        try manager.createSymbolicLink(atPath: link, withDestinationPath: other)
        look()
        try manager.removeItem(atPath: other)
        look()
        #expect(seen.count == 4)
    }
}
