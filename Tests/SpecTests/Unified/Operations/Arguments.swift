// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#executing-an-operation

import MongoBSON
import MongoNIO

/// The arguments of an operation. Each has to be asked for: one that nobody knows is a test that would not be run as it
/// is meant.
final class Arguments {
    private let fields: BSONDocument
    private let operation: String
    private let entities: EntityMap
    private var asked: Set<String> = []

    init(_ fields: BSONDocument, of operation: String, _ entities: EntityMap) {
        self.fields = fields
        self.operation = operation
        self.entities = entities
    }

    /// - Throws: `UnifiedTestFailure` when there is an argument that was not asked for.
    func finish() throws {
        let unknown = fields.keys.filter { !asked.contains($0) }
        guard unknown.isEmpty else {
            throw UnifiedTestFailure("\(operation) has no arguments \(unknown.joined(separator: ", "))")
        }
    }

    // MARK: Values

    func value(_ name: String) -> BSON? {
        asked.insert(name)
        return fields[name]
    }

    func string(_ name: String) throws -> String? { try converted(name, \.stringValue) }

    func bool(_ name: String) throws -> Bool? { try converted(name, \.boolValue) }

    func int(_ name: String) throws -> Int? { try converted(name) { $0.toInt() } }

    func double(_ name: String) throws -> Double? { try converted(name) { $0.toDouble() } }

    func code(_ name: String) throws -> BSONCode? {
        try converted(name) { value in
            switch value {
            case .code(let code): code
            case .string(let text): BSONCode(code: text)
            default: nil
            }
        }
    }

    func document(_ name: String) throws -> BSONDocument? { try converted(name, \.documentValue) }

    func documents(_ name: String) throws -> [BSONDocument]? {
        try converted(name) { value in
            guard let values = value.arrayValue else { return nil }
            let documents = values.compactMap(\.documentValue)
            return documents.count == values.count ? documents : nil
        }
    }

    func strings(_ name: String) throws -> [String]? {
        try converted(name) { value -> [String]? in
            guard let elements = value.arrayValue else { return nil }
            let strings = elements.compactMap(\.stringValue)
            return strings.count == elements.count ? strings : nil
        }
    }

    func milliseconds(_ name: String) throws -> Duration? { try int(name).map { .milliseconds($0) } }

    func required<Value>(_ name: String, _ read: (Arguments) -> (String) throws -> Value?) throws -> Value {
        guard let value = try read(self)(name) else {
            throw UnifiedTestFailure("\(operation) lacks the argument \(name)")
        }
        return value
    }

    private func converted<Value>(_ name: String, _ convert: (BSON) -> Value?) throws -> Value? {
        guard let value = value(name), value != .null else { return nil }
        guard let converted = convert(value) else {
            throw UnifiedTestFailure("\(operation): the argument \(name) is malformed: \(value)")
        }
        return converted
    }

    /// An argument of a specification that the driver leaves out, as it may: what a test would do with it is not done.
    func skip(_ name: String, because reason: String) throws {
        guard value(name) != nil else { return }
        throw UnifiedTestSkip("the driver has no option \(name) of \(operation), which \(reason)")
    }

    // MARK: What is made of values

    func session() throws -> ClientSession? { try string("session").map { try entities.session($0) } }

    func client() throws -> ClientEntity { try entities.client(required("client", Arguments.string)) }

    func readConcern() throws -> ReadConcern? { try document("readConcern").map { try ReadConcern(test: $0) } }

    func readPreference() throws -> ReadPreference? {
        try document("readPreference").map { try ReadPreference(test: $0) }
    }

    func writeConcern() throws -> WriteConcern? { try document("writeConcern").map { try WriteConcern(test: $0) } }

    /// What an operation may be given instead of what its database or collection says.
    func handleOptions() throws -> DatabaseOptions {
        DatabaseOptions(
            readConcern: try readConcern(),
            readPreference: try readPreference(),
            writeConcern: try writeConcern()
        )
    }

    /// Arguments of a part of this operation, such as a model of a bulk write.
    func nested(_ fields: BSONDocument, _ name: String) -> Arguments {
        Arguments(fields, of: "\(operation).\(name)", entities)
    }
}

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#common-options

extension ReadConcern {
    init(test fields: BSONDocument) throws {
        let arguments = Arguments(fields, of: "readConcern", EntityMap())
        self.init(level: try arguments.string("level").map(Level.init(rawValue:)))
        try arguments.finish()
    }
}

extension WriteConcern {
    init(test fields: BSONDocument) throws {
        let arguments = Arguments(fields, of: "writeConcern", EntityMap())
        let acknowledgment: Acknowledgment? =
            switch arguments.value("w") {
            case .string(let name): .tag(name)
            case let count?: count.toInt().map { .nodes($0) }
            case nil: nil
            }
        let journal = try arguments.bool("journal")
        let timeout = try arguments.milliseconds("wtimeoutMS")
        try arguments.finish()
        try self.init(w: acknowledgment, journal: journal, wTimeout: timeout)
    }
}

extension ReadPreference {
    init(test fields: BSONDocument) throws {
        let arguments = Arguments(fields, of: "readPreference", EntityMap())
        let name = try arguments.required("mode", Arguments.string)
        guard let mode = Mode.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
            throw UnifiedTestFailure("readPreference: there is no mode \(name)")
        }
        let tagSets = try arguments.documents("tagSets")?.map { tags in
            Dictionary(tags.map { ($0.key, $0.value.stringValue ?? "") }) { $1 }
        }
        let staleness = try arguments.int("maxStalenessSeconds")
        // Deprecated, and of no effect on servers of today.
        _ = try arguments.document("hedge")
        try arguments.finish()
        try self.init(mode, tagSets: tagSets ?? [], maxStaleness: staleness.map { .seconds($0) })
    }
}
