// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/driver-sessions.md#mongoclient-changes

extension MongoClient {
    /// Makes a session. Nothing is sent. ``ClientSession/endSession(timeout:)`` ends it; ``withSession(options:_:)`` does so by
    /// itself.
    ///
    /// - Parameter options: Causal consistency and more.
    /// - Throws: ``MongoError/Code-swift.struct/invalidArgument`` when the options contradict each other.
    public func startSession(options: ClientSessionOptions? = nil) throws(MongoError) -> ClientSession {
        try ClientSession(client: self, options: options ?? ClientSessionOptions())
    }

    /// Lends a session to the body, and ends it when the body ends, however it ends.
    ///
    /// - Parameters:
    ///   - options: Causal consistency and more.
    ///   - body: Works with the session.
    /// - Returns: What the body returned.
    @discardableResult
    public func withSession<Result>(
        options: ClientSessionOptions? = nil,
        _ body: (ClientSession) async throws -> Result
    ) async throws -> Result {
        let session = try startSession(options: options)
        do {
            let result = try await body(session)
            await session.endSession()
            return result
        } catch {
            await session.endSession()
            throw error
        }
    }

    /// Runs the body in a transaction of a session of its own, and commits it: see
    /// ``ClientSession/withTransaction(options:timeout:_:)``. The body may be called several times.
    ///
    /// - Parameters:
    ///   - options: Read and write concern and more; what is not given is taken from the client.
    ///   - timeout: How long all of it may take; by default what the client's options say, and else two minutes. Zero:
    ///     without limit.
    ///   - body: Works in the transaction.
    /// - Returns: What the body returned.
    @discardableResult
    public func withTransaction<Result>(
        options: TransactionOptions? = nil,
        timeout: Duration? = nil,
        _ body: (ClientSession) async throws -> Result
    ) async throws -> Result {
        try await withSession { session in
            try await session.withTransaction(options: options, timeout: timeout, body)
        }
    }
}
