// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md#querying-dns

package import NIOCore

/// A server that an SRV record names. Priority and weight do not count for MongoDB.
package struct SRVRecord: Sendable, Hashable {
    /// The server's name, without a dot at its end.
    package var target: String
    package var port: Int
    /// How long the record may be remembered, in seconds.
    package var timeToLive: UInt32

    package init(target: String, port: Int, timeToLive: UInt32 = 86_400) {
        self.target = target
        self.port = port
        self.timeToLive = timeToLive
    }
}

/// Looks up what `mongodb+srv` stands for. Tests bring their own.
package protocol DNSResolver: Sendable {
    /// The SRV records of a name; none when it has none.
    ///
    /// - Throws: `MongoError` when nobody answered, the deadline passed, or the task was cancelled.
    func serviceRecords(of name: String, deadline: NIODeadline) async throws(MongoError) -> [SRVRecord]

    /// The TXT records of a name, the strings of each joined; none when it has none.
    ///
    /// - Throws: As above.
    func textRecords(of name: String, deadline: NIODeadline) async throws(MongoError) -> [String]
}
