// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#connection-string-options
// https://github.com/mongodb/specifications/blob/master/source/socks5-support/socks5.md#mongoclient-configuration

extension OptionParser {
    /// The credential that the user information and the options describe together.
    ///
    /// A user name or a mechanism asks for authentication; a database or an `authSource` alone does not.
    mutating func credential(of grammar: ConnectionString.Grammar) throws(MongoError) -> MongoCredential? {
        let mechanism = authMechanism.map { MongoCredential.Mechanism(rawValue: $0) }
        guard grammar.username != nil || mechanism != nil else {
            if authMechanismProperties != nil || gssapiServiceName != nil {
                warnings.append("Option 'authMechanismProperties' has no effect without 'authMechanism'.")
            }
            return nil
        }
        var credential = MongoCredential(
            username: grammar.username,
            password: grammar.password,
            source: authSource,
            mechanism: mechanism,
            mechanismProperties: authMechanismProperties ?? [:]
        )
        credential.defaultDatabase = grammar.database
        if gssapiServiceName != nil {
            warnings.append(
                "Deprecated option 'gssapiServiceName' has been replaced by 'authMechanismProperties=SERVICE_NAME:…'."
            )
        }
        if mechanism == .gssapi, credential.mechanismProperties["SERVICE_NAME"] == nil {
            credential.mechanismProperties["SERVICE_NAME"] = gssapiServiceName ?? "mongodb"
        }
        return credential
    }

    /// The proxy that the options describe together.
    func proxyOptions() throws(MongoError) -> ProxyOptions? {
        guard let proxyHost else {
            if let option = ["proxyPort", "proxyUsername", "proxyPassword"].first(where: gave) {
                throw ConnectionString.invalid("\(option) needs proxyHost")
            }
            return nil
        }
        let proxy = ProxyOptions(
            host: proxyHost,
            port: proxyPort ?? ProxyOptions.defaultPort,
            username: proxyUsername,
            password: proxyPassword
        )
        try proxy.validate()
        return proxy
    }
}
