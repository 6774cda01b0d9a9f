// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#bucket-operations

import MongoBSON
import MongoNIO
import NIOCore

extension GridFSBucketOptions {
    /// - Parameter fields: The `bucketOptions` of an entity.
    init(test fields: BSONDocument) throws {
        let arguments = Arguments(fields, of: "bucketOptions", EntityMap())
        self.init()
        bucketName = try arguments.string("bucketName") ?? bucketName
        chunkSizeBytes = try arguments.int("chunkSizeBytes") ?? chunkSizeBytes
        readConcern = try arguments.readConcern()
        readPreference = try arguments.readPreference()
        timeout = try arguments.milliseconds("timeoutMS")
        writeConcern = try arguments.writeConcern()
        // No checksums are ever made.
        _ = try arguments.bool("disableMD5")
        try arguments.finish()
    }
}

extension Scene {
    func bucket(_ name: String, _ bucket: GridFSBucket, _ arguments: Arguments) async throws -> OperationResult {
        let session = try arguments.session()
        switch name {
        case "upload", "uploadWithId":
            let id = name == "upload" ? .objectID(BSONObjectID()) : try arguments.required("id", Arguments.value)
            return .value(try await upload(id, bucket, arguments, session))
        case "download":
            let id = try arguments.required("id", Arguments.value)
            var options = GridFSDownloadOptions()
            options.timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            return try await contents(try await bucket.openDownloadStream(id, options: options, session: session))
        case "downloadByName":
            let name = try arguments.required("filename", Arguments.string)
            let revision = try arguments.int("revision") ?? -1
            var options = GridFSDownloadOptions()
            options.timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            return try await contents(
                try await bucket.openDownloadStream(
                    byName: name,
                    revision: revision,
                    options: options,
                    session: session
                )
            )
        case "find":
            let filter = try arguments.required("filter", Arguments.document)
            let options = try GridFSFindOptions(test: arguments)
            try arguments.finish()
            let files = try await bucket.find(filter, options: options, session: session).toArray()
            return .documents(files.map(\.document))
        default:
            return try await manage(name, bucket, arguments, session)
        }
    }

    private func manage(
        _ name: String,
        _ bucket: GridFSBucket,
        _ arguments: Arguments,
        _ session: ClientSession?
    ) async throws -> OperationResult {
        var options = GridFSOptions()
        options.timeout = try arguments.milliseconds("timeoutMS")
        switch name {
        case "delete":
            let id = try arguments.required("id", Arguments.value)
            try arguments.finish()
            try await bucket.delete(id, options: options, session: session)
        case "deleteByName":
            let filename = try arguments.required("filename", Arguments.string)
            try arguments.finish()
            try await bucket.deleteByName(filename, options: options, session: session)
        case "rename":
            let id = try arguments.required("id", Arguments.value)
            let filename = try arguments.required("newFilename", Arguments.string)
            try arguments.finish()
            try await bucket.rename(id, to: filename, options: options, session: session)
        case "renameByName":
            let filename = try arguments.required("filename", Arguments.string)
            let newFilename = try arguments.required("newFilename", Arguments.string)
            try arguments.finish()
            try await bucket.renameByName(filename, to: newFilename, options: options, session: session)
        case "drop":
            try arguments.finish()
            try await bucket.drop(options: options, session: session)
        default:
            throw unknown(name, of: "bucket")
        }
        return .nothing
    }

    private func upload(
        _ id: BSON,
        _ bucket: GridFSBucket,
        _ arguments: Arguments,
        _ session: ClientSession?
    ) async throws -> BSON {
        let filename = try arguments.required("filename", Arguments.string)
        let source = try arguments.required("source", Arguments.document)
        var options = GridFSUploadOptions()
        options.chunkSizeBytes = try arguments.int("chunkSizeBytes")
        options.metadata = try arguments.document("metadata")
        options.timeout = try arguments.milliseconds("timeoutMS")
        // No checksums are ever made.
        _ = try arguments.bool("disableMD5")
        options.contentType = try arguments.string("contentType")
        options.aliases = try arguments.strings("aliases")
        try arguments.finish()
        guard let (name, text) = ValueMatcher.operator(source), name == "$$hexBytes",
            let bytes = text.stringValue.flatMap(ValueMatcher.bytes)
        else { throw UnifiedTestFailure("not a source: \(source)") }
        return try await bucket.upload(
            filename,
            bytes: ByteBuffer(bytes: bytes),
            id: id,
            options: options,
            session: session
        )
    }

    private func contents(_ stream: GridFSDownloadStream) async throws -> OperationResult {
        .value(.binary(BSONBinary(data: try await stream.collect(upTo: 64 << 20))))
    }
}

extension GridFSFindOptions {
    init(test arguments: Arguments) throws {
        self.init()
        allowDiskUse = try arguments.bool("allowDiskUse")
        batchSize = try arguments.int("batchSize")
        limit = try arguments.int("limit")
        maxTime = try arguments.milliseconds("maxTimeMS")
        noCursorTimeout = try arguments.bool("noCursorTimeout")
        skip = try arguments.int("skip")
        sort = try arguments.document("sort")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}
