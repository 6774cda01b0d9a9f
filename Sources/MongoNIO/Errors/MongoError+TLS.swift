// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS

extension MongoError {
    /// The driver's error for an error of TLS.
    init(_ error: TLSError) {
        self.init(.tls, "TLS: \(error)", tls: error)
    }

    /// Says where it happened. An error of TLS has the place in its own words, so they are put together anew.
    func located(at address: ServerAddress) -> MongoError {
        var error = self
        if var tls {
            tls.location = address.description
            error.tls = tls
            error.message = "TLS: \(tls)"
        } else {
            error.message = "\(address): \(message)"
        }
        return error
    }
}
