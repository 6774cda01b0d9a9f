// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ClientMetadata {
    /// The metadata of this process. Looks at the environment and the file system: made once, with the client.
    static func current(applicationName: String?) -> ClientMetadata {
        ClientMetadata(
            applicationName: applicationName,
            operatingSystem: .current(),
            platform: platform,
            environment: Environment(
                variables: ProcessInfo.processInfo.environment,
                isInDocker: FileManager.default.fileExists(atPath: "/.dockerenv")
            )
        )
    }

    private static var platform: String {
        #if swift(>=6.4)
        "Swift 6.4+"
        #elseif swift(>=6.3)
        "Swift 6.3"
        #elseif swift(>=6.2)
        "Swift 6.2"
        #else
        "Swift 6.1"
        #endif
    }
}
