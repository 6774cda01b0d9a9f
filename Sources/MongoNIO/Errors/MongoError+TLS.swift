// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS

extension MongoError {
    /// The driver's error for an error of TLS.
    init(_ error: TLSError) {
        self.init(.tls, "TLS: \(error)", tls: error)
    }
}
