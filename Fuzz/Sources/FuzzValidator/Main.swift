// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import FuzzSupport
import MongoBSON
import NIOCore

/// Any bytes are refused or become a document of which every part can be read.
@main
struct FuzzValidator {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        withUnsafeMutablePointer(to: &arguments) { arguments in
            arguments.withMemoryRebound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1) {
                _ = LLVMFuzzerRunDriver(&count, $0) { bytes, size in
                    FuzzValidator.run(UnsafeRawBufferPointer(start: bytes, count: size))
                    return 0
                }
            }
        }
    }

    private static func run(_ input: UnsafeRawBufferPointer) {
        let buffer = atTheEnd(input)
        for text in [BSONTextValidation.strict, .lenient] {
            guard let document = try? BSONDocument(validating: buffer, text: text) else { continue }
            let rebuilt = walk(document)
            // What was rebuilt from values is valid, and the same document but for degenerate arrays and options.
            guard let again = try? BSONDocument(validating: rebuilt.buffer, text: text), again == rebuilt else {
                fatalError("a rebuilt document is not valid")
            }
            guard walk(rebuilt) == rebuilt else { fatalError("rebuilding twice makes a difference") }
            _ = document.equalsIgnoringKeyOrder(rebuilt)
            _ = document.hashValue
            _ = document.count
        }
    }

    private static func walk(_ document: BSONDocument) -> BSONDocument {
        BSONDocument(document.map { ($0.key, walk($0.value)) })
    }

    private static func walk(_ value: BSON) -> BSON {
        switch value {
        case .document(let document): .document(walk(document))
        case .array(let values): .array(values.map { walk($0) })
        case .codeWithScope(let code): .codeWithScope(BSONCodeWithScope(code: code.code, scope: walk(code.scope)))
        default: value
        }
    }
}
