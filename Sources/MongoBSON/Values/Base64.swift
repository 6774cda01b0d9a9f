// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Base 64 with padding (RFC 4648, section 4), strict: no white space, no missing padding, no bits left over.
enum Base64 {
    private static let alphabet: [UInt8] = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()

    /// The text that stands for the bytes.
    static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        let length = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: length) { target in
            var output = 0
            var input = 0
            while input < bytes.count {
                let rest = bytes.count - input
                let first = UInt32(bytes[input]) << 16
                let second = rest > 1 ? UInt32(bytes[input + 1]) << 8 : 0
                let third = rest > 2 ? UInt32(bytes[input + 2]) : 0
                let group = first | second | third
                target[output] = alphabet[Int(group >> 18 & 63)]
                target[output + 1] = alphabet[Int(group >> 12 & 63)]
                target[output + 2] = rest > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "=")
                target[output + 3] = rest > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "=")
                output += 4
                input += 3
            }
            return output
        }
    }

    /// The bytes that the text stands for, or nil.
    static func decode(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count.isMultiple(of: 4) else { return nil }
        let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3)
        var group: UInt32 = 0
        let significant = characters.count - padding
        for index in characters.indices {
            let value: UInt8
            if index < significant {
                value = values[Int(characters[index])]
                guard value != 0xFF else { return nil }
            } else {
                value = 0
            }
            group = group << 6 | UInt32(value)
            if index % 4 == 3 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        guard bytes.suffix(padding).allSatisfy({ $0 == 0 }) else { return nil }
        bytes.removeLast(padding)
        return bytes
    }
}
