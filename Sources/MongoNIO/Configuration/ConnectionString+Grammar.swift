// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// The parts of a connection string:
// https://github.com/mongodb/specifications/blob/master/source/connection-string/connection-string-spec.md#general-syntax
//
// An unescaped "@", "/", "?" or ":" in a password moves the borders of the parts, and then a piece of the password
// poses as a host, a database or the name of an option. Such texts are refused without quoting any part of them.

extension ConnectionString {
    /// A connection string, cut into its decoded parts.
    struct Grammar {
        /// The name and the decoded value of an option, in the order given.
        struct Pair {
            /// The name as it was written, percent-decoded.
            let name: String
            let value: String
        }

        let scheme: Scheme
        let username: String?
        let password: String?
        let hosts: [ServerAddress]
        let srvHost: String?
        let database: String?
        let collection: String?
        let pairs: [Pair]

        init(_ text: String) throws(MongoError) {
            let bytes = Array(text.utf8)
            guard let scheme = Scheme.allCases.first(where: { bytes.starts(with: Array("\($0.rawValue)://".utf8)) })
            else {
                throw ConnectionString.invalid("it must begin with 'mongodb://' or 'mongodb+srv://'")
            }
            let rest = bytes[(scheme.rawValue.utf8.count + 3)...]
            let authority = rest.prefix { $0 != .slash && $0 != .questionMark }
            let tail = rest[authority.endIndex...]
            let path = tail.first == .slash ? tail.dropFirst().prefix { $0 != .questionMark } : tail.prefix(0)
            let query = tail.drop { $0 != .questionMark }.dropFirst()

            let at = authority.lastIndex(of: .at)
            // Else "mongodb://user:p@ss/word@host" would send the user to a host named "ss".
            guard !path.contains(.at) else { throw Self.unescaped }
            (username, password) = try Self.userInfo(at.map { authority[..<$0] })
            let identifiers = at.map { authority[($0 + 1)...] } ?? authority
            do throws(MongoError) {
                (hosts, srvHost) = try Self.hostInformation(identifiers, scheme: scheme)
            } catch {
                throw at == nil && query.contains(.at) ? Self.unescaped : error
            }
            (database, collection) = try Self.namespace(path)
            pairs = try Self.pairs(query)
            self.scheme = scheme
        }

        private static let unescaped = ConnectionString.invalid(
            "user name and password must be percent-encoded (RFC 3986) where they contain any of : / ? # [ ] @ %"
        )
    }
}

extension ConnectionString.Grammar {
    private static func userInfo(
        _ text: ArraySlice<UInt8>?
    ) throws(MongoError) -> (username: String?, password: String?) {
        guard let text else { return (nil, nil) }
        let parts = text.split(separator: .colon, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count <= 2, !text.contains(.at) else { throw unescaped }
        let decoded = parts.compactMap { String(percentDecoding: $0) }
        guard decoded.count == parts.count, let username = decoded.first else { throw unescaped }
        // An "@" asks for authentication, even with nothing before it; no mechanism knows an empty user name.
        guard !username.isEmpty else { throw ConnectionString.invalid("the user name is empty") }
        return (username, decoded.dropFirst().first)
    }

    private static func hostInformation(
        _ text: ArraySlice<UInt8>,
        scheme: ConnectionString.Scheme
    ) throws(MongoError) -> (hosts: [ServerAddress], srvHost: String?) {
        guard !text.isEmpty else {
            throw ConnectionString.invalid(
                "there is no host; slashes in the path of a Unix domain socket must be percent-encoded"
            )
        }
        let identifiers = text.split(separator: .comma, omittingEmptySubsequences: false)
        switch scheme {
        case .mongodb:
            var hosts: [ServerAddress] = []
            for identifier in identifiers {
                let (host, port) = try hostAndPort(identifier)
                hosts.append(try ServerAddress(host: host, port: port))
            }
            return (hosts, nil)
        case .mongodbSRV:
            guard identifiers.count == 1 else { throw ConnectionString.invalid("mongodb+srv takes one host name") }
            let (host, port) = try hostAndPort(text)
            guard port == nil else { throw ConnectionString.invalid("mongodb+srv takes no port") }
            let address = try ServerAddress(host: host)
            guard address.kind == .hostname, let name = address.certificateName else {
                throw ConnectionString.invalid("mongodb+srv takes a host name, not an address")
            }
            return ([], name)
        }
    }

    private static func hostAndPort(_ identifier: ArraySlice<UInt8>) throws(MongoError) -> (String, Int?) {
        let (encoded, port) = try ServerAddress.split(identifier)
        guard let host = String(percentDecoding: encoded) else {
            throw ConnectionString.invalid("a host is not properly percent-encoded")
        }
        return (host, port)
    }

    /// The database, or the database and the collection when the path is a namespace.
    private static func namespace(
        _ path: ArraySlice<UInt8>
    ) throws(MongoError) -> (database: String?, collection: String?) {
        guard !path.isEmpty else { return (nil, nil) }
        guard let text = String(percentDecoding: path) else {
            throw ConnectionString.invalid("the database is not properly percent-encoded")
        }
        guard !text.utf8.contains(where: { "/\\ \"$\0".utf8.contains($0) }) else {
            throw ConnectionString.invalid(#"the database must not contain / \ " $ or a space"#)
        }
        let parts = text.utf8.split(separator: .period, maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let database = parts.first, !database.isEmpty else {
            throw ConnectionString.invalid("the database is empty")
        }
        return (database, parts.dropFirst().first)
    }

    /// The options. `&` stands between them; where there is none, the `;` of old does too.
    static func pairs(_ query: ArraySlice<UInt8>) throws(MongoError) -> [Pair] {
        var separator = UInt8.ampersand
        if query.contains(.semicolon) {
            // Were it part of a value, options would silently be swallowed: "replicaSet=a;tls=true" is plaintext then.
            guard !query.contains(.ampersand) else {
                throw ConnectionString.invalid("options mix '&' and ';'; a ';' in a value must be written %3B")
            }
            separator = .semicolon
        }
        var pairs: [Pair] = []
        for text in query.split(separator: separator) {
            guard let equals = text.firstIndex(of: .equals) else {
                throw ConnectionString.invalid("an option lacks its '='")
            }
            guard let name = String(percentDecoding: text[..<equals]), !name.isEmpty,
                name.utf8.allSatisfy(\.isPartOfOptionName)
            else {
                throw ConnectionString.invalid(
                    "something before a '=' cannot be the name of an option; is a password not percent-encoded?"
                )
            }
            guard let value = String(percentDecoding: text[(equals + 1)...]) else {
                // An unknown name may be a piece of a password that contains an unescaped "&".
                let option = OptionParser.knows(name) ? "option '\(name)'" : "an option"
                throw ConnectionString.invalid("the value of \(option) is not properly percent-encoded")
            }
            pairs.append(Pair(name: name, value: value))
        }
        return pairs
    }
}

extension UInt8 {
    fileprivate static let slash = UInt8(ascii: "/")
    fileprivate static let questionMark = UInt8(ascii: "?")
    fileprivate static let at = UInt8(ascii: "@")
    fileprivate static let colon = UInt8(ascii: ":")
    fileprivate static let comma = UInt8(ascii: ",")
    fileprivate static let period = UInt8(ascii: ".")
    fileprivate static let ampersand = UInt8(ascii: "&")
    fileprivate static let semicolon = UInt8(ascii: ";")
    fileprivate static let equals = UInt8(ascii: "=")

    /// Letters, digits, and what the names of some drivers' options contain beside them.
    fileprivate var isPartOfOptionName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), .period: true
        default: false
        }
    }
}
