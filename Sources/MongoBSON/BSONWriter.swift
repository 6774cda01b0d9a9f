// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Writes one document, from the first byte to the last, straight into a `ByteBuffer`.
///
/// For commands and other documents whose fields are known in the code: no intermediate values, one allocation when
/// the capacity is right, and room in front of the document for a message header, filled in afterwards without a copy.
///
/// ```swift
/// var writer = BSONWriter(reserving: 21, capacity: 512)   // 16 bytes of header, 4 of flags, 1 of section kind
/// writer.append("find", "kittens")
/// writer.beginDocument("filter")
/// writer.append("color", "orange")
/// writer.endDocument()
/// writer.append("$db", "home")
/// var message = try writer.finish()                       // reader index 0; the document begins at index 21
/// message.setInteger(Int32(message.readableBytes), at: 0, endianness: .little)
/// ```
///
/// The calls do not throw. The first thing that goes wrong (a name with U+0000, a document with a refused field, more
/// than 2³¹ − 1 bytes, an end without a beginning) is kept, what follows is ignored, and ``finish()`` throws it.
/// In an array, the names are the indexes: use the calls without a name.
package struct BSONWriter: ~Copyable {
    var sink: ByteSink
    /// How many bytes are left free before the document.
    private let prefix: Int
    /// The document that is written now.
    private var current: Open
    /// The documents around it.
    private var outer: [Open] = []

    private struct Open {
        let offset: Int
        /// The index of the next element, or nil when the names are given.
        var nextIndex: Int?
    }

    /// Begins a document.
    ///
    /// - Parameters:
    ///   - prefix: How many zero bytes to leave in front of it.
    ///   - capacity: How many bytes to allocate at once, all together.
    package init(reserving prefix: Int = 0, capacity: Int = 240) {
        self.prefix = max(0, prefix)
        sink = ByteSink(capacity: max(capacity, max(0, prefix) + 16))
        sink.append(zeros: self.prefix)
        current = Open(offset: sink.beginDocument(), nextIndex: nil)
    }

    /// How many bytes are written so far, with the prefix; not counted are the ends of what is open.
    package var count: Int { sink.count }

    /// Ends the document, and what is still open in it, and answers the prefix and the document.
    ///
    /// - Throws: The first thing that went wrong.
    package consuming func finish() throws(BSONError) -> ByteBuffer {
        closeAll()
        return try sink.finish()
    }

    /// Ends the document and answers it without the prefix.
    package consuming func finishDocument() throws(BSONError) -> BSONDocument {
        let prefix = prefix
        var bytes = try finish()
        bytes.moveReaderIndex(forwardBy: prefix)
        return BSONDocument(trusted: bytes)
    }

    private mutating func closeAll() {
        while !outer.isEmpty {
            close()
        }
        sink.endDocument(at: current.offset)
    }

    private mutating func close() {
        guard let parent = outer.popLast() else {
            sink.fail(BSONError(.misuse, "a document was ended that was not begun"))
            return
        }
        sink.endDocument(at: current.offset)
        current = parent
    }
}

// MARK: Nesting

extension BSONWriter {
    /// Begins an embedded document.
    package mutating func beginDocument(_ key: String) {
        guard beginElement(.document, key, 5) else { return }
        open(isArray: false)
    }

    /// Begins an array.
    package mutating func beginArray(_ key: String) {
        guard beginElement(.array, key, 5) else { return }
        open(isArray: true)
    }

    /// Begins a document as the next element of the array that is open.
    package mutating func beginDocument() {
        guard beginElement(.document, 5) else { return }
        open(isArray: false)
    }

    /// Begins an array as the next element of the array that is open.
    package mutating func beginArray() {
        guard beginElement(.array, 5) else { return }
        open(isArray: true)
    }

    /// Ends the document begun last.
    package mutating func endDocument() {
        close()
    }

    /// Ends the array begun last.
    package mutating func endArray() {
        close()
    }

    private mutating func open(isArray: Bool) {
        outer.append(current)
        current = Open(offset: sink.beginDocument(), nextIndex: isArray ? 0 : nil)
    }

    @inline(__always)
    private mutating func beginElement(_ type: BSONType, _ key: String, _ size: Int) -> Bool {
        guard current.nextIndex == nil else {
            sink.fail(BSONError(.misuse, "an element of an array was given a name"))
            return false
        }
        return sink.beginElement(type, key, valueSize: size)
    }

