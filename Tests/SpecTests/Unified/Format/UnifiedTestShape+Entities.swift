// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#entity

extension Shape {
    /// An entity to be created: exactly one kind of it.
    static let entity = object(
        [
            "client": client,
            "clientEncryption": .object(
                ["id": .string, "clientEncryptionOpts": clientEncryptionOptions],
                required: ["id", "clientEncryptionOpts"]
            ),
            "database": .object(
                [
                    "id": .string, "client": .string, "databaseName": .string,
                    "databaseOptions": collectionOrDatabaseOptions,
                ],
                required: ["id", "client", "databaseName"]
            ),
            "collection": .object(
                [
                    "id": .string, "database": .string, "collectionName": .string,
                    "collectionOptions": collectionOrDatabaseOptions,
                ],
                required: ["id", "database", "collectionName"]
            ),
            "session": .object(
                ["id": .string, "client": .string, "sessionOptions": .anyObject],
                required: ["id", "client"]
            ),
            "bucket": .object(
                ["id": .string, "database": .string, "bucketOptions": .anyObject],
                required: ["id", "database"]
            ),
            "thread": .object(["id": .string], required: ["id"]),
        ],
        count: 1...1
    )

    private static let client = object(
        [
            "id": .string,
            "uriOptions": .anyObject,
            "useMultipleMongoses": .boolean,
            "observeEvents": .array(.oneOf(eventNames), atLeast: 1),
            "ignoreCommandMonitoringEvents": .array(.string, atLeast: 1),
            "observeSensitiveCommands": .boolean,
            "storeEventsAsEntities": .array(storedEvents, atLeast: 1),
            "observeLogMessages": observedLogMessages,
            "observeTracingMessages": .object(["enableCommandPayload": .boolean]),
            "serverApi": .object(
                ["version": .string, "strict": .boolean, "deprecationErrors": .boolean],
                required: ["version"]
            ),
            "autoEncryptOpts": autoEncryptionOptions,
            "awaitMinPoolSizeMS": .integer,
        ],
        required: ["id"]
    )

    /// Events as entities, from before version 1.28 deprecated them. Only commands and pools: the names begin with a
    /// capital here.
    private static let storedEvents = object(
        [
            "id": .string,
            "events": .array(
                .oneOf(
                    eventNames.filter { !$0.hasPrefix("topology") && !$0.hasPrefix("serverHeartbeat") }
                        .map { $0.prefix(1).uppercased() + $0.dropFirst() } + ["TopologyDescriptionChangedEvent"]
                ),
                atLeast: 1
            ),
        ],
        required: ["id", "events"]
    )

    private static let collectionOrDatabaseOptions = object([
        "readConcern": .anyObject, "readPreference": .anyObject, "writeConcern": .anyObject, "timeoutMS": .integer,
    ])

    private static let autoEncryptionOptions = object(
        [
            "kmsProviders": kmsProviders,
            "keyVaultNamespace": .string,
            "bypassAutoEncryption": .boolean,
            "schemaMap": .object([:], others: .shaped(.anyObject)),
            "encryptedFieldsMap": .object([:], others: .shaped(.anyObject)),
            "extraOptions": .anyObject,
            "bypassQueryAnalysis": .boolean,
            "keyExpirationMS": .integer,
        ],
        required: ["keyVaultNamespace", "kmsProviders"]
    )

    private static let clientEncryptionOptions = object(
        [
            "keyVaultClient": .string,
            "keyVaultNamespace": .string,
            "kmsProviders": kmsProviders,
            "keyExpirationMS": .integer,
        ],
        required: ["keyVaultClient", "keyVaultNamespace", "kmsProviders"]
    )

    private static let secret = Shape.either([
        .string, .object(["$$placeholder": .anything], required: ["$$placeholder"]),
    ])

    private static func secrets(_ names: String..., required: [String] = []) -> Shape {
        .object(Dictionary(uniqueKeysWithValues: names.map { ($0, secret) }), required: required)
    }

    /// By the provider's kind, with or without a name behind a colon.
    private static let kmsProviders = object(
        [:],
        others: .named { name in
            let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let isWord = { (part: Substring) in
                !part.isEmpty && part.utf8.allSatisfy { Character(UnicodeScalar($0)).isASCIIWord }
            }
            guard parts.count == 1 || isWord(parts[1]) else { return nil }
            let accessToken = secrets("accessToken", required: ["accessToken"])
            return switch parts[0] {
            case "aws": secrets("accessKeyId", "secretAccessKey", "sessionToken")
            case "azure":
                .either([secrets("tenantId", "clientId", "clientSecret", "identityPlatformEndpoint"), accessToken])
            case "gcp": .either([secrets("email", "privateKey", "endpoint"), accessToken])
            case "kmip": secrets("endpoint")
            case "local": secrets("key")
            default: nil
            }
        }
    )
}

extension Character {
    fileprivate var isASCIIWord: Bool { isASCII && (isLetter || isNumber || self == "_") }
}
