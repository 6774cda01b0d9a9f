// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// How options are read, whatever they mean:
// https://github.com/mongodb/specifications/blob/master/source/connection-string/connection-string-spec.md#defining-connection-options

/// Reads the options of a connection string row by row (see the table in `ConnectionString+Options`) and collects what
/// is ignored or deprecated. Warnings name options, never values: a value may be a secret, or a piece of one.
struct OptionParser {
    /// An option as it was given.
    struct Given {
        /// Its name as it was written.
        let name: String
        let value: String
    }

    var options = ConnectionString.Options()
    var warnings: [String] = []

    // What ends up in `MongoCredential` and `ProxyOptions`, which know how to keep secrets.
    var authMechanism: String?
    var authMechanismProperties: [String: String]?
    var authSource: String?
    var gssapiServiceName: String?
    var proxyHost: String?
    var proxyPort: Int?
    var proxyUsername: String?
    var proxyPassword: String?

    /// What was given for each row, by the row's name.
    private(set) var given: [String: [Given]] = [:]
    /// The names of options that this driver does not know, in lower case.
    private(set) var unknownNames: [String] = []

    /// Options whose values are secret, or may be.
    private static let secretNames: Set = ["authMechanismProperties", "proxyPassword", "tlsCertificateKeyFilePassword"]

    /// Whether the option was given, under its name or a deprecated one, with whatever value.
    func gave(_ name: String) -> Bool {
        given[name] != nil
    }

    /// Whether this driver knows an option of that name, in any case.
    static func knows(_ name: String) -> Bool {
        let name = name.lowercasedASCII()
        return rowsByName[name] != nil || tlsRowsByName[name] != nil
    }

    /// Reads all options except those of TLS, which are only sorted: see ``tlsOptions(isSRV:mechanism:)``.
    mutating func read(_ pairs: [ConnectionString.Grammar.Pair]) throws(MongoError) {
        var order: [Row] = []
        // The secret option that the last known name belongs to.
        var secret: String?
        for pair in pairs {
            let name = pair.name.lowercasedASCII()
            let known = Self.rowsByName[name]?.name ?? Self.tlsRowsByName[name]?.name
            if let known {
                if given[known] == nil, let row = Self.rowsByName[name] { order.append(row) }
                given[known, default: []].append(Given(name: pair.name, value: pair.value))
                secret = Self.secretNames.contains(known) ? known : nil
            } else {
                unknownNames.append(name)
                // After a secret the unknown name may be the rest of it, behind an "&" that is not percent-encoded.
                warnings.append(
                    secret.map { "Unsupported option after '\($0)': an '&' in a value must be written %26." }
                        ?? "Unsupported option '\(pair.name.quotable)'."
                )
            }
        }
        for row in order {
            let values = current(given[row.name] ?? [], of: row)
            try row.read(values, &self)
        }
    }

    /// The values that count: a deprecated name yields to the current one.
    private mutating func current(_ given: [Given], of row: Row) -> [String] {
        let isDeprecated = { (option: Given) in row.deprecatedNames.contains(option.name.lowercasedASCII()) }
        let hasReplacement = !given.allSatisfy(isDeprecated)
        for option in given where isDeprecated(option) {
            warnings.append(
                hasReplacement
                    ? "Deprecated option '\(option.name)' is ignored because '\(row.name)' is given."
                    : "Deprecated option '\(option.name)' has been replaced by '\(row.name)'."
            )
        }
        return given.filter { !hasReplacement || !isDeprecated($0) }.map(\.value)
    }
}

extension OptionParser {
    /// How one option is read.
    struct Row: Sendable {
        /// Its name in the specification.
        let name: String
        /// Its earlier names, in lower case.
        var deprecatedNames: Set<String> = []
        /// Reads the values, of which there is at least one.
        let read: @Sendable (_ values: [String], _ parser: inout OptionParser) throws(MongoError) -> Void

