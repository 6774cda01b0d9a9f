// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

// Stand-ins for what the driver does not offer yet; each goes when its part lands.

extension MongoClient {
    func appendMetadata(name: String, version: String?, platform: String?) throws {
        throw UnifiedTestSkip.notImplemented("appendMetadata")
    }
}
