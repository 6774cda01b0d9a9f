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
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#endif
#endif
