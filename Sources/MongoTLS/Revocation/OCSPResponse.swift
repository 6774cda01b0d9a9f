// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.rfc-editor.org/rfc/rfc6960#section-3.2

import CMongoOpenSSL

/// Judges OCSP responses, stapled or from a responder, by the same rules: a response counts when it parses, is
/// successful, names exactly this certificate, is signed by the issuer or by its delegate, and is valid now.
enum OCSPResponse {
    /// More than any honest response by a factor of ten.
    static let maximumSize = 64 << 10

    /// How far a responder's clock may be ahead of ours: it signs at the moment of the question. Nothing of the kind at
    /// the other end, where the specification allows no tolerance.
    static let clockSkew: Int64 = 60

    /// How old a response may be that names no end of its validity: "sufficiently recent" (RFC 6960, section 3.2, item 5).
    static let maximumAge: Int64 = 86_400

    /// What the bytes say of the certificate.
    ///
    /// Signatures are verified: up to a few milliseconds of CPU, not for an event loop.
    ///
    /// - Parameters:
    ///   - bytes: The response in DER, or anything.
    ///   - subject: The certificate.
    ///   - now: Seconds since 1970.
    /// - Throws: `OCSPFault` when the response proves nothing.
    static func judge(
        _ bytes: [UInt8],
        about subject: OCSPSubject,
        now: Int64
    ) throws(OCSPFault) -> OCSPAnswer {
        ErrorStack.clear()
        // What OpenSSL noted must not be taken for the reason of a later failure.
        defer { ErrorStack.clear() }
        let basic = try parse(bytes)
        defer { OCSP_BASICRESP_free(basic) }
        let singles = try singles(of: basic, about: subject)
        try verifySignature(of: basic, about: subject)
        return try answer(of: singles, now: now)
    }

