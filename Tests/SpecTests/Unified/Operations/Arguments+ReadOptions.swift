// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

// The options of verbs, out of the arguments of tests: one line for each field that the specification names.

extension FindOptions {
    init(test arguments: Arguments) throws {
        self.init()
        allowDiskUse = try arguments.bool("allowDiskUse")
        allowPartialResults = try arguments.bool("allowPartialResults")
        batchSize = try arguments.int("batchSize")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        cursorType = try arguments.cursorType()
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        limit = try arguments.int("limit")
        max = try arguments.document("max")
        maxAwaitTime = try arguments.milliseconds("maxAwaitTimeMS")
        maxTime = try arguments.milliseconds("maxTimeMS")
        min = try arguments.document("min")
        noCursorTimeout = try arguments.bool("noCursorTimeout")
        projection = try arguments.document("projection")
        rawData = try arguments.bool("rawData")
        returnKey = try arguments.bool("returnKey")
        showRecordID = try arguments.bool("showRecordId")
        skip = try arguments.int("skip")
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
        timeoutMode = try arguments.timeoutMode()
        for name in ["maxScan", "oplogReplay", "snapshot"] { try arguments.skip(name, because: "is deprecated") }
    }
}

extension FindOneOptions {
    init(test arguments: Arguments) throws {
        self.init()
        allowDiskUse = try arguments.bool("allowDiskUse")
        allowPartialResults = try arguments.bool("allowPartialResults")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        max = try arguments.document("max")
        maxTime = try arguments.milliseconds("maxTimeMS")
        min = try arguments.document("min")
        projection = try arguments.document("projection")
        rawData = try arguments.bool("rawData")
        returnKey = try arguments.bool("returnKey")
        showRecordID = try arguments.bool("showRecordId")
        skip = try arguments.int("skip")
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension AggregateOptions {
    init(test arguments: Arguments) throws {
        self.init()
        allowDiskUse = try arguments.bool("allowDiskUse")
        batchSize = try arguments.int("batchSize")
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        maxAwaitTime = try arguments.milliseconds("maxAwaitTimeMS")
        maxTime = try arguments.milliseconds("maxTimeMS")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
        timeoutMode = try arguments.timeoutMode()
    }
}

extension DistinctOptions {
    init(test arguments: Arguments) throws {
        self.init()
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        maxTime = try arguments.milliseconds("maxTimeMS")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension CountDocumentsOptions {
    init(test arguments: Arguments) throws {
        self.init()
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        limit = try arguments.int("limit")
        maxTime = try arguments.milliseconds("maxTimeMS")
        rawData = try arguments.bool("rawData")
        skip = try arguments.int("skip")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension EstimatedDocumentCountOptions {
    init(test arguments: Arguments) throws {
        self.init()
        comment = arguments.value("comment")
        maxTime = try arguments.milliseconds("maxTimeMS")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension MapReduceOptions {
    init(test arguments: Arguments) throws {
        self.init()
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        filter = try arguments.document("filter")
        finalize = try arguments.code("finalize")
        limit = try arguments.int("limit")
        maxTime = try arguments.milliseconds("maxTimeMS")
        scope = try arguments.document("scope")
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension ChangeStreamOptions {
    init(test arguments: Arguments) throws {
        self.init()
        batchSize = try arguments.int("batchSize")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        fullDocument = try arguments.string("fullDocument").map(FullDocument.init(rawValue:))
        fullDocumentBeforeChange = try arguments.string("fullDocumentBeforeChange")
            .map(FullDocumentBeforeChange.init(rawValue:))
        maxAwaitTime = try arguments.milliseconds("maxAwaitTimeMS")
        resumeAfter = try arguments.document("resumeAfter").map { ResumeToken($0) }
        showExpandedEvents = try arguments.bool("showExpandedEvents")
        startAfter = try arguments.document("startAfter").map { ResumeToken($0) }
        startAtOperationTime = arguments.value("startAtOperationTime")?.timestampValue
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension Arguments {
    func mapReduceOutput() throws -> MapReduceOutput {
        switch value("out") {
        case nil: .inline
        case .string(let name): .replace(name)
        case .document(let output) where output.keys == ["inline"]: .inline
        case .document(let output) where output.keys == ["replace"]: .replace(output["replace"]?.stringValue ?? "")
        case .document(let output) where output.keys == ["merge"]: .merge(output["merge"]?.stringValue ?? "")
        case .document(let output) where output.keys == ["reduce"]: .reduce(output["reduce"]?.stringValue ?? "")
        case let output?: throw UnifiedTestFailure("mapReduce cannot send its results to \(output)")
        }
    }

    func cursorType() throws -> CursorType {
        switch try string("cursorType") {
        case nil, "nonTailable": .nonTailable
        case "tailable": .tailable
        case "tailableAwait": .tailableAwait
        case let name?: throw UnifiedTestFailure("there is no cursorType \(name)")
        }
    }

    func timeoutMode() throws -> CursorTimeoutMode? {
        switch try string("timeoutMode") {
        case nil: nil
        case "iteration": .iteration
        case "cursorLifetime": .cursorLifetime
        case let name?: throw UnifiedTestFailure("there is no timeoutMode \(name)")
        }
    }
}
