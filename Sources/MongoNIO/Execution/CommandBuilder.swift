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
        /// How long the body is: what follows travels beside it.
        var bodyLength: Int
        /// The documents that travel beside the body.
        var sequences: [OpMessage.DocumentSequence]

        /// How many documents the first of the sequences has.
        var sequenceCount: Int { sequences.first?.documents.count ?? 0 }
    }

    /// What a session, a transaction, a timeout add to a command.
    struct Additions {
        /// The `lsid`.
        var sessionID: BSONDocument?
        var transactionNumber: Int64?
        var isInTransaction = false
        var startsTransaction = false
        /// What lets another mongos end the transaction.
        var recoveryToken: BSONDocument?
        var clusterTime: BSONDocument?
        /// The read concern, whatever the operation says of it.
        var readConcern: ReadConcern?
        var afterClusterTime: BSONTimestamp?
        var atClusterTime: BSONTimestamp?
        /// In milliseconds.
        var maxTime: Int64?
        /// Whether the operation has a timeout, which takes the place of the write concern's.
        var hasTimeout = false
        /// Whether the server is asked not to answer.
        var isUnacknowledged = false
    }

    var settings: CommandSettings
    /// What the connection's server is.
    var serverType: ServerDescription.ServerType
    var topologyType: TopologyDescription.TopologyType
    var limits: MessageLimits
    /// What the client insists on.
    var serverAPI: MongoServerAPI?
    /// The newest version of the wire protocol that the server speaks.
    var maxWireVersion: Int
    var additions = Additions()

    /// The first version of the wire protocol with the field `rawData`: that of MongoDB 8.2.
    private static let rawDataWireVersion = 27
    /// The first version of the wire protocol whose secondaries pass `$out` and `$merge` on: that of MongoDB 5.0.
    private static let secondaryWritesWireVersion = 13

    /// - Throws: `MongoError` when the command cannot be written, or a document is too large for the server.
    func message(for operation: some Operation) throws(MongoError) -> Message {
        let isAcknowledged = !operation.accepts.contains(.writeConcern) || settings.writeConcern.isAcknowledged
        try operation.check(CommandTarget(maxWireVersion: maxWireVersion, isAcknowledged: isAcknowledged))
        var writer = BSONWriter(reserving: OpMessage.prefixLength, capacity: 512)
        operation.encode(into: &writer)
        if maxWireVersion >= Self.rawDataWireVersion { writer.append("rawData", ifPresent: operation.rawData) }
        var accepted = operation.accepts
        // Where a secondary cannot store what an aggregation found, the primary was selected, and is told nothing else.
        if operation.purpose == .readAndWrite, maxWireVersion < Self.secondaryWritesWireVersion {
            accepted.remove(.readPreference)
        }
        append(accepted, to: &writer)
        append(additions, to: &writer)
        serverAPI?.append(to: &writer)
        writer.append("$db", operation.database)
        let id = RequestID.next()
        let sequences = try operation.documentSequences(within: limits)
        var bytes: ByteBuffer
        do throws(BSONError) {
            bytes = try writer.finish()
        } catch {
            throw MongoError(.bson, "the command cannot be written as BSON: \(error)", underlying: error)
        }
        let bodyLength = bytes.readableBytes - OpMessage.prefixLength
        OpMessage.finish(
            &bytes,
            requestID: id,
            flags: additions.isUnacknowledged ? .moreToCome : [],
            sequences: sequences
        )
        // The server would close the connection, and the driver would take it for broken, or down.
        guard bytes.readableBytes <= limits.messageSize else {
            throw MongoError(
                .invalidArgument,
                "the command has \(bytes.readableBytes) bytes, the server takes at most \(limits.messageSize)"
            )
        }
        return Message(id: id, bytes: bytes, bodyLength: bodyLength, sequences: sequences)
    }

    private func append(_ fields: CommandSettings.Fields, to writer: inout BSONWriter) {
        appendReadConcern(
            additions.readConcern ?? (fields.contains(.readConcern) ? settings.readConcern : .serverDefault),
            to: &writer
        )
        if fields.contains(.writeConcern) { append(settings.writeConcern, to: &writer) }
        if fields.contains(.readPreference), let preference = effectiveReadPreference {
            append(preference, to: &writer)
        }
    }

    private func appendReadConcern(_ concern: ReadConcern, to writer: inout BSONWriter) {
        guard concern.level != nil || additions.afterClusterTime != nil || additions.atClusterTime != nil else {
            return
        }
        writer.beginDocument("readConcern")
        if let level = concern.level { writer.append("level", level.rawValue) }
        if let time = additions.afterClusterTime { writer.append("afterClusterTime", time) }
        if let time = additions.atClusterTime { writer.append("atClusterTime", time) }
        writer.endDocument()
    }

    private func append(_ additions: Additions, to writer: inout BSONWriter) {
        if let maxTime = additions.maxTime { writer.append("maxTimeMS", maxTime) }
        if let sessionID = additions.sessionID { writer.append("lsid", sessionID) }
        if let number = additions.transactionNumber { writer.append("txnNumber", number) }
        if additions.startsTransaction { writer.append("startTransaction", true) }
        if additions.isInTransaction { writer.append("autocommit", false) }
        if let token = additions.recoveryToken { writer.append("recoveryToken", token) }
        if let time = additions.clusterTime { writer.append("$clusterTime", time) }
    }

    private func append(_ concern: WriteConcern, to writer: inout BSONWriter) {
        let timeout = additions.hasTimeout ? nil : concern.wTimeout
        guard concern.w != nil || concern.journal != nil || timeout != nil else { return }
        writer.beginDocument("writeConcern")
        switch concern.w {
        case .nodes(let count): writer.append("w", Int32(truncatingIfNeeded: count))
        case .tag(let name): writer.append("w", name)
        case nil: break
        }
        if let journal = concern.journal { writer.append("j", journal) }
        if let timeout { writer.append("wtimeout", timeout.wholeMilliseconds) }
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
            default:
                // A member of a replica set that is connected to directly has to answer whatever it is, except in a
                // transaction, which only a primary can have.
                if settings.readPreference.mode == .primary {
                    return additions.isInTransaction ? nil : .primaryPreferred
                }
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
