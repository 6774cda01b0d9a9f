// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension BSONDocument {
    /// Sets the value of the first field with this name, or adds the field at the end.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidKey`` when the name holds U+0000, and
    ///   ``BSONError/Code-swift.struct/documentTooLarge``; the document stays as it was.
    public mutating func set(_ value: BSON, forKey key: String) throws(BSONError) {
        if let element = find(key) {
            try replace(element, key, value)
        } else {
            try append(key, value)
        }
    }

    /// Removes the first field with this name, and answers its value.
    @discardableResult
    public mutating func removeValue(forKey key: String) -> BSON? {
        guard let element = find(key) else { return nil }
        let value = value(of: element)
        remove(element)
        return value
    }

    /// Adds a field at the end, without looking whether the name is there already.
    ///
    /// - Throws: As ``set(_:forKey:)``.
    public mutating func append(_ key: String, _ value: BSON) throws(BSONError) {
        var buffer = Self.empty
        swap(&buffer, &storage)
        let start = buffer.readerIndex
        var sink = ByteSink(adopting: consume buffer)
        let end = sink.count - 1
        sink.truncate(to: end)
        sink.append(key, value)
        let failure = sink.recover(to: end)
        sink.endDocument(at: start)
        storage = try sink.finish()
        if let failure {
            throw failure
        }
    }

    private mutating func remove(_ element: RawElement) {
        let length = byteCount
        var sink = ByteSink(capacity: length)
        withUnsafeBytes { bytes in
            sink.append(UnsafeRawBufferPointer(rebasing: bytes[..<element.elementOffset]))
            sink.append(UnsafeRawBufferPointer(rebasing: bytes[element.endOffset..<(length - 1)]))
        }
        finish(sink)
    }

    private mutating func replace(_ element: RawElement, _ key: String, _ value: BSON) throws(BSONError) {
        var sink = ByteSink(capacity: byteCount + 16)
        withUnsafeBytes { bytes in
            sink.append(UnsafeRawBufferPointer(rebasing: bytes[..<element.elementOffset]))
            sink.append(key, value)
            sink.append(UnsafeRawBufferPointer(rebasing: bytes[element.endOffset..<(bytes.count - 1)]))
        }
        sink.endDocument(at: 0)
        storage = try sink.finish()
    }

    /// Ends a document that is not longer than one that was there before, so that it cannot fail.
    private mutating func finish(_ sink: consuming ByteSink) {
        sink.endDocument(at: 0)
        do throws(BSONError) {
            storage = try sink.finish()
        } catch {
            refuse(error)
        }
    }
}
