// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#parsing-a-hello-or-legacy-hello-response

import MongoBSON

/// What a server says of itself.
struct HelloReply: Sendable {
    /// The reply as it came; `nil` where nobody needs it any more.
    var document: BSONDocument?
    /// How long the server took to answer; `nil` when that was not measured.
    var roundTripTime: Duration?
    var serverType: ServerDescription.ServerType
    var minWireVersion: Int
    var maxWireVersion: Int
    /// Whether the server knows the command `hello`, not only its older name.
    var helloOK: Bool

    // MARK: Limits

    /// The largest document, in bytes.
    var maxBSONObjectSize: Int32
    /// The largest message, in bytes.
    var maxMessageSizeBytes: Int32
    /// The most writes in one command.
    var maxWriteBatchSize: Int32

    // MARK: The replica set

    var setName: String?
    var setVersion: Int?
    var electionID: BSONObjectID?
    /// The address that the set knows the server by.
    var me: ServerAddress?
    var hosts: [ServerAddress]
    var passives: [ServerAddress]
    var arbiters: [ServerAddress]
    /// Whom the server takes for the primary.
    var primary: ServerAddress?
    var tags: [String: String]
    var lastWriteDate: BSONDateTime?

    // MARK: The rest

    /// The compressors that the server has in common with those that were offered.
    var compressors: [String]
    var logicalSessionTimeoutMinutes: Int?
    var topologyVersion: TopologyVersion?
    /// Behind a load balancer: the service that the connection leads to.
    var serviceID: BSONObjectID?
    /// The server's number for the connection.
    var connectionID: Int64?
    /// Whether the server is `mongocryptd`.
    var isCryptd: Bool?

    /// MongoDB 4.2: the oldest that this driver speaks to.
    static let oldestWireVersion = 8
    /// MongoDB 8.x: the newest that this driver knows.
    static let newestWireVersion = 29

    /// A replica set has 50 members at most. Whatever a server says, it cannot make the client connect to the whole world.
    private static let mostAddresses = 1000

    init(_ reply: BSONDocument) {
        func integer(_ key: String) -> Int? { reply.integer(forKey: key).map { Int(truncatingIfNeeded: $0) } }
        func limit(_ key: String, default fallback: Int32) -> Int32 {
            integer(key).flatMap { Int32(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil } ?? fallback
        }
        func address(_ key: String) -> ServerAddress? { reply.string(forKey: key).flatMap(Self.address) }
        func addresses(_ key: String) -> [ServerAddress] {
            let names = reply.array(forKey: key)?.elements.prefix(Self.mostAddresses).compactMap(\.string) ?? []
            return names.compactMap(Self.address)
        }
        document = reply
        minWireVersion = integer("minWireVersion") ?? 0
        maxWireVersion = integer("maxWireVersion") ?? 0
        helloOK = reply.truth(forKey: "helloOk") == true
        maxBSONObjectSize = limit("maxBsonObjectSize", default: 16 << 20)
        maxMessageSizeBytes = limit("maxMessageSizeBytes", default: MessageFramer.defaultMaximumLength)
        maxWriteBatchSize = limit("maxWriteBatchSize", default: 100_000)
        setName = reply.string(forKey: "setName")
        setVersion = integer("setVersion")
        electionID = reply.element(forKey: "electionId")?.objectID
        me = address("me")
        hosts = addresses("hosts")
        passives = addresses("passives")
        arbiters = addresses("arbiters")
        primary = address("primary")
        tags = [:]
        if let elements = reply.document(forKey: "tags")?.elements {
            for tag in elements { tags[tag.key] = tag.string }
        }
        lastWriteDate = reply.document(forKey: "lastWrite")?["lastWriteDate"]?.datetimeValue
        logicalSessionTimeoutMinutes = integer("logicalSessionTimeoutMinutes")
            .flatMap { (0...Int(Int32.max)).contains($0) ? $0 : nil }
        topologyVersion = reply.document(forKey: "topologyVersion").flatMap(TopologyVersion.init)
        serviceID = reply.element(forKey: "serviceId")?.objectID
        connectionID = reply.integer(forKey: "connectionId")
        compressors = reply.array(forKey: "compression")?.elements.compactMap(\.string) ?? []
        isCryptd = reply.truth(forKey: "iscryptd")
        serverType = Self.serverType(reply, setName: setName)
    }

    /// `nil` for what cannot be an address: a server must not be able to make the whole reply useless by one bad name.
    private static func address(_ text: String) -> ServerAddress? {
        do throws(MongoError) {
            return try ServerAddress(text)
        } catch {
            return nil
        }
    }

    private static func serverType(_ reply: BSONDocument, setName: String?) -> ServerDescription.ServerType {
        func isTrue(_ key: String) -> Bool { reply.truth(forKey: key) == true }
        guard isTrue("ok") else { return .unknown }
        if reply.string(forKey: "msg") == "isdbgrid" { return .mongos }
        if isTrue("isreplicaset") { return .rsGhost }
        guard setName != nil else { return .standalone }
        if isTrue("hidden") { return .rsOther }
        // The older name counts only where the newer one is missing.
        if reply.truth(forKey: "isWritablePrimary") ?? isTrue("ismaster") { return .rsPrimary }
        if isTrue("secondary") { return .rsSecondary }
        if isTrue("arbiterOnly") { return .rsArbiter }
        return .rsOther
    }

    /// - Throws: `MongoError` when there is no version of the protocol that both sides speak.
    func checkCompatibility() throws(MongoError) {
        if maxWireVersion < Self.oldestWireVersion {
            throw MongoError(
                .incompatibleServer,
                "the server speaks wire version \(maxWireVersion), this driver needs at least "
                    + "\(Self.oldestWireVersion) (MongoDB 4.2)"
            )
        }
        if minWireVersion > Self.newestWireVersion {
            throw MongoError(
                .incompatibleServer,
                "the server needs wire version \(minWireVersion), this driver speaks up to "
                    + "\(Self.newestWireVersion): use a newer driver"
            )
        }
    }
}

/// How new what a server says of itself is, as long as its process lives.
///
/// - SeeAlso: [topologyVersion Comparison](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#topologyversion-comparison)
public struct TopologyVersion: Sendable, Hashable {
    /// Changes whenever the server's process starts.
    public var processID: BSONObjectID
    /// Grows with every change.
    public var counter: Int64

    /// Reads the field `topologyVersion` of a reply; `nil` when it is something else.
    init?(_ document: BSONDocument) {
        guard let processID = document.element(forKey: "processId")?.objectID,
            let counter = document.integer(forKey: "counter")
        else { return nil }
        self.processID = processID
        self.counter = counter
    }

    /// Whether this version is certainly newer than the other. Without an other, or with one of another process, it is not
    /// certain: what came last then counts.
    func isNewer(than other: TopologyVersion?) -> Bool {
        guard let other, other.processID == processID else { return false }
        return counter > other.counter
    }

    /// Whether this version is certainly as new as the other, or newer.
    func isAsNew(as other: TopologyVersion?) -> Bool {
        guard let other, other.processID == processID else { return false }
        return counter >= other.counter
    }
}
