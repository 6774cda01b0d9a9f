// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md#api

public import MongoBSON

/// How a bucket keeps its files.
public struct GridFSBucketOptions: Sendable {
    /// The beginning of the names of its two collections, `fs.files` and `fs.chunks`. Default: `fs`.
    public var bucketName: String
    /// How large the parts are that new files are kept in, in bytes. Default: 255 KiB, so that a part and what is
    /// around it fit into 256 KiB.
    public var chunkSizeBytes: Int
    /// How consistent the data of reads has to be; `nil`: as inherited.
    public var readConcern: ReadConcern?
    /// Which members of a replica set may answer; `nil`: as inherited.
    public var readPreference: ReadPreference?
    /// How long an operation may take in all; for streams, from their opening to their end. `nil`: as inherited. URI
    /// option `timeoutMS`.
    public var timeout: Duration?
    /// Who has to acknowledge writes; `nil`: as inherited.
    public var writeConcern: WriteConcern?

    /// Options with the given values; everything else has its default.
    public init(
        bucketName: String = "fs",
        chunkSizeBytes: Int = 255 * 1024,
        readConcern: ReadConcern? = nil,
        readPreference: ReadPreference? = nil,
        timeout: Duration? = nil,
        writeConcern: WriteConcern? = nil
    ) {
        self.bucketName = bucketName
        self.chunkSizeBytes = chunkSizeBytes
        self.readConcern = readConcern
        self.readPreference = readPreference
        self.timeout = timeout
        self.writeConcern = writeConcern
    }
}

/// How to store a file.
public struct GridFSUploadOptions: Sendable {
    /// How large the parts are, in bytes; `nil`: as the bucket says.
    public var chunkSizeBytes: Int?
    /// What the application wants to keep with the file.
    public var metadata: BSONDocument?
    /// The file's type, for example `image/png`. The specification has deprecated it: keep it in ``metadata``.
    public var contentType: String?
    /// Other names of the file. The specification has deprecated them: keep them in ``metadata``.
    public var aliases: [String]?
    /// How long it may take in all, from the opening to the end, instead of what the bucket says. URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        chunkSizeBytes: Int? = nil,
        metadata: BSONDocument? = nil,
        contentType: String? = nil,
        aliases: [String]? = nil,
        timeout: Duration? = nil
    ) {
        self.chunkSizeBytes = chunkSizeBytes
        self.metadata = metadata
        self.contentType = contentType
        self.aliases = aliases
        self.timeout = timeout
    }
}

/// How to read a file.
public struct GridFSDownloadOptions: Sendable {
    /// Which bytes of the file; `nil`: all. A range that goes beyond the file is an error.
    public var range: Range<Int64>?
    /// How long it may take in all, from the opening to the end, instead of what the bucket says. URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        range: Range<Int64>? = nil,
        timeout: Duration? = nil
    ) {
        self.range = range
        self.timeout = timeout
    }
}

/// How to delete, rename or drop files.
public struct GridFSOptions: Sendable {
    /// How long it may take in all, instead of what the bucket says. URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        timeout: Duration? = nil
    ) {
        self.timeout = timeout
    }
}

/// How to find files.
public struct GridFSFindOptions: Sendable {
    /// Whether the server may use its disk for what does not fit into its memory.
    public var allowDiskUse: Bool?
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// How many documents to answer at most. Negative: the same, in one batch. 0 or `nil`: all.
    public var limit: Int?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// Whether the server keeps the cursor when nobody reads it for ten minutes.
    public var noCursorTimeout: Bool?
    /// How many documents to pass over first.
    public var skip: Int?
    /// The order, for example `["name": 1]`.
    public var sort: BSONDocument?
    /// How long it may take in all, to the last file, instead of what the bucket says. URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        allowDiskUse: Bool? = nil,
        batchSize: Int? = nil,
        limit: Int? = nil,
        maxTime: Duration? = nil,
        noCursorTimeout: Bool? = nil,
        skip: Int? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil
    ) {
        self.allowDiskUse = allowDiskUse
        self.batchSize = batchSize
        self.limit = limit
        self.maxTime = maxTime
        self.noCursorTimeout = noCursorTimeout
        self.skip = skip
        self.sort = sort
        self.timeout = timeout
    }
}
