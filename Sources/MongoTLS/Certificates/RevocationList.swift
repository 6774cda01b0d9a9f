// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.rfc-editor.org/rfc/rfc5280#section-6.3

import CMongoOpenSSL

/// The certificate revocation lists of the options, read when the client is made.
///
/// They are consulted after the handshake by a verification of their own, not by `X509_V_FLAG_CRL_CHECK` during it. Inside
/// the handshake OpenSSL verifies the chain before it has seen the stapled response, so a certificate that a staple
/// vouches for would be refused because its issuer's list is missing or old; and a list for the leaf could not give way
/// to an answer of OCSP while the authorities above are still looked up. What a list covers and whether it is to be
/// believed is nevertheless OpenSSL's judgment: the verification runs with that very flag.
final class RevocationList: Sendable {
    private let lists: [Handle]
    /// The path of the file, or the option that holds the lists.
    let location: String

    private init(_ lists: [Handle], _ location: String) {
        self.lists = lists
        self.location = location
    }

    /// A list of OpenSSL's, with the one reference to it.
    ///
    /// `@unchecked Sendable`: the list is not changed after it was parsed, other than by OpenSSL, which sorts its entries
    /// under a lock of its own.
    private final class Handle: @unchecked Sendable {
        let pointer: OpaquePointer

        init(owning pointer: OpaquePointer) {
            self.pointer = pointer
        }

        deinit {
            X509_CRL_free(pointer)
        }
    }

    /// How many lists there are.
    var count: Int { lists.count }

    /// Who issued each of the lists, and when it has to be renewed.
    var summaries: [(issuer: String, nextUpdate: Int64?)] {
        lists.map { list in
            let next = X509_CRL_get0_nextUpdate(list.pointer).map { CertificateSummary.seconds(of: $0) }
            return (CertificateSummary.text(of: X509_CRL_get_issuer(list.pointer)), next)
        }
    }

    /// When the first of the lists has to be renewed, in seconds since 1970; `nil` when none says.
    var nextUpdate: Int64? {
        lists.compactMap { list in X509_CRL_get0_nextUpdate(list.pointer).map { CertificateSummary.seconds(of: $0) } }
            .min()
    }
}

// MARK: Loading

extension RevocationList {
    /// Loads what the options name: a file with PEM, one list or several, or with one list in DER; or the same from memory.
    ///
    /// - Returns: `nil` when they name nothing.
    /// - Throws: `TLSError` of the category `configuration`, with the path or the option.
    static func load(_ options: TLSOptions) throws(TLSError) -> RevocationList? {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        if let path = options.crlFile {
            let file = try CredentialFile(path: path, purpose: .revocationList)
            let isDER = file.bytes.first == 0x30 && file.pemLabels.isEmpty
            return RevocationList(isDER ? [try readDER(file)] : try readPEM(file), path)
        }
        switch options.revocationLists?.form {
        case .none:
            return nil
        case .pem(let bytes):
            return RevocationList(try readPEM(memory(bytes)), memoryLocation)
        case .der(let lists):
            guard !lists.isEmpty else {
                throw TLSError(
                    .configuration,
                    .fileEmpty,
                    "there is no revocation list",
                    hint: "every certificate would be refused: leave it nil to consult no list",
                    location: memoryLocation
                )
            }
            var handles: [Handle] = []
            for bytes in lists { handles.append(try readDER(memory(bytes))) }
            return RevocationList(handles, memoryLocation)
        }
    }

    private static let memoryLocation = "TLSOptions.revocationLists"

    private static func memory(_ bytes: [UInt8]) throws(TLSError) -> CredentialFile {
        try CredentialFile(bytes: bytes, property: "revocationLists", purpose: .revocationList)
    }

