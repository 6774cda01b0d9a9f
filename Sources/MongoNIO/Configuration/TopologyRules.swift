// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// Which of the options that shape the topology exclude each other:
// https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md#directconnection-uri-option-with-multiple-seeds-or-srv-uri
// https://github.com/mongodb/specifications/blob/master/source/load-balancers/load-balancers.md#uri-validation
// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md#uri-validation
//
// Judged three times: for the connection string, for the options of the client, and once more when DNS has answered.

/// The options that shape the topology, judged together.
struct TopologyRules {
    /// The number of servers listed, or found by DNS.
    var hostCount: Int
    var isSRV: Bool
    var directConnection: Bool?
    var loadBalanced: Bool?
    var replicaSet: String?
    var srvMaxHosts: Int?
    /// Whether `srvMaxHosts` or `srvServiceName` was given, with whatever value.
    var namesSRVOption: Bool

    func validate() throws(MongoError) {
        if directConnection == true {
            if isSRV { throw conflict("directConnection=true", "a mongodb+srv connection string") }
            if hostCount > 1 { throw conflict("directConnection=true", "several hosts") }
            if loadBalanced == true { throw conflict("directConnection=true", "loadBalanced=true") }
        }
        if loadBalanced == true {
            if hostCount > 1 { throw conflict("loadBalanced=true", "several hosts") }
            if replicaSet != nil { throw conflict("loadBalanced=true", "replicaSet") }
        }
        if namesSRVOption && !isSRV {
            throw MongoError(.invalidArgument, "srvMaxHosts and srvServiceName need a mongodb+srv connection string")
        }
        if let srvMaxHosts, srvMaxHosts > 0 {
            if replicaSet != nil { throw conflict("srvMaxHosts", "replicaSet") }
            if loadBalanced == true { throw conflict("srvMaxHosts", "loadBalanced=true") }
        }
    }

    private func conflict(_ first: String, _ second: String) -> MongoError {
        MongoError(.invalidArgument, "\(first) does not go together with \(second)")
    }
}
