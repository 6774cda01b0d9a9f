// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// The objects of Extended JSON that stand for a value of another type, by the key that tells them. The rules are those
/// of <https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md#parsers>: an object
/// with such a key has no others but the wrapper's own, in any order, and their values have the right types.
enum TypeWrapper: String {
    case objectID = "$oid"
    case symbol = "$symbol"
    case int32 = "$numberInt"
    case int64 = "$numberLong"
    case double = "$numberDouble"
    case decimal128 = "$numberDecimal"
    case binary = "$binary"
    case uuid = "$uuid"
    case code = "$code"
    case scope = "$scope"
    case timestamp = "$timestamp"
    case regularExpression = "$regularExpression"
    case dbPointer = "$dbPointer"
    case date = "$date"
    case minKey = "$minKey"
    case maxKey = "$maxKey"
    case undefined = "$undefined"

    /// The wrapper that a name tells, if it does.
    init?(_ key: String) {
        guard key.utf8.first == UInt8(ascii: "$") else { return nil }
        self.init(rawValue: key)
    }
}

extension ExtendedJSONParser {
    /// The rest of a type wrapper, whose first key and the colon were read.
    mutating func wrapper(
        _ wrapper: TypeWrapper,
        _ typeOffset: Int,
        at start: Int,
        depth: Int
    ) throws(BSONError) {
        if wrapper == .code || wrapper == .scope {
            try code(first: wrapper, typeOffset, at: start, depth: depth)
            return
        }
        let value = try wrapped(wrapper, at: start)
        skipSpace()
        guard take("}") else {
            throw error("an object with the key \(wrapper.rawValue) has other keys, or its value the wrong type")
        }
        sink.patch(value.type, at: typeOffset)
        sink.append(valueOf: value)
    }

    /// The value of a wrapper with one key.
    private mutating func wrapped(_ wrapper: TypeWrapper, at start: Int) throws(BSONError) -> BSON {
        switch wrapper {
        case .objectID:
            return .objectID(try converted(wrapper, start) { text throws(BSONError) in try BSONObjectID(text) })
        case .symbol:
            return .symbol(BSONSymbol(try text(wrapper)))
        case .int32:
            return .int32(
                try converted(wrapper, start) { text throws(BSONError) in try decimalInteger(text) as Int32 }
            )
        case .int64:
            return .int64(
                try converted(wrapper, start) { text throws(BSONError) in try decimalInteger(text) as Int64 }
            )
        case .double:
            return .double(try converted(wrapper, start, double))
        case .decimal128:
            return .decimal128(try converted(wrapper, start) { text throws(BSONError) in try BSONDecimal128(text) })
        case .uuid:
            return .binary(try converted(wrapper, start, uuid))
        case .date:
            return .datetime(BSONDateTime(milliseconds: try date(start)))
        case .binary:
            let fields = try fields(of: wrapper, ["base64", "subType"])
            return .binary(try located(wrapper, start) { () throws(BSONError) in try binary(fields[0], fields[1]) })
        case .regularExpression:
            let fields = try fields(of: wrapper, ["pattern", "options"])
            return .regex(
                try located(wrapper, start) { () throws(BSONError) in
                    try BSONRegularExpression(pattern: fields[0], options: fields[1])
                }
            )
        case .timestamp:
            return .timestamp(try timestamp())
        case .dbPointer:
            return .dbPointer(try dbPointer(start))
        case .minKey, .maxKey:
            guard try integer() == 1 else { throw wrongValue(wrapper, "is the integer 1") }
            return wrapper == .minKey ? .minKey : .maxKey
        case .undefined:
            try expect("true", "the value of $undefined is true")
            return .undefined
        case .code, .scope:
            throw wrongValue(wrapper, "stands with $code and $scope")
        }
    }

    private func wrongValue(_ wrapper: TypeWrapper, _ rule: String) -> BSONError {
        error("the value of \(wrapper.rawValue) \(rule); older forms of Extended JSON are not read")
    }

