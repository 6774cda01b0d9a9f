// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore

/// Writes the message of an operation, once, into one buffer.
///
/// Before it on the way of a request: the operation's own `encode`. After it: `Connection`.
struct CommandBuilder {
    /// A message that is ready to be sent.
    struct Message {
        var id: Int32
        var bytes: ByteBuffer
        /// How many documents travel beside the body.
        var sequenceCount: Int
    }

    var settings: CommandSettings
    /// What the connection's server is.
    var serverType: ServerDescription.ServerType
    var topologyType: TopologyDescription.TopologyType
    var limits: MessageLimits
    /// What the client insists on.
    var serverAPI: MongoServerAPI?

    /// - Throws: `MongoError` when the command cannot be written, or a document is too large for the server.
    func message(for operation: some Operation) throws(MongoError) -> Message {
        var writer = BSONWriter(reserving: OpMessage.prefixLength, capacity: 512)
        operation.encode(into: &writer)
        append(operation.accepts, to: &writer)
        serverAPI?.append(to: &writer)
        writer.append("$db", operation.database)
        let id = RequestID.next()
        let sequence = try operation.documentSequence(within: limits)
        do throws(BSONError) {
            var bytes = try writer.finish()
            OpMessage.finish(&bytes, requestID: id, sequence: sequence)
            return Message(id: id, bytes: bytes, sequenceCount: sequence?.documents.count ?? 0)
        } catch {
            throw MongoError(.bson, "the command cannot be written as BSON: \(error)", underlying: error)
        }
    }

    private func append(_ fields: CommandSettings.Fields, to writer: inout BSONWriter) {
        if fields.contains(.readConcern), let level = settings.readConcern.level {
            writer.beginDocument("readConcern")
            writer.append("level", level.rawValue)
            writer.endDocument()
        }
        if fields.contains(.writeConcern), !settings.writeConcern.isServerDefault {
            append(settings.writeConcern, to: &writer)
        }
        if fields.contains(.readPreference), let preference = effectiveReadPreference {
            append(preference, to: &writer)
        }
    }

    private func append(_ concern: WriteConcern, to writer: inout BSONWriter) {
        writer.beginDocument("writeConcern")
        switch concern.w {
        case .nodes(let count): writer.append("w", Int32(truncatingIfNeeded: count))
        case .tag(let name): writer.append("w", name)
        case nil: break
        }
        if let journal = concern.journal { writer.append("j", journal) }
        if let timeout = concern.wTimeout { writer.append("wtimeout", timeout.wholeMilliseconds) }
        writer.endDocument()
    }

    /// What is sent to whom.
    ///
    /// - SeeAlso: [Passing read preference to servers](https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md#passing-read-preference-to-mongos-and-load-balancers)
    private var effectiveReadPreference: ReadPreference? {
        if topologyType == .single {
            switch serverType {
            case .mongos: break
            case .standalone, .loadBalancer: return nil
            // A member of a replica set that is connected to directly has to answer whatever it is.
            default: return settings.readPreference.mode == .primary ? .primaryPreferred : settings.readPreference
            }
        }
        return settings.readPreference.mode == .primary ? nil : settings.readPreference
    }

    private func append(_ preference: ReadPreference, to writer: inout BSONWriter) {
        writer.beginDocument("$readPreference")
        writer.append("mode", preference.mode.rawValue)
        if !preference.tagSets.isEmpty {
            writer.beginArray("tags")
            for set in preference.tagSets {
                writer.beginDocument()
                for (key, value) in set.sorted(by: { $0.key < $1.key }) { writer.append(key, value) }
                writer.endDocument()
            }
            writer.endArray()
        }
        if let staleness = preference.maxStaleness {
            writer.append("maxStalenessSeconds", staleness.wholeMilliseconds / 1000)
        }
        writer.endDocument()
    }
}
