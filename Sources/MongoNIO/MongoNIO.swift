// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// Users import one module: it brings the documents and the TLS options with it.
@_exported public import MongoBSON
@_exported public import MongoTLS
