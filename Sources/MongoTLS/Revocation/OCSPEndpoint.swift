// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Where an OCSP responder is reached: an `http:` URL of a certificate's authority information access.
///
/// Only `http:`. A response proves itself by its signature, and `https:` would need a certificate that has to be checked
/// by OCSP in turn; `ldap:` is not OCSP over HTTP at all.
struct OCSPEndpoint: Sendable, Hashable {
    /// A name or an address, the latter without brackets.
    let host: String
    let port: Int
    /// Path and query, at least `/`.
    let target: String

    /// What the `Host` header says.
    var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? host : "\(host):\(port)"
    }

    /// As the certificate says it, as far as it counts.
    var url: String { "http://\(authority)\(target)" }

    /// - Parameter url: What the certificate says, which can be anything.
    /// - Returns: `nil` when it is no `http:` URL that a request could be sent to.
    init?(_ url: String) {
        // Visible ASCII only: nothing in it can break out of the line of the request.
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        guard url.prefix(Self.scheme.count).lowercased() == Self.scheme else { return nil }
        let rest = url.dropFirst(Self.scheme.count).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        guard let (host, port) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    private static let scheme = "http://"

    /// Host and port. Credentials in front of the host are of no use and refused.
    private static func split(_ authority: Substring) -> (host: String, port: Int)? {
        guard !authority.contains("@") else { return nil }
        let host: Substring
        let suffix: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<end].dropFirst()
            suffix = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            suffix = authority[host.endIndex...]
        }
        guard !host.isEmpty else { return nil }
        if suffix.isEmpty || suffix == ":" { return (String(host), 80) }
        guard suffix.first == ":", suffix.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = Int(suffix.dropFirst()), (1...65535).contains(port)
        else { return nil }
        return (String(host), port)
    }
}
