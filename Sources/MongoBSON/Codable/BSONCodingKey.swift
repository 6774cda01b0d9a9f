// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A step of the way to a value: a field name, or the index of an array's element.
enum BSONCodingKey: CodingKey {
    case name(String)
    case index(Int)

    init(stringValue: String) {
        self = .name(stringValue)
    }

    init(intValue: Int) {
        self = .index(intValue)
    }

    var stringValue: String {
        switch self {
        case .name(let name): name
        case .index(let index): String(index)
        }
    }

    var intValue: Int? {
        switch self {
        case .name: nil
        case .index(let index): index
        }
    }

    static let `super` = BSONCodingKey.name("super")
}

extension BSONError {
    /// The error that coding ended with, as one of this module: what a type's own code threw is kept inside.
    init(coding error: any Error) {
        switch error {
        case let error as BSONError:
            self = error
        case let error as DecodingError:
            self.init(decoding: error)
        case EncodingError.invalidValue(_, let context):
            self.init(invalid: context, "the value cannot be encoded", error)
        default:
            self.init(.codingFailed, "a type's own coding code threw an error", underlyingError: error)
        }
    }

    private init(decoding error: DecodingError) {
        let code: Code
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let place): (code, context) = (.typeMismatch, place)
        case .valueNotFound(_, let place): (code, context) = (.valueNotFound, place)
        case .keyNotFound(_, let place): (code, context) = (.keyNotFound, place)
        case .dataCorrupted(let place):
            self.init(invalid: place, "the value is not one that the type has", error)
            return
        @unknown default:
            self.init(.codingFailed, "a type's own coding code threw an error", underlyingError: error)
            return
        }
        let cause = context.underlyingError as? BSONError
        self.init(
            cause?.code ?? code,
            context.debugDescription,
            path: context.codingPath.map(\.stringValue),
            underlyingError: cause == nil ? context.underlyingError : nil
        )
    }

    /// The words are told only where they are this module's: the standard library quotes the value, as of an enumeration
    /// that has no such case, and a type's own code may, too.
    private init(invalid place: some InvalidPlace, _ words: String, _ error: any Error) {
        let cause = place.underlyingError as? BSONError
        self.init(
            cause?.code ?? .invalidValue,
            cause == nil ? words : place.debugDescription,
            path: place.codingPath.map(\.stringValue),
            underlyingError: cause == nil ? error : nil
        )
    }
}

/// What the contexts of both kinds of coding errors have.
private protocol InvalidPlace {
    var codingPath: [any CodingKey] { get }
    var debugDescription: String { get }
    var underlyingError: (any Error)? { get }
}

extension EncodingError.Context: InvalidPlace {}
extension DecodingError.Context: InvalidPlace {}
