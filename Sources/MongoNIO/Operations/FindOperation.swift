// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/find_getmore_killcursors_commands/find_getmore_killcursors_commands.md

import MongoBSON

/// `find`: the first batch of a query.
struct FindOperation: Operation {
    var namespace: MongoNamespace
    var filter: BSONDocument
    var options: FindOptions

    var commandName: String { "find" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .read }
    var retryability: Retryability { .read }
    var accepts: CommandSettings.Fields { [.readConcern, .readPreference] }
    var maxTime: Duration? { options.maxTime }
    var timeLimit: TimeLimit { .ofCursor(options.cursorType, options.timeoutMode) }
    var rawData: Bool? { options.rawData }

    func encode(into command: inout BSONWriter) {
        command.append("find", namespace.collection)
        command.append("filter", filter)
        command.append("sort", ifPresent: options.sort)
        command.append("projection", ifPresent: options.projection)
        command.append("skip", ifPresent: options.skip)
        // A negative limit is the old way to ask for a single batch.
        if let limit = options.limit, limit != 0 {
            command.append("limit", Int64(clamping: limit.magnitude))
            if limit < 0 { command.append("singleBatch", true) }
        }
        command.append("batchSize", ifPresent: firstBatchSize)
        command.append("collation", ifPresent: options.collation)
        command.append("comment", ifPresent: options.comment)
        command.append("hint", ifPresent: options.hint)
        command.append("let", ifPresent: options.let)
        command.append("min", ifPresent: options.min)
        command.append("max", ifPresent: options.max)
        command.append("allowDiskUse", ifPresent: options.allowDiskUse)
        command.append("allowPartialResults", ifPresent: options.allowPartialResults)
        command.append("returnKey", ifPresent: options.returnKey)
        command.append("showRecordId", ifPresent: options.showRecordID)
        command.append("noCursorTimeout", ifPresent: options.noCursorTimeout)
        if options.cursorType != .nonTailable { command.append("tailable", true) }
        if options.cursorType == .tailableAwait { command.append("awaitData", true) }
    }

    /// A batch as large as the limit would leave an empty cursor open: one more closes it at once.
    private var firstBatchSize: Int? {
        guard let batchSize = options.batchSize else { return nil }
        if let limit = options.limit, limit > 0, limit == batchSize, batchSize < Int(Int32.max) { return batchSize + 1 }
        return batchSize
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> CursorReply {
        try CursorReply(reply, batchField: "firstBatch", context)
    }
}

extension FindOptions {
    /// Options that find one document and leave no cursor.
    init(_ options: FindOneOptions) {
        self.init(
            allowDiskUse: options.allowDiskUse,
            allowPartialResults: options.allowPartialResults,
            collation: options.collation,
            comment: options.comment,
            hint: options.hint,
            let: options.let,
            limit: -1,
            max: options.max,
            maxTime: options.maxTime,
            min: options.min,
            projection: options.projection,
            rawData: options.rawData,
            returnKey: options.returnKey,
            showRecordID: options.showRecordID,
            skip: options.skip,
            sort: options.sort,
            timeout: options.timeout
        )
    }
}
