// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

// Stand-ins for what the driver does not offer yet; each goes when its part lands.

struct BucketEntity: Sendable {
    init(_ database: MongoDatabase, _ options: BSONDocument) throws { throw UnifiedTestSkip.notImplemented("GridFS") }
}
final class CursorEntity: Sendable {
    func close() async {}
}
struct SessionProbe {
    init(_ session: ClientSession) {}
    var identifier: BSONDocument { [:] }
    var transactionState: String { "" }
    var isPinned: Bool { false }
    var isDirty: Bool { false }
}
struct BulkWriteFailure {
    init(_ error: any Error) {}
    var partialResult: BSONDocument? { nil }
    var writeErrors: [Int: BSONDocument] { [:] }
    var writeConcernErrors: [BSONDocument] { [] }
}
struct DatabaseOptions { init(test: BSONDocument) throws {} }
typealias CollectionOptions = DatabaseOptions
extension MongoClient {
    func database(_ name: String, options: DatabaseOptions) -> MongoDatabase { database(name) }
    func startSession(options: ClientSessionOptions) throws -> ClientSession {
        throw UnifiedTestSkip.notImplemented("sessions")
    }
}
extension MongoDatabase {
    func collection(_ name: String, options: DatabaseOptions) -> MongoCollection<BSONDocument> { collection(name) }
}
struct ClientSessionOptions { init(test: BSONDocument, _ e: EntityMap) throws {} }
extension ClientSession { func endSession() async {} }
extension MongoClientOptions {
    mutating func observeLogMessages(_ d: BSONDocument?, _ r: EventRecorder) throws {
        if d != nil { throw UnifiedTestSkip.notImplemented("log messages") }
    }
    mutating func setServerAPI(_ d: BSONDocument?) throws {
        if d != nil { throw UnifiedTestSkip.notImplemented("Stable API") }
    }
}
extension ServerDescription { var holdsData: Bool { type != .unknown } }
extension ObservedEvent { init?(_ event: MongoEvent) { return nil } }
extension MongoEvent { var connectionChange: ConnectionChange? { nil } }
extension Scene {
    func client(_ name: String, _ e: ClientEntity, _ a: Arguments) async throws -> OperationResult {
        throw UnifiedTestSkip.notImplemented(name)
    }
    func database(_ name: String, _ e: MongoDatabase, _ a: Arguments) async throws -> OperationResult {
        throw UnifiedTestSkip.notImplemented(name)
    }
    func collection(_ name: String, _ e: MongoCollection<BSONDocument>, _ a: Arguments) async throws -> OperationResult
    { throw UnifiedTestSkip.notImplemented(name) }
    func session(_ name: String, _ e: ClientSession, _ a: Arguments) async throws -> OperationResult {
        throw UnifiedTestSkip.notImplemented(name)
    }
    func bucket(_ name: String, _ e: BucketEntity, _ a: Arguments) async throws -> OperationResult {
        throw UnifiedTestSkip.notImplemented(name)
    }
    func cursor(_ name: String, _ e: CursorEntity, _ a: Arguments) async throws -> OperationResult {
        throw UnifiedTestSkip.notImplemented(name)
    }
}
