// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// What a test needs of a real `mongos`, so that a `mongod` that passes for one will not do (see `MongosRelay`).
enum NeedOfMongos {
    /// Commands that only a `mongos` has.
    private static let commands: Set = [
        "abortReshardCollection", "addShard", "addShardToZone", "analyzeShardKey", "balancerStart", "balancerStatus",
        "balancerStop", "balancerCollectionStatus", "cleanupReshardCollection", "clearJumboFlag",
        "commitReshardCollection", "configureCollectionBalancing", "enableSharding", "flushRouterConfig",
        "getShardMap", "getShardVersion", "isdbgrid", "listShards", "moveChunk", "moveCollection", "movePrimary",
        "moveRange", "netstat", "refineCollectionShardKey", "removeShard", "removeShardFromZone", "reshardCollection",
        "setShardVersion", "shardCollection", "split", "splitVector", "transitionFromDedicatedConfigServer",
        "transitionToDedicatedConfigServer", "unshardCollection", "updateZoneKeyRange",
    ]

    /// - Returns: `nil` when a server that passes for a `mongos` will do.
    static func need(of test: BSONDocument) -> String? {
        let names = keys(in: .document(test))
        if names.contains("recoveryToken") { return "a mongod has no recovery tokens" }
        if let command = commandNames(in: .document(test)).first(where: commands.contains) {
            return "a mongod has no command \(command)"
        }
        // `$currentOp` of a mongos only.
        if names.contains("localOps") { return "a mongod has no operations of shards" }
        if readsShards(.document(test)) { return "a mongod has no list of shards" }
        return nil
    }

    private static func keys(in value: BSON) -> Set<String> {
        switch value {
        case .document(let fields): fields.reduce(into: []) { $0.formUnion(keys(in: $1.value).union([$1.key])) }
        case .array(let values): values.reduce(into: []) { $0.formUnion(keys(in: $1)) }
        default: []
        }
    }

    /// The commands that the test runs by itself, in the order of its operations.
    private static func commandNames(in value: BSON) -> [String] {
        switch value {
        case .document(let fields):
            (fields["arguments", "command"]?.documentValue.map { Array($0.keys.prefix(1)) } ?? [])
                + [fields["arguments", "commandName"]?.stringValue].compactMap(\.self)
                + fields.flatMap { commandNames(in: $0.value) }
        case .array(let values): values.flatMap(commandNames)
        default: []
        }
    }

    /// Whether an entity stands for the database that only sharded clusters have.
    private static func readsShards(_ value: BSON) -> Bool {
        switch value {
        case .document(let fields):
            (fields["databaseName"] == "config" && fields.hasKey("client"))
                || fields.contains { readsShards($0.value) }
        case .array(let values): values.contains(where: readsShards)
        default: false
        }
    }
}
