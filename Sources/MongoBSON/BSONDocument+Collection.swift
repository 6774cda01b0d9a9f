// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension BSONDocument: Collection {
    /// A name and its value.
    public typealias Element = (key: String, value: BSON)

    /// The place of a field. It holds for the document it was made by, until that changes.
    public struct Index: Comparable, Sendable, Hashable {
        fileprivate let offset: Int

        /// Orders places as the fields are.
        public static func < (lhs: Index, rhs: Index) -> Bool {
            lhs.offset < rhs.offset
        }
    }

    /// Walks the fields from the first to the last, building one value at a time.
    public struct Iterator: IteratorProtocol {
        private let storage: ByteBuffer
        /// Walks the memory that `storage` keeps, and that nobody changes while it is shared: asking the buffer for its
        /// address each time costs two checks for exclusive access.
        private var scanner: ElementScanner

        fileprivate init(_ storage: ByteBuffer) {
            self.storage = storage
            scanner = ElementScanner(walking: storage)
        }

        /// The next field.
        @inline(__always)
        public mutating func next() -> Element? {
            guard let element = scanner.next() else { return nil }
            return withExtendedLifetime(storage) {
                (
                    RawBytes.string(scanner.base, element.keyOffset, count: element.keyCount),
                    BSON(reading: element, base: scanner.base, buffer: storage)
                )
            }
        }
    }

    /// An iterator at the first field.
    public func makeIterator() -> Iterator {
        Iterator(storage)
    }

    /// The place of the first field.
    public var startIndex: Index { Index(offset: 4) }

    /// The place after the last field.
    public var endIndex: Index { Index(offset: byteCount - 1) }

    /// Whether there are no fields.
    public var isEmpty: Bool { byteCount <= 5 }

    /// How many fields there are.
    public var count: Int {
        var count = 0
        forEachElement { _, _ in count += 1 }
        return count
    }

    /// The place of the next field.
    public func index(after index: Index) -> Index {
        guard let element = element(at: index) else { return endIndex }
        return Index(offset: element.endOffset)
    }

    /// The field at this place.
    ///
    /// - Precondition: The index is one of this document's, and not ``endIndex``.
    public subscript(position: Index) -> Element {
        guard let element = element(at: position) else {
            preconditionFailure("the index is not one of a field of this document")
        }
        let key = withUnsafeBytes { bytes in
            bytes.baseAddress.map { RawBytes.string($0, element.keyOffset, count: element.keyCount) } ?? ""
        }
        return (key, value(of: element))
    }

    private func element(at index: Index) -> RawElement? {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, index.offset >= 4 else { return nil }
            var scanner = ElementScanner(base: base, elementAt: index.offset, end: bytes.count - 1)
            return scanner.next()
        }
    }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
    /// A document with these fields, in this order. Names that repeat are all kept.
    public init(dictionaryLiteral elements: (String, BSON)...) {
        self.init(elements)
    }

    /// A document with these fields, in this order. Names that repeat are all kept.
    @inlinable
    public init(_ elements: some Sequence<(String, BSON)>) {
        var builder = Builder()
        for (key, value) in elements {
            builder.append(key, value)
        }
        self = builder.finish()
    }

    /// Writes fields one after the other. It is apart so that the loop over any sequence is compiled where that is known.
    @usableFromInline
    struct Builder: ~Copyable {
        private var sink = ByteSink(capacity: 512)
        private let start: Int
        private var refusal: Refusal?

        @usableFromInline
        init() {
            start = sink.beginDocument()
        }

        @usableFromInline
        mutating func append(_ key: String, _ value: BSON) {
            let before = sink.count
            sink.append(key, value)
            if sink.failure != nil, let failure = sink.recover(to: before), refusal == nil {
                refusal = Refusal(failure)
            }
        }

        @usableFromInline
        consuming func finish() -> BSONDocument {
            var document = BSONDocument()
            document.refusal = refusal
            sink.endDocument(at: start)
            do throws(BSONError) {
                document.storage = try sink.finish()
            } catch {
                document.refuse(error)
            }
            return document
        }
    }

    /// A document with the pairs of a dictionary, sorted by name, so that equal dictionaries make equal bytes.
    public init(_ dictionary: [String: BSON]) {
        self.init(dictionary.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
}

// MARK: Whole documents

extension BSONDocument {
    /// A document with those fields that the closure accepts.
    public func filter<Failure: Error>(_ isIncluded: (Element) throws(Failure) -> Bool) throws(Failure) -> BSONDocument
    {
        var fields: [(String, BSON)] = []
        for element in self where try isIncluded(element) {
            fields.append((element.key, element.value))
        }
        return BSONDocument(fields)
    }

    /// A document with the same names and the values that the closure makes.
    public func mapValues<Failure: Error>(_ transform: (BSON) throws(Failure) -> BSON) throws(Failure) -> BSONDocument {
        var fields: [(String, BSON)] = []
        for element in self {
            fields.append((element.key, try transform(element.value)))
        }
        return BSONDocument(fields)
    }

    /// Sets each field of the other document in this one. Where both have a name, the closure chooses the value.
    public mutating func merge<Failure: Error>(
        _ other: BSONDocument,
        uniquingKeysWith combine: (_ current: BSON, _ new: BSON) throws(Failure) -> BSON
    ) throws(Failure) {
        for (key, value) in other {
            if let current = self[key] {
                self[key] = try combine(current, value)
            } else {
                self[key] = value
            }
        }
        if let refusal = other.refusal {
            refuse(refusal.error)
        }
    }

    /// Sets each field of the other document in this one; where both have a name, the other's value wins.
    public mutating func merge(_ other: BSONDocument) {
        merge(other) { _, new in new }
    }

    /// This document with each field of the other one set; see ``merge(_:uniquingKeysWith:)``.
    public func merging<Failure: Error>(
        _ other: BSONDocument,
        uniquingKeysWith combine: (_ current: BSON, _ new: BSON) throws(Failure) -> BSON
    ) throws(Failure) -> BSONDocument {
        var merged = self
        try merged.merge(other, uniquingKeysWith: combine)
        return merged
    }

    /// This document with each field of the other one set; where both have a name, the other's value wins.
    public func merging(_ other: BSONDocument) -> BSONDocument {
        var merged = self
        merged.merge(other)
        return merged
    }
}
