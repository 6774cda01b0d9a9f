// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

extension RunCursorCommandOptions {
    init(test arguments: Arguments) throws {
        self.init()
        batchSize = try arguments.int("batchSize")
        comment = arguments.value("comment")
        cursorType = try arguments.cursorType()
        maxTime = try arguments.milliseconds("maxTimeMS")
        readPreference = try arguments.readPreference()
        timeout = try arguments.milliseconds("timeoutMS")
        timeoutMode = try arguments.timeoutMode()
    }
}

extension CreateCollectionOptions {
    init(test arguments: Arguments) throws {
        self.init()
        capped = try arguments.bool("capped")
        changeStreamPreAndPostImages = try arguments.document("changeStreamPreAndPostImages")
        clusteredIndex = try arguments.document("clusteredIndex")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        encryptedFields = try arguments.document("encryptedFields")
        expireAfterSeconds = try arguments.int("expireAfterSeconds")
        indexOptionDefaults = try arguments.document("indexOptionDefaults")
        max = try arguments.int("max")
        pipeline = try arguments.documents("pipeline")
        size = try arguments.int("size")
        storageEngine = try arguments.document("storageEngine")
        timeout = try arguments.milliseconds("timeoutMS")
        timeseries = try arguments.document("timeseries")
        validationAction = try arguments.string("validationAction")
        validationLevel = try arguments.string("validationLevel")
        validator = try arguments.document("validator")
        viewOn = try arguments.string("viewOn")
    }
}

extension ModifyCollectionOptions {
    init(test arguments: Arguments) throws {
        self.init()
        cappedMax = try arguments.int("cappedMax")
        cappedSize = try arguments.int("cappedSize")
        changeStreamPreAndPostImages = try arguments.document("changeStreamPreAndPostImages")
        comment = arguments.value("comment")
        expireAfterSeconds = arguments.value("expireAfterSeconds")
        index = try arguments.document("index")
        pipeline = try arguments.documents("pipeline")
        timeout = try arguments.milliseconds("timeoutMS")
        timeseries = try arguments.document("timeseries")
        validationAction = try arguments.string("validationAction")
        validationLevel = try arguments.string("validationLevel")
        validator = try arguments.document("validator")
        viewOn = try arguments.string("viewOn")
    }
}

extension DropCollectionOptions {
    init(test arguments: Arguments) throws {
        self.init()
        comment = arguments.value("comment")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension DropDatabaseOptions {
    init(test arguments: Arguments) throws {
        self.init()
        comment = arguments.value("comment")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension ListCollectionsOptions {
    init(test arguments: Arguments) throws {
        self.init()
        authorizedCollections = try arguments.bool("authorizedCollections")
        batchSize = try arguments.int("batchSize")
        comment = arguments.value("comment")
        filter = try arguments.document("filter")
        try arguments.skip("nameOnly", because: "has a verb of its own: listCollectionNames")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
        timeoutMode = try arguments.timeoutMode()
    }
}

extension IndexOptions {
    init(test arguments: Arguments) throws {
        self.init()
        background = try arguments.bool("background")
        bits = try arguments.int("bits")
        bucketSize = try arguments.int("bucketSize")
        collation = try arguments.document("collation")
        defaultLanguage = try arguments.string("defaultLanguage")
        expireAfterSeconds = try arguments.int("expireAfterSeconds")
        hidden = try arguments.bool("hidden")
        languageOverride = try arguments.string("languageOverride")
        max = try arguments.double("max")
        min = try arguments.double("min")
        name = try arguments.string("name")
        partialFilterExpression = try arguments.document("partialFilterExpression")
        sparse = try arguments.bool("sparse")
        sphereIndexVersion = try arguments.int("sphereVersion")
        storageEngine = try arguments.document("storageEngine")
        textIndexVersion = try arguments.int("textVersion")
        unique = try arguments.bool("unique")
        version = try arguments.int("version")
        weights = try arguments.document("weights")
        wildcardProjection = try arguments.document("wildcardProjection")
    }
}

extension CreateIndexOptions {
    init(test arguments: Arguments) throws {
        self.init()
        comment = arguments.value("comment")
        commitQuorum =
            switch arguments.value("commitQuorum") {
            case .string(let name): .tag(name)
            case let count?: count.toInt().map { .nodes($0) }
            case nil: nil
            }
        maxTime = try arguments.milliseconds("maxTimeMS")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension DropIndexOptions {
    init(test arguments: Arguments) throws {
        self.init()
        comment = arguments.value("comment")
        maxTime = try arguments.milliseconds("maxTimeMS")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension ListIndexesOptions {
    init(test arguments: Arguments) throws {
        self.init()
        batchSize = try arguments.int("batchSize")
        comment = arguments.value("comment")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
        timeoutMode = try arguments.timeoutMode()
    }
}

extension DatabaseOptions {
    /// - Parameter fields: A `collectionOrDatabaseOptions`.
    init(test fields: BSONDocument) throws {
        let arguments = Arguments(fields, of: "options", EntityMap())
        self.init(
            readConcern: try arguments.readConcern(),
            readPreference: try arguments.readPreference(),
            timeout: try arguments.milliseconds("timeoutMS"),
            writeConcern: try arguments.writeConcern()
        )
        try arguments.finish()
    }
}