    /// The basic response inside; to be freed by the caller.
    private static func parse(_ bytes: [UInt8]) throws(OCSPFault) -> OpaquePointer {
        guard bytes.count <= maximumSize else { throw .tooLarge }
        let response = bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var position = buffer.baseAddress
            guard let response = d2i_OCSP_RESPONSE(nil, &position, buffer.count) else { return nil }
            guard let start = buffer.baseAddress, position == start + buffer.count else {
                OCSP_RESPONSE_free(response)
                return nil
            }
            return response
        }
        guard let response else { throw .malformed }
        defer { OCSP_RESPONSE_free(response) }
        let status = OCSP_response_status(response)
        guard status == OCSP_RESPONSE_STATUS_SUCCESSFUL else { throw .notSuccessful(status: status) }
        guard let basic = OCSP_response_get1_basic(response) else {
            // Either no basic response at all, or one that does not parse.
            throw ErrorStack.drain().entries.contains { $0.library == ERR_LIB_OCSP } ? .unknownType : .malformed
        }
        return basic
    }

    /// The parts of the response that name the certificate: there can be others beside them. They belong to the response.
    private static func singles(
        of basic: OpaquePointer,
        about subject: OCSPSubject
    ) throws(OCSPFault) -> [OpaquePointer] {
        let singles = (0..<OCSP_resp_count(basic)).compactMap { index -> OpaquePointer? in
            guard let single = OCSP_resp_get0(basic, index),
                let identifier = OCSP_SINGLERESP_get0_id(single),
                names(identifier, subject)
            else { return nil }
            return single
        }
        guard !singles.isEmpty else { throw .otherCertificate }
        return singles
    }

    /// Whether a CertID is the certificate's: name and key of the issuer, by the digest that the CertID uses, and the
    /// serial number.
    private static func names(_ identifier: OpaquePointer, _ subject: OCSPSubject) -> Bool {
        var digestIdentifier: OpaquePointer?
        guard OCSP_id_get0_info(nil, &digestIdentifier, nil, nil, identifier) == 1, let digestIdentifier,
            let digest = digest(of: OBJ_obj2nid(digestIdentifier)),
            let expected = OCSP_cert_to_id(digest, subject.certificate.pointer, subject.issuer.pointer)
        else { return false }
        defer { OCSP_CERTID_free(expected) }
        return OCSP_id_cmp(identifier, expected) == 0
    }

    /// The digests that a CertID may use. SHA-1 is the common one: here it is a name, not a proof.
    private static func digest(of identifier: Int32) -> OpaquePointer? {
        switch identifier {
        case NID_sha1: EVP_sha1()
        case NID_sha256: EVP_sha256()
        case NID_sha384: EVP_sha384()
        case NID_sha512: EVP_sha512()
        default: nil
        }
    }

    /// The signer is the issuer, or a delegate: a certificate with the extended key usage OCSPSigning that the issuer
    /// itself has issued and that is valid now (RFC 6960, section 4.2.2.2). OpenSSL builds the signer's chain, so its
    /// dates and signatures are verified, and its key is held to the level that the server's chain was held to; other
    /// certificates in the response do no harm.
    ///
    /// The chain has to end at the issuer, which the handshake has verified: nobody else is trusted here. Looking further
    /// up would only bring in what an authority is trusted for, and a root that is trusted for servers alone would vouch
    /// for no response.
    private static func verifySignature(of basic: OpaquePointer, about subject: OCSPSubject) throws(OCSPFault) {
        guard let issuer = subject.plainIssuer, let store = X509_STORE_new() else { throw .outOfMemory }
        defer { X509_STORE_free(store) }
        // The issuer is no part of its own responses.
        guard let candidates = mongo_sk_X509_new() else { throw .outOfMemory }
        defer { mongo_sk_X509_free(candidates) }
        guard X509_STORE_add_cert(store, issuer.pointer) == 1,
            X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1,
            mongo_sk_X509_push(candidates, issuer.pointer) != 0
        else { throw .outOfMemory }
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(store), subject.securityLevel)
        // NOEXPLICIT: an authority that is trusted for OCSP in general is no delegate of this issuer.
        guard OCSP_basic_verify(basic, candidates, store, UInt(OCSP_NOEXPLICIT)) == 1 else {
            throw .notSigned(reason: ErrorStack.drain().texts.last ?? "the signer is neither")
        }
        guard isStrong(basic) else { throw .notSigned(reason: "the digest of the signature is too weak") }
    }

    /// OpenSSL's security level does not reach the signature of a response. MD5 and older can be forged.
    private static func isStrong(_ basic: OpaquePointer) -> Bool {
        var identifier: OpaquePointer?
        var kind: Int32 = 0
        var parameters: UnsafeRawPointer?
        X509_ALGOR_get0(&identifier, &kind, &parameters, OCSP_resp_get0_tbs_sigalg(basic))
        var digest: Int32 = 0
        guard let identifier, OBJ_find_sigid_algs(OBJ_obj2nid(identifier), &digest, nil) == 1 else { return false }
        if OBJ_obj2nid(identifier) == NID_rsassaPss {
            guard kind == V_ASN1_SEQUENCE, let parameters else { return false }
            return isStrongPSS(parameters)
        }
        switch digest {
        case NID_md2, NID_md4, NID_md5, NID_mdc2: return false
        // NID_undef: the digest is part of the algorithm (Ed25519).
        default: return true
        }
    }

    /// RSA-PSS has its digest among its parameters (RFC 4055, section 3.1), and leaves it out when it is SHA-1. Who signs
    /// so new a way has no reason to.
    private static func isStrongPSS(_ parameters: UnsafeRawPointer) -> Bool {
        let string = parameters.assumingMemoryBound(to: ASN1_STRING.self)
        var position = ASN1_STRING_get0_data(string)
        guard let pss = d2i_RSA_PSS_PARAMS(nil, &position, Int(ASN1_STRING_length(string))) else { return false }
        defer { RSA_PSS_PARAMS_free(pss) }
        guard let algorithm = pss.pointee.hashAlgorithm else { return false }
        var identifier: OpaquePointer?
        X509_ALGOR_get0(&identifier, nil, nil, algorithm)
        switch identifier.map({ OBJ_obj2nid($0) }) {
        case NID_sha224, NID_sha256, NID_sha384, NID_sha512, NID_sha3_256, NID_sha3_384, NID_sha3_512: return true
        default: return false
        }
    }

    /// What the parts say. Of several, one that says revoked counts, then the first that is valid.
    private static func answer(of singles: [OpaquePointer], now: Int64) throws(OCSPFault) -> OCSPAnswer {
        var best: OCSPAnswer?
        var firstFault: OCSPFault?
        for single in singles {
            do throws(OCSPFault) {
                let answer = try read(single, now: now)
                if case .revoked = answer.status { return answer }
                best = best ?? answer
            } catch {
                firstFault = firstFault ?? error
            }
        }
        if let best { return best }
        throw firstFault ?? .otherCertificate
    }

    private static func read(_ single: OpaquePointer, now: Int64) throws(OCSPFault) -> OCSPAnswer {
        var revocation: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var this: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var next: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        let status = OCSP_single_get0_status(single, nil, &revocation, &this, &next)
        guard let thisUpdate = seconds(of: this) else { throw .unreadableTimes }
        guard thisUpdate <= now + clockSkew else { throw .notYetValid }
        var nextUpdate: Int64?
        if next != nil {
            guard let end = seconds(of: next), end >= thisUpdate else { throw .unreadableTimes }
            guard now < end else { throw .expired }
            nextUpdate = end
        } else if now - thisUpdate > maximumAge {
            throw .tooOld
        }
        switch status {
        case V_OCSP_CERTSTATUS_GOOD:
            return OCSPAnswer(status: .good, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
        case V_OCSP_CERTSTATUS_REVOKED:
            // When is for people to know; a time that cannot be read does not make the certificate good.
            let date = seconds(of: revocation) ?? thisUpdate
            return OCSPAnswer(status: .revoked(at: date), thisUpdate: thisUpdate, nextUpdate: nextUpdate)
        case V_OCSP_CERTSTATUS_UNKNOWN:
            return OCSPAnswer(status: .unknown, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
        default:
            throw .malformed
        }
    }

    /// Seconds since 1970; `nil` when it is no GeneralizedTime.
    private static func seconds(of time: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?) -> Int64? {
        guard let time, ASN1_GENERALIZEDTIME_check(time) == 1, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Int64(days) * 86_400 + Int64(seconds)
    }
}
