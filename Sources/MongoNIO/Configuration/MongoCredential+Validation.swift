// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// What each mechanism requires and forbids, from the sections "MongoCredential Properties" of
// https://github.com/mongodb/specifications/blob/master/source/auth/auth.md

extension MongoCredential {
    /// Judges the credential by the rules of its mechanism, before anything is sent.
    ///
    /// - Throws: ``MongoError/Code/invalidArgument`` for something that is missing or does not belong there.
    package func validate() throws(MongoError) {
        if username?.isEmpty == true { throw invalid("the user name is empty") }
        if source.isEmpty { throw invalid("authSource is empty") }

        switch mechanism {
        case nil, .scramSHA1, .scramSHA256, .plain:
            try requireUsername()
            guard let password else { throw invalid("a password is required") }
            try requireProperties(among: [])
            if mechanism == .scramSHA256 { try requirePreparable(password) }
        case .mongodbX509:
            try forbidPassword()
            try requireExternalSource()
            try requireProperties(among: [])
        case .gssapi:
            try requireUsername()
            try requireExternalSource()
            try validateGSSAPIProperties()
        case .mongodbAWS:
            try requireExternalSource()
            // Keys in connection strings and options end up in logs; the specification wants them from the
            // environment or the AWS endpoints only.
            guard username == nil, password == nil else {
                throw invalid("AWS keys must come from the environment, not from the connection string or the options")
            }
            try requireProperties(among: [])
        case .mongodbOIDC:
            try forbidPassword()
            try requireExternalSource()
            try validateOIDCProperties()
        case let unknown?:
            throw MongoError(.invalidArgument, "unknown authMechanism '\(unknown.rawValue.quotable)'")
        }
    }

    private func validateGSSAPIProperties() throws(MongoError) {
        try requireProperties(among: ["SERVICE_NAME", "SERVICE_REALM", "SERVICE_HOST", "CANONICALIZE_HOST_NAME"])
        if let value = mechanismProperties["CANONICALIZE_HOST_NAME"] {
            guard ["none", "forward", "forwardAndReverse", "true", "false"].contains(value) else {
                throw invalid("CANONICALIZE_HOST_NAME must be 'none', 'forward' or 'forwardAndReverse'")
            }
        }
    }

    private func validateOIDCProperties() throws(MongoError) {
        // ALLOWED_HOSTS and callbacks are not accepted as texts; callbacks are not supported yet.
        try requireProperties(among: ["ENVIRONMENT", "TOKEN_RESOURCE"])
        let resource = mechanismProperties["TOKEN_RESOURCE"]
        switch mechanismProperties["ENVIRONMENT"] {
        case let environment? where ["azure", "gcp"].contains(environment):
            guard resource != nil else { throw invalid("ENVIRONMENT '\(environment)' needs a TOKEN_RESOURCE") }
        case let environment? where ["k8s", "test"].contains(environment):
            guard resource == nil else { throw invalid("ENVIRONMENT '\(environment)' takes no TOKEN_RESOURCE") }
            guard username == nil || environment != "test" else {
                throw invalid("ENVIRONMENT 'test' takes no user name")
            }
        case nil:
            throw invalid("an ENVIRONMENT is required in authMechanismProperties")
        default:
            throw invalid("ENVIRONMENT must be 'azure', 'gcp' or 'k8s'")
        }
    }

    private func requireUsername() throws(MongoError) {
        guard username != nil else { throw invalid("a user name is required") }
    }

    /// Where the mechanism is negotiated the user may only have a SCRAM-SHA-1 password, which is not prepared.
    private func requirePreparable(_ password: String) throws(MongoError) {
        do throws(SASLprep.Failure) {
            _ = try SASLprep.prepare(password)
        } catch {
            throw invalid("the password cannot be one: \(error.reason)")
        }
    }

    private func forbidPassword() throws(MongoError) {
        guard password == nil else { throw invalid("a password is not allowed") }
    }

    private func requireExternalSource() throws(MongoError) {
        guard source == Self.externalSource else { throw invalid("authSource must be '\(Self.externalSource)'") }
    }

    private func requireProperties(among allowed: Set<String>) throws(MongoError) {
        let unknown = mechanismProperties.keys.filter { !allowed.contains($0) }.sorted()
        guard unknown.isEmpty else {
            let names = unknown.map { "'\($0.quotable)'" }.joined(separator: ", ")
            throw invalid("the mechanism does not have the authMechanismProperties \(names)")
        }
    }

    private func invalid(_ reason: String) -> MongoError {
        MongoError(.invalidArgument, "credential for \(mechanism?.rawValue.quotable ?? "SCRAM"): \(reason)")
    }
}
