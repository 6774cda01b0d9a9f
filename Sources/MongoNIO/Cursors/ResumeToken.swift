// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md#resume-process

public import MongoBSON

/// Where a change stream goes on. Only the server knows what is in it: keep it, and give it back.
public struct ResumeToken: Sendable, Hashable, Codable {
    /// The token as the server sent it.
    public let document: BSONDocument

    /// Makes a token of what the server once sent.
    public init(_ document: BSONDocument) {
        self.document = document
    }

    /// Decodes a token.
    public init(from decoder: any Decoder) throws {
        document = try BSONDocument(from: decoder)
    }

    /// Encodes the token as the document that it is.
    public func encode(to encoder: any Encoder) throws {
        try document.encode(to: encoder)
    }
}
