// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

extension InsertOneOptions {
    init(test arguments: Arguments) throws {
        self.init()
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        comment = arguments.value("comment")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension InsertManyOptions {
    init(test arguments: Arguments) throws {
        self.init()
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        comment = arguments.value("comment")
        ordered = try arguments.bool("ordered") ?? ordered
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension UpdateOptions {
    init(test arguments: Arguments) throws {
        self.init()
        arrayFilters = try arguments.documents("arrayFilters")
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        rawData = try arguments.bool("rawData")
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
        upsert = try arguments.bool("upsert")
    }
}

extension ReplaceOptions {
    init(test arguments: Arguments) throws {
        self.init()
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        rawData = try arguments.bool("rawData")
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
        upsert = try arguments.bool("upsert")
    }
}

extension DeleteOptions {
    init(test arguments: Arguments) throws {
        self.init()
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension FindOneAndDeleteOptions {
    init(test arguments: Arguments) throws {
        self.init()
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        maxTime = try arguments.milliseconds("maxTimeMS")
        projection = try arguments.document("projection")
        rawData = try arguments.bool("rawData")
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension FindOneAndReplaceOptions {
    init(test arguments: Arguments) throws {
        self.init()
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        maxTime = try arguments.milliseconds("maxTimeMS")
        projection = try arguments.document("projection")
        rawData = try arguments.bool("rawData")
        returnDocument = try arguments.returnDocument()
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
        upsert = try arguments.bool("upsert")
    }
}

extension FindOneAndUpdateOptions {
    init(test arguments: Arguments) throws {
        self.init()
        arrayFilters = try arguments.documents("arrayFilters")
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        collation = try arguments.document("collation")
        comment = arguments.value("comment")
        hint = arguments.value("hint")
        self.let = try arguments.document("let")
        maxTime = try arguments.milliseconds("maxTimeMS")
        projection = try arguments.document("projection")
        rawData = try arguments.bool("rawData")
        returnDocument = try arguments.returnDocument()
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
        upsert = try arguments.bool("upsert")
    }
}

extension BulkWriteOptions {
    init(test arguments: Arguments) throws {
        self.init()
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        comment = arguments.value("comment")
        self.let = try arguments.document("let")
        ordered = try arguments.bool("ordered") ?? ordered
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}

extension ClientBulkWriteOptions {
    init(test arguments: Arguments) throws {
        self.init()
        bypassDocumentValidation = try arguments.bool("bypassDocumentValidation")
        comment = arguments.value("comment")
        self.let = try arguments.document("let")
        ordered = try arguments.bool("ordered") ?? ordered
        rawData = try arguments.bool("rawData")
        timeout = try arguments.milliseconds("timeoutMS")
        verboseResults = try arguments.bool("verboseResults") ?? verboseResults
        writeConcern = try arguments.writeConcern()
    }
}

extension Arguments {
    func returnDocument() throws -> ReturnDocument? {
        switch try string("returnDocument")?.lowercased() {
        case nil: nil
        case "before": .before
        case "after": .after
        case let name?: throw UnifiedTestFailure("there is no returnDocument \(name)")
        }
    }
}
