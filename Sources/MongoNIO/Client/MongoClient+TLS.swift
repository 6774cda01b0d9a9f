// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOPosix
import Synchronization

extension MongoClient {
    /// Reads the files that the TLS options name anew: certificates, keys, authorities and revocation lists.
    ///
    /// All of them are judged before they are used, and they are exchanged together. New connections, of requests and of
    /// monitors, use the new files at once and resume no session that was made under the old ones. Connections that exist
    /// go on: their server was verified when they were made. A passphrase closure is asked again.
    ///
    /// `TLSOptions.reloadInterval` has the client do this by itself when files change.
    ///
    /// - Throws: ``MongoError`` with the path and the reason in ``MongoError/tls`` when a file cannot be used: the earlier
    ///   ones then stay in use. ``MongoError/Code/invalidArgument`` when the client does not use TLS,
    ///   ``MongoError/Code/clientClosed`` when it is closed.
    public func reloadTLS() async throws(MongoError) {
        guard let tls else {
            throw MongoError(.invalidArgument, "the client does not use TLS: there is nothing to reload")
        }
        guard !isClosed else { throw MongoError(.clientClosed, "the client was closed") }
        let outcome: Result<Void, TLSError>
        do {
            // Reading files blocks, and not only for moments where they lie on a network.
            outcome = try await NIOThreadPool.singleton.runIfActive {
                Result { () throws(TLSError) in try tls.reload() }
            }
        } catch {
            throw MongoError(.cancelled, "the task was cancelled", underlying: error)
        }
        if case .failure(let error) = outcome { throw MongoError(error) }
    }
}
