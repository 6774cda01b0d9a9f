// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#expectedeventsforclient

extension Shape {
    static let expectedEvents = Shape.either([
        expectedEvents(.object(commandEvents, count: 1...1), typed: ["eventType": .oneOf(["command"])]),
        expectedEvents(.object(poolEvents, count: 1...1), typed: ["eventType": .oneOf(["cmap"])]),
        expectedEvents(.object(topologyEvents, count: 1...1), typed: ["eventType": .oneOf(["sdam"])]),
        expectedEvents(.object(commandEvents, count: 1...1), typed: [:]),
    ])

    /// One event of any kind, as the operations that wait for events take it.
    static let expectedEvent = object(
        commandEvents.merging(poolEvents) { $1 }.merging(topologyEvents) { $1 },
        count: 1...1
    )

    /// The names of all events.
    static let eventNames = [commandEvents, poolEvents, topologyEvents].flatMap { Array($0.keys) }

    private static func expectedEvents(_ event: Shape, typed: [String: Shape]) -> Shape {
        .object(
            ["client": .string, "events": .array(event), "ignoreExtraEvents": .boolean].merging(typed) { $1 },
            required: ["client", "events"] + typed.keys
        )
    }

    private static let aboutAnyCommand: [String: Shape] = [
        "commandName": .string, "databaseName": .string, "hasServiceId": .boolean, "hasServerConnectionId": .boolean,
    ]

    private static let commandEvents: [String: Shape] = [
        "commandStartedEvent": .object(aboutAnyCommand.merging(["command": .anyObject]) { $1 }),
        "commandSucceededEvent": .object(aboutAnyCommand.merging(["reply": .anyObject]) { $1 }),
        "commandFailedEvent": .object(aboutAnyCommand),
    ]

    private static let poolEvents: [String: Shape] = [
        "poolCreatedEvent": .emptyObject,
        "poolReadyEvent": .emptyObject,
        "poolClearedEvent": .object(["hasServiceId": .boolean, "interruptInUseConnections": .boolean]),
        "poolClosedEvent": .emptyObject,
        "connectionCreatedEvent": .emptyObject,
        "connectionReadyEvent": .emptyObject,
        "connectionClosedEvent": .object(["reason": .string]),
        "connectionCheckOutStartedEvent": .emptyObject,
        "connectionCheckOutFailedEvent": .object(["reason": .string]),
        "connectionCheckedOutEvent": .emptyObject,
        "connectionCheckedInEvent": .emptyObject,
    ]

    private static let heartbeat = object(["awaited": .boolean])

    private static func descriptionChange(_ types: [String]) -> Shape {
        let description = object(["type": .oneOf(types)])
        return .object(["previousDescription": description, "newDescription": description])
    }

    private static let topologyEvents: [String: Shape] = [
        "serverDescriptionChangedEvent": descriptionChange([
            "Standalone", "Mongos", "PossiblePrimary", "RSPrimary", "RSSecondary", "RSOther", "RSArbiter", "RSGhost",
            "LoadBalancer", "Unknown",
        ]),
        "topologyDescriptionChangedEvent": descriptionChange([
            "Single", "Unknown", "ReplicaSetNoPrimary", "ReplicaSetWithPrimary", "Sharded", "LoadBalanced",
        ]),
        "serverHeartbeatStartedEvent": heartbeat,
        "serverHeartbeatSucceededEvent": heartbeat,
        "serverHeartbeatFailedEvent": heartbeat,
        "topologyOpeningEvent": .emptyObject,
        "topologyClosedEvent": .emptyObject,
    ]
}