    private static func readPEM(_ file: CredentialFile) throws(TLSError) -> [Handle] {
        var lists: [Handle] = []
        _ = withMemoryBIO(file.bytes) { bio -> Bool? in
            while let pointer = PEM_read_bio_X509_CRL(bio, nil, refusePassphrase, nil) {
                lists.append(Handle(owning: pointer))
            }
            return true
        }
        let errors = ErrorStack.drain()
        // How a PEM file ends: no further block begins.
        let isAtEnd =
            errors.entries.isEmpty
            || (errors.entries.count == 1 && errors.entries[0].library == ERR_LIB_PEM
                && errors.entries[0].reason == PEM_R_NO_START_LINE)
        let announced = file.pemLabels.count { $0 == "X509 CRL" }
        guard isAtEnd, lists.count == announced else {
            throw file.error(
                .fileDamaged,
                "holds a damaged list: number \(lists.count + 1) cannot be read",
                hint: "the file may be truncated: write it anew",
                errors: errors.texts
            )
        }
        guard !lists.isEmpty else { throw file.errorForMissing("revocation list") }
        return lists
    }

    private static func readDER(_ file: CredentialFile) throws(TLSError) -> Handle {
        let handle = file.bytes.withUnsafeBufferPointer { buffer -> Handle? in
            var position = buffer.baseAddress
            guard let list = d2i_X509_CRL(nil, &position, buffer.count) else { return nil }
            let handle = Handle(owning: list)
            guard let start = buffer.baseAddress, position == start + buffer.count else { return nil }
            return handle
        }
        if let handle { return handle }
        let errors = ErrorStack.drain()
        if isCertificate(file) {
            throw file.error(.fileWrongContent, "holds a certificate in DER, no revocation list")
        }
        if DERContent.isPKCS12(file.bytes) {
            throw file.error(.fileWrongContent, "is PKCS#12 and holds no revocation list")
        }
        throw file.error(
            .fileDamaged,
            "is neither PEM nor a whole revocation list in DER",
            hint: "the file may be truncated: write it anew",
            errors: errors.texts
        )
    }

    private static func isCertificate(_ file: CredentialFile) -> Bool {
        withMemoryBIO(file.bytes) { bio -> Bool? in
            guard let certificate = d2i_X509_bio(bio, nil) else { return nil }
            X509_free(certificate)
            return true
        } ?? false
    }
}

/// Revocation lists are not encrypted. Without a callback OpenSSL would ask at the terminal for one that claims to be.
private let refusePassphrase:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = { _, _, _, _ in -1
    }

// MARK: Consulting

extension RevocationList {
    /// What the lists say of a verified chain.
    ///
    /// - Parameters:
    ///   - subject: The server's certificate and its chain.
    ///   - scope: Which certificates of the chain need a list.
    ///   - store: The authorities that are trusted (`X509_STORE`).
    func verdict(
        on subject: OCSPSubject,
        scope: RevocationPolicy.ListScope,
        store: OpaquePointer
    ) -> RevocationPolicy.List {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let verification = X509_STORE_CTX_new(), let untrusted = mongo_sk_X509_new(),
            let stack = mongo_sk_X509_CRL_new()
        else { return .refused(.outOfMemory) }
        defer {
            // In this order: the verification refers to the stacks.
            X509_STORE_CTX_free(verification)
            mongo_sk_X509_free(untrusted)
            mongo_sk_X509_CRL_free(stack)
        }
        for authority in subject.authorities where mongo_sk_X509_push(untrusted, authority.pointer) == 0 {
            return .refused(.outOfMemory)
        }
        for list in lists where mongo_sk_X509_CRL_push(stack, list.pointer) == 0 {
            return .refused(.outOfMemory)
        }
        guard X509_STORE_CTX_init(verification, store, subject.certificate.pointer, untrusted) == 1,
            X509_STORE_CTX_set_default(verification, "ssl_server") == 1
        else { return .refused(.outOfMemory) }
        X509_STORE_CTX_set0_crls(verification, stack)
        let flags = scope == .leaf ? X509_V_FLAG_CRL_CHECK : X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL
        X509_STORE_CTX_set_flags(verification, UInt(flags))
        if scope == .authorities { X509_STORE_CTX_set_verify_cb(verification, forgiveLeaf) }

        if X509_verify_cert(verification) == 1 { return .good }
        return .refused(fault(of: verification, subject))
    }

