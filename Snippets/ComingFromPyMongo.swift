// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// The examples of PyMongo's guide to TLS, in Swift.
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
let clientFile = setting("CLIENT_FILE")
let certificateFile = setting("CERTIFICATE_FILE")
let keyFile = setting("KEY_FILE")
let encryptedFile = setting("ENCRYPTED_CLIENT_FILE")
let passphrase = setting("PASSPHRASE")

do {
    // snippet.basic
    var options = try MongoClientOptions("mongodb://\(host)/")
    options.tls = TLSOptions()
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.uri
    let client = try MongoClient("mongodb://\(host)/?ssl=true")
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.verification
    var options = try MongoClientOptions("mongodb://\(host)/?tls=true")
    options.tls?.allowInvalidCertificates = true
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.verificationURI
    let client = try MongoClient("mongodb://\(host)/?ssl=true&ssl_cert_reqs=CERT_NONE")
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.ca
    var options = try MongoClientOptions("mongodb://\(host)/?tls=true")
    options.tls?.caFile = caFile
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.caURI
    let client = try MongoClient("mongodb://\(host)/?ssl=true&ssl_ca_certs=\(caFile)")
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.crl
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.crlFile = crlFile
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.crlURI
    let client = try MongoClient("mongodb://\(host)/?ssl=true&ssl_ca_certs=\(caFile)&ssl_crlfile=\(crlFile)")
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.certificate
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.certificateKeyFile = clientFile
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.key
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.certificateKeyFile = certificateFile
    options.tls?.privateKeyFile = keyFile
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.passphrase
    var options = try MongoClientOptions("mongodb://\(host)/?tlsCAFile=\(caFile)")
    options.tls?.certificateKeyFile = encryptedFile
    options.tls?.certificateKeyFilePassword = passphrase
    let client = try MongoClient(options)
    // snippet.hide
    try await ping(client)
}

do {
    // snippet.ocsp
    let client = try MongoClient("mongodb://\(host)/?tls=true&tlsDisableOCSPEndpointCheck=true")
    // snippet.hide
    try await ping(client)
}
print("done")
