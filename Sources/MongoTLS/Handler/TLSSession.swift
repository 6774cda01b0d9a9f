// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
package import NIOCore

/// The TLS engine of one connection: bytes in, bytes out. It knows no sockets and no threads.
///
/// Its owner (``/MongoNIO``'s `Connection`) calls it under a lock, from whatever thread holds that lock: the thread that
/// sends a request encrypts it, the event loop decrypts what arrives. The owner
/// 1. gives ciphertext that arrived to ``receive(_:)`` and tells the end of it by ``receiveEnd()``,
/// 2. drives ``handshake()`` until it is complete, then ``read(into:)`` and ``write(_:)``,
/// 3. after every call sends what ``drainOutbound(_:)`` or ``takeOutbound()`` hands out.
package struct TLSSession: ~Copyable {
    private let ssl: OpaquePointer
    private let context: TLSContext
    private let server: TLSServerName
    private let record: TLSSessionRecord
    /// Whom later connections resume their sessions with; `nil` when there is nothing to resume.
    private let endpoint: String?
    /// What was known of the certificate when the resumed session was made.
    private let resumed: TLSSessionCache.Entry?
    private var isHandshakeComplete = false
    private var hasReadPlaintext = false

    /// What a step of the handshake answers.
    package enum HandshakeStep: Sendable {
        /// The handshake is done and the certificate was accepted.
        case complete
        /// More ciphertext is needed.
        case incomplete
        /// It failed. What ``TLSSession/takeOutbound()`` hands out, an alert, should still be sent.
        case failed(TLSError)
    }

    /// What a read answers.
    package enum ReadResult: Sendable {
        /// So many bytes of plaintext, at least one.
        case bytes(Int)
        /// More ciphertext is needed.
        case incomplete
        /// The other side ended the stream properly.
        case ended
        /// The stream broke.
        case failed(TLSError)
    }

    /// Makes a client's session.
    ///
    /// - Parameters:
    ///   - server: Whom the certificate has to name.
    ///   - endpoint: The host and port, under which sessions are kept and resumed; `nil` does neither.
    /// - Throws: `TLSError` of the category `configuration` when the host cannot be a server's name.
    package init(_ context: TLSContext, server: TLSServerName, endpoint: String? = nil) throws(TLSError) {
        ErrorStack.clear()
        let record = TLSSessionRecord(wantsSessions: endpoint != nil)
        guard let ssl = SSL_new(context.pointer) else { throw TLSError.outOfMemory() }
        do throws(TLSError) {
            guard let bio = ByteBufferBIO.make(over: record) else { throw TLSError.outOfMemory() }
            // One BIO for both directions; the session takes over the one reference.
            SSL_set_bio(ssl, bio, bio)
            guard SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(record).toOpaque()) == 1 else {
                throw TLSError.outOfMemory()
            }
            try server.install(in: ssl, verify: context.options.verifiesHostname)
            if context.revocationPolicy.isEnabled || context.isForInspection,
                mongo_SSL_set_tlsext_status_type(ssl, Int32(TLSEXT_STATUSTYPE_ocsp)) != 1
            {
                throw TLSError.outOfMemory()
            }
        } catch {
            SSL_free(ssl)
            throw error
        }
        SSL_set_connect_state(ssl)
        resumed = endpoint.flatMap { context.sessionCache.take(TLSSessionCache.Key(endpoint: $0, server: server)) }
        if let resumed {
            // Refused when it no longer fits, for example the versions: the handshake is then a full one.
            _ = SSL_set_session(ssl, resumed.session.pointer)
            ErrorStack.clear()
        }
        self.record = record
        self.endpoint = endpoint
        self.ssl = ssl
        self.context = context
        self.server = server
    }

    deinit {
        SSL_free(ssl)
    }

    // MARK: Ciphertext

    /// Takes ciphertext that arrived.
    package mutating func receive(_ buffer: ByteBuffer) {
        record.receive(buffer)
    }

    /// No more ciphertext will arrive.
    package mutating func receiveEnd() {
        record.inboundEnded = true
    }

    /// Whether there is ciphertext to be sent.
    package var hasOutbound: Bool {
        record.outbound.readableBytes > 0
    }

    /// Gives the ciphertext to be sent to the body, which answers how much of it went out.
    package mutating func drainOutbound(_ body: (UnsafeRawBufferPointer) -> Int) {
        record.drainOutbound(body)
    }

    /// Everything that is still to be sent.
    package mutating func takeOutbound() -> ByteBuffer {
        record.takeOutbound()
    }

    // MARK: Handshake

    /// Goes on with the handshake as far as the ciphertext allows. Costs up to a few milliseconds of CPU: not for an
    /// event loop.
    package mutating func handshake() -> HandshakeStep {
        ErrorStack.clear()
        let status = SSL_do_handshake(ssl)
        if status == 1 {
            guard isServerKnown else { return .failed(Self.anonymousServer) }
            isHandshakeComplete = true
            if let endpoint { context.speakingTLS.insert(endpoint) }
            return .complete
        }
        let reason = SSL_get_error(ssl, status)
        let errors = ErrorStack.drain()
        switch reason {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return .incomplete
        case SSL_ERROR_ZERO_RETURN:
            // The closing alert before anything else was agreed on: no breach of the protocol, just an end.
            return .failed(failure(errors).lostConnection(reset: false, politely: true))
        default:
            return .failed(handshakeError(errors))
        }
    }

    /// Whether the server has proved who it is, where it has to. OpenSSL verifies the certificate that there is; with an
    /// anonymous cipher suite there is none, and the handshake is a success all the same.
    private var isServerKnown: Bool {
        guard context.options.verifiesCertificate, !context.isForInspection else { return true }
        let certificate = mongo_SSL_get1_peer_certificate(ssl)
        X509_free(certificate)
        return certificate != nil
    }

    private static var anonymousServer: TLSError {
        TLSError(
            .certificate,
            .certificateRefused,
            "certificate verify failed: the server presented no certificate",
            hint: "an anonymous cipher suite was negotiated: anybody could be the server; see cipherSuites, and this "
                + "system's OpenSSL policy"
        )
    }

    /// What the handshake agreed on. Only after it is complete.
    package var info: TLSConnectionInfo {
        let certificate = mongo_SSL_get1_peer_certificate(ssl)
        defer { X509_free(certificate) }
        return TLSConnectionInfo(
            version: TLSVersion(wireValue: UInt16(truncatingIfNeeded: SSL_version(ssl))),
            cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "unknown",
            group: mongo_SSL_group_name(ssl).map { String(cString: $0) },
            resumed: SSL_session_reused(ssl) == 1,
            peer: certificate.map { CertificateSummary($0) },
            revocation: isResumed ? resumed?.revocation ?? .notChecked : .notChecked
        )
    }

    private var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// The connection may be used: what the server offers for later connections is kept from now on.
    ///
    /// OpenSSL checks neither chain nor host nor staple of a resumed session, so a session lives no longer than what was
    /// found out when it was made: the certificate and the verdict about its revocation.
    ///
    /// - Returns: What the server presented, for whoever watches the ends of certificates; `nil` when nobody does.
    package mutating func keepSessions(_ revocation: TLSRevocationStatus) -> ExpiryNotice? {
        guard let endpoint else { return nil }
        let key = TLSSessionCache.Key(endpoint: endpoint, server: server)
        let end = isResumed ? resumed?.end ?? 0 : endOfTrust(revocation)
        let cache = context.sessionCache
        record.keepSessions { session in
            cache.put(TLSSessionCache.Entry(session: session, revocation: revocation, end: end), key)
        }
        guard let expiry = context.expiry, !isResumed else { return nil }
        let chain = verifiedChain.map { CertificateSummary($0.pointer) }
        return ExpiryNotice(watch: expiry, server: endpoint, chain: chain)
    }

    /// The chain from the server's certificate to a trusted one; empty when it was not verified.
    private var verifiedChain: [Certificate] {
        let chain = SSL_get0_verified_chain(ssl)
        return (0..<(chain.map { mongo_sk_X509_num($0) } ?? 0)).compactMap { index in
            mongo_sk_X509_value(chain, index).map { Certificate(sharing: $0) }
        }
    }

    /// Until when what was found out about the certificate holds, in seconds since 1970.
    private func endOfTrust(_ revocation: TLSRevocationStatus) -> Int64 {
        var ends = [revocation.validUntil, context.revocationList?.nextUpdate].compactMap { $0 }
        // Where nothing is verified, nobody minds when the server's certificate ends.
        if context.options.verifiesCertificate {
            ends += verifiedChain.map { CertificateSummary.seconds(of: X509_get0_notAfter($0.pointer)) }
        }
        if revocation.verdict == TLSRevocationStatus.Verdict.unknown.rawValue {
            // Nobody could say: ask again when the responders are asked again.
            ends.append(TLSSessionCache.now + OCSPMemories.restingTime.components.seconds)
        }
        return ends.min() ?? .max
    }

    /// The question whether the server's certificate was revoked, to be answered before the first byte is sent. Only after
    /// the handshake is complete.
    ///
    /// - Returns: `nil` when nothing is to be checked, and when an earlier session was resumed: its certificate was checked
    ///   when the session began, and neither a chain nor a staple is sent again.
    /// - Throws: `TLSError` of the category `handshake` when there is no verified chain to ask about.
    package func revocationInquiry() throws(TLSError) -> RevocationInquiry? {
        guard context.revocationPolicy.isEnabled, !context.isForInspection, !isResumed else { return nil }
        guard let subject = OCSPSubject(chain: verifiedChain, securityLevel: SSL_get_security_level(ssl)) else {
            throw TLSError(.handshake, .protocolViolation, "the server presented no certificate")
        }
        return RevocationInquiry(context, subject, staple: staple)
    }

    /// The OCSP response that the server sent along; `nil` when it sent none.
    private var staple: [UInt8]? {
        var bytes: UnsafePointer<UInt8>?
        let length = mongo_SSL_get_tlsext_status_ocsp_resp(ssl, &bytes)
        guard length >= 0, let bytes else { return nil }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: length))
    }

    // MARK: Inspection

    /// What the server has shown of itself so far, also when the handshake failed after that; `nil` when it was nothing.
    package var inspection: TLSInspection? {
        // A suite is settled as soon as the server has answered the greeting.
        guard SSL_get_current_cipher(ssl) != nil else { return nil }
        let chain = SSL_get_peer_cert_chain(ssl)
        let presented = (0..<(chain.map { mongo_sk_X509_num($0) } ?? 0)).compactMap { index in
            mongo_sk_X509_value(chain, index).map { Certificate(sharing: $0) }
        }
        return TLSInspection(
            version: TLSVersion(wireValue: UInt16(truncatingIfNeeded: SSL_version(ssl))),
            presented: presented,
            staple: staple,
            certificateWasRequested: record.certificateWasRequested
        )
    }

    // MARK: Plaintext

    /// Decrypts into the memory.
    ///
    /// - Parameter target: At least one byte.
    package mutating func read(into target: UnsafeMutableRawBufferPointer) -> ReadResult {
        ErrorStack.clear()
        var count = 0
        let status = SSL_read_ex(ssl, target.baseAddress, target.count, &count)
        if status == 1 {
            if !hasReadPlaintext {
                hasReadPlaintext = true
                if let endpoint { context.welcoming.insert(endpoint) }
            }
            return .bytes(count)
        }
        let reason = SSL_get_error(ssl, status)
        let errors = ErrorStack.drain()
        switch reason {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return .incomplete
        case SSL_ERROR_ZERO_RETURN:
            return .ended
        default:
            return .failed(readError(errors))
        }
    }

    /// Encrypts all of the bytes; the ciphertext is then to be sent.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        var rest = bytes
        while !rest.isEmpty {
            ErrorStack.clear()
            var count = 0
            guard SSL_write_ex(ssl, rest.baseAddress, rest.count, &count) == 1 else {
                // The BIO takes everything, so this is no want for room but a broken session.
                throw readError(ErrorStack.drain())
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Says goodbye: the closing alert is then to be sent.
    package mutating func shutdown() {
        ErrorStack.clear()
        _ = SSL_shutdown(ssl)
        ErrorStack.clear()
    }
}

// MARK: Errors

extension TLSSession {
    /// The error for a network connection that ended without a word of TLS: when it ended tells what the server minded.
    package func errorForLostConnection(reset: Bool) -> TLSError {
        failure(ErrorStack()).lostConnection(reset: reset)
    }

    /// The error for a server that closed the connection without reading the greeting to its end. The owner knows it from
    /// the network connection: nothing arrived, everything was delivered, and a reset followed the end.
    ///
    /// `nil` for a server that has spoken TLS before: one that takes no more connections does the same.
    package var errorForUnreadGreeting: TLSError? {
        if let endpoint, context.speakingTLS.contains(endpoint) { return nil }
        return failure(ErrorStack()).unreadGreeting
    }

    /// Whether the server has not sent a single byte.
    package var hasReceivedNothing: Bool {
        record.receivedBytes == 0
    }

    private func handshakeError(_ errors: ErrorStack) -> TLSError {
        if let refusal = record.refusal {
            return refusal.error(
                server: server,
                unknownAuthorityHint: context.unknownAuthorityHint,
                opensslErrors: errors.texts
            )
        }
        return failure(errors).error
    }

    private func readError(_ errors: ErrorStack) -> TLSError {
        failure(errors).error
    }

    private func failure(_ errors: ErrorStack) -> HandshakeFailure {
        HandshakeFailure(
            errors: errors,
            firstBytes: record.firstBytes,
            receivedBytes: record.receivedBytes,
            inboundEnded: record.inboundEnded,
            hasIdentity: context.identity != nil,
            certificateWasRequested: record.certificateWasRequested,
            isAfterHandshake: isHandshakeComplete,
            isEstablished: hasReadPlaintext,
            wasWelcomeBefore: endpoint.map { context.welcoming.contains($0) } ?? false
        )
    }
}
