// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
//
// Snappy as Swift sees it; only with the package trait Snappy.

#ifndef MONGO_SNAPPY_H
#define MONGO_SNAPPY_H

#if !__has_include(<snappy-c.h>)
#error "mongo-nio with the trait Snappy needs the headers of Snappy: apt-get install libsnappy-dev pkg-config (Debian, Ubuntu), dnf install snappy-devel (Fedora), brew install snappy (macOS)"
#else
#include <snappy-c.h>
#endif

#endif
