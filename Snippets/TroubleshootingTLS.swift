// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// The examples of the article "Troubleshooting TLS".
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
let strangersFile = setting("STRANGERS_CA_FILE")

do {
    // snippet.error
    let client = try MongoClient("mongodb://\(host)/?tlsCAFile=\(strangersFile)&serverSelectionTimeoutMS=5000")
    do {
        try await client.database("admin").runCommand(["ping": 1])
    } catch {
        guard let tls = error.tls else { throw error }
        print(tls.category, tls.code, tls.message, tls.certificate?.subject ?? "", tls.hint ?? "")
    }
    // snippet.hide
    await client.close()
}

do {
    // snippet.diagnose
    let report = await MongoClient.diagnose("mongodb://\(host)/?tlsCAFile=\(strangersFile)")
    for failure in report.failures {
        print(failure.name.rawValue, failure.code ?? "", failure.detail, failure.hint ?? "")
    }
    // snippet.hide
}
print("done")
