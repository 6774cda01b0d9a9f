// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md#hello-command

import MongoBSON

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Who connects: what the server writes into its log for each connection. Made once per client.
struct ClientMetadata: Hashable, Sendable {
    /// The most that a server accepts, in bytes of BSON.
    static let maximumLength = 512

    var applicationName: String?
    var driverName = "mongo-nio"
    var driverVersion = MongoNIOVersion.string
    var operatingSystem: OperatingSystem
    var platform: String
    var environment: Environment

    struct OperatingSystem: Hashable, Sendable {
        var type: String
        var name: String?
        var architecture: String?
        var version: String?
    }

    /// Where the program runs, if that is a cloud's function or a container.
    struct Environment: Hashable, Sendable {
        var name: String?
        var timeoutSeconds: Int32?
        var memoryMB: Int32?
        var region: String?
        var containerRuntime: String?
        var orchestrator: String?

        var isEmpty: Bool { self == Environment() }
    }

    /// The document for the handshake, cut down to the size that servers accept.
    func document() throws(BSONError) -> BSONDocument {
        var candidate = self
        for step in Self.reductions {
            let document = try candidate.encode()
            if document.byteCount <= Self.maximumLength { return document }
            step(&candidate)
        }
        // The last measure: a shorter platform.
        let excess = try candidate.encode().byteCount - Self.maximumLength
        if excess > 0 {
            // Whole characters: half a one would be replaced by something longer.
            let length = max(0, candidate.platform.utf8.count - excess)
            while candidate.platform.utf8.count > length { candidate.platform.removeLast() }
        }
        return try candidate.encode()
    }

    /// In the specification's order.
    private static let reductions: [@Sendable (inout ClientMetadata) -> Void] = [
        { $0.environment = Environment(name: $0.environment.name) },
        { $0.operatingSystem = OperatingSystem(type: $0.operatingSystem.type) },
        { $0.environment = Environment() },
    ]

    private func encode() throws(BSONError) -> BSONDocument {
        var writer = BSONWriter(capacity: 512)
        if let applicationName {
            writer.beginDocument("application")
            writer.append("name", applicationName)
            writer.endDocument()
        }
        writer.beginDocument("driver")
        writer.append("name", driverName)
        writer.append("version", driverVersion)
        writer.endDocument()
        writer.beginDocument("os")
        writer.append("type", operatingSystem.type)
        if let name = operatingSystem.name { writer.append("name", name) }
        if let architecture = operatingSystem.architecture { writer.append("architecture", architecture) }
        if let version = operatingSystem.version { writer.append("version", version) }
        writer.endDocument()
        writer.append("platform", platform)
        if !environment.isEmpty { environment.append(to: &writer) }
        return try writer.finishDocument()
    }
}

extension ClientMetadata.Environment {
    /// Reads the variables that clouds set.
    ///
    /// - Parameter isInDocker: Whether the file `/.dockerenv` exists.
    init(variables: [String: String], isInDocker: Bool) {
        func value(_ name: String) -> String? {
            variables[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        func number(_ name: String) -> Int32? { value(name).flatMap { Int32($0) } }

        if isInDocker { containerRuntime = "docker" }
        if value("KUBERNETES_SERVICE_HOST") != nil { orchestrator = "kubernetes" }

        let isLambda =
            value("AWS_EXECUTION_ENV")?.hasPrefix("AWS_Lambda_") == true || value("AWS_LAMBDA_RUNTIME_API") != nil
        let isVercel = value("VERCEL") != nil
        var candidates: [String] = []
        // Vercel runs on Lambda: there it says more.
        if isVercel { candidates.append("vercel") } else if isLambda { candidates.append("aws.lambda") }
        if value("FUNCTIONS_WORKER_RUNTIME") != nil { candidates.append("azure.func") }
        if value("K_SERVICE") != nil || value("FUNCTION_NAME") != nil { candidates.append("gcp.func") }
        guard candidates.count == 1, let name = candidates.first else { return }
        self.name = name
        switch name {
        case "aws.lambda":
            region = value("AWS_REGION")
            memoryMB = number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        case "gcp.func":
            memoryMB = number("FUNCTION_MEMORY_MB")
            timeoutSeconds = number("FUNCTION_TIMEOUT_SEC")
            region = value("FUNCTION_REGION")
        case "vercel":
            region = value("VERCEL_REGION")
        default:
            break
        }
    }

    fileprivate func append(to writer: inout BSONWriter) {
        writer.beginDocument("env")
        if let name { writer.append("name", name) }
        if let timeoutSeconds { writer.append("timeout_sec", timeoutSeconds) }
        if let memoryMB { writer.append("memory_mb", memoryMB) }
        if let region { writer.append("region", region) }
        if containerRuntime != nil || orchestrator != nil {
            writer.beginDocument("container")
            if let containerRuntime { writer.append("runtime", containerRuntime) }
            if let orchestrator { writer.append("orchestrator", orchestrator) }
            writer.endDocument()
        }
        writer.endDocument()
    }
}

extension ClientMetadata.OperatingSystem {
    /// What `uname` says of this machine.
    static func current() -> ClientMetadata.OperatingSystem {
        var system = utsname()
        guard uname(&system) == 0 else { return ClientMetadata.OperatingSystem(type: "unknown") }
        return ClientMetadata.OperatingSystem(
            type: text(of: system.sysname) ?? "unknown",
            architecture: text(of: system.machine),
            version: text(of: system.release)
        )
    }

    /// The text of a C array of characters, which Swift sees as a tuple.
    private static func text<Characters>(of characters: Characters) -> String? {
        withUnsafeBytes(of: characters) { bytes in
            let text = bytes.prefix { $0 != 0 }
            return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
        }
    }
}
