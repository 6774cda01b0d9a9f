// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The program `mongotls` that was built together with the tests.
enum Mongotls {
    struct NotBuilt: Error, CustomStringConvertible {
        var path: String
        var description: String { "\(path) is not there: build it with `swift build --product mongotls`" }
    }

    /// Beside the test program, in the folder of the products.
    static var path: String {
        get throws {
            let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            for folder in [products, products.deletingLastPathComponent()] {
                let candidate = folder.appendingPathComponent("mongotls").path
                if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            }
            throw NotBuilt(path: products.appendingPathComponent("mongotls").path)
        }
    }
}
