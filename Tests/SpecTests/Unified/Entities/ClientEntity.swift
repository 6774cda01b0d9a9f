// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

/// A client of a test, and what it tells of itself.
final class ClientEntity: Sendable {
    let client: MongoClient
    let recorder: EventRecorder
    let spans = SpanRecorder()

    /// - Parameters:
    ///   - definition: The fields of a `client` entity.
    ///   - deployment: What to connect to.
    ///   - mightFail: Whether the test sets fail points: servers are then checked more often, so that a client finds
    ///     them again soon.
    init(_ definition: BSONDocument, deployment: Deployment, mightFail: Bool) async throws {
        if definition.hasKey("autoEncryptOpts") {
            throw UnifiedTestSkip("client-side encryption is not supported")
        }
        var interests = EventRecorder.Interests()
        interests.events = Set(definition["observeEvents"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        interests.ignoredCommands = Set(
            definition["ignoreCommandMonitoringEvents"]?.arrayValue?.compactMap(\.stringValue) ?? []
        )
        interests.wantsSensitiveCommands = definition["observeSensitiveCommands"] == .bool(true)
        let recorder = EventRecorder(interests)

        let uriOptions = definition["uriOptions"]?.documentValue ?? [:]
        for name in ["waitQueueSize", "waitQueueMultiple"] where uriOptions.hasKey(name) {
            throw UnifiedTestSkip("the driver has no option \(name), which is deprecated")
        }
        let uri = deployment.uri(usesMultipleMongoses: definition["useMultipleMongoses"]?.boolValue)
        var options = try MongoClientOptions(try TestConnectionString(uri, uriOptions).text)
        if mightFail, !uriOptions.hasKey("heartbeatFrequencyMS") { options.heartbeatFrequency = .milliseconds(500) }
        options.eventHandler = { recorder.hear($0) }
        try options.observeLogMessages(definition["observeLogMessages"]?.documentValue, recorder)
        if let fields = definition["observeTracingMessages"]?.documentValue { try spans.observe(&options, fields) }
        try options.setServerAPI(definition["serverApi"]?.documentValue)
        client = try MongoClient(options)
        self.recorder = recorder
        if let limit = definition["awaitMinPoolSizeMS"]?.toInt(), options.minPoolSize > 0 {
            do {
                try await awaitConnections(options.minPoolSize, within: .milliseconds(limit))
            } catch {
                await client.close()
                throw error
            }
            recorder.forget()
        }
    }

    /// Waits until the pool of every server that holds data is filled.
    private func awaitConnections(_ count: Int, within limit: Duration) async throws {
        try await eventually("the pools hold \(count) connections", within: limit) {
            let servers = client.topologyDescription.servers.values.filter(\.type.isDataBearing)
            return !servers.isEmpty && servers.allSatisfy { recorder.readyCount($0.address) >= count }
        }
    }
}

extension MongoClientOptions {
    /// - Parameter fields: A `serverApi`.
    fileprivate mutating func setServerAPI(_ fields: BSONDocument?) throws {
        guard let fields else { return }
        guard fields["version"] == .string("1") else {
            throw UnifiedTestFailure("there is no such API version: \(fields)")
        }
        serverAPI = MongoServerAPI(
            version: .v1,
            strict: fields["strict"]?.boolValue,
            deprecationErrors: fields["deprecationErrors"]?.boolValue
        )
    }
}

/// Waits until the condition holds.
///
/// - Throws: `UnifiedTestFailure` when the time is up.
func eventually(_ what: String, within limit: Duration, _ condition: () -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while !condition() {
        guard ContinuousClock.now < end else { throw UnifiedTestFailure("\(what): not within \(limit)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// A connection string with options added or replaced.
struct TestConnectionString {
    let text: String

    init(_ base: String, _ options: BSONDocument) throws {
        let parts = base.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let overridden = Set(options.keys.map { $0.lowercased() })
        var pairs = (parts.count > 1 ? parts[1] : "").split(separator: "&").map(String.init).filter { pair in
            !overridden.contains(pair.prefix { $0 != "=" }.lowercased())
        }
        var seeds = String(parts[0])
        // The format asks for one seed and no name of a set then.
        if options["directConnection"] == .bool(true) {
            pairs.removeAll { $0.hasPrefix("replicaSet=") }
            seeds.replace(/,[^\/]*/, with: "")
        }
        for (name, value) in options {
            let values = try Self.texts(of: value, name)
            // Each set of tags has an option of its own, other lists are one.
            let isRepeated = name.lowercased() == "readpreferencetags"
            for value in isRepeated ? values : [values.joined(separator: ",")] { pairs.append("\(name)=\(value)") }
        }
        text = seeds + "?" + pairs.joined(separator: "&")
    }

    private static func texts(of value: BSON, _ name: String) throws -> [String] {
        switch value {
        case .string(let text): return [escaped(text)]
        case .bool(let value): return ["\(value)"]
        case .array(let values): return try values.flatMap { try texts(of: $0, name) }
        case .document(let fields):
            guard ValueMatcher.operator(fields) == nil else {
                throw UnifiedTestFailure("there is nothing to put into the placeholder for \(name)")
            }
            return [
                try fields.map { "\(escaped($0.key)):\(try texts(of: $0.value, name).joined())" }.joined(separator: ",")
            ]
        default:
            guard let number = value.toInt() else { throw UnifiedTestFailure("uriOptions: \(name) is \(value)") }
            return [String(number)]
        }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = UnicodeScalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte))
            // Tags are pairs with a colon and commas between them.
            return isPlain || "-._~:,".unicodeScalars.contains(scalar)
                ? String(Character(scalar)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
