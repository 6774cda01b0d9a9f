// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md#default-connection-string-options

extension MongoClientOptions {
    /// The options once DNS has told what ``srvHost`` stands for.
    ///
    /// - Parameters:
    ///   - hosts: The servers of the SRV records, already verified and, for ``srvMaxHosts``, chosen.
    ///   - txtRecord: The TXT record, its strings joined; `nil` when there is none. It may give `authSource`,
    ///     `replicaSet` and `loadBalanced`, which count where the connection string and the program say nothing.
    /// - Throws: ``MongoError/Code/invalidArgument`` when the record contains anything else, is not made of options, or
    ///   when the options do not fit the servers.
    package func resolved(
        hosts: [ServerAddress],
        txtRecord: String?
    ) throws(MongoError) -> MongoClientOptions {
        var result = self
        result.hosts = hosts
        if let txtRecord {
            let pairs = try ConnectionString.Grammar.pairs(Array(txtRecord.utf8)[...])
            let allowed: Set = ["authsource", "replicaset", "loadbalanced"]
            guard pairs.allSatisfy({ allowed.contains($0.name.lowercasedASCII()) }) else {
                throw MongoError(
                    .invalidArgument,
                    "the TXT record of a mongodb+srv host may give authSource, replicaSet and loadBalanced only"
                )
            }
            var parser = OptionParser()
            try parser.read(pairs)
            result.replicaSet = replicaSet ?? parser.options.replicaSet
            result.loadBalanced = loadBalanced ?? parser.options.loadBalanced
            if let source = parser.authSource, result.credential?.givenSource == nil {
                result.credential?.source = source
            }
            result.warnings += parser.warnings
        }
        try result.validate()
        return result
    }
}
