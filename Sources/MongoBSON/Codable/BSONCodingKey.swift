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
            let cause = context.underlyingError as? BSONError
            self.init(
                cause?.code ?? .invalidValue,
                context.debugDescription,
                path: context.codingPath.map(\.stringValue),
                underlyingError: cause == nil ? context.underlyingError : nil
            )
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
        case .dataCorrupted(let place): (code, context) = (.invalidValue, place)
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
}
