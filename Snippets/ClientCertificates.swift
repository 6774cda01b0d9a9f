// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// The examples of the article "Client certificates".
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
let clientFile = setting("CLIENT_FILE")
let encryptedFile = setting("ENCRYPTED_CLIENT_FILE")
let archiveFile = setting("ARCHIVE_FILE")

/// Stands for a service that keeps secrets.
func passphraseFromVault() throws -> String { setting("PASSPHRASE") }

do {
    // snippet.file
    let client = try MongoClient("mongodb://\(host)/?tlsCAFile=\(caFile)&tlsCertificateKeyFile=\(clientFile)")
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.passphrase
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.certificateKeyFile = encryptedFile
    options.tls?.passphrase = TLSPassphrase { try passphraseFromVault() }
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.memory
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.identity = .pkcs12([UInt8](try Data(contentsOf: URL(fileURLWithPath: archiveFile))))
    options.tls?.certificateKeyFilePassword = try passphraseFromVault()
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.reload
    var options = try MongoClientOptions(
        "mongodb://\(host)/?tlsCAFile=\(caFile)&tlsCertificateKeyFile=\(clientFile)"
    )
    options.tls?.reloadInterval = .seconds(60)
    let client = try MongoClient(options)
    // snippet.hide
    // snippet.reloadNow
    try await client.reloadTLS()
    // snippet.hide
    try await ping(client)
}
print("done")
