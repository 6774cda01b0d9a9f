// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where the tests find programs: the `mongod` to run and what the package has built.
enum MongodProgram {
    /// `$MONGOD`, else `mongod` in `PATH`, else what `dev/mongod path` finds or unpacks; looked for once.
    static var path: String {
        get async throws { try await search.value }
    }

    private static let search = Task<String, any Error> {
        let environment = ProcessInfo.processInfo.environment
        if let program = environment["MONGOD"], !program.isEmpty { return program }
        for directory in (environment["PATH"] ?? "").split(separator: ":") {
            let program = "\(directory)/mongod"
            if FileManager.default.isExecutableFile(atPath: program) { return program }
        }
        let script = packageDirectory + "/dev/mongod"
        // It may have to download the server.
        let output = try await Subprocess.check(script, ["path"], timeout: .seconds(600)).standardOutput
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The root of the checkout that the tests were built from.
public let packageDirectory: String = {
    // Tests/TestSupport/Servers/MongodProgram.swift
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { url.deleteLastPathComponent() }
    return url.path
}()

/// The path of an executable product of the package, such as `mongotls`: it lies beside the test bundle.
///
/// - Throws: An error that names the path when it has not been built.
public func builtProduct(_ name: String) throws -> String {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    let path = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent(name).path
    guard FileManager.default.isExecutableFile(atPath: path) else {
        throw SubprocessError.notStarted(program: path, errno: ENOENT)
    }
    return path
}