    private func fault(of verification: OpaquePointer, _ subject: OCSPSubject) -> RevocationListFault {
        let code = X509_STORE_CTX_get_error(verification)
        let certificate = X509_STORE_CTX_get_current_cert(verification)
        var kind = RevocationListFault.Kind(verifyCode: code)
        if kind == .missing, let certificate, hasListOfNamesake(certificate, X509_STORE_CTX_get0_chain(verification)) {
            kind = .badSignature
        }
        return RevocationListFault(
            kind: kind,
            verifyCode: code,
            verifyText: String(cString: X509_verify_cert_error_string(Int(code))),
            depth: X509_STORE_CTX_get_error_depth(verification),
            certificate: certificate.map { CertificateSummary($0) }
        )
    }

    /// Whether there is a list in the issuer's name that the issuer's key did not sign. OpenSSL passes over such a list
    /// when its key identifier tells already, and then misses one.
    private func hasListOfNamesake(_ certificate: OpaquePointer, _ chain: OpaquePointer?) -> Bool {
        let name = X509_get_issuer_name(certificate)
        let issuer = chain.flatMap { chain in
            (0..<mongo_sk_X509_num(chain)).lazy.compactMap { mongo_sk_X509_value(chain, $0) }
                .first { X509_check_issued($0, certificate) == X509_V_OK }
        }
        guard let issuer, let key = X509_get0_pubkey(issuer) else { return false }
        return lists.contains {
            X509_NAME_cmp(X509_CRL_get_issuer($0.pointer), name) == 0 && X509_CRL_verify($0.pointer, key) != 1
        }
    }
}

extension RevocationListFault {
    /// There is not one list.
    static var noList: RevocationListFault { plain(.missing, X509_V_ERR_UNABLE_TO_GET_CRL) }

    /// OpenSSL could not be set up.
    fileprivate static var outOfMemory: RevocationListFault { plain(.unusable, X509_V_ERR_OUT_OF_MEM) }

    private static func plain(_ kind: Kind, _ verifyCode: Int32) -> RevocationListFault {
        RevocationListFault(
            kind: kind,
            verifyCode: verifyCode,
            verifyText: String(cString: X509_verify_cert_error_string(Int(verifyCode))),
            depth: 0
        )
    }
}

extension RevocationListFault.Kind {
    fileprivate init(verifyCode: Int32) {
        switch verifyCode {
        case X509_V_ERR_CERT_REVOKED: self = .revoked
        case X509_V_ERR_CRL_HAS_EXPIRED: self = .expired
        case X509_V_ERR_CRL_NOT_YET_VALID: self = .notYetValid
        case X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE,
            X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
            self = .badSignature
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_DIFFERENT_CRL_SCOPE:
            self = .missing
        default: self = .unusable
        }
    }

    /// Whether a verification error is about revocation lists.
    fileprivate static func isAboutLists(_ verifyCode: Int32) -> Bool {
        switch verifyCode {
        case X509_V_ERR_CERT_REVOKED, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
            X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE,
            X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
            X509_V_ERR_DIFFERENT_CRL_SCOPE, X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD,
            X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
            X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
            true
        default: false
        }
    }
}

/// OpenSSL's verify callback for a server's certificate that needs no list any more because OCSP has answered for it.
private let forgiveLeaf: @convention(c) (Int32, OpaquePointer?) -> Int32 = { accepted, verification in
    guard accepted != 1, let verification, X509_STORE_CTX_get_error_depth(verification) == 0,
        RevocationListFault.Kind.isAboutLists(X509_STORE_CTX_get_error(verification))
    else { return accepted }
    return 1
}
