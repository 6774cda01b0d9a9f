// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#evaluating-matches

import MongoBSON

/// Compares what a test expects with what came.
struct ValueMatcher {
    /// Where operators find the entities they name.
    let entities: EntityMap

    /// - Parameters:
    ///   - expected: A value, a document of values, or an operator.
    ///   - actual: What came; `nil` when nothing did.
    ///   - isRoot: Whether the actual document may have more fields than the expected one.
    ///   - path: Where this is, for the failure.
    /// - Throws: `UnifiedTestFailure`.
    func match(_ expected: BSON, _ actual: BSON?, isRoot: Bool, path: String) throws {
        if case .document(let document) = expected {
            if let (name, operand) = Self.operator(document) {
                return try match(operator: name, operand, actual, isRoot: isRoot, path: path)
            }
            guard case .document(let actual) = actual else {
                throw mismatch(path, expected, actual)
            }
            return try match(document, actual, isRoot: isRoot, path: path)
        }
        guard let actual else { throw mismatch(path, expected, nil) }
        if case .array(let elements) = expected {
            guard case .array(let actualElements) = actual else { throw mismatch(path, expected, actual) }
            guard elements.count == actualElements.count else {
                throw UnifiedTestFailure(
                    "\(path): expected \(elements.count) elements, got \(actualElements.count): \(actual)"
                )
            }
            for (index, (expected, actual)) in zip(elements, actualElements).enumerated() {
                try match(expected, actual, isRoot: false, path: "\(path)[\(index)]")
            }
            return
        }
        guard Self.areEqual(expected, actual) else { throw mismatch(path, expected, actual) }
    }

    /// Compares documents that are known not to be operators.
    func match(_ expected: BSONDocument, _ actual: BSONDocument, isRoot: Bool, path: String) throws {
        for (name, value) in expected {
            try match(value, actual[name], isRoot: false, path: "\(path).\(name)")
        }
        guard !isRoot else { return }
        for name in actual.keys where !expected.hasKey(name) {
            // A field that need not be there and is not expected to have a value.
            throw UnifiedTestFailure("\(path).\(name): is not expected: \(actual[name] ?? .null)")
        }
    }

    private func match(
        operator name: String,
        _ operand: BSON,
        _ actual: BSON?,
        isRoot: Bool,
        path: String
    ) throws {
        switch name {
        case "$$exists":
            guard let exists = operand.boolValue else { throw malformed(name, operand, path) }
            guard exists == (actual != nil) else {
                throw UnifiedTestFailure(
                    "\(path): expected \(exists ? "to exist" : "to be absent"), is \(show(actual))"
                )
            }
        case "$$type":
            let types = try Self.typeNames(operand) ?? { throw malformed(name, operand, path) }()
            guard let actual, types.contains(where: { Self.type(of: actual, is: $0) }) else {
                throw UnifiedTestFailure("\(path): expected a value of type \(types), got \(show(actual))")
            }
        case "$$matchesEntity":
            guard let entity = operand.stringValue else { throw malformed(name, operand, path) }
            try match(try entities.value(entity), actual, isRoot: isRoot, path: path)
        case "$$matchesHexBytes":
            guard let text = operand.stringValue, let bytes = Self.bytes(hexadecimal: text) else {
                throw malformed(name, operand, path)
            }
            let actualBytes: [UInt8]? =
                switch actual {
                case .binary(let binary): Array(binary.bytes)
                case .string(let text): Array(text.utf8)
                default: nil
                }
            guard actualBytes == bytes else { throw mismatch(path, operand, actual) }
        case "$$unsetOrMatches":
            guard let actual else { return }
            try match(operand, actual, isRoot: isRoot, path: path)
        case "$$sessionLsid":
            guard let session = operand.stringValue else { throw malformed(name, operand, path) }
            let identifier = try entities.sessionIdentifier(session)
            guard case .document(let actual) = actual, actual.equalsIgnoringKeyOrder(identifier) else {
                throw mismatch(path, .document(identifier), actual)
            }
        case "$$lte":
            guard let limit = operand.toDouble() else { throw malformed(name, operand, path) }
            guard let actual, actual.type != .decimal128, let value = actual.toDouble(), value <= limit else {
                throw UnifiedTestFailure("\(path): expected at most \(operand), got \(show(actual))")
            }
        case "$$matchAsDocument":
            guard case .string(let text) = actual else { throw mismatch(path, operand, actual) }
            let document: BSONDocument
            do throws(BSONError) {
                document = try BSONDocument(extendedJSON: text)
            } catch {
                throw UnifiedTestFailure("\(path): is not Extended JSON: \(error): \(text)")
            }
            try match(operand, .document(document), isRoot: false, path: path)
        case "$$matchAsRoot":
            try match(operand, actual, isRoot: true, path: path)
        default:
            throw UnifiedTestFailure("\(path): \(name) is not a known operator")
        }
    }

    /// The operator that a document stands for: its only field begins with two dollar signs.
    static func `operator`(_ document: BSONDocument) -> (name: String, operand: BSON)? {
        var fields = document.makeIterator()
        guard let (name, operand) = fields.next(), name.hasPrefix("$$"), fields.next() == nil else { return nil }
        return (name, operand)
    }

    /// Numbers are compared by value, except decimals; everything else has to have the same type.
    static func areEqual(_ expected: BSON, _ actual: BSON) -> Bool {
        switch (expected, actual) {
        case (.int32, .int32), (.int32, .int64), (.int64, .int32), (.int64, .int64):
            expected.toInt64() == actual.toInt64()
        case (.int32, .double), (.int64, .double), (.double, .int32), (.double, .int64), (.double, .double):
            expected.toDouble() == actual.toDouble()
                || expected.toDouble()?.isNaN == true && actual.toDouble()?.isNaN == true
        case (.codeWithScope(let expected), .codeWithScope(let actual)):
            expected.code == actual.code && expected.scope.equalsIgnoringKeyOrder(actual.scope)
        default:
            expected == actual
        }
    }

    /// - Returns: `nil` when a name is none of a type.
    private static func typeNames(_ operand: BSON) -> [String]? {
        let names: [String?] =
            switch operand {
            case .array(let names): names.map(\.stringValue)
            default: [operand.stringValue]
            }
        let known = Set(BSONType.allCases.map(\.description)).union(["number"])
        guard !names.isEmpty, names.allSatisfy({ $0.map(known.contains) ?? false }) else { return nil }
        return names.compactMap(\.self)
    }

    private static func type(of value: BSON, is name: String) -> Bool {
        if name == "number" { return [.int32, .int64, .double, .decimal128].contains(value.type) }
        return value.type.description == name
    }

    /// - Returns: `nil` when the text is not pairs of hexadecimal digits.
    static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private func show(_ value: BSON?) -> String { value.map { "\($0)" } ?? "nothing" }

    private func mismatch(_ path: String, _ expected: BSON, _ actual: BSON?) -> UnifiedTestFailure {
        UnifiedTestFailure("\(path): expected \(expected), got \(show(actual))")
    }

    private func malformed(_ name: String, _ operand: BSON, _ path: String) -> UnifiedTestFailure {
        UnifiedTestFailure("\(path): the operand of \(name) is malformed: \(operand)")
    }
}
