// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.mongodb.com/docs/manual/reference/command/mapReduce/

public import MongoBSON

/// Where the results of a map-reduce go.
public enum MapReduceOutput: Hashable, Sendable {
    /// To the caller. They must not be larger together than a document may be.
    case inline
    /// To this collection of the same database, instead of what is there.
    case replace(String)
    /// To this collection, instead of what has the same keys there.
    case merge(String)
    /// To this collection, reduced together with what has the same keys there.
    case reduce(String)
}

/// How to map and reduce.
public struct MapReduceOptions: Sendable {
    /// Whether to skip the validator of the collection that the results go to.
    public var bypassDocumentValidation: Bool?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// What the documents have to match; `nil` means all. Command field `query`.
    public var filter: BSONDocument?
    /// Called with a key and its reduced value at last; answers the result.
    public var finalize: BSONCode?
    /// How many documents to map at most; `nil` maps them all.
    public var limit: Int?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// Variables for the functions.
    public var scope: BSONDocument?
    /// The order in which the documents are mapped.
    public var sort: BSONDocument?
    /// How long it may take in all, instead of what the collection, database or client says. URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        bypassDocumentValidation: Bool? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        filter: BSONDocument? = nil,
        finalize: BSONCode? = nil,
        limit: Int? = nil,
        maxTime: Duration? = nil,
        scope: BSONDocument? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.collation = collation
        self.comment = comment
        self.filter = filter
        self.finalize = finalize
        self.limit = limit
        self.maxTime = maxTime
        self.scope = scope
        self.sort = sort
        self.timeout = timeout
    }
}
