// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// Everything that the connections of one client share: trust, identity, versions. Immutable once made.
///
/// Made from `TLSOptions` when the client is made, and handed to each ``TLSSession``.
///
/// `@unchecked Sendable`: OpenSSL allows an `SSL_CTX` to be shared between threads as long as nobody changes it, and
/// nobody does after `init`.
package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    /// What the context was made of.
    let options: TLSOptions
    /// What to tell a user whose server's authority is not trusted.
    let unknownAuthorityHint: String
    /// The certificate to present; `nil` when there is none.
    let identity: ClientIdentity?
    /// How servers' certificates are checked for revocation.
    let revocationPolicy: RevocationPolicy
    /// The revocation lists to consult; `nil` when the options name none.
    let revocationList: RevocationList?
    /// What the connections learn of certificates by OCSP.
    let responseCache = OCSPResponseCache()
    /// What the connections left for later ones to resume. Of this context alone: a session that was made under other
    /// options is never resumed under these.
    let sessionCache = TLSSessionCache()
    /// Servers that have completed a handshake with this client: they do speak TLS. Shared with the contexts before and
    /// after a reload, because it is no matter of trust.
    let speakingTLS: TLSEndpointNotes
    /// Servers that have let this context's client certificate, or the lack of one, pass.
    let welcoming = TLSEndpointNotes()
    /// Whom to tell what servers present, because it ends some day; `nil` when nobody listens.
    let expiry: ExpiryWatch?
    /// What the client uses itself and what ends some day; empty when nobody listens.
    let ownExpiringItems: [ExpiryPolicy.Item]
    /// Where to note what came of questions to responders; `nil` when nobody wants to know.
    let journal: OCSPJournal?
    /// Whether servers are only looked at: they are not trusted and nothing is sent to them.
    let isForInspection: Bool
    /// The trusted authorities (`X509_STORE`), which belong to the context.
    let trustedAuthorities: OpaquePointer

    /// Validates the options, reads the files they name and sets OpenSSL up.
    ///
    /// Reads files: not for an event loop.
    ///
    /// - Parameters:
    ///   - expiry: Whom to tell what servers present.
    ///   - journal: Where to note what came of questions to responders.
    ///   - speakingTLS: Servers that are known to speak TLS.
    ///   - isForInspection: Whether servers are only looked at; see ``inspecting(_:)``.
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    init(
        _ options: TLSOptions,
        expiry: ExpiryWatch?,
        journal: OCSPJournal? = nil,
        speakingTLS: TLSEndpointNotes = TLSEndpointNotes(),
        isForInspection: Bool = false
    ) throws(TLSError) {
        try options.validate()
        OpenSSLLibrary.initialize()
        // What the options name is read and judged whether it is needed or not: a file that is missing is a mistake.
        let trust: TrustStore? =
            options.verifiesCertificate || options.caFile != nil || options.authorities != nil
            ? try TrustStore.load(options) : nil
        let identity = try ClientIdentity.load(options)
        let revocationList = try RevocationList.load(options)

        ErrorStack.clear()
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw TLSError.outOfMemory()
        }
        do throws(TLSError) {
            try Self.setVersions(options, in: context)
            try Self.setSuites(options, in: context)
            Self.setModes(in: context)
            SSL_CTX_set_cert_cb(context, noteCertificateRequest, nil)
            if options.verifiesCertificate { try trust?.install(in: context) }
            if let identity { try Self.install(identity, in: context) }
            let verifies = options.verifiesCertificate && !isForInspection
            SSL_CTX_set_verify(
                context,
                verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                verifies ? noteRefusedCertificate : nil
            )
            if verifies { SSL_CTX_set_cert_verify_callback(context, verifyChain, nil) }
            guard let store = SSL_CTX_get_cert_store(context) else { throw TLSError.outOfMemory() }
            self.trustedAuthorities = store
            self.unknownAuthorityHint =
                options.verifiesCertificate ? trust?.hintForUnknownAuthority(in: context) ?? "" : ""
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        self.pointer = context
        self.options = options
        self.identity = identity
        self.revocationPolicy = RevocationPolicy(options)
        self.revocationList = revocationList
        self.journal = journal
        self.speakingTLS = speakingTLS
        self.isForInspection = isForInspection
        self.expiry = expiry
        self.ownExpiringItems = expiry == nil ? [] : ExpiryPolicy.Item.own(identity, revocationList)
    }

    /// A context whose certificates nobody watches.
    ///
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    package convenience init(_ options: TLSOptions) throws(TLSError) {
        try self.init(options, expiry: nil)
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    /// Whether the server's certificate has to list the host that was dialed.
    package var verifiesHostname: Bool { options.verifiesHostname }

    private static func setVersions(_ options: TLSOptions, in context: OpaquePointer) throws(TLSError) {
        // What is not asked for stays with the system's policy (openssl.cnf), which may be stricter than TLS 1.2.
        let policy = TLSVersion(wireValue: UInt16(clamping: mongo_SSL_CTX_get_min_proto_version(context)))
        let minimum = try minimumVersion(options, policy: policy)
        let maximum = options.maximumVersion.map { mongo_SSL_CTX_set_max_proto_version(context, Int32($0.wireValue)) }
        guard mongo_SSL_CTX_set_min_proto_version(context, Int32(minimum.wireValue)) == 1, maximum ?? 1 == 1
        else {
            throw TLSError(
                .configuration,
                .invalidOption,
                "OpenSSL does not speak TLS \(minimum) to \(options.maximumVersion?.description ?? "the newest")",
                opensslErrors: ErrorStack.drain().texts
            )
        }
    }

    /// The oldest version to accept.
    ///
    /// - Parameter policy: The oldest that the system accepts.
    /// - Throws: `TLSError` of the category `configuration` when the newest version to offer is older than that.
    static func minimumVersion(_ options: TLSOptions, policy: TLSVersion) throws(TLSError) -> TLSVersion {
        let minimum = options.minimumVersion ?? max(policy, .tls12)
        if let maximum = options.maximumVersion, maximum < minimum {
            throw TLSError(
                .configuration,
                .invalidOption,
                "maximumVersion is \(maximum), and nothing below \(minimum) is accepted: there is no version to offer",
                hint: options.minimumVersion == nil
                    ? "set minimumVersion as well, if the old version has to be: the default is TLS 1.2 or what this "
                        + "system's OpenSSL policy (openssl.cnf) demands"
                    : "give a range that holds a version"
            )
        }
        return minimum
    }

    private static func setModes(in context: OpaquePointer) {
        _ = SSL_CTX_set_options(context, mongo_SSL_OP_NO_COMPRESSION() | mongo_SSL_OP_NO_RENEGOTIATION())
        _ = mongo_SSL_CTX_set_mode(
            context,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
        )
        // One read from the BIO per record instead of two: header and body come together.
        mongo_SSL_CTX_set_read_ahead(context, 1)
        // Room for several records, so that a long reply is taken over from the transport in few copies.
        SSL_CTX_set_default_read_buffer_len(context, 64 << 10)
        // Sessions are handed out by a callback and kept in a cache of our own, by server.
        _ = mongo_SSL_CTX_set_session_cache_mode(
            context,
            Int(SSL_SESS_CACHE_CLIENT) | Int(SSL_SESS_CACHE_NO_INTERNAL)
        )
        mongo_SSL_CTX_sess_set_new_cb(context, noteNewSession)
    }

    private static func install(_ identity: ClientIdentity, in context: OpaquePointer) throws(TLSError) {
        var isTaken =
            SSL_CTX_use_certificate(context, identity.certificate.pointer) == 1
            && SSL_CTX_use_PrivateKey(context, identity.key.pointer) == 1
        for intermediate in identity.intermediates where isTaken {
            isTaken = mongo_SSL_CTX_add1_chain_cert(context, intermediate.pointer) == 1
        }
        guard isTaken else {
            let errors = ErrorStack.drain()
            throw TLSError(
                .configuration,
                .identityNotAllowed,
                "OpenSSL does not take the client certificate: \(errors.texts.first ?? "no reason given")",
                hint: "a key or a digest in its chain may be weaker than the system's policy allows",
                location: identity.location,
                opensslErrors: errors.texts
            )
        }
    }
}
