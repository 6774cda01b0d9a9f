// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// Documents: as values, as Codable types, as Extended JSON, and for hot code.
// snippet.hide

import Foundation
import MongoBSON

// snippet.values
var cat: BSONDocument = ["name": "Roscoe", "age": 3, "owner": ["name": "Ada"]]
cat["color"] = "orange"
cat["owner", "city"] = "London"  // makes what is missing on the way
let age = cat["age"]?.toInt() ?? 0  // whatever type the number has
let city = cat["owner", "city"]?.stringValue
for (key, value) in cat {
    print(key, value)  // in the order of the document
}

// snippet.codable
struct Kitten: Codable {
    enum Toy: Codable {
        case ball(color: String)
        case mouse
    }

    var _id = BSONObjectID()
    var name: String
    var born: Date
    var chip: UUID?
    var toys: [Toy]
}

let kitten = Kitten(name: "Biscuit", born: Date(), toys: [.mouse, .ball(color: "red")])
let document = try BSONEncoder().encode(kitten)
let same = try BSONDecoder().decode(Kitten.self, from: document)

// snippet.errors
do {
    _ = try BSONDecoder().decode(Kitten.self, from: ["_id": .objectID(BSONObjectID()), "name": 5])
} catch {
    // typeMismatch: expected String, found the BSON type long (at name)
    print(error)
}

// snippet.strategies
let decoder = BSONDecoder(
    dateStrategy: .iso8601,  // dates that somebody stored as text
    uuidStrategy: .legacy(.javaLegacy),  // subtype 3, as old Java drivers wrote it
    keyStrategy: .convertFromSnakeCase
)

// snippet.json
let text = document.extendedJSON(.canonical)  // keeps every type
let back = try BSONDocument(extendedJSON: text)
do {
    _ = try BSONDocument(extendedJSON: "{\"a\": {\"$numberInt\": \"x\"}}")
} catch {
    print(error)  // with line and column
}

// snippet.direct
struct Reading: BSONDecodable, BSONEncodable {
    var sensor: String
    var value: Double

    init(from fields: inout BSONFieldDecoder) throws(BSONError) {
        sensor = try fields.decode(String.self, forKey: "sensor")
        value = try fields.decode(Double.self, forKey: "value")
    }

    func encode(to fields: inout BSONFieldEncoder) throws(BSONError) {
        fields.encode(sensor, forKey: "sensor")
        fields.encode(value, forKey: "value")
    }
}

// snippet.reader
func total(of document: BSONDocument) -> Double {
    var total = 0.0
    var reader = BSONReader(document)
    while reader.next() != nil {
        if reader.hasKey("price"), let price = reader.number {
            total += price
        }
    }
    return total
}

// snippet.hide
print(age, city ?? "-", same.name, decoder.keyStrategy, back == document, total(of: ["price": 1.5]))
