// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Tells `dev/spec-report` which cases ran against servers that pass for what they are not.
enum MockLedger {
    /// The file that the environment variable names; `nil`: nobody wants to know.
    private static let file = Mutex(
        ProcessInfo.processInfo.environment["MONGODB_SPEC_MOCKS"].flatMap { FileHandle(forWritingAtPath: $0) }
    )

    static func note(_ name: String) throws {
        try file.withLock { file in
            try file?.write(contentsOf: Data("\(name)\n".utf8))
        }
    }
}