    @inline(__always)
    private mutating func beginElement(_ type: BSONType, _ size: Int) -> Bool {
        guard let index = current.nextIndex else {
            sink.fail(BSONError(.misuse, "an element of a document was given no name"))
            return false
        }
        current.nextIndex = index + 1
        return sink.beginElement(type, index: index, valueSize: size)
    }
}

// MARK: Elements of documents

extension BSONWriter {
    /// Appends a 32-bit integer.
    package mutating func append(_ key: String, _ value: Int32) {
        guard beginElement(.int32, key, 4) else { return }
        sink.write(value)
    }

    /// Appends a 64-bit integer.
    package mutating func append(_ key: String, _ value: Int64) {
        guard beginElement(.int64, key, 8) else { return }
        sink.write(UInt64(bitPattern: value))
    }

    /// Appends an integer as 64 bits.
    package mutating func append(_ key: String, _ value: Int) {
        append(key, Int64(value))
    }

    /// Appends a floating point number.
    package mutating func append(_ key: String, _ value: Double) {
        guard beginElement(.double, key, 8) else { return }
        sink.write(value.bitPattern)
    }

    /// Appends true or false.
    package mutating func append(_ key: String, _ value: Bool) {
        guard beginElement(.bool, key, 1) else { return }
        sink.write(value ? 1 : 0 as UInt8)
    }

    /// Appends text.
    package mutating func append(_ key: String, _ value: String) {
        guard beginElement(.string, key, 5) else { return }
        sink.append(string: value)
    }

    /// Appends an embedded document.
    package mutating func append(_ key: String, _ value: BSONDocument) {
        guard beginElement(.document, key, 5) else { return }
        sink.append(document: value)
    }

    /// Appends an array of documents.
    package mutating func append(_ key: String, _ values: [BSONDocument]) {
        beginArray(key)
        for value in values {
            append(value)
        }
        endArray()
    }

    /// Appends an array.
    package mutating func append(_ key: String, _ values: [BSON]) {
        guard beginElement(.array, key, 5) else { return }
        sink.append(array: values)
    }

    /// Appends an object identifier.
    package mutating func append(_ key: String, _ value: BSONObjectID) {
        guard beginElement(.objectID, key, 12) else { return }
        sink.append(objectID: value)
    }

    /// Appends bytes.
    package mutating func append(_ key: String, _ value: BSONBinary) {
        guard beginElement(.binary, key, 9) else { return }
        sink.append(binary: value)
    }

    /// Appends a timestamp.
    package mutating func append(_ key: String, _ value: BSONTimestamp) {
        guard beginElement(.timestamp, key, 8) else { return }
        sink.write(value.bits)
    }

    /// Appends the null value.
    package mutating func appendNull(_ key: String) {
        _ = beginElement(.null, key, 0)
    }

    /// Appends any value.
    package mutating func append(_ key: String, _ value: BSON) {
        guard beginElement(value.type, key, 16) else { return }
        sink.append(valueOf: value)
    }

    /// Appends any value, or nothing.
    package mutating func append(_ key: String, ifPresent value: BSON?) {
        if let value {
            append(key, value)
        }
    }

    /// Appends all fields of another document, in their order.
    package mutating func appendFields(of document: BSONDocument) {
        guard current.nextIndex == nil else {
            sink.fail(BSONError(.misuse, "the fields of a document were appended to an array"))
            return
        }
        if let refusal = document.refusal {
            sink.fail(refusal.error)
            return
        }
        document.withUnsafeBytes { bytes in
            sink.append(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(4).dropLast()))
        }
    }

    /// Copies one element of another document, name and value.
    package mutating func append(_ element: BSONElementView) {
        guard current.nextIndex == nil else {
            sink.fail(BSONError(.misuse, "an element of an array was given a name"))
            return
        }
        element.withUnsafeBytes { sink.append($0) }
    }
}

// MARK: Elements of arrays

extension BSONWriter {
    /// Appends a document to the array that is open.
    package mutating func append(_ value: BSONDocument) {
        guard beginElement(.document, 5) else { return }
        sink.append(document: value)
    }

    /// Appends text to the array that is open.
    package mutating func append(_ value: String) {
        guard beginElement(.string, 5) else { return }
        sink.append(string: value)
    }

    /// Appends any value to the array that is open.
    package mutating func append(_ value: BSON) {
        guard beginElement(value.type, 16) else { return }
        sink.append(valueOf: value)
    }
}
