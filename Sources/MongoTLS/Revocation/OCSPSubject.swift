// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.rfc-editor.org/rfc/rfc6960#section-4.1

import CMongoOpenSSL

/// The certificate that OCSP is asked about, with the chain that vouches for it.
struct OCSPSubject: Sendable {
    /// The server's certificate.
    let certificate: Certificate
    /// Who issued it: the next in the verified chain, or itself when it is trusted by itself.
    let issuer: Certificate
    /// What is above the certificate in the verified chain, the issuer first.
    let authorities: [Certificate]
    /// What keys and digests the chain was held to (OpenSSL's security level): its delegates are, too.
    let securityLevel: Int32

    /// - Parameter chain: The verified chain, the server's certificate first.
    /// - Returns: `nil` when the chain is empty.
    init?(chain: [Certificate], securityLevel: Int32) {
        guard let certificate = chain.first else { return nil }
        self.certificate = certificate
        self.issuer = chain.count > 1 ? chain[1] : certificate
        self.authorities = Array(chain.dropFirst())
        self.securityLevel = securityLevel
    }

    /// The certificate's CertID in DER with SHA-256, whatever digest a response used: the key under which answers about
    /// the certificate are remembered.
    var key: [UInt8]? {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let identifier = OCSP_cert_to_id(EVP_sha256(), certificate.pointer, issuer.pointer) else { return nil }
        defer { OCSP_CERTID_free(identifier) }
        return encoding { i2d_OCSP_CERTID(identifier, $0) }
    }

    /// The request to send to a responder, in DER: one CertID, no nonce.
    ///
    /// SHA-1, because that is what responders are sure to know (RFC 5019, section 2.1.1). The digest only names the
    /// certificate; nothing depends on its strength.
    var request: [UInt8]? {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let request = OCSP_REQUEST_new() else { return nil }
        defer { OCSP_REQUEST_free(request) }
        guard let identifier = OCSP_cert_to_id(EVP_sha1(), certificate.pointer, issuer.pointer) else { return nil }
        // The request takes the identifier over, unless it fails.
        guard OCSP_request_add0_id(request, identifier) != nil else {
            OCSP_CERTID_free(identifier)
            return nil
        }
        return encoding { i2d_OCSP_REQUEST(request, $0) }
    }

    /// Whether the certificate demands a staple: the TLS feature `status_request` (RFC 7633). A certificate whose list of
    /// features cannot be read is taken to demand it.
    var mustStaple: Bool {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        var critical: Int32 = 0
        guard let raw = X509_get_ext_d2i(certificate.pointer, NID_tlsfeature, &critical, nil) else {
            // -1: there is no such extension.
            return critical != -1
        }
        let features = OpaquePointer(raw)
        defer { TLS_FEATURE_free(features) }
        return (0..<mongo_sk_ASN1_INTEGER_num(features)).contains { index in
            ASN1_INTEGER_get(mongo_sk_ASN1_INTEGER_value(features, index)) == Int(TLSEXT_TYPE_status_request)
        }
    }

    /// The responders that the certificate names and that can be asked, without repetition. An honest certificate names
    /// one or two; more than a few are not asked.
    var responders: [OCSPEndpoint] {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let addresses = X509_get1_ocsp(certificate.pointer) else { return [] }
        defer { X509_email_free(addresses) }
        var endpoints: [OCSPEndpoint] = []
        for index in 0..<mongo_sk_OPENSSL_STRING_num(addresses) where endpoints.count < Self.maximumResponders {
            guard let text = mongo_sk_OPENSSL_STRING_value(addresses, index),
                let endpoint = OCSPEndpoint(String(cString: text)), !endpoints.contains(endpoint)
            else { continue }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    private static let maximumResponders = 8

    /// The issuer without what OpenSSL's `TRUSTED CERTIFICATE` says about its use.
    var plainIssuer: Certificate? {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let bytes = encoding({ i2d_X509(issuer.pointer, $0) }) else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_X509(nil, &position, buffer.count).map { Certificate(owning: $0) }
        }
    }

    /// What one of OpenSSL's `i2d` functions writes.
    private func encoding(_ body: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8]? {
        let length = body(nil)
        guard length > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            // The function moves the pointer on.
            var target = buffer.baseAddress
            count = max(0, min(Int(body(&target)), buffer.count))
        }
    }
}
