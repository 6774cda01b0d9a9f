// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import MongoTLS

/// The error that every operation of the driver throws.
///
/// ``code-swift.property`` tells what kind of failure it is; ``server`` carries what the server answered, ``tls`` why
/// TLS failed. ``description`` is one line that is safe to log: it never contains credentials, documents or passphrases.
public struct MongoError: Error, Sendable {
    /// The kind of failure.
    public var code: Code
    /// What happened, in one line.
    public var message: String
    /// The error labels, for example `RetryableWriteError`, of the server and of the driver.
    public var labels: Set<String>
    /// What the server answered, when it was the server that refused.
    public var server: ServerReply?
    /// Why TLS failed, when it was TLS that failed.
    public var tls: TLSError?
    /// The error below this one, when there is one.
    public var underlying: (any Error)?
    /// What only some operations have to say.
    var detail: Detail?

    package init(
        _ code: Code,
        _ message: String,
        labels: Set<String> = [],
        server: ServerReply? = nil,
        tls: TLSError? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.labels = labels
        self.server = server
        self.tls = tls
        self.underlying = underlying
    }

    /// Whether the error carries the label.
    public func hasLabel(_ label: String) -> Bool {
        labels.contains(label)
    }
}

extension MongoError {
    /// A kind of failure. New ones may be added.
    public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let rawValue: String

        /// Makes a code of its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name of the code.
        public var description: String { rawValue }

        /// An option, an argument or a connection string cannot be used. Nothing was sent.
        public static let invalidArgument = Code(rawValue: "invalidArgument")
        /// TLS could not be set up; see ``MongoError/tls``.
        public static let tls = Code(rawValue: "tls")
        /// The connection could not be made, or broke.
        public static let network = Code(rawValue: "network")
        /// The connections to a server were given up, because an operation or a check found the server in trouble: while this
        /// operation waited for one (nothing was sent), or while it used one. Another attempt may succeed.
        public static let poolCleared = Code(rawValue: "poolCleared")
        /// A deadline passed.
        public static let timeout = Code(rawValue: "timeout")
        /// The task was cancelled.
        public static let cancelled = Code(rawValue: "cancelled")
        /// The client, or a part of it, was closed.
        public static let clientClosed = Code(rawValue: "clientClosed")
        /// The server sent something that is not the protocol.
        public static let invalidResponse = Code(rawValue: "invalidResponse")
        /// The client could not log in: the server refused the user, or could not prove that it knows the password.
        public static let authentication = Code(rawValue: "authentication")
        /// The server refused the command; see ``MongoError/server``.
        public static let command = Code(rawValue: "command")
        /// The server refused one or more writes; see ``MongoError/server``.
        public static let write = Code(rawValue: "write")
        /// No server fits the operation.
        public static let serverSelection = Code(rawValue: "serverSelection")
        /// The server is too old or too new for this driver.
        public static let incompatibleServer = Code(rawValue: "incompatibleServer")
        /// A value could not be turned into BSON, or back.
        public static let bson = Code(rawValue: "bson")
        /// A file of GridFS is not there, or its parts are not whole.
        public static let gridFS = Code(rawValue: "gridFS")
        /// The driver does not support this yet.
        public static let unsupported = Code(rawValue: "unsupported")
    }
}

extension MongoError: CustomStringConvertible, CustomDebugStringConvertible {
    /// One line that is safe to log. The server's own words are not in it, because they can quote documents: see
    /// ``debugDescription``, or ``ServerReply/message``.
    public var description: String {
        var text = "MongoError(\(code.rawValue)): \(message)"
        if !labels.isEmpty { text += " labels: [\(labels.sorted().joined(separator: ", "))]" }
        return text
    }

    /// The description with the server's own words, which can quote values of documents. For a developer's eyes: this is
    /// what `debugPrint` and an error that ends a program show.
    public var debugDescription: String {
        guard let server else { return description }
        let words =
            [server.message, server.writeConcernError?.message ?? ""] + server.writeErrors.prefix(3).map(\.message)
        return ([description] + words.filter { !$0.isEmpty }).joined(separator: "; ")
    }
}
