// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL 3 as Swift sees it. Swift can import neither function-like macros nor macros whose value is an expression
// of them, so each one that `MongoTLS` needs has a `static inline` function here with the prefix `mongo_`.
// Nothing in this header decides anything: it only gives names to macros.

#ifndef MONGO_OPENSSL_H
#define MONGO_OPENSSL_H

#if !__has_include(<openssl/ssl.h>)
#error "mongo-nio needs the headers of OpenSSL 3: apt-get install libssl-dev pkg-config (Debian, Ubuntu), dnf install openssl-devel (Fedora), brew install openssl@3 (macOS)"
#else

#include <openssl/opensslv.h>
#if OPENSSL_VERSION_MAJOR < 3
#error "mongo-nio needs OpenSSL 3.0 or newer: apt-get install libssl-dev (Debian 12, Ubuntu 22.04 or newer)"
#endif

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// Library

static inline int mongo_OPENSSL_init_ssl(void) {
    return OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
}

static inline const char *mongo_OPENSSL_VERSION_TEXT(void) { return OPENSSL_VERSION_TEXT; }

// Errors

static inline int mongo_ERR_GET_LIB(unsigned long code) { return ERR_GET_LIB(code); }
static inline int mongo_ERR_GET_REASON(unsigned long code) { return ERR_GET_REASON(code); }

// Names

/// RFC 2253, but in the certificate's own order and with UTF-8 as it is.
static inline unsigned long mongo_XN_FLAG_READABLE(void) {
    return (XN_FLAG_RFC2253 & ~XN_FLAG_DN_REV) & ~ASN1_STRFLGS_ESC_MSB;
}

// Keys

/// A private key with its public part.
static inline int mongo_EVP_PKEY_KEYPAIR(void) { return EVP_PKEY_KEYPAIR; }

// SSL_CTX

static inline uint64_t mongo_SSL_OP_NO_COMPRESSION(void) { return SSL_OP_NO_COMPRESSION; }
static inline uint64_t mongo_SSL_OP_NO_RENEGOTIATION(void) { return SSL_OP_NO_RENEGOTIATION; }
static inline long mongo_SSL_CTX_set_min_proto_version(SSL_CTX *ctx, int version) {
    return SSL_CTX_set_min_proto_version(ctx, version);
}
static inline long mongo_SSL_CTX_set_max_proto_version(SSL_CTX *ctx, int version) {
    return SSL_CTX_set_max_proto_version(ctx, version);
}
static inline long mongo_SSL_CTX_get_min_proto_version(SSL_CTX *ctx) { return SSL_CTX_get_min_proto_version(ctx); }
static inline long mongo_SSL_CTX_set_mode(SSL_CTX *ctx, long mode) { return SSL_CTX_set_mode(ctx, mode); }
static inline void mongo_SSL_CTX_set_read_ahead(SSL_CTX *ctx, int on) { SSL_CTX_set_read_ahead(ctx, on); }
static inline long mongo_SSL_CTX_set_session_cache_mode(SSL_CTX *ctx, long mode) {
    return SSL_CTX_set_session_cache_mode(ctx, mode);
}
static inline void mongo_SSL_CTX_sess_set_new_cb(SSL_CTX *ctx, int (*callback)(SSL *, SSL_SESSION *)) {
    SSL_CTX_sess_set_new_cb(ctx, callback);
}
static inline long mongo_SSL_CTX_add1_chain_cert(SSL_CTX *ctx, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(ctx, certificate);
}
static inline long mongo_SSL_CTX_set1_groups_list(SSL_CTX *ctx, const char *list) {
    return SSL_CTX_set1_groups_list(ctx, list);
}

// SSL

static inline long mongo_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}
static inline X509 *mongo_SSL_get1_peer_certificate(const SSL *ssl) { return SSL_get1_peer_certificate(ssl); }
static inline const char *mongo_SSL_group_name(SSL *ssl) {
    long nid = SSL_get_negotiated_group(ssl);
    return nid == NID_undef ? NULL : SSL_group_to_name(ssl, (int)nid);
}

static inline long mongo_SSL_set_tlsext_status_type(SSL *ssl, int type) {
    return SSL_set_tlsext_status_type(ssl, type);
}
static inline long mongo_SSL_get_tlsext_status_ocsp_resp(SSL *ssl, const unsigned char **response) {
    return SSL_get_tlsext_status_ocsp_resp(ssl, response);
}

// BIO

static inline void mongo_BIO_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void mongo_BIO_clear_retry_flags(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline long mongo_BIO_get_mem_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

// Stacks, which OpenSSL types by macros

static inline int mongo_sk_X509_num(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *mongo_sk_X509_value(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
static inline STACK_OF(X509) *mongo_sk_X509_new(void) { return sk_X509_new_null(); }
static inline int mongo_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}
static inline void mongo_sk_X509_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
static inline STACK_OF(X509_CRL) *mongo_sk_X509_CRL_new(void) { return sk_X509_CRL_new_null(); }
static inline int mongo_sk_X509_CRL_push(STACK_OF(X509_CRL) *stack, X509_CRL *list) {
    return sk_X509_CRL_push(stack, list);
}
static inline void mongo_sk_X509_CRL_free(STACK_OF(X509_CRL) *stack) { sk_X509_CRL_free(stack); }
static inline int mongo_sk_ASN1_INTEGER_num(const STACK_OF(ASN1_INTEGER) *stack) {
    return sk_ASN1_INTEGER_num(stack);
}
static inline const ASN1_INTEGER *mongo_sk_ASN1_INTEGER_value(const STACK_OF(ASN1_INTEGER) *stack, int index) {
    return sk_ASN1_INTEGER_value(stack, index);
}
static inline int mongo_sk_OPENSSL_STRING_num(const STACK_OF(OPENSSL_STRING) *stack) {
    return sk_OPENSSL_STRING_num(stack);
}
static inline const char *mongo_sk_OPENSSL_STRING_value(const STACK_OF(OPENSSL_STRING) *stack, int index) {
    return sk_OPENSSL_STRING_value(stack, index);
}
static inline int mongo_sk_X509_OBJECT_num(const STACK_OF(X509_OBJECT) *stack) { return sk_X509_OBJECT_num(stack); }
static inline X509_OBJECT *mongo_sk_X509_OBJECT_value(const STACK_OF(X509_OBJECT) *stack, int index) {
    return sk_X509_OBJECT_value(stack, index);
}
static inline int mongo_sk_ACCESS_DESCRIPTION_num(const STACK_OF(ACCESS_DESCRIPTION) *stack) {
    return sk_ACCESS_DESCRIPTION_num(stack);
}
static inline ACCESS_DESCRIPTION *mongo_sk_ACCESS_DESCRIPTION_value(const STACK_OF(ACCESS_DESCRIPTION) *stack, int index) {
    return sk_ACCESS_DESCRIPTION_value(stack, index);
}
static inline int mongo_sk_GENERAL_NAME_num(const STACK_OF(GENERAL_NAME) *stack) {
    return sk_GENERAL_NAME_num(stack);
}
static inline GENERAL_NAME *mongo_sk_GENERAL_NAME_value(const STACK_OF(GENERAL_NAME) *stack, int index) {
    return sk_GENERAL_NAME_value(stack, index);
}

#endif
#endif
