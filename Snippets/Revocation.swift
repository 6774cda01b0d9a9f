// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// The examples of the article "Revocation".
// snippet.hide

import Foundation
// snippet.show
import MongoNIO

// snippet.hide
let environment = ProcessInfo.processInfo.environment
func setting(_ name: String) -> String { environment[name] ?? "" }

/// Shows that the client can connect.
func ping(_ client: MongoClient) async throws {
    try await client.database("admin").runCommand(["ping": 1])
    await client.close()
}

let host = setting("MONGODB_HOST")
let caFile = setting("CA_FILE")
let crlFile = setting("CRL_FILE")

do {
    // snippet.list
    let client = try MongoClient("mongodb://\(host)/?tlsCAFile=\(caFile)&tlsCRLFile=\(crlFile)")
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.chain
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)&tlsCRLFile=\(crlFile)")
    options.tls?.crlCheck = .chain
    options.tls?.revocation = .require
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.endpoint
    let client = try MongoClient("mongodb://\(host)/?tlsCAFile=\(caFile)&tlsDisableOCSPEndpointCheck=true")
    // snippet.hide
    try await ping(client)
}
print("done")
