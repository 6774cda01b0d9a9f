// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// The documents of one reply, taken out one after the other as views of the received bytes.
struct CursorBatch: Sendable {
    private var elements: BSONElementViews.Iterator

    /// - Parameter array: The reply's array of documents.
    init(_ array: BSONDocument) {
        elements = array.elements.makeIterator()
    }

    /// The next document; `nil` at the end. What is no document is passed over: no server sends it.
    mutating func next() -> BSONDocument? {
        while let element = elements.next() {
            if let document = element.document { return document }
        }
        return nil
    }
}
