// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

@Suite("The replica sets of the tests")
struct ReplicaSetLauncherTests {
    @Test("Three members over TLS that know each other by a key file have a primary and a first user")
    func start() async throws {
        let set = try await ReplicaSet.start(configuration: ReplicaSet.secured)
        #expect(try await set.primary() == 0)
        let uri = try await set.uri(ofMember: 1, logsIn: false)
        let hello = try await withMongoClient(uri) { client in
            try await client.database("admin").runCommand(["hello": 1])
        }
        #expect(hello["setName"]?.stringValue == set.name)
        #expect(hello["hosts"]?.arrayValue?.count == 3)
        await set.stop()
    }
}
