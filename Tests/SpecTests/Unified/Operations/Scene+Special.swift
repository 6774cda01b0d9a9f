// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#special-test-operations

import MongoBSON
import MongoNIO

extension Scene {
    func special(_ name: String, _ arguments: Arguments) async throws {
        switch name {
        case "failPoint":
            let client = try arguments.client()
            let failPoint = try arguments.required("failPoint", Arguments.document)
            // Some files give a session, which is of no use here.
            _ = arguments.value("session")
            try arguments.finish()
            willSetFailPoint(failPoint["configureFailPoint"]?.stringValue ?? "")
            try await succeed { try await client.client.database("admin").runCommand(failPoint) }
        case "targetedFailPoint":
            let session = try entities.session(arguments.required("session", Arguments.string))
            let failPoint = try arguments.required("failPoint", Arguments.document)
            try arguments.finish()
            guard let mongos = SessionProbe(session).pinnedAddress else {
                throw UnifiedTestFailure("the session is pinned to no mongos")
            }
            willSetFailPoint(failPoint["configureFailPoint"]?.stringValue ?? "")
            try await withMongoClient("mongodb://\(mongos)/?directConnection=true") { client in
                try await succeed { try await client.database("admin").runCommand(failPoint) }
            }
        case "createEntities":
            let definitions = try arguments.required("entities", Arguments.documents)
            try arguments.finish()
            for definition in definitions {
                try Shape.entity.validate(.document(definition))
                try await prepare(definition)
            }
        case "wait":
            let duration = try arguments.required("ms", Arguments.milliseconds)
            try arguments.finish()
            try await Task.sleep(for: duration)
        case "runOnThread":
            let thread = try arguments.required("thread", Arguments.string)
            let operation = try arguments.required("operation", Arguments.document)
            try arguments.finish()
            try Shape.operation.validate(.document(operation))
            try entities.thread(thread).run { try await self.perform(operation) }
        case "waitForThread":
            let thread = try arguments.required("thread", Arguments.string)
            try arguments.finish()
            try await entities.thread(thread).join()
        case "waitForEvent", "assertEventCount", "assertNumberConnectionsCheckedOut",
            "assertSameLsidOnLastTwoCommands", "assertDifferentLsidOnLastTwoCommands":
            try await assertion(ofEvents: name, arguments)
        case "recordTopologyDescription", "assertTopologyType", "waitForPrimaryChange":
            try await assertion(ofTopology: name, arguments)
        case "assertCollectionExists", "assertCollectionNotExists", "assertIndexExists", "assertIndexNotExists":
            try await assertion(ofNames: name, arguments)
        case "assertSessionTransactionState", "assertSessionPinned", "assertSessionUnpinned", "assertSessionDirty",
            "assertSessionNotDirty":
            try assertion(ofSession: name, arguments)
        case "loop":
            throw UnifiedTestSkip("the operation loop has no end of its own, and version 1.24 has removed it")
        default:
            throw unknown(name, of: "test runner")
        }
    }

    /// Makes an entity, which is not what is tested.
    func prepare(_ definition: BSONDocument) async throws {
        try await succeed { try await self.create(definition) }
    }

    /// What serves the test only is not tested: its errors are failures.
    private func succeed(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as MongoError {
            if error.code == .unsupported { throw UnifiedTestSkip.notImplemented(error.message) }
            throw UnifiedTestFailure("threw \(ErrorMatcher.show(error))")
        }
    }

    // MARK: Events

