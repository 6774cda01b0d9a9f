// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import TestSupport

/// A TLS server without a socket: OpenSSL's own server over two memory BIOs. It exists within one task.
///
/// It shares the thread's error queue with the client under test, which clears it before each of its calls.
final class MemoryServer {
    /// How a server is set up.
    struct Configuration {
        var certificate: IssuedCertificate?
        /// Whether the intermediates are sent along.
        var sendsIntermediates = true
        /// More certificates to send, from PEM files.
        var extraFiles: [String] = []
        /// The PEM file of the authority of the clients; `nil` asks for no client certificate.
        var clientAuthority: String?
        /// Whether a client without a certificate is refused, where clients are asked for one.
        var requiresClientCertificate = true
        var minimumVersion = TLS1_2_VERSION
        var maximumVersion = TLS1_3_VERSION
        var cipherList: String?
        var groups: String?

        init(_ certificate: IssuedCertificate?) {
            self.certificate = certificate
        }

        func with(_ change: (inout Configuration) -> Void) -> Configuration {
            var copy = self
            change(&copy)
            return copy
        }
    }

    struct SetupFailure: Error {
        var step: String
    }

    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    private(set) var isComplete = false

    init(_ configuration: Configuration) throws {
        func require(_ status: Int, _ step: String) throws {
            guard status == 1 else { throw SetupFailure(step: step) }
        }
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw SetupFailure(step: "context") }
        self.context = context
        guard let ssl = try Self.setUp(configuration, context, require), let input = BIO_new(BIO_s_mem()),
            let output = BIO_new(BIO_s_mem())
        else {
            SSL_CTX_free(context)
            throw SetupFailure(step: "session")
        }
        SSL_set_bio(ssl, input, output)
        SSL_set_accept_state(ssl)
        self.ssl = ssl
        self.input = input
        self.output = output
    }

    /// Another connection of the same server: it resumes the sessions that the other one has offered.
    init(sharing other: MemoryServer) throws {
        guard let ssl = SSL_new(other.context), let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem())
        else { throw SetupFailure(step: "session") }
        SSL_CTX_up_ref(other.context)
        SSL_set_bio(ssl, input, output)
        SSL_set_accept_state(ssl)
        self.context = other.context
        self.ssl = ssl
        self.input = input
        self.output = output
    }

    private static func setUp(
        _ configuration: Configuration,
        _ context: OpaquePointer,
        _ require: (Int, String) throws -> Void
    ) throws -> OpaquePointer? {
        // The server sends whatever it is given: judging is the client's part.
        SSL_CTX_set_security_level(context, 0)
        if let certificate = configuration.certificate {
            let file = configuration.sendsIntermediates ? certificate.chainFile : certificate.certificateFile
            try require(Int(SSL_CTX_use_certificate_chain_file(context, file)), "certificate")
            try require(Int(SSL_CTX_use_PrivateKey_file(context, certificate.keyFile, SSL_FILETYPE_PEM)), "key")
        }
        for file in configuration.extraFiles {
            guard let bio = BIO_new_file(file, "r") else { throw SetupFailure(step: file) }
            defer { BIO_free(bio) }
            guard let extra = PEM_read_bio_X509(bio, nil, nil, nil) else { throw SetupFailure(step: file) }
            defer { X509_free(extra) }
            try require(mongo_SSL_CTX_add1_chain_cert(context, extra), file)
        }
        if let authority = configuration.clientAuthority {
            try require(Int(SSL_CTX_load_verify_locations(context, authority, nil)), "client authority")
            let required = configuration.requiresClientCertificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nil)
            // Sessions of clients with certificates are resumed only within such a context.
            try require(Int(SSL_CTX_set_session_id_context(context, [1], 1)), "session id context")
        }
        try require(mongo_SSL_CTX_set_min_proto_version(context, configuration.minimumVersion), "minimum version")
        try require(mongo_SSL_CTX_set_max_proto_version(context, configuration.maximumVersion), "maximum version")
        if let list = configuration.cipherList { try require(Int(SSL_CTX_set_cipher_list(context, list)), list) }
        if let groups = configuration.groups { try require(mongo_SSL_CTX_set1_groups_list(context, groups), groups) }
        return SSL_new(context)
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
        ERR_clear_error()
    }

    /// Takes what the client sent, goes on with the handshake, and answers what is to be sent back, alerts included.
    func exchange(_ bytes: [UInt8]) -> [UInt8] {
        if !bytes.isEmpty { BIO_write(input, bytes, Int32(bytes.count)) }
        if !isComplete { isComplete = SSL_do_handshake(ssl) == 1 }
        return takeOutput()
    }

    /// Reads what the client has sent; `nil` when there is nothing, or when the server refuses the client only now.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = SSL_read(ssl, &buffer, Int32(buffer.count))
        ERR_clear_error()
        return count > 0 ? Array(buffer[..<Int(count)]) : nil
    }

    func write(_ bytes: [UInt8]) -> [UInt8] {
        SSL_write(ssl, bytes, Int32(bytes.count))
        return takeOutput()
    }

    /// Wants the keys updated on both sides: TLS 1.3 only.
    func updateKeys() -> [UInt8] {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
        SSL_do_handshake(ssl)
        return takeOutput()
    }

    func shutdown() -> [UInt8] {
        SSL_shutdown(ssl)
        return takeOutput()
    }

    private func takeOutput() -> [UInt8] {
        ERR_clear_error()
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = BIO_read(output, &buffer, Int32(buffer.count))
            guard count > 0 else { return result }
            result += buffer[..<Int(count)]
        }
    }

    /// The name that the client asked for (SNI).
    var serverName: String? {
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    /// The subjects of the certificates that the client sent, its own first.
    var clientSubjects: [String] {
        guard let leaf = mongo_SSL_get1_peer_certificate(ssl) else { return [] }
        defer { X509_free(leaf) }
        let chain = SSL_get_peer_cert_chain(ssl)
        let others = (0..<(chain.map { mongo_sk_X509_num($0) } ?? 0)).compactMap { mongo_sk_X509_value(chain, $0) }
        return ([leaf] + others).map { certificate in
            var buffer = [CChar](repeating: 0, count: 512)
            X509_NAME_oneline(X509_get_subject_name(certificate), &buffer, Int32(buffer.count))
            return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
