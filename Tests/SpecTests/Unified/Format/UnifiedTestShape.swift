// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#test-format

extension Shape {
    /// A file of the unified test format, up to version 1.28.
    static let unifiedTestFile = object(
        [
            "description": .string,
            "schemaVersion": version,
            "runOnRequirements": .array(runOnRequirement, atLeast: 1),
            "createEntities": .array(entity, atLeast: 1),
            "initialData": .array(collectionData, atLeast: 1),
            "tests": .array(test, atLeast: 1),
            "_yamlAnchors": .anyObject,
        ],
        required: ["description", "schemaVersion", "tests"]
    )

    /// Two or three numbers: one alone is no version in a file.
    private static let version = Shape.text("a version") { $0.contains(".") && VersionNumber($0) != nil }

    private static let runOnRequirement = object(
        [
            "minServerVersion": version,
            "maxServerVersion": version,
            "topologies": .array(
                .oneOf(["single", "replicaset", "sharded", "sharded-replicaset", "load-balanced"]),
                atLeast: 1
            ),
            "serverless": .oneOf(["require", "forbid", "allow"]),
            "serverParameters": .object([:], count: 1...Int.max, others: .any),
            "auth": .boolean,
            "authMechanism": .string,
            "csfle": .either([
                .boolean, .object(["minLibmongocryptVersion": version], required: ["minLibmongocryptVersion"]),
            ]),
        ],
        count: 1...Int.max
    )

    private static let test = object(
        [
            "description": .string,
            "runOnRequirements": .array(runOnRequirement, atLeast: 1),
            "skipReason": .string,
            "operations": .array(operation),
            "expectEvents": .array(expectedEvents, atLeast: 1),
            "expectLogMessages": .array(expectedLogMessages, atLeast: 1),
            "expectTracingMessages": .either([.array(expectedTracing, atLeast: 1), expectedTracing]),
            "outcome": .array(collectionData, atLeast: 1),
        ],
        required: ["description", "operations"]
    )

    private static let collectionData = object(
        [
            "collectionName": .string,
            "databaseName": .string,
            "createOptions": .object(["writeConcern": .either([])], others: .any),
            "documents": .array(.anyObject),
        ],
        required: ["collectionName", "databaseName", "documents"]
    )

    /// An operation of a test, or one that another operation holds in its arguments.
    static let operation = object(
        [
            "name": .string,
            "object": .string,
            "arguments": .anyObject,
            "ignoreResultAndError": .boolean,
            "expectError": expectedError,
            "expectResult": .anything,
            "saveResultAsEntity": .string,
        ],
        required: ["name", "object"],
        exclusive: [
            ("expectError", "expectResult"),
            ("expectError", "saveResultAsEntity"),
            ("ignoreResultAndError", "expectResult"),
            ("ignoreResultAndError", "expectError"),
            ("ignoreResultAndError", "saveResultAsEntity"),
        ]
    )

    private static let expectedError = object(
        [
            "isError": .yes,
            "isClientError": .boolean,
            "isTimeoutError": .boolean,
            "errorContains": .string,
            "errorCode": .integer,
            "errorCodeName": .string,
            "errorLabelsContain": .array(.string, atLeast: 1),
            "errorLabelsOmit": .array(.string, atLeast: 1),
            "writeErrors": .anyObject,
            "writeConcernErrors": .array(.anyObject),
            "errorResponse": .anyObject,
            "expectResult": .anything,
        ],
        count: 1...Int.max
    )

    private static let logLevel = Shape.oneOf([
        "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug", "trace",
    ])

    private static let logComponents = ["command", "topology", "serverSelection", "connection"]

    private static let expectedLogMessage = object(
        [
            "level": logLevel, "component": .oneOf(logComponents), "data": .anyObject, "failureIsRedacted": .boolean,
        ],
        required: ["level", "component", "data"]
    )

    private static let expectedLogMessages = object(
        [
            "client": .string,
            "messages": .array(expectedLogMessage),
            "ignoreMessages": .array(expectedLogMessage),
            "ignoreExtraMessages": .boolean,
        ],
        required: ["client", "messages"]
    )

    /// What clients can be told to log: each component with its lowest level.
    static let observedLogMessages = object(
        Dictionary(uniqueKeysWithValues: logComponents.map { ($0, logLevel) }),
        count: 1...Int.max
    )

    private static let span: Shape = .object(
        ["name": .string, "attributes": .anyObject, "nested": .array(.later { span }, atLeast: 1)],
        required: ["name", "attributes"]
    )

    private static let expectedTracing = object(
        ["client": .string, "ignoreExtraSpans": .boolean, "spans": .array(span, atLeast: 1)],
        required: ["client", "spans"]
    )
}
