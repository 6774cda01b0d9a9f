// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#executing-an-operation

import MongoBSON
import MongoNIO

extension Scene {
    /// Performs an operation and checks what came of it.
    ///
    /// - Returns: The error that the operation threw, as it was expected to or because nobody cares.
    /// - Throws: `UnifiedTestFailure` when something else happened than was expected, `UnifiedTestSkip`.
    @discardableResult
    func perform(_ operation: BSONDocument) async throws -> (any Error)? {
        let values = ValueMatcher(entities: entities)
        let result: OperationResult
        do {
            result = try await attempt(operation)
        } catch let failure as UnifiedTestFailure {
            throw failure
        } catch let skip as UnifiedTestSkip {
            throw skip
        } catch {
            // An expected error must not be taken for this one.
            if let error = error as? MongoError, error.code == .unsupported, error.message.contains("supported yet") {
                throw UnifiedTestSkip.notImplemented(error.message)
            }
            if operation["ignoreResultAndError"] == .bool(true) { return error }
            guard let expected = operation["expectError"]?.documentValue else {
                throw UnifiedTestFailure("threw \(ErrorMatcher.show(error))")
            }
            try ErrorMatcher(values: values).match(expected, error)
            return error
        }
        if operation["ignoreResultAndError"] == .bool(true) { return nil }
        if operation.hasKey("expectError") { throw UnifiedTestFailure("expected an error, got \(result)") }
        if let expected = operation["expectResult"] { try result.match(expected, values) }
        if let name = operation["saveResultAsEntity"]?.stringValue { try entities.add(name, result.entity()) }
        return nil
    }

    private func attempt(_ operation: BSONDocument) async throws -> OperationResult {
        let name = operation["name"]?.stringValue ?? ""
        let object = operation["object"]?.stringValue ?? ""
        let fields = operation["arguments"]?.documentValue ?? [:]
        guard name == "createEntities" || !Self.holdsPlaceholder(.document(fields)) else {
            throw UnifiedTestFailure("there is nothing to put into the placeholder in the arguments of \(name)")
        }
        let arguments = Arguments(fields, of: name, entities)
        guard object != "testRunner" else {
            try await special(name, arguments)
            return .nothing
        }
        return switch try entities[object] {
        case .client(let client): try await self.client(name, client, arguments)
        case .database(let database): try await self.database(name, database, arguments)
        case .collection(let collection): try await self.collection(name, collection, arguments)
        case .session(let session): try await self.session(name, session, arguments)
        case .bucket(let bucket): try await self.bucket(name, bucket, arguments)
        case .cursor(let cursor): try await self.cursor(name, cursor, arguments)
        case let entity: throw UnifiedTestFailure("a \(entity.kind) has no operation \(name)")
        }
    }

    /// Only options of connection strings and secrets may be left to the runner, which says so if it does not know them.
    private static func holdsPlaceholder(_ value: BSON) -> Bool {
        switch value {
        case .document(let fields): fields.contains { $0.key == "$$placeholder" || holdsPlaceholder($0.value) }
        case .array(let values): values.contains(where: holdsPlaceholder)
        default: false
        }
    }

    func unknown(_ operation: String, of kind: String) -> UnifiedTestFailure {
        UnifiedTestFailure("a \(kind) has no operation \(operation)")
    }
}
