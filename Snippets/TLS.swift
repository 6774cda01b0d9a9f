// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// The examples of the article "TLS".
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
let localPort = Int(host.split(separator: ":").last ?? "") ?? 27017

do {
    // snippet.basic
    let client = try MongoClient("mongodb://\(host)/?tls=true")
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.options
    var options = try MongoClientOptions("mongodb://\(host)/")
    options.tls = TLSOptions()
    options.tls?.caFile = caFile
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.add
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.trust = .add
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.versions
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.minimumVersion = .tls13
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.tunnel
    // ssh -L 27018:db.example.com:27017 bastion.example.com
    var options = try MongoClientOptions("mongodb://127.0.0.1:\(localPort)/?tlsCAFile=\(caFile)")
    options.tls?.serverNames = ["127.0.0.1": "localhost"]
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.library
    let library = OpenSSLLibrary.current()
    print(library.running, library.protocolVersions, library.roots.count)
    // snippet.hide
}

do {
    // snippet.facts
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.eventHandler = { event in
        if case .pool(.connectionReady(let ready)) = event, let tls = ready.tls {
            print(tls.version, tls.cipher, tls.peer?.subject ?? "", tls.revocation.verdict)
        }
    }
    // snippet.hide
    try await ping(try MongoClient(options))
}
print("done")