    private func assertion(ofEvents name: String, _ arguments: Arguments) async throws {
        let recorder = try arguments.client().recorder
        switch name {
        case "waitForEvent", "assertEventCount":
            let event = try arguments.required("event", Arguments.document)
            let count = try arguments.required("count", Arguments.int)
            try arguments.finish()
            let matcher = EventMatcher(values: ValueMatcher(entities: entities))
            let counted = { recorder.events.count { matcher.matches(event, $0) } }
            let limit = name == "waitForEvent" ? .seconds(10) : EventRecorder.tellingTime
            do {
                try await eventually("\(count) of \(event)", within: limit) { counted() >= count }
            } catch let failure as UnifiedTestFailure {
                throw UnifiedTestFailure("\(failure); events: \(recorder.events)")
            }
            guard name == "waitForEvent" || counted() == count else {
                throw UnifiedTestFailure("expected \(count) of \(event), got \(counted()): \(recorder.events)")
            }
        case "assertNumberConnectionsCheckedOut":
            let count = try arguments.required("connections", Arguments.int)
            try arguments.finish()
            try await eventually("\(count) connections are checked out", within: EventRecorder.tellingTime) {
                recorder.checkedOutCount == count
            }
        default:
            try arguments.finish()
            let commands = recorder.events.filter { $0.name == "commandStartedEvent" }.suffix(2)
            let identifiers = commands.compactMap { $0.fields["command", "lsid"]?.documentValue }
            guard identifiers.count == 2 else { throw UnifiedTestFailure("fewer than two commands have an lsid") }
            let isSame = identifiers[0].equalsIgnoringKeyOrder(identifiers[1])
            guard isSame == (name == "assertSameLsidOnLastTwoCommands") else {
                throw UnifiedTestFailure("the sessions are \(identifiers)")
            }
        }
    }

    // MARK: Topology

    private func assertion(ofTopology name: String, _ arguments: Arguments) async throws {
        switch name {
        case "recordTopologyDescription":
            let client = try arguments.client().client
            let identifier = try arguments.required("id", Arguments.string)
            try arguments.finish()
            try entities.add(identifier, .topologyDescription(client.topologyDescription))
        case "assertTopologyType":
            let description = try entities.topologyDescription(
                arguments.required("topologyDescription", Arguments.string)
            )
            let type = try arguments.required("topologyType", Arguments.string)
            try arguments.finish()
            guard description.type.rawValue == type else {
                throw UnifiedTestFailure("expected \(type), got \(description.type.rawValue)")
            }
        default:
            let client = try arguments.client().client
            let prior = try entities.topologyDescription(
                arguments.required("priorTopologyDescription", Arguments.string)
            )
            let limit = try arguments.milliseconds("timeoutMS") ?? .seconds(10)
            try arguments.finish()
            let former = primary(of: prior)
            try await eventually("another primary than \(former.map { "\($0)" } ?? "none")", within: limit) {
                let now = primary(of: client.topologyDescription)
                return now != nil && now != former
            }
        }
    }

    private func primary(of description: TopologyDescription) -> ServerAddress? {
        description.servers.values.first { $0.type == .rsPrimary }?.address
    }

    // MARK: Collections and indexes

    private func assertion(ofNames name: String, _ arguments: Arguments) async throws {
        let database = try arguments.required("databaseName", Arguments.string)
        let collection = try arguments.required("collectionName", Arguments.string)
        let index = name.contains("Index") ? try arguments.required("indexName", Arguments.string) : nil
        try arguments.finish()
        let names =
            if index == nil {
                try await deployment.collectionNames(database)
            } else {
                try await deployment.indexNames(database, collection)
            }
        guard names.contains(index ?? collection) == !name.hasSuffix("NotExists") else {
            throw UnifiedTestFailure("\(index ?? collection): there are \(names)")
        }
    }

    // MARK: Sessions

    private func assertion(ofSession name: String, _ arguments: Arguments) throws {
        let probe = SessionProbe(try entities.session(arguments.required("session", Arguments.string)))
        let expectation: (String, Bool)
        switch name {
        case "assertSessionTransactionState":
            let state = try arguments.required("state", Arguments.string)
            expectation = ("its transaction is \(probe.transactionState)", probe.transactionState == state)
        case "assertSessionPinned": expectation = ("it is not pinned", probe.isPinned)
        case "assertSessionUnpinned": expectation = ("it is pinned", !probe.isPinned)
        case "assertSessionDirty": expectation = ("it is not dirty", probe.isDirty)
        default: expectation = ("it is dirty", !probe.isDirty)
        }
        try arguments.finish()
        guard expectation.1 else { throw UnifiedTestFailure(expectation.0) }
    }
}
