// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#runonrequirement

import MongoBSON

/// What is known of a deployment when requirements are evaluated.
struct DeploymentFacts: Sendable {
    var version: VersionNumber
    /// As requirements name it: `single` or `replicaset`.
    var topology: String
    var requiresAuthentication: Bool
    var parameters: BSONDocument
}

/// What a test needs of the deployment it runs on.
struct RunOnRequirement {
    let fields: BSONDocument

    /// Why this requirement is not met; `nil` when it is.
    enum Obstacle: Comparable {
        // In the order of how near the deployment is: the nearest of several alternatives is reported.
        case version(String)
        case parameter(String)
        case mechanism(String)
        case authentication(String)
        case topology([String])
        case unsupported(String)

        var reason: String {
            switch self {
            case .version(let reason), .parameter(let reason), .mechanism(let reason), .authentication(let reason),
                .unsupported(let reason):
                reason
            case .topology(let names):
                "needs topology \(Set(names).sorted().joined(separator: " or "))"
            }
        }

        private var rank: Int {
            switch self {
            case .version: 0
            case .parameter: 1
            case .mechanism: 2
            case .authentication: 3
            case .topology: 4
            case .unsupported: 5
            }
        }

        static func < (lhs: Obstacle, rhs: Obstacle) -> Bool {
            (lhs.rank, lhs.reason) < (rhs.rank, rhs.reason)
        }
    }

    func obstacle(on deployment: DeploymentFacts) -> Obstacle? {
        if let needed = fields["csfle"], needed != .bool(false) {
            return .unsupported("client-side encryption is not supported")
        }
        if fields["serverless"] == .string("require") { return .unsupported("needs Atlas Serverless") }
        if let names = fields["topologies"]?.arrayValue?.compactMap(\.stringValue),
            !names.contains(deployment.topology),
            // The shards of today are all replica sets.
            !(deployment.topology == "sharded" && names.contains("sharded-replicaset"))
        {
            return .topology(names)
        }
        if let auth = fields["auth"]?.boolValue, auth != deployment.requiresAuthentication {
            return .authentication(auth ? "needs authentication" : "needs a server without authentication")
        }
        if let mechanism = fields["authMechanism"]?.stringValue {
            let offered = deployment.parameters["authenticationMechanisms"]?.arrayValue ?? []
            guard offered.contains(where: { $0.stringValue?.lowercased() == mechanism.lowercased() }) else {
                return .mechanism("needs authentication by \(mechanism)")
            }
        }
        if let text = fields["minServerVersion"]?.stringValue, let version = VersionNumber(text),
            deployment.version < version
        {
            return .version("needs server >= \(version)")
        }
        if let text = fields["maxServerVersion"]?.stringValue, let version = VersionNumber(text),
            deployment.version > version
        {
            return .version("needs server <= \(version)")
        }
        for (name, value) in fields["serverParameters"]?.documentValue ?? [:] {
            let values = ValueMatcher(entities: EntityMap())
            guard (try? values.match(value, deployment.parameters[name], isRoot: false, path: name)) != nil else {
                return .parameter("needs server parameter \(name) = \(value)")
            }
        }
        return nil
    }

    /// The reason to skip, when none of the alternatives is met. No alternatives means no requirement.
    static func obstacle(in alternatives: BSON?, on deployment: DeploymentFacts) -> Obstacle? {
        let alternatives = alternatives?.arrayValue?.compactMap(\.documentValue) ?? []
        var obstacles: [Obstacle] = []
        for fields in alternatives {
            guard let obstacle = RunOnRequirement(fields: fields).obstacle(on: deployment) else { return nil }
            obstacles.append(obstacle)
        }
        let topologies = obstacles.flatMap { if case .topology(let names) = $0 { names } else { [String]() } }
        guard let nearest = obstacles.min() else { return nil }
        if case .topology = nearest { return .topology(topologies) }
        return nearest
    }
}
