// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
public import ServiceLifecycle
#endif

extension MongoClient {
    /// Lets everything that runs finish, and then closes the client: single operations, bulk writes and `withTransaction`
    /// as a whole. Between the batches of a cursor nothing runs.
    ///
    /// Until nothing runs, the client works as before, so that a transaction can go on: see to it that nothing new is
    /// begun. Cancelling the task ends the waiting, and closes the client at once.
    public func closeGracefully() async {
        await executor.running.waitUntilNone()
        await close()
    }
}

#if ServiceLifecycle
/// A client in a `ServiceGroup` (package trait `ServiceLifecycle`).
///
/// The group ends its services in the reverse of their order: list the client before those that use it.
/// ```swift
/// let group = ServiceGroup(services: [client, server], gracefulShutdownSignals: [.sigterm], logger: logger)
/// try await group.run()
/// ```
extension MongoClient: Service {
    /// Waits for the end of the service, and closes the client then: when it is asked to shut down gracefully, after
    /// everything that runs has finished (``closeGracefully()``); when the task is cancelled, at once.
    ///
    /// The client works without it, and before it.
    public func run() async throws {
        // The one error there is says that the task was cancelled: then nothing is waited for.
        try? await gracefulShutdown()
        await closeGracefully()
    }
}
#endif
