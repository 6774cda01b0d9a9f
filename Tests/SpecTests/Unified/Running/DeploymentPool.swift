// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The deployments of this test process: started on first use, lent to one case at a time, stopped with the process.
actor DeploymentPool {
    static let shared = DeploymentPool()

    private struct Lane {
        var deployment: Task<Deployment, any Error>
        var isLent = false
    }

    /// How many replica sets serve cases at the same time: fail points and `killAllSessions` concern a whole server, so
    /// each case has one for itself.
    private let laneCount = ProcessInfo.processInfo.environment["MONGODB_SPEC_LANES"].flatMap(Int.init) ?? 2
    private var lanes: [Deployment.Kind: [Lane]] = [:]
    private var waiters: [Deployment.Kind: [CheckedContinuation<Void, Never>]] = [:]

    /// Runs the body with a deployment of the kind that nobody else uses meanwhile.
    func withDeployment<Value: Sendable>(
        _ kind: Deployment.Kind,
        _ body: @Sendable (Deployment) async throws -> Value
    ) async throws -> Value {
        let index = await take(kind)
        defer { give(kind, index) }
        return try await body(try await deployment(kind, index))
    }

    /// The lane's deployment. A start that failed, on a machine with too much to do for example, is not all cases' failure:
    /// there is a second.
    private func deployment(_ kind: Deployment.Kind, _ index: Int) async throws -> Deployment {
        guard let first = lanes[kind]?[index].deployment else {
            throw UnifiedTestFailure("there is no such deployment")
        }
        do {
            return try await first.value
        } catch {
            // Somebody else may have begun it already.
            if lanes[kind]?[index].deployment == first { lanes[kind]?[index].deployment = startLane(kind).deployment }
            guard let second = lanes[kind]?[index].deployment else { throw error }
            return try await second.value
        }
    }

    /// What is known of the deployments of a kind, without starting one of it: all run the same program.
    func facts(_ kind: Deployment.Kind) async throws -> DeploymentFacts {
        if lanes[.replicaSet] == nil { lanes[.replicaSet] = [startLane(.replicaSet)] }
        var facts = try await deployment(.replicaSet, 0).facts
        facts.topology = kind.topology
        facts.requiresAuthentication = kind.requiresAuthentication
        return facts
    }

    private func startLane(_ kind: Deployment.Kind) -> Lane {
        Lane(deployment: Task { try await Deployment.start(kind) })
    }

    private func take(_ kind: Deployment.Kind) async -> Int {
        while true {
            if let free = lanes[kind]?.firstIndex(where: { !$0.isLent }) {
                lanes[kind]?[free].isLent = true
                return free
            }
            let count = lanes[kind]?.count ?? 0
            if count < (kind == .replicaSet ? laneCount : 1) {
                lanes[kind, default: []].append(startLane(kind))
                lanes[kind]?[count].isLent = true
                return count
            }
            await withCheckedContinuation { waiters[kind, default: []].append($0) }
        }
    }

    private func give(_ kind: Deployment.Kind, _ index: Int) {
        lanes[kind]?[index].isLent = false
        if waiters[kind]?.isEmpty == false { waiters[kind]?.removeFirst().resume() }
    }
}
