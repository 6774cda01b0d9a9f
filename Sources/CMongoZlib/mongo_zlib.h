// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
//
// zlib as Swift sees it; only with the package trait Zlib.

#ifndef MONGO_ZLIB_H
#define MONGO_ZLIB_H

#if !__has_include(<zlib.h>)
#error "mongo-nio with the trait Zlib needs the headers of zlib: apt-get install zlib1g-dev pkg-config (Debian, Ubuntu), dnf install zlib-devel (Fedora), brew install zlib (macOS)"
#else
#include <zlib.h>
#endif

#endif