    /// The string that a wrapper holds.
    private mutating func text(_ wrapper: TypeWrapper) throws(BSONError) -> String {
        guard peek() == UInt8(ascii: "\"") else { throw wrongValue(wrapper, "is a string") }
        return try string()
    }

    /// The string that a wrapper holds, converted, with the place in the error.
    private mutating func converted<Value>(
        _ wrapper: TypeWrapper,
        _ start: Int,
        _ convert: (String) throws(BSONError) -> Value
    ) throws(BSONError) -> Value {
        let text = try text(wrapper)
        return try located(wrapper, start) { () throws(BSONError) in try convert(text) }
    }

    private func located<Value>(
        _ wrapper: TypeWrapper,
        _ start: Int,
        _ body: () throws(BSONError) -> Value
    ) throws(BSONError) -> Value {
        do throws(BSONError) {
            return try body()
        } catch {
            throw self.error("the value of \(wrapper.rawValue) is wrong: \(error.message)", at: start)
        }
    }

    /// The strings of an object that has just these keys, in the order of the keys asked for.
    private mutating func fields(of wrapper: TypeWrapper, _ keys: [String]) throws(BSONError) -> [String] {
        guard take("{") else { throw wrongValue(wrapper, "is an object") }
        var values: [String: String] = [:]
        repeat {
            skipSpace()
            let start = position
            let key = try key()
            guard keys.contains(key), values[key] == nil else {
                throw error(
                    "an object in \(wrapper.rawValue) has other keys than \(keys.joined(separator: " and "))",
                    at: start
                )
            }
            guard peek() == UInt8(ascii: "\"") else { throw error("the value of \(key) is a string") }
            values[key] = try string()
            skipSpace()
        } while take(",")
        let ordered = keys.compactMap { values[$0] }
        guard ordered.count == keys.count, take("}") else {
            throw error("an object in \(wrapper.rawValue) has the keys \(keys.joined(separator: " and "))")
        }
        return ordered
    }

    private mutating func timestamp() throws(BSONError) -> BSONTimestamp {
        guard take("{") else { throw wrongValue(.timestamp, "is an object") }
        var values: [String: UInt32] = [:]
        repeat {
            skipSpace()
            let key = try key()
            guard key == "t" || key == "i", values[key] == nil,
                let number = try integer().flatMap(UInt32.init(exactly:))
            else { throw error("an object in $timestamp has the keys t and i with integers of 32 bits") }
            values[key] = number
            skipSpace()
        } while take(",")
        guard let seconds = values["t"], let increment = values["i"], take("}") else {
            throw error("an object in $timestamp has the keys t and i")
        }
        return BSONTimestamp(timestamp: seconds, increment: increment)
    }

    private mutating func dbPointer(_ start: Int) throws(BSONError) -> BSONDBPointer {
        guard take("{") else { throw wrongValue(.dbPointer, "is an object") }
        var reference: String?
        var id: BSONObjectID?
        repeat {
            skipSpace()
            let key = try key()
            if key == "$ref", reference == nil {
                reference = try text(.dbPointer)
            } else if key == "$id", id == nil {
                try expect("{", "the $id in $dbPointer is an object identifier")
                skipSpace()
                guard try self.key() == "$oid" else { throw error("the $id in $dbPointer is an object identifier") }
                id = try converted(.objectID, start) { text throws(BSONError) in try BSONObjectID(text) }
                skipSpace()
                try expect("}", "the $id in $dbPointer is an object identifier")
            } else {
                throw error("an object in $dbPointer has the keys $ref and $id")
            }
            skipSpace()
        } while take(",")
        guard let reference, let id, take("}") else {
            throw error("an object in $dbPointer has the keys $ref and $id")
        }
        return BSONDBPointer(ref: reference, id: id)
    }

