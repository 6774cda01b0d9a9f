// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.1 and #section-4.2.2.1

import CMongoOpenSSL

/// What is to be thought of a chain whose last certificate has no issuer among what the server sent and what is trusted.
///
/// Two causes look alike to a client. Either the issuer is a root that is not trusted ("unknown CA": the *client* lacks
/// something), or it is an intermediate authority that the server should have sent ("incomplete chain": the *server*
/// does). The issuer's certificate would tell, and it is the one thing that is not there. So this looks for signs:
///
/// 1. The authority key identifier may name the issuer *of the issuer*. If that is the issuer itself, it is a root; if
///    not, it is an intermediate authority. This is proof, but few authorities write it.
/// 2. A server's certificate may say where its issuer's certificate can be fetched (authority information access,
///    `caIssuers`). Public authorities all do, and all of them issue from intermediate authorities. This counts only
///    when the server sent nothing but its own certificate: intermediates name their roots in the same way.
/// 3. The issuer may call itself intermediate, issuing or subordinate.
///
/// Without a sign the cause is taken for an unknown authority, and the hint names the other possibility as well.
enum MissingIssuer: Sendable, Hashable {
    /// It seems to be an intermediate authority, which the server did not send.
    case intermediate
    /// It is an authority that bears the name of a trusted one, but not its key.
    case namesake
    /// Nothing is known of it.
    case unknown

    /// Judges the chain of a verification that has failed for want of an issuer.
    init(_ verification: OpaquePointer) {
        defer { ErrorStack.clear() }
        guard let chain = X509_STORE_CTX_get0_chain(verification), case let count = mongo_sk_X509_num(chain), count > 0,
            let last = mongo_sk_X509_value(chain, count - 1), let issuer = X509_get_issuer_name(last)
        else {
            self = .unknown
            return
        }
        if let isRoot = Self.issuerIsRoot(last) {
            self = isRoot ? Self.unknownOrNamesake(issuer, verification) : .intermediate
        } else if count == 1, Self.namesIssuerLocation(last) {
            self = .intermediate
        } else if case .namesake = Self.unknownOrNamesake(issuer, verification) {
            self = .namesake
        } else {
            self = Self.callsItselfIntermediate(issuer) ? .intermediate : .unknown
        }
    }

    private static func unknownOrNamesake(_ issuer: OpaquePointer, _ verification: OpaquePointer) -> MissingIssuer {
        guard let namesakes = X509_STORE_CTX_get1_certs(verification, issuer) else { return .unknown }
        let count = mongo_sk_X509_num(namesakes)
        for index in 0..<count { X509_free(mongo_sk_X509_value(namesakes, index)) }
        mongo_sk_X509_free(namesakes)
        return count > 0 ? .namesake : .unknown
    }

    /// By the authority key identifier; `nil` when it does not say.
    private static func issuerIsRoot(_ certificate: OpaquePointer) -> Bool? {
        guard let names = X509_get0_authority_issuer(certificate) else { return nil }
        for index in 0..<mongo_sk_GENERAL_NAME_num(names) {
            guard let name = mongo_sk_GENERAL_NAME_value(names, index) else { continue }
            var kind: Int32 = 0
            guard let value = GENERAL_NAME_get0_value(name, &kind), kind == GEN_DIRNAME else { continue }
            return X509_NAME_cmp(OpaquePointer(value), X509_get_issuer_name(certificate)) == 0
        }
        return nil
    }

    /// Whether the certificate says where its issuer's can be fetched.
    private static func namesIssuerLocation(_ certificate: OpaquePointer) -> Bool {
        guard let raw = X509_get_ext_d2i(certificate, NID_info_access, nil, nil) else { return false }
        let descriptions = OpaquePointer(raw)
        defer { AUTHORITY_INFO_ACCESS_free(descriptions) }
        return (0..<mongo_sk_ACCESS_DESCRIPTION_num(descriptions)).contains { index in
            guard let description = mongo_sk_ACCESS_DESCRIPTION_value(descriptions, index) else { return false }
            return OBJ_obj2nid(description.pointee.method) == NID_ad_ca_issuers
        }
    }

    private static func callsItselfIntermediate(_ name: OpaquePointer) -> Bool {
        let index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
        guard index >= 0, let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)) else { return false }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&bytes, data)
        guard length >= 0, let bytes else { return false }
        defer { CRYPTO_free(bytes, #fileID, #line) }
        let text = String(decoding: UnsafeBufferPointer(start: bytes, count: Int(length)), as: UTF8.self).lowercased()
        return ["intermediate", "issuing", "subordinate", "sub ca", "subca", "sub-ca"].contains { text.contains($0) }
    }
}

/// How OpenSSL verifies a server's chain: as it always does, with one rule of our own before.
///
/// OpenSSL looks at the common name of a certificate whose subject alternative name lists no *DNS* name, for example when
/// it lists IP addresses only. RFC 6125, section 6.4.4, wants it only where there is no such extension at all.
let verifyChain: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { verification, _ in
    guard let verification else { return 0 }
    if let certificate = X509_STORE_CTX_get0_cert(verification),
        let parameters = X509_STORE_CTX_get0_param(verification),
        X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0
    {
        let flags = X509_VERIFY_PARAM_get_hostflags(parameters) | UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        X509_VERIFY_PARAM_set_hostflags(parameters, flags)
    }
    return X509_verify_cert(verification)
}

/// OpenSSL's callback for the moment at which the server asks for a client certificate. It changes nothing.
let noteCertificateRequest: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { ssl, _ in
    if let ssl { TLSSessionRecord.of(ssl: ssl)?.certificateWasRequested = true }
    return 1
}
