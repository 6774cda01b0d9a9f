// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension BSONDocument {
    /// The value of the first field with this name, or nil when there is none.
    ///
    /// Setting a value replaces that of the first such field, or adds one at the end; setting nil removes it. The
    /// null value of BSON is ``BSON/null``. What happens to a name with U+0000 is told at ``BSONDocument``.
    public subscript(key: String) -> BSON? {
        get { find(key).map(value(of:)) }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            do throws(BSONError) {
                try set(newValue, forKey: key)
            } catch {
                refuse(error)
            }
        }
    }

    /// The value of the first field with this name, or the default when there is none.
    public subscript(key: String, default defaultValue: @autoclosure () -> BSON) -> BSON {
        get { self[key] ?? defaultValue() }
        set { self[key] = newValue }
    }

    /// The value at the end of a path of names, through documents, and through arrays by index.
    ///
    /// `document["owner", "pets", "0", "name"]` is nil as soon as a step leads nowhere. Setting creates the documents
    /// that are missing on the way; where the way leads through a value that is neither document nor array, or
    /// through an index that an array does not have, setting replaces that value by a document.
    public subscript(_ first: String, _ second: String, _ rest: String...) -> BSON? {
        get { Self.value(.document(self), at: [first, second] + rest) }
        set {
            let path = [second] + rest
            if newValue == nil, Self.value(.document(self), at: [first] + path) == nil {
                return
            }
            self[first] = Self.setting(newValue, at: path[...], in: self[first])
        }
    }

    /// The value at the end of a path of names, or the default when the path leads nowhere; see the subscript without
    /// a default.
    public subscript(
        _ first: String,
        _ second: String,
        _ rest: String...,
        default defaultValue: @autoclosure () -> BSON
    ) -> BSON {
        get { Self.value(.document(self), at: [first, second] + rest) ?? defaultValue() }
        set { self[first] = Self.setting(newValue, at: ([second] + rest)[...], in: self[first]) }
    }

    private static func value(_ value: BSON, at path: [String]) -> BSON? {
        path.reduce(value as BSON?) { value, name in
            switch value {
            case .document(let document): document[name]
            case .array: Int(name).flatMap { value?[$0] }
            default: nil
            }
        }
    }

    private static func setting(_ newValue: BSON?, at path: ArraySlice<String>, in value: BSON?) -> BSON? {
        guard let name = path.first else { return newValue }
        let rest = path.dropFirst()
        if case .array(var values) = value, let index = Int(name), values.indices.contains(index) {
            if let element = setting(newValue, at: rest, in: values[index]) {
                values[index] = element
            } else {
                values.remove(at: index)
            }
            return .array(values)
        }
        var document = value?.documentValue ?? BSONDocument()
        document[name] = setting(newValue, at: rest, in: document[name])
        return .document(document)
    }

    /// Whether a field has this name.
    public func hasKey(_ key: String) -> Bool {
        find(key) != nil
    }

    /// The names, in the order of the document.
    public var keys: [String] {
        var keys: [String] = []
        forEachElement { base, element in
            keys.append(RawBytes.string(base, element.keyOffset, count: element.keyCount))
        }
        return keys
    }

    /// The values, in the order of the document.
    public var values: [BSON] {
        var values: [BSON] = []
        forEachElement { base, element in
            values.append(BSON(reading: element, base: base, buffer: storage))
        }
        return values
    }

    func value(of element: RawElement) -> BSON {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return .null }
            return BSON(reading: element, base: base, buffer: storage)
        }
    }

    /// Walks the elements with nothing built.
    @inline(__always)
    func forEachElement(_ body: (UnsafeRawPointer, RawElement) -> Void) {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var scanner = ElementScanner(base: base, documentAt: 0, limit: bytes.count)
            while let element = scanner.next() {
                body(base, element)
            }
        }
    }
}
