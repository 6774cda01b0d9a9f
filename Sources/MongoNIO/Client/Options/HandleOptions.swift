// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/read-write-concern/read-write-concern.md

/// What operations on a database inherit instead of what the client says.
public struct DatabaseOptions: Sendable {
    /// How consistent the data of reads has to be; `nil`: as inherited.
    public var readConcern: ReadConcern?
    /// Which members of a replica set may answer; `nil`: as inherited.
    public var readPreference: ReadPreference?
    /// How long an operation may take in all, retries included; `nil`: as inherited. URI option `timeoutMS`.
    public var timeout: Duration?
    /// Who has to acknowledge writes; `nil`: as inherited.
    public var writeConcern: WriteConcern?

    /// Options with the given values; everything else has its default.
    public init(
        readConcern: ReadConcern? = nil,
        readPreference: ReadPreference? = nil,
        timeout: Duration? = nil,
        writeConcern: WriteConcern? = nil
    ) {
        self.readConcern = readConcern
        self.readPreference = readPreference
        self.timeout = timeout
        self.writeConcern = writeConcern
    }
}

/// What operations on a collection inherit instead of what the database says.
public typealias CollectionOptions = DatabaseOptions