    /// `$code` alone, or with `$scope`, in either order.
    private mutating func code(
        first: TypeWrapper,
        _ typeOffset: Int,
        at start: Int,
        depth: Int
    ) throws(BSONError) {
        var code: String?
        var scope: BSONDocument?
        var next = first
        while true {
            if next == .code, code == nil {
                code = try text(.code)
            } else if next == .scope, scope == nil {
                scope = try document(depth: depth + 1)
            } else {
                throw error("an object with the key \(first.rawValue) has the keys $code and $scope", at: start)
            }
            skipSpace()
            if take("}") { break }
            try expect(",", "a field is followed by , or }")
            skipSpace()
            guard let wrapper = TypeWrapper(try key()) else {
                throw error("an object with the key \(first.rawValue) has the keys $code and $scope", at: start)
            }
            next = wrapper
        }
        guard let code else { throw error("an object with the key $scope has the key $code", at: start) }
        if let scope {
            sink.patch(.codeWithScope, at: typeOffset)
            sink.append(valueOf: .codeWithScope(BSONCodeWithScope(code: code, scope: scope)))
        } else {
            sink.patch(.code, at: typeOffset)
            sink.append(string: code)
        }
    }

    /// A document of its own, which is written elsewhere later: the scope of code may come before the code.
    private mutating func document(depth: Int) throws(BSONError) -> BSONDocument {
        try expect("{", "the value of $scope is an object")
        try checkDepth(depth)
        let outer = sink.replaced(with: ByteSink(capacity: 64))
        let start = sink.beginDocument()
        let failure: BSONError?
        do throws(BSONError) {
            try fields(firstKey: nil, depth: depth + 1)
            failure = nil
        } catch {
            failure = error
        }
        sink.endDocument(at: start)
        let inner = sink.replaced(with: outer)
        if let failure {
            throw failure
        }
        return BSONDocument(trusted: try inner.finish())
    }

    /// `{"$numberLong": "…"}`, or a date as text.
    private mutating func date(_ start: Int) throws(BSONError) -> Int64 {
        if peek() == UInt8(ascii: "\"") {
            let text = try string()
            guard let milliseconds = InternetDate.milliseconds(text) else {
                throw error("the value of $date is not a date of RFC 3339 in milliseconds", at: start)
            }
            return milliseconds
        }
        guard take("{") else { throw wrongValue(.date, "is a string or {\"$numberLong\": …}") }
        skipSpace()
        guard try key() == TypeWrapper.int64.rawValue else {
            throw wrongValue(.date, "is a string or {\"$numberLong\": …}")
        }
        let milliseconds = try converted(.int64, start) { text throws(BSONError) in try decimalInteger(text) as Int64 }
        skipSpace()
        try expect("}", "an object in $date has the key $numberLong only")
        return milliseconds
    }
}

// MARK: Texts to values

/// The integer that decimal digits, perhaps with a minus sign, stand for.
private func decimalInteger<Value: FixedWidthInteger>(_ text: String) throws(BSONError) -> Value {
    guard text.utf8.first != UInt8(ascii: "+"), let value = Value(text) else {
        throw BSONError(.invalidValue, "the text is not an integer of \(Value.bitWidth) bits")
    }
    return value
}

private func double(_ text: String) throws(BSONError) -> Double {
    switch text {
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    case "NaN": return .nan
    default:
        // `Double` also reads hexadecimal and other names.
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text), value.isFinite
        else { throw BSONError(.invalidValue, "the text is not a finite double, nor Infinity, -Infinity or NaN") }
        return value
    }
}

private func binary(_ base64: String, _ subtype: String) throws(BSONError) -> BSONBinary {
    guard (1...2).contains(subtype.utf8.count), let number = UInt8(subtype, radix: 16),
        subtype.utf8.first != UInt8(ascii: "+")
    else { throw BSONError(.invalidValue, "the subtype is not one or two hexadecimal digits") }
    return try BSONBinary(base64: base64, subtype: BSONBinary.Subtype(rawValue: number))
}

/// A UUID with its hyphens in their places, as RFC 4122, section 3, has it.
private func uuid(_ text: String) throws(BSONError) -> BSONBinary {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12], let bytes = Hexadecimal.bytes(groups.joined()) else {
        throw BSONError(.invalidValue, "the text is not a UUID")
    }
    return BSONBinary(bytes: bytes, subtype: .uuid)
}
