// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md

public import MongoBSON

/// What to watch, from when on, and how.
public struct ChangeStreamOptions: Sendable {
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// What updates show of the document beside the change. Default: nothing.
    public var fullDocument: FullDocument?
    /// What changes show of the document as it was before. Default: nothing.
    public var fullDocumentBeforeChange: FullDocumentBeforeChange?
    /// How long the server waits for documents when a cursor that waits is at its end, in whole
    /// milliseconds. Command field `maxTimeMS` of `getMore`.
    public var maxAwaitTime: Duration?
    /// Go on after the change of this token, which is not an `invalidate`.
    public var resumeAfter: ResumeToken?
    /// Whether to show further kinds of changes, for example of indexes.
    public var showExpandedEvents: Bool?
    /// Go on after the change of this token, which may be an `invalidate`.
    public var startAfter: ResumeToken?
    /// Begin with the changes at or after this time of the cluster.
    public var startAtOperationTime: BSONTimestamp?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        batchSize: Int? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        fullDocument: FullDocument? = nil,
        fullDocumentBeforeChange: FullDocumentBeforeChange? = nil,
        maxAwaitTime: Duration? = nil,
        resumeAfter: ResumeToken? = nil,
        showExpandedEvents: Bool? = nil,
        startAfter: ResumeToken? = nil,
        startAtOperationTime: BSONTimestamp? = nil,
        timeout: Duration? = nil
    ) {
        self.batchSize = batchSize
        self.collation = collation
        self.comment = comment
        self.fullDocument = fullDocument
        self.fullDocumentBeforeChange = fullDocumentBeforeChange
        self.maxAwaitTime = maxAwaitTime
        self.resumeAfter = resumeAfter
        self.showExpandedEvents = showExpandedEvents
        self.startAfter = startAfter
        self.startAtOperationTime = startAtOperationTime
        self.timeout = timeout
    }
}

/// What an update in a change stream shows of the document beside the change. Any name is passed on to the server.
public struct FullDocument: RawRepresentable, Sendable, Hashable {
    /// The name as it is sent to the server.
    public let rawValue: String

    /// Makes a choice of its name, known to this driver or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Nothing.
    public static let `default` = FullDocument(rawValue: "default")
    /// The document as it is when the server looks it up, some time after the change.
    public static let updateLookup = FullDocument(rawValue: "updateLookup")
    /// The document as it was right after the change, if the collection keeps that.
    public static let whenAvailable = FullDocument(rawValue: "whenAvailable")
    /// The document as it was right after the change; an error if the collection does not keep that.
    public static let required = FullDocument(rawValue: "required")
}

/// What a change in a change stream shows of the document as it was before. Any name is passed on to the server.
public struct FullDocumentBeforeChange: RawRepresentable, Sendable, Hashable {
    /// The name as it is sent to the server.
    public let rawValue: String

    /// Makes a choice of its name, known to this driver or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Nothing.
    public static let off = FullDocumentBeforeChange(rawValue: "off")
    /// The document as it was right before the change, if the collection keeps that.
    public static let whenAvailable = FullDocumentBeforeChange(rawValue: "whenAvailable")
    /// The document as it was right before the change; an error if the collection does not keep that.
    public static let required = FullDocumentBeforeChange(rawValue: "required")
}
