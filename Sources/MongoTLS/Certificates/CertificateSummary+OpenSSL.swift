// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension CertificateSummary {
    /// Reads what people want to know out of a certificate. Nothing in it is trusted: every string is made printable.
    init(_ certificate: OpaquePointer) {
        self.init(
            subject: Self.text(of: X509_get_subject_name(certificate)),
            issuer: Self.text(of: X509_get_issuer_name(certificate)),
            subjectAlternativeNames: Self.alternativeNames(of: certificate),
            notBefore: Self.seconds(of: X509_get0_notBefore(certificate)),
            notAfter: Self.seconds(of: X509_get0_notAfter(certificate)),
            serialNumber: Self.serialNumber(of: certificate),
            fingerprint: Self.fingerprint(of: certificate),
            key: Self.key(of: certificate),
            signatureAlgorithm: OBJ_nid2ln(X509_get_signature_nid(certificate)).map { String(cString: $0) } ?? "unknown"
        )
        // What could not be read was noted; it must not be taken for the reason of a later failure.
        ErrorStack.clear()
    }

    private static func serialNumber(of certificate: OpaquePointer) -> String {
        guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) else { return "" }
        defer { BN_free(number) }
        guard let text = BN_bn2hex(number) else { return "" }
        defer { CRYPTO_free(text, #fileID, #line) }
        return String(cString: text)
    }

    private static func fingerprint(of certificate: OpaquePointer) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1 else { return "" }
        return digest.prefix(Int(count)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func key(of certificate: OpaquePointer) -> String {
        guard let key = X509_get0_pubkey(certificate), let name = EVP_PKEY_get0_type_name(key) else { return "unknown" }
        let kind = String(cString: name)
        var group = [CChar](repeating: 0, count: 64)
        if kind == "EC", EVP_PKEY_get_group_name(key, &group, group.count, nil) == 1 {
            let curve = String(decoding: group.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return "EC \(["prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"][curve] ?? curve)"
        }
        return kind.hasPrefix("ED") ? kind : "\(kind) \(EVP_PKEY_get_bits(key))"
    }

    /// Whether it is valid still, and for no longer than 30 days.
    package var isNearItsEnd: Bool {
        let left = notAfter - TLSSessionCache.now
        return left > 0 && left <= 30 * 86_400
    }

    /// A time in seconds since 1970 for people, in UTC.
    package static func date(_ seconds: Int64) -> String {
        // The year 9999 is the last that a certificate can name, and what Foundation formats.
        let clamped = min(max(seconds, 0), 253_402_300_799)
        return Date(timeIntervalSince1970: Double(clamped)).formatted(.iso8601)
    }

    /// A name as RFC 2253 writes it, in the order of the certificate, with control characters escaped.
    static func text(of name: OpaquePointer?) -> String {
        guard let name else { return "" }
        return printed { bio in
            _ = X509_NAME_print_ex(bio, name, 0, mongo_XN_FLAG_READABLE())
        }
    }

    private static func alternativeNames(of certificate: OpaquePointer) -> [String] {
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        return (0..<mongo_sk_GENERAL_NAME_num(names)).compactMap { index -> String? in
            guard let name = mongo_sk_GENERAL_NAME_value(names, index) else { return nil }
            return printed { bio in _ = GENERAL_NAME_print(bio, name) }
                .replacingPrefix("IP Address:", with: "IP:")
        }
    }

    /// Seconds since 1970; 0 when the certificate holds no readable time.
    static func seconds(of time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        guard let time else { return 0 }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard let epoch = ASN1_TIME_set(nil, 0) else { return 0 }
        defer { ASN1_TIME_free(epoch) }
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return 0 }
        return Int64(days) * 86_400 + Int64(seconds)
    }

    private static func printed(_ body: (OpaquePointer) -> Void) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        body(bio)
        var data: UnsafeMutablePointer<CChar>?
        let length = mongo_BIO_get_mem_data(bio, &data)
        guard let data, length > 0 else { return "" }
        return printable(String(decoding: UnsafeRawBufferPointer(start: data, count: length), as: UTF8.self))
    }

    /// Without what a terminal would obey instead of showing it: control characters, also those above ASCII, marks that
    /// turn the direction of the text, and line breaks of all kinds.
    static func printable(_ text: String) -> String {
        var shown = ""
        shown.unicodeScalars.append(
            contentsOf: text.unicodeScalars.map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: "?"
                default: scalar
                }
            }
        )
        return shown
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with replacement: String) -> String {
        hasPrefix(prefix) ? replacement + dropFirst(prefix.count) : self
    }
}