        /// An option with one value: of several the last one counts, an invalid one is ignored, with a warning each.
        static func value<Value: Sendable>(
            _ name: String,
            _ path: any WritableKeyPath<OptionParser, Value?> & Sendable,
            deprecatedNames: Set<String> = [],
            _ requirement: String,
            parse: @escaping @Sendable (String) -> Value?
        ) -> Row {
            Row(name: name, deprecatedNames: deprecatedNames) { (values, parser) throws(MongoError) in
                if values.count > 1 {
                    parser.warnings.append("Option '\(name)' is given several times: the last value counts.")
                }
                guard let value = values.last.flatMap(parse) else {
                    parser.warnings.append("Unsupported value of option '\(name)', ignored: it must be \(requirement).")
                    return
                }
                parser[keyPath: path] = value
            }
        }

        /// A text that is not empty.
        static func text(
            _ name: String,
            _ path: any WritableKeyPath<OptionParser, String?> & Sendable,
            deprecatedNames: Set<String> = []
        ) -> Row {
            value(name, path, deprecatedNames: deprecatedNames, "a text that is not empty") { $0.isEmpty ? nil : $0 }
        }

        /// A whole number of the range.
        static func integer(
            _ name: String,
            _ path: any WritableKeyPath<OptionParser, Int?> & Sendable,
            _ range: ClosedRange<Int> = 0...Int(Int32.max),
            deprecatedNames: Set<String> = []
        ) -> Row {
            value(
                name,
                path,
                deprecatedNames: deprecatedNames,
                "a number from \(range.lowerBound) to \(range.upperBound)"
            ) {
                Int(decimal: $0).flatMap { range.contains($0) ? $0 : nil }
            }
        }

        /// `true` or `false`; the other spellings of old are read with a warning.
        static func boolean(
            _ name: String,
            _ path: any WritableKeyPath<OptionParser, Bool?> & Sendable,
            deprecatedNames: Set<String> = []
        ) -> Row {
            let row = value(name, path, deprecatedNames: deprecatedNames, "'true' or 'false'", parse: boolean)
            return Row(name: name, deprecatedNames: deprecatedNames) { (values, parser) throws(MongoError) in
                if let value = values.last, value != "true", value != "false", let meant = boolean(value) {
                    parser.warnings.append("Deprecated value of option '\(name)': write '\(meant)'.")
                }
                try row.read(values, &parser)
            }
        }

        @Sendable
        private static func boolean(_ text: String) -> Bool? {
            switch text {
            case "true", "1", "yes", "y", "t": true
            case "false", "0", "-1", "no", "n", "f": false
            default: nil
            }
        }

        /// One of the names of an enumeration.
        static func choice<Value: Sendable & RawRepresentable<String> & CaseIterable>(
            _ name: String,
            _ path: any WritableKeyPath<OptionParser, Value?> & Sendable
        ) -> Row {
            let names = Value.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            return value(name, path, "one of \(names)") { Value(rawValue: $0) }
        }

        /// An option that must not be given several times.
        static func unique(_ row: Row) -> Row {
            Row(name: row.name, deprecatedNames: row.deprecatedNames) { (values, parser) throws(MongoError) in
                guard values.count == 1 else {
                    throw ConnectionString.invalid("option '\(row.name)' is given several times")
                }
                try row.read(values, &parser)
            }
        }
    }

    /// Reads `key:value,key:value`, where values may contain colons; `nil` when the text is something else or names a
    /// key twice.
    static func keyValuePairs(_ text: String) -> [String: String]? {
        var result: [String: String] = [:]
        for pair in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let colon = pair.firstIndex(of: UInt8(ascii: ":")), colon > pair.startIndex else { return nil }
            let key = String(decoding: pair[..<colon], as: UTF8.self)
            let value = String(decoding: pair[pair.index(after: colon)...], as: UTF8.self)
            guard result.updateValue(value, forKey: key) == nil else { return nil }
        }
        return result
    }
}

extension Int {
    /// Reads an optional minus sign and decimal digits, nothing else: not the plus sign that `Int.init` takes.
    init?(decimal text: String) {
        guard text.utf8.first != UInt8(ascii: "+"), let value = Int(text) else { return nil }
        self = value
    }
}
