// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// What OpenSSL noted on the current thread, taken out of its error queue.
///
/// OpenSSL's queue belongs to the thread: clear it before a call and drain it right after, on the same thread, with no
/// suspension in between.
struct ErrorStack: Sendable {
    /// One note of OpenSSL's.
    struct Entry: Sendable {
        var library: Int32
        var reason: Int32
        var text: String
    }

    /// Oldest first: the first is the root cause for files, the last is what the caller of OpenSSL saw.
    private(set) var entries: [Entry] = []

    /// Forgets whatever earlier calls left on this thread.
    static func clear() {
        ERR_clear_error()
    }

    /// Takes everything out of this thread's queue.
    static func drain() -> ErrorStack {
        var stack = ErrorStack()
        var data: UnsafePointer<CChar>?
        var flags: Int32 = 0
        while true {
            let code = ERR_get_error_all(nil, nil, nil, &data, &flags)
            guard code != 0 else { return stack }
            var text: String
            if let reason = ERR_reason_error_string(code) {
                text = String(cString: reason)
            } else {
                text = "error \(String(code, radix: 16))"
            }
            if let library = ERR_lib_error_string(code) {
                text = "\(String(cString: library)): \(text)"
            }
            if flags & ERR_TXT_STRING != 0, let data, data.pointee != 0 {
                text += " (\(String(cString: data)))"
            }
            stack.entries.append(
                Entry(library: mongo_ERR_GET_LIB(code), reason: mongo_ERR_GET_REASON(code), text: text)
            )
        }
    }

    /// The texts alone.
    var texts: [String] {
        entries.map(\.text)
    }

    /// Whether OpenSSL's SSL library noted the reason (`SSL_R_…`).
    func containsSSLReason(_ reason: Int32) -> Bool {
        entries.contains { $0.library == ERR_LIB_SSL && $0.reason == reason }
    }
}
