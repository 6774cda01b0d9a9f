// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
//
// Zstandard as Swift sees it; only with the package trait Zstd.

#ifndef MONGO_ZSTD_H
#define MONGO_ZSTD_H

#if !__has_include(<zstd.h>)
#error "mongo-nio with the trait Zstd needs the headers of Zstandard: apt-get install libzstd-dev pkg-config (Debian, Ubuntu), dnf install libzstd-devel (Fedora), brew install zstd (macOS)"
#else
#include <zstd.h>
#endif

#endif
