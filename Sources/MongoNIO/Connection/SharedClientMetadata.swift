// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md#metadata-updates-after-mongoclient-initialization

import MongoBSON
import Synchronization

/// The metadata that a client's new connections introduce themselves with. Libraries may add to it at any time;
/// connections that exist keep what they said.
final class SharedClientMetadata: Sendable {
    private struct State {
        var metadata: ClientMetadata
        var document: BSONDocument
        var libraries: Set<DriverInfo> = []
    }

    private let state: Mutex<State>

    init(_ metadata: ClientMetadata) throws(MongoError) {
        state = Mutex(State(metadata: metadata, document: try Self.document(of: metadata)))
    }

    /// The `client` document, at most 512 bytes.
    var document: BSONDocument { state.withLock { $0.document } }

    /// Adds a library, unless it was added before.
    ///
    /// - Throws: `MongoError` when one of its texts cannot be sent.
    func append(_ info: DriverInfo) throws(MongoError) {
        try info.validate()
        let info = info.normalized
        try state.withLock { state throws(MongoError) in
            guard !state.libraries.contains(info) else { return }
            var metadata = state.metadata
            func append(_ text: String?, to field: inout String) {
                guard let text, !text.isEmpty else { return }
                field += field.isEmpty ? text : "\(DriverInfo.delimiter)\(text)"
            }
            append(info.name, to: &metadata.driverName)
            append(info.version, to: &metadata.driverVersion)
            append(info.platform, to: &metadata.platform)
            let document = try Self.document(of: metadata)
            guard document.byteCount <= ClientMetadata.maximumLength else {
                throw MongoError(.invalidArgument, "the client's metadata would exceed 512 bytes with it")
            }
            state.document = document
            state.metadata = metadata
            state.libraries.insert(info)
        }
    }

    private static func document(of metadata: ClientMetadata) throws(MongoError) -> BSONDocument {
        do throws(BSONError) {
            return try metadata.document()
        } catch {
            throw MongoError(.invalidArgument, "the client's metadata cannot be sent: \(error)", underlying: error)
        }
    }
}
