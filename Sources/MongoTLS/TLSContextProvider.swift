// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Owns the TLS context of one client: made once, off the event loop, shared by all its connections.
///
/// The one place that a reload of the files has to replace.
package final class TLSContextProvider: Sendable {
    private let context: Mutex<TLSContext>

    /// Reads and judges everything that the options name.
    ///
    /// - Throws: `TLSError` of the category `configuration`.
    package init(_ options: TLSOptions) throws(TLSError) {
        self.context = Mutex(try TLSContext(options))
    }

    /// The context for the next connection.
    package var current: TLSContext {
        context.withLock { $0 }
    }
}
