// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#entity-map

import MongoBSON
import MongoNIO
import Synchronization

/// What a test has a name for.
enum Entity: Sendable {
    case client(ClientEntity)
    case database(MongoDatabase)
    case collection(MongoCollection<BSONDocument>)
    case session(ClientSession)
    case bucket(GridFSBucket)
    case cursor(CursorEntity)
    case thread(ThreadEntity)
    case topologyDescription(TopologyDescription)
    case value(BSON)

    var kind: String {
        switch self {
        case .client: "client"
        case .database: "database"
        case .collection: "collection"
        case .session: "session"
        case .bucket: "bucket"
        case .cursor: "cursor"
        case .thread: "thread"
        case .topologyDescription: "topology description"
        case .value: "value"
        }
    }
}

/// The entities of one run of one case. Threads of a test use it at the same time.
final class EntityMap: Sendable {
    private let entities = Mutex<[(name: String, entity: Entity)]>([])
    /// The identifiers of sessions, which are asked for after the sessions have ended.
    private let sessionIdentifiers = Mutex<[String: BSONDocument]>([:])

    /// - Throws: `UnifiedTestFailure` when the name is taken.
    func add(_ name: String, _ entity: Entity) throws {
        if case .session(let session) = entity {
            let identifier = SessionProbe(session).identifier
            sessionIdentifiers.withLock { $0[name] = identifier }
        }
        try entities.withLock { entities in
            guard !entities.contains(where: { $0.name == name }) else {
                throw UnifiedTestFailure("there is an entity '\(name)' already")
            }
            entities.append((name, entity))
        }
    }

    /// - Throws: `UnifiedTestFailure` when there is none of the name.
    subscript(name: String) -> Entity {
        get throws {
            let found = entities.withLock { entities in entities.first { $0.name == name }?.entity }
            guard let found else { throw UnifiedTestFailure("there is no entity '\(name)'") }
            return found
        }
    }

    /// All of them, in the order in which they were made.
    var all: [Entity] { entities.withLock { $0.map(\.entity) } }

    func client(_ name: String) throws -> ClientEntity {
        guard case .client(let client) = try self[name] else { throw try wrongKind(name, "client") }
        return client
    }

    func database(_ name: String) throws -> MongoDatabase {
        guard case .database(let database) = try self[name] else { throw try wrongKind(name, "database") }
        return database
    }

    func session(_ name: String) throws -> ClientSession {
        guard case .session(let session) = try self[name] else { throw try wrongKind(name, "session") }
        return session
    }

    func thread(_ name: String) throws -> ThreadEntity {
        guard case .thread(let thread) = try self[name] else { throw try wrongKind(name, "thread") }
        return thread
    }

    func topologyDescription(_ name: String) throws -> TopologyDescription {
        guard case .topologyDescription(let description) = try self[name] else {
            throw try wrongKind(name, "topology description")
        }
        return description
    }

    func value(_ name: String) throws -> BSON {
        guard case .value(let value) = try self[name] else { throw try wrongKind(name, "value") }
        return value
    }

    func sessionIdentifier(_ name: String) throws -> BSONDocument {
        _ = try session(name)
        guard let identifier = sessionIdentifiers.withLock({ $0[name] }) else {
            throw UnifiedTestFailure("the session '\(name)' has no identifier")
        }
        return identifier
    }

    private func wrongKind(_ name: String, _ wanted: String) throws -> UnifiedTestFailure {
        UnifiedTestFailure("the entity '\(name)' is a \(try self[name].kind), not a \(wanted)")
    }
}
