// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The configuration file by which `openssl req` and `openssl ca` are told what a ``CertificateRequest`` says.
///
/// `openssl ca` is the one command of OpenSSL 3.0 that takes both dates of a certificate. It wants a database; each
/// call gets an empty one of its own, so that issuing needs no lock and an authority has no state.
struct CertificateConfiguration {
    let request: CertificateRequest
    let isSelfSigned: Bool
    /// Where the throw-away database lies.
    let workDirectory: String

    var text: String {
        """
        [req]
        distinguished_name = subject
        prompt = no
        utf8 = yes
        string_mask = utf8only
        [subject]
        \(lines(subject))
        [ca]
        default_ca = authority
        [authority]
        database = \(workDirectory)/index.txt
        serial = \(workDirectory)/serial
        new_certs_dir = \(workDirectory)
        unique_subject = no
        policy = policy
        [policy]
        organizationName = optional
        organizationalUnitName = optional
        commonName = optional
        [extensions]
        \(lines(extensions))
        [names]
        \(lines(names))
        """
    }

    private var subject: [(String, String)] {
        [("O", request.organization), ("OU", request.organizationalUnit), ("CN", request.commonName)]
            .compactMap { name, value in value.map { (name, escaped($0)) } }
    }

    private var extensions: [(String, String)] {
        var result = [("basicConstraints", "critical, CA:\(request.isAuthority ? "TRUE" : "FALSE")")]
        result.append(("subjectKeyIdentifier", "hash"))
        if !isSelfSigned { result.append(("authorityKeyIdentifier", "keyid:always")) }
        let usage = request.isAuthority ? "digitalSignature, keyCertSign, cRLSign" : keyUsage
        result.append(("keyUsage", "critical, \(usage)"))
        if !request.usages.isEmpty {
            result.append(("extendedKeyUsage", request.usages.map(\.rawValue).joined(separator: ", ")))
        }
        if !names.isEmpty { result.append(("subjectAltName", "@names")) }
        if request.mustStaple { result.append(("tlsfeature", "status_request")) }
        if !request.responders.isEmpty {
            let locations = request.responders.map { "OCSP;URI:\($0)" }
            result.append(("authorityInfoAccess", locations.joined(separator: ", ")))
        }
        if request.hasNoCheck { result.append(("noCheck", "ignored")) }
        return result
    }

    private var keyUsage: String {
        if case .rsa = request.key { return "digitalSignature, keyEncipherment" }
        return "digitalSignature"
    }

    private var names: [(String, String)] {
        request.names.enumerated().map { ("DNS.\($0.offset + 1)", escaped($0.element)) }
            + request.addresses.enumerated().map { ("IP.\($0.offset + 1)", $0.element) }
    }

    private func lines(_ settings: [(String, String)]) -> String {
        settings.map { "\($0) = \($1)" }.joined(separator: "\n")
    }

    /// Backslash, dollar, quotes and the comment sign have a meaning in OpenSSL's configuration files.
    private func escaped(_ value: String) -> String {
        value.reduce(into: "") { result, character in
            if #"\$"'#"#.contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}

extension Date {
    /// `YYYYMMDDHHMMSSZ`, the form that `openssl ca`, its database and DER's GeneralizedTime share.
    var generalizedTime: String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: self)
        let numbers = [parts.month, parts.day, parts.hour, parts.minute, parts.second]
        return String(format: "%04d", parts.year ?? 0) + numbers.map { String(format: "%02d", $0 ?? 0) }.joined() + "Z"
    }
}
