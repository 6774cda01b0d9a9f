// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The server as it was dialed: the name or the address that its certificate has to list.
package struct TLSServerName: Sendable, Hashable {
    /// A name or an address.
    enum Kind: Sendable, Hashable {
        /// Sent as SNI and compared with the DNS names of the certificate.
        case name(String)
        /// Never sent as SNI (RFC 6066, section 3), and compared with the IP addresses of the certificate only.
        case address(String)
    }

    let kind: Kind

    /// - Parameter host: A DNS name, an IPv4 address or an IPv6 address, the last with or without brackets and zone.
    ///   Upper case and the dot at the end of an absolute name do not matter.
    package init(host: String) {
        var host = host[...]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let address = String(host.prefix { $0 != "%" })
        if Self.isAddress(address) {
            kind = .address(address)
        } else {
            if host.hasSuffix(".") { host = host.dropLast() }
            kind = .name(host.lowercased())
        }
    }

    /// For a server without a name, behind a Unix domain socket: it is on this machine.
    package static let localhost = TLSServerName(host: "localhost")

    /// By the C library's strict rules. OpenSSL's own are laxer: to it `010.0.0.1` is 10.0.0.1, to resolvers 8.0.0.1.
    private static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }

    /// Whether a server can be called so.
    var isPossible: Bool {
        guard case .name(let name) = kind else { return true }
        // To OpenSSL a dot in front means "any name below": whoever dials one name must not get another. Certificates and
        // SNI know international names by their ASCII form only.
        return !name.isEmpty && !name.hasPrefix(".") && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && !Self.isOddAddress(name)
    }

    /// Whether resolvers take the name for an IPv4 address although it is not written as one: `010.0.0.1`, `127.1`,
    /// `0x7f.0.0.1`. Whoever has another opinion of the address would compare the certificate with the wrong one.
    package static func isOddAddress(_ name: String) -> Bool {
        var address = in_addr()
        return inet_aton(name, &address) != 0 && inet_pton(AF_INET, name, &address) != 1
    }

    /// Tells OpenSSL whom to ask for and, where the host is verified, whom to expect.
    func install(in ssl: OpaquePointer, verify: Bool) throws(TLSError) {
        ErrorStack.clear()
        let parameters = SSL_get0_param(ssl)
        var accepted = true
        switch kind {
        case .name(let name):
            accepted = isPossible && mongo_SSL_set_tlsext_host_name(ssl, name) == 1
            if accepted, verify {
                X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
                accepted = X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count) == 1
            }
        case .address(let address):
            if verify {
                accepted = X509_VERIFY_PARAM_set1_ip_asc(parameters, address) == 1
            }
        }
        guard accepted else {
            throw TLSError(
                .configuration,
                .invalidServerName,
                "the host cannot be the name of a server in TLS",
                hint: "dial a DNS name, an international one in its ASCII form (xn--…), or an IP address as it is "
                    + "usually written",
                opensslErrors: ErrorStack.drain().texts
            )
        }
    }
}

extension TLSServerName {
    /// Whether the certificate lists the server, by the rules that hold for a handshake.
    ///
    /// - Returns: `X509_V_ERR_…` when it does not.
    func mismatch(in certificate: OpaquePointer) -> Int32? {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        switch kind {
        case .name(let name):
            var flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
            // As in `verifyChain`.
            if X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0 {
                flags |= UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
            }
            return X509_check_host(certificate, name, name.utf8.count, flags, nil) == 1
                ? nil : X509_V_ERR_HOSTNAME_MISMATCH
        case .address(let address):
            return X509_check_ip_asc(certificate, address, 0) == 1 ? nil : X509_V_ERR_IP_ADDRESS_MISMATCH
        }
    }
}

extension TLSServerName: CustomStringConvertible {
    /// The name or the address.
    package var description: String {
        switch kind {
        case .name(let name): name
        case .address(let address): address
        }
    }
}
