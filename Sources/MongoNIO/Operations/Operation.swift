// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// One command to a server: what it needs, what it says, and what the reply means.
///
/// Before it on the way of a request: the public API, which fills an operation and does nothing else. After it:
/// `OperationExecutor`.
protocol Operation: Sendable {
    associatedtype Output: Sendable

    /// The command's name, for events, logs and the rules that go by it.
    var commandName: String { get }
    /// The database that the command goes to.
    var database: String { get }
    /// The collection that it works on; `nil` when that is none, or more than one. For spans.
    var collectionName: String? { get }
    /// Whether it reads or writes, which decides where it may go.
    var purpose: ServerSelector.Purpose { get }
    /// Whether it may be tried once more when it fails for a reason that passes.
    var retryability: Retryability { get }
    /// Whether that is so for the part of it that goes into one command: asked when the server's limits are known.
    func isRetryable(within limits: MessageLimits) -> Bool
    /// Which of the inherited settings go into the command.
    var accepts: CommandSettings.Fields { get }
    /// Which part it has in its session's transaction, if there is one.
    var transactionRole: TransactionRole { get }
    /// How long the server may work on it, as the user's options say. Sent as `maxTimeMS` unless a timeout takes its place:
    /// an operation does not write that field by itself.
    var maxTime: Duration? { get }
    /// What a timeout means for the server.
    var timeLimit: TimeLimit { get }
    /// Whether the server is asked not to answer when the write concern says that nobody waits.
    var canBeUnacknowledged: Bool { get }
    /// Whether its session may be left out: the server does not care.
    var isSessionless: Bool { get }
    /// Whether it can be told to see what its session did before: the command takes `afterClusterTime`.
    ///
    /// - SeeAlso: [afterClusterTime](https://github.com/mongodb/specifications/blob/master/source/read-write-concern/read-write-concern.md#afterclustertime)
    var isCausal: Bool { get }
    /// Whether it is a command of the user's, of which nothing is known.
    var isGeneric: Bool { get }
    /// The field `rawData`, which only servers that know it are sent.
    var rawData: Bool? { get }

    /// Writes the command's own fields, its name first. `$db` and the settings are added by `CommandBuilder`.
    func encode(into command: inout BSONWriter)

    /// Refuses what the selected server would misunderstand, or could not refuse by itself.
    func check(_ target: CommandTarget) throws(MongoError)

    /// The documents that travel beside the body.
    ///
    /// - Parameter limits: What the server accepts in one message.
    /// - Throws: `MongoError` when a document is too large for the server.
    func documentSequences(within limits: MessageLimits) throws(MongoError) -> [OpMessage.DocumentSequence]

    /// Reads the reply, whose `ok` is checked already.
    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> Output

    /// Says what a refusal of the server means, where it is none for the user. Throws the error again where it is one.
    func recover(from error: MongoError) throws(MongoError) -> Output

    /// What the caller will throw because of the output, where that is not thrown by ``decode(_:_:)``. For spans.
    func refusal(in output: Output) -> MongoError?
}

extension Operation {
    var collectionName: String? { nil }

    var accepts: CommandSettings.Fields { [] }

    var transactionRole: TransactionRole { .member }

    var maxTime: Duration? { nil }

    var timeLimit: TimeLimit { .wholeCommand }

    var canBeUnacknowledged: Bool {
        switch commandName {
        case "insert", "update", "delete", "bulkWrite": true
        default: false
        }
    }

    var isSessionless: Bool { false }

    var isGeneric: Bool { false }

    var isCausal: Bool {
        if isGeneric { return false }
        if accepts.contains(.readConcern) { return true }
        return switch commandName {
        case "insert", "update", "findAndModify", "delete", "bulkWrite", "create", "createIndexes", "drop",
            "dropDatabase", "dropIndexes":
            true
        default: false
        }
    }

    var retryability: Retryability { .never }

    func isRetryable(within limits: MessageLimits) -> Bool { true }

    var rawData: Bool? { nil }

    func check(_ target: CommandTarget) throws(MongoError) {}

    func documentSequences(within limits: MessageLimits) throws(MongoError) -> [OpMessage.DocumentSequence] { [] }

    func recover(from error: MongoError) throws(MongoError) -> Output { throw error }

    func refusal(in output: Output) -> MongoError? { nil }
}

/// Whether an operation may be tried once more.
enum Retryability: Hashable, Sendable {
    case never
    /// [Retryable reads](https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md).
    case read
    /// [Retryable writes](https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md):
    /// the attempts share a transaction number.
    case write
}

/// What the server is told of an operation's timeout.
///
/// - SeeAlso: [Client Side Operations Timeout](https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/client-side-operations-timeout.md#command-execution)
enum TimeLimit: Hashable, Sendable {
    /// `maxTimeMS` is the time that is left.
    case wholeCommand
    /// Nothing: the timeout is the driver's only. For commands of cursors where `maxTimeMS` would limit the cursor's life.
    case driverOnly
    /// `maxTimeMS` is how long the server may wait for news, but no longer than the time that is left: `getMore` of a
    /// tailable cursor. `nil` leaves it to the server.
    case await(Duration?)
}

/// What is known of the server that a command is about to be sent to.
struct CommandTarget: Hashable, Sendable {
    /// The newest version of the wire protocol that the server speaks.
    var maxWireVersion: Int
    /// Whether the server will be asked to acknowledge the write.
    var isAcknowledged: Bool
}

/// What a server accepts in one message.
struct MessageLimits: Hashable, Sendable {
    /// The largest document, in bytes.
    var documentSize = 16 << 20
    /// The largest message, in bytes.
    var messageSize = 48_000_000
    /// The most writes in one command.
    var writeCount = 100_000

    init() {}

    init(_ hello: HelloReply) {
        documentSize = Int(hello.maxBSONObjectSize)
        messageSize = Int(hello.maxMessageSizeBytes)
        writeCount = Int(hello.maxWriteBatchSize)
    }
}

/// What an operation may want to know of how its reply came about.
struct ReplyContext: Sendable {
    /// The server that answered: a cursor's next batch has to come from the same one.
    var server: Server
    /// How many documents travelled beside the body, in the first of the sequences.
    var sequenceCount: Int
    /// The newest version of the wire protocol that the server speaks.
    var maxWireVersion: Int
    /// What the following commands of a cursor have in common with this one: they need the same session, and the same
    /// server or connection.
    var continuation = OperationContext()
    /// Whether the server has answered. `false`: nobody knows what became of the write, and the reply is made up.
    var isAcknowledged = true
}

/// The settings that a command inherits from its collection, database or client.
struct CommandSettings: Sendable {
    /// Which settings a command knows.
    struct Fields: OptionSet, Sendable {
        let rawValue: UInt8

        static let readConcern = Fields(rawValue: 1 << 0)
        static let writeConcern = Fields(rawValue: 1 << 1)
        static let readPreference = Fields(rawValue: 1 << 2)
    }

    var readConcern: ReadConcern
    var writeConcern: WriteConcern
    var readPreference: ReadPreference
    /// How long an operation may take in all; zero: as long as it takes; `nil`: nobody has said so, and the older timeouts
    /// apply.
    var timeout: Duration?
    /// Which of them were set for this one operation: a transaction does not allow all of that.
    var explicit: Fields = []
}
