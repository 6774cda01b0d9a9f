// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO

/// What was parsed, as the test files write it.
enum ParsedOptions {
    /// The options that were given, by their names in lower case, as JSON values.
    static func dictionary(of parsed: ConnectionString) -> [String: Any] {
        var result: [String: Any] = [:]
        for child in Mirror(reflecting: parsed.options).children {
            guard let label = child.label, let value = plain(child.value) else { continue }
            result[label.lowercased()] = value
        }
        if let credential = parsed.credential {
            result["authmechanism"] = credential.mechanism?.rawValue
            result["authsource"] = credential.source
            result["authmechanismproperties"] = credential.mechanismProperties
        }
        if let proxy = parsed.proxy {
            result["proxyhost"] = proxy.host
            result["proxyport"] = proxy.port
            result["proxyusername"] = proxy.username
            result["proxypassword"] = proxy.password
        }
        result["tls"] = parsed.tls != nil
        result["ssl"] = parsed.tls != nil
        if let tls = parsed.tls {
            result["tlscafile"] = tls.caFile
            result["tlscertificatekeyfile"] = tls.certificateKeyFile
            result["tlscertificatekeyfilepassword"] = tls.certificateKeyFilePassword
            result["tlscrlfile"] = tls.crlFile
            result["tlsallowinvalidcertificates"] = tls.allowInvalidCertificates
            result["tlsallowinvalidhostnames"] = tls.allowInvalidHostnames
            result["tlsinsecure"] = tls.insecure
            result["tlsdisableocspendpointcheck"] = tls.disableOCSPEndpointCheck
            result["tlsdisablecertificaterevocationcheck"] = tls.disableCertificateRevocationCheck
        }
        return result
    }

    /// A value of `ConnectionString.Options` as JSON would show it; `nil` when it was not given.
    private static func plain(_ value: Any) -> Any? {
        switch value {
        case let value as Bool: value
        case let value as Int: value
        case let value as String: value
        case let value as [[String: String]]: value
        case let value as [Compressor]: value.map(\.rawValue)
        case let value as ReadConcern.Level: value.rawValue
        case let value as ReadPreference.Mode: value.rawValue
        case let value as ServerMonitoringMode: value.rawValue
        case WriteConcern.Acknowledgment.nodes(let count): count
        case WriteConcern.Acknowledgment.tag(let name): name
        default: nil
        }
    }
}
