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
}
extension MongoDatabase {
    func collection(_ name: String, options: DatabaseOptions) -> MongoCollection<BSONDocument> { collection(name) }
}
extension ServerDescription { var holdsData: Bool { type != .unknown } }
extension ObservedEvent {
    init?(_ event: ConnectionPoolEvent) { return nil }
    init?(_ event: TopologyEvent) { return nil }
}
