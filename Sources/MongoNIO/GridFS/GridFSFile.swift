// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md#terms

public import MongoBSON

/// A file of a bucket, without its contents: a document of the bucket's collection `files`.
public struct GridFSFile: Sendable, Hashable, Codable {
    /// The file's id, in most buckets a `BSONObjectID`.
    public var id: BSON { document["_id"] ?? .null }
    /// The file's name; several files may have the same, and are revisions then.
    public var filename: String? { document.string(forKey: "filename") }
    /// How many bytes it has.
    public var length: Int64 { document.integer(forKey: "length") ?? 0 }
    /// How large the parts are that it is kept in, in bytes.
    public var chunkSize: Int { Int(clamping: document.integer(forKey: "chunkSize") ?? 0) }
    /// When the upload ended.
    public var uploadDate: BSONDateTime? { document["uploadDate"]?.datetimeValue }
    /// What the application keeps with the file.
    public var metadata: BSONDocument? { document.document(forKey: "metadata") }
    /// The file's type, for example `image/png`; in newer files it is part of ``metadata``, if anything.
    public var contentType: String? { document.string(forKey: "contentType") }
    /// Other names of the file; in newer files they are part of ``metadata``, if anything.
    public var aliases: [String]? { document.array(forKey: "aliases")?.elements.compactMap(\.string) }
    /// All that is kept of the file but its contents.
    public let document: BSONDocument

    init(_ document: BSONDocument) {
        self.document = document
    }

    /// Decodes a document of the collection `files`.
    public init(from decoder: any Decoder) throws {
        document = try BSONDocument(from: decoder)
    }

    /// Encodes the document of the collection `files`.
    public func encode(to encoder: any Encoder) throws {
        try document.encode(to: encoder)
    }
}
