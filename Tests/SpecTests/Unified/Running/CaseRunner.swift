// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#executing-a-test

import MongoBSON
import MongoNIO

/// Runs one case, from its preparation to its cleaning up.
struct CaseRunner: Sendable {
    let file: BSONDocument
    let test: BSONDocument
    /// As `dev/spec-report` knows the case; `nil` for those that are none of the specifications'.
    var name: String?

    /// No case takes as long as this.
    static let timeLimit = Duration.seconds(60)

    /// - Throws: `UnifiedTestSkip` when the case cannot run here, anything else when it fails.
    func run() async throws {
        if let reason = test["skipReason"]?.stringValue { throw UnifiedTestSkip("the test says: \(reason)") }
        let kind = try await deploymentKind()
        if kind.isMock, let name { try MockLedger.note(name) }
        do {
            try await DeploymentPool.shared.withDeployment(kind) { deployment in
                try await run(on: deployment)
            }
        } catch let error as MongoError where error.code == .unsupported {
            throw UnifiedTestSkip.notImplemented(error.message)
        }
    }

    /// The first of the kinds of deployments that the case can run on: a replica set wherever one will do.
    private func deploymentKind() async throws -> Deployment.Kind {
        let sets: [Deployment.Kind] = needsSeveralMembers ? [.threeMembers] : [.replicaSet, .authenticated]
        let kinds = sets + [.standalone, .loadBalanced, .loadBalancedAuthenticated, .sharded]
        var obstacles: [RunOnRequirement.Obstacle] = []
        for kind in kinds {
            let facts = try await DeploymentPool.shared.facts(kind)
            let found = [file, test].compactMap {
                RunOnRequirement.obstacle(in: $0["runOnRequirements"], on: facts)
            }
            guard let worst = found.max() else {
                if kind.isMock, let need = NeedOfMongos.need(of: test) {
                    throw UnifiedTestSkip("needs a mongos: \(need)")
                }
                return kind
            }
            obstacles.append(worst)
        }
        throw UnifiedTestSkip(obstacles.min()?.reason ?? "")
    }

    /// Whether the primary is to change, or more is to be discovered than one member has to show.
    private var needsSeveralMembers: Bool {
        let operations = test["operations"]?.arrayValue ?? []
        return operations.compactMap(\.documentValue).contains { (operation: BSONDocument) -> Bool in
            let name = operation["name"]?.stringValue
            guard name == "waitForEvent", let arguments = operation["arguments"]?.documentValue,
                let count = arguments["count"]?.toInt(), let event = arguments["event"]?.documentValue
            else { return name == "waitForPrimaryChange" }
            let isOfEachMember =
                event.hasKey("topologyDescriptionChangedEvent") || event.hasKey("serverHeartbeatSucceededEvent")
            return count >= 3 && isOfEachMember
        }
    }

    private func run(on deployment: Deployment) async throws {
        let scene = Scene(deployment: deployment, mightFail: setsFailPoints)
        var failure: (any Error)?
        do {
            try await withTimeLimit(Self.timeLimit, "the case") { try await perform(in: scene) }
        } catch {
            failure = error
        }
        // Whatever happened: the next case finds the deployment as this one did.
        do {
            try await withTimeLimit(Self.timeLimit, "cleaning up") { try await scene.end() }
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
    }

    private var setsFailPoints: Bool { "\(test)".contains("configureFailPoint") }

    private func perform(in scene: Scene) async throws {
        for data in documents(file["initialData"]) { try await scene.deployment.prepare(data) }
        if !file.hasKey("initialData") { try await forgetEarlierData(on: scene.deployment) }
        try await scene.noteClusterTime()
        for entity in documents(file["createEntities"]) { try await scene.prepare(entity) }
        for (index, operation) in documents(test["operations"]).enumerated() {
            do {
                try await scene.perform(operation)
            } catch let failure as UnifiedTestFailure {
                throw failure.inside("operation \(index) (\(operation["name"]?.stringValue ?? ""))")
            }
        }
        try await scene.joinThreads()
        let values = ValueMatcher(entities: scene.entities)
        try await awaitReports(of: scene, values)
        let clients = scene.entities.all.compactMap { if case .client(let client) = $0 { client } else { nil } }
        for client in clients { client.recorder.stop() }
        // The outcome is read with the same server.
        try await scene.disableFailPoints()

        for expected in documents(test["expectEvents"]) {
            let client = try scene.entities.client(expected["client"]?.stringValue ?? "")
            try EventMatcher(values: values).match(expected, client.recorder.events)
        }
        for expected in documents(test["expectLogMessages"]) {
            let client = try scene.entities.client(expected["client"]?.stringValue ?? "")
            try LogMatcher(values: values).match(expected, client.recorder.messages)
        }
        for expected in documents(test["expectTracingMessages"]) {
            let client = try scene.entities.client(expected["client"]?.stringValue ?? "")
            try SpanMatcher(values: values).match(expected, client.spans.spans)
        }
        for data in documents(test["outcome"]) { try await scene.deployment.expect(data) }
    }

    /// Waits for the last of what is expected to be told, see `EventRecorder.tellingTime`. Whether it is what is expected,
    /// and not more, is judged afterwards.
    private func awaitReports(of scene: Scene, _ values: ValueMatcher) async throws {
        let end = ContinuousClock.now + EventRecorder.tellingTime
        while try !areReportsComplete(in: scene, values), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func areReportsComplete(in scene: Scene, _ values: ValueMatcher) throws -> Bool {
        func recorder(_ expected: BSONDocument) throws -> EventRecorder {
            try scene.entities.client(expected["client"]?.stringValue ?? "").recorder
        }
        return try documents(test["expectEvents"]).allSatisfy {
            try EventMatcher(values: values).isComplete($0, recorder($0).events)
        }
            && documents(test["expectLogMessages"]).allSatisfy {
                try LogMatcher(values: values).isComplete($0, recorder($0).messages)
            }
    }

    /// A file that prepares nothing must not find what another has left: in which order files run is not certain.
    private func forgetEarlierData(on deployment: Deployment) async throws {
        for case .document(let entity) in file["createEntities"]?.arrayValue ?? [] {
            guard let name = entity["database", "databaseName"]?.stringValue,
                !["admin", "config", "local"].contains(name)
            else { continue }
            try await deployment.dropDatabase(name)
        }
    }

    private func documents(_ value: BSON?) -> [BSONDocument] {
        // The format's prose has `expectTracingMessages` as one object, the files as a list.
        if case .document(let document) = value { return [document] }
        return value?.arrayValue?.compactMap(\.documentValue) ?? []
    }
}
