// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where the program's words go.
enum Console {
    /// Writes a line.
    static func write(_ text: String, toError: Bool = false) {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes -> Int in
                #if canImport(Glibc)
                Glibc.write(toError ? STDERR_FILENO : STDOUT_FILENO, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                Musl.write(toError ? STDERR_FILENO : STDOUT_FILENO, bytes.baseAddress, bytes.count)
                #else
                Darwin.write(toError ? STDERR_FILENO : STDOUT_FILENO, bytes.baseAddress, bytes.count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more; there is nobody to tell.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Whether standard output is a terminal whose owner wants color (https://no-color.org).
    static var isColored: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty != false
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Writes a value as one JSON object on standard output.
    static func writeJSON(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            write(String(decoding: try encoder.encode(value), as: UTF8.self))
        } catch {
            write("mongotls: the report cannot be written as JSON: \(error)", toError: true)
        }
    }
}
