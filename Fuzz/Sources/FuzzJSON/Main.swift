// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import FuzzSupport
import MongoBSON
import NIOCore

/// Any text is refused or becomes a valid document, which its canonical form brings back.
@main
struct FuzzJSON {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        withUnsafeMutablePointer(to: &arguments) { arguments in
            arguments.withMemoryRebound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1) {
                _ = LLVMFuzzerRunDriver(&count, $0) { bytes, size in
                    FuzzJSON.run(UnsafeRawBufferPointer(start: bytes, count: size))
                    return 0
                }
            }
        }
    }

    private static func run(_ input: UnsafeRawBufferPointer) {
        guard let document = try? BSONDocument(extendedJSON: atTheEnd(input)) else { return }
        guard (try? BSONDocument(validating: document.buffer)) == document else {
            fatalError("what was read is not a valid document")
        }
        let text = document.extendedJSON(.canonical)
        // The top level is never a type wrapper, so every document that was read can be read back.
        guard let again = try? BSONDocument(extendedJSON: text), again == document else {
            fatalError("the canonical form does not bring the document back")
        }
        _ = document.extendedJSON(.relaxed)
    }
}
