// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

extension TLSContext {
    /// Tells OpenSSL which cipher suites and groups to offer.
    ///
    /// OpenSSL passes over names that it does not know as long as one is left. Here each has to mean something: a
    /// misspelt name in a list that is meant to be strict must not go unnoticed.
    ///
    /// - Throws: `TLSError` of the category `configuration` with the name that OpenSSL does not know.
    static func setSuites(_ options: TLSOptions, in context: OpaquePointer) throws(TLSError) {
        if let names = options.cipherSuites {
            // Without a certificate there is nothing to verify, without encryption nothing to hide.
            let excluded = options.verifiesCertificate ? ["!aNULL", "!eNULL"] : []
            try set(names, "cipherSuites", excluded, in: context) { context, list in
                // Words that change what other words have selected select nothing alone.
                list.hasPrefix("@") || list.hasPrefix("!") || list.hasPrefix("-") || list.hasPrefix("+")
                    ? 1 : SSL_CTX_set_cipher_list(context, list)
            } whole: {
                SSL_CTX_set_cipher_list($0, $1)
            }
        }
        if let names = options.cipherSuitesTLS13 {
            try set(names, "cipherSuitesTLS13", in: context) {
                SSL_CTX_set_ciphersuites($0, $1)
            } whole: {
                SSL_CTX_set_ciphersuites($0, $1)
            }
        }
        if let names = options.groups {
            try set(names, "groups", in: context) {
                Int32(clamping: mongo_SSL_CTX_set1_groups_list($0, $1))
            } whole: {
                Int32(clamping: mongo_SSL_CTX_set1_groups_list($0, $1))
            }
        }
    }

    private static func set(
        _ names: [String],
        _ option: String,
        _ more: [String] = [],
        in context: OpaquePointer,
        single: (OpaquePointer, String) -> Int32,
        whole: (OpaquePointer, String) -> Int32
    ) throws(TLSError) {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let scratch = SSL_CTX_new(TLS_client_method()) else { throw TLSError.outOfMemory() }
        defer { SSL_CTX_free(scratch) }
        if let unknown = names.first(where: { single(scratch, $0) != 1 }) {
            throw TLSError(
                .configuration,
                .invalidOption,
                "OpenSSL knows nothing of the name \"\(unknown)\" in \(option)",
                hint: "the names are OpenSSL's: see openssl ciphers -s -v, and openssl ecparam -list_curves",
                opensslErrors: ErrorStack.drain().texts
            )
        }
        guard whole(context, (names + more).joined(separator: ":")) == 1 else {
            throw TLSError(
                .configuration,
                .invalidOption,
                "\(option) leaves nothing to offer",
                hint: more.isEmpty
                    ? "see what the names select together: openssl ciphers -s -v"
                    : "suites without a certificate or without encryption are not offered while certificates are verified",
                opensslErrors: ErrorStack.drain().texts
            )
        }
    }
}
