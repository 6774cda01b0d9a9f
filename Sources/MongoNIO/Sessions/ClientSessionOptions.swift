// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/driver-sessions.md#sessionoptions

public import MongoBSON

/// How a session behaves.
public struct ClientSessionOptions: Sendable {
    /// Whether reads see what the session wrote or read before. Default: `true`, unless ``snapshot`` is set.
    public var causalConsistency: Bool?
    /// Whether all reads of the session see the data of one moment. Needs MongoDB 5.0, and excludes
    /// ``causalConsistency`` and transactions. Default: `false`.
    public var snapshot: Bool
    /// The moment whose data a ``snapshot`` session reads; `nil` leaves it to the first read.
    public var snapshotTime: BSONTimestamp?
    /// What transactions of the session begin with, where they are not given options of their own.
    public var defaultTransactionOptions: TransactionOptions?
    /// How long committing, aborting, ``ClientSession/withTransaction(options:timeout:_:)`` and ending may take each, unless they
    /// say so themselves. Called `defaultTimeoutMS` by the specifications. Default: the client's
    /// ``MongoClientOptions/timeout``.
    public var defaultTimeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        causalConsistency: Bool? = nil,
        snapshot: Bool = false,
        snapshotTime: BSONTimestamp? = nil,
        defaultTransactionOptions: TransactionOptions? = nil,
        defaultTimeout: Duration? = nil
    ) {
        self.causalConsistency = causalConsistency
        self.snapshot = snapshot
        self.snapshotTime = snapshotTime
        self.defaultTransactionOptions = defaultTransactionOptions
        self.defaultTimeout = defaultTimeout
    }
}

/// How a transaction reads and commits. What is `nil` is taken from the session's
/// ``ClientSessionOptions/defaultTransactionOptions``, then from the client.
///
/// - SeeAlso: [Transactions](https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md#transactionoptions)
public struct TransactionOptions: Sendable {
    /// How consistent the transaction's data is.
    public var readConcern: ReadConcern?
    /// Who has to acknowledge the commit. Must not be unacknowledged.
    public var writeConcern: WriteConcern?
    /// Who answers reads. Servers accept the primary only.
    public var readPreference: ReadPreference?
    /// How long the server may work on the commit. Prefer a timeout. Command field `maxTimeMS`.
    public var maxCommitTime: Duration?

    /// Options with the given values; everything else is inherited.
    public init(
        readConcern: ReadConcern? = nil,
        writeConcern: WriteConcern? = nil,
        readPreference: ReadPreference? = nil,
        maxCommitTime: Duration? = nil
    ) {
        self.readConcern = readConcern
        self.writeConcern = writeConcern
        self.readPreference = readPreference
        self.maxCommitTime = maxCommitTime
    }
}
