// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/command-logging-and-monitoring/command-logging-and-monitoring.md

public import MongoBSON

/// A command was sent to a server, and what came of it.
///
/// Every started command is followed by exactly one of the two others, with the same ``CommandInfo/requestID``. An
/// operation that is tried again has events for each attempt. Commands that make a connection or watch a server have none.
public enum CommandEvent: Sendable {
    /// A command is about to be sent.
    case started(CommandStartedEvent)
    /// The server did what it was asked for; single writes may have failed nevertheless.
    case succeeded(CommandSucceededEvent)
    /// The server refused the command, or did not answer.
    case failed(CommandFailedEvent)
}

/// What the events of one command have in common.
public struct CommandInfo: Sendable {
    /// The command's name, for example `find`.
    public var commandName: String
    /// The database that it was sent to.
    public var databaseName: String
    /// The number of the message, unique in the process.
    public var requestID: Int64
    /// The number of the operation: attempts and batches of one operation share it.
    public var operationID: Int64
    /// The server.
    public var address: ServerAddress
    /// The connection's number in its pool.
    public var driverConnectionID: Int64
    /// The server's number for the connection; `nil` when it told none.
    public var serverConnectionID: Int64?
    /// Behind a load balancer: the service that the connection goes to.
    public var serviceID: BSONObjectID?
}

/// A command is about to be sent.
public struct CommandStartedEvent: Sendable {
    /// Which command.
    public var info: CommandInfo
    /// The command as it is sent, with documents that travel beside it in their place. Empty for commands that log in or
    /// make users.
    public var command: BSONDocument
}

/// A server did what it was asked for.
public struct CommandSucceededEvent: Sendable {
    /// Which command.
    public var info: CommandInfo
    /// How long it took to send the command and to receive the reply.
    public var duration: Duration
    /// The server's reply. Empty for commands that log in or make users.
    public var reply: BSONDocument
}

/// A server refused a command, or did not answer.
public struct CommandFailedEvent: Sendable {
    /// Which command.
    public var info: CommandInfo
    /// How long it took until the failure was known.
    public var duration: Duration
    /// Why. Without the server's words for commands that log in or make users.
    public var failure: MongoError
}
