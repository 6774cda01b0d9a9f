// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/driver-sessions.md

/// A sequence of operations that belong together.
public final class ClientSession: Sendable {
    let client: MongoClient

    init(client: MongoClient) {
        self.client = client
    }
}
