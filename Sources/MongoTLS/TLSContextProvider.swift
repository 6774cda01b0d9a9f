// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// Owns the TLS context of one client: made off the event loop, shared by all its connections, and exchanged as a whole
/// when its files are read anew.
///
/// A connection keeps the context that it was made with. New ones get the new context at once, and nothing of the old
/// one: a session is never resumed across an exchange, because sessions are kept by the context.
package final class TLSContextProvider: Sendable {
    private struct State {
        var context: TLSContext
        /// Which attempt made the context: of two at the same time the later one read the newer files.
        var attempt = 0
        var policy: ReloadPolicy
        var timers: [RepeatedTask] = []
        var isStopped = false
    }

    private let options: TLSOptions
    private let logger: Logger?
    private let expiry: ExpiryWatch?
    private let journal: OCSPJournal?
    private let speakingTLS = TLSEndpointNotes()
    private let lastAttempt = Atomic<Int>(0)
    private let state: Mutex<State>

    /// Reads and judges everything that the options name.
    ///
    /// - Parameters:
    ///   - logger: Where to warn of what is about to expire and of files that cannot be used.
    ///   - journal: Where to note what came of questions to OCSP responders.
    /// - Throws: `TLSError` of the category `configuration`.
    package init(_ options: TLSOptions, logger: Logger? = nil, journal: OCSPJournal? = nil) throws(TLSError) {
        let files = FileFingerprints(options.files)
        let expiry = logger.map { ExpiryWatch($0) }
        let context = try TLSContext(options, expiry: expiry, journal: journal, speakingTLS: speakingTLS)
        self.options = options
        self.logger = logger
        self.expiry = expiry
        self.journal = journal
        self.state = Mutex(State(context: context, policy: ReloadPolicy(loaded: files)))
        expiry?.setOwn(context.ownExpiringItems)
    }

    /// The context for the next connection.
    package var current: TLSContext {
        state.withLock { $0.context }
    }

    // MARK: Reading the files anew

    /// Reads everything that the options name anew, judges it, and takes it into use as a whole.
    ///
    /// Reads files: not for an event loop.
    ///
    /// - Throws: `TLSError` of the category `configuration`. What was in use stays in use then.
    package func reload() throws(TLSError) {
        let attempt = lastAttempt.add(1, ordering: .sequentiallyConsistent).newValue
        let files = FileFingerprints(options.files)
        let context = try TLSContext(options, expiry: expiry, journal: journal, speakingTLS: speakingTLS)
        let isNewest = state.withLock { state in
            guard attempt > state.attempt else { return false }
            state.attempt = attempt
            state.context = context
            state.policy.loaded(files)
            return true
        }
        if isNewest { expiry?.setOwn(context.ownExpiringItems) }
    }

    /// Looks whether the files have changed, and reads them anew if they have.
    ///
    /// Reads files: not for an event loop.
    func lookAtFiles() {
        let files = FileFingerprints(options.files)
        switch state.withLock({ $0.policy.step(files) }) {
        case .nothing:
            break
        case .load:
            do throws(TLSError) {
                try reload()
                logger?.info("the TLS files have changed: new connections use the new ones")
            } catch {
                state.withLock { $0.policy.failed(files, error) }
            }
        case .warn(let error):
            logger?.warning("the TLS files have changed and cannot be used, so the earlier ones stay in use: \(error)")
        }
    }

    // MARK: Timers

    /// How often certificates that are in use are looked at for their end.
    private static let expiryInterval = TimeAmount.hours(1)

    /// Begins to watch the files, if the options ask for it, and the ends of certificates, if somebody is told of them.
    ///
    /// - Parameter eventLoop: For the timers; what they start runs elsewhere.
    package func start(on eventLoop: any EventLoop) {
        if let interval = options.reloadInterval {
            start(every: TimeAmount(interval), on: eventLoop) { $0.lookAtFiles() }
        }
        if let expiry {
            start(every: Self.expiryInterval, on: eventLoop) { _ in expiry.check() }
        }
    }

    private func start(
        every interval: TimeAmount,
        on eventLoop: any EventLoop,
        _ body: @escaping @Sendable (TLSContextProvider) -> Void
    ) {
        // Weak: a timer must not keep the contexts of a client that is gone.
        let timer = eventLoop.scheduleRepeatedAsyncTask(initialDelay: interval, delay: interval) { [weak self] timer in
            guard let self else {
                timer.cancel()
                return eventLoop.makeSucceededVoidFuture()
            }
            // The next look begins its wait when this one is over: a slow file system gets no queue of them.
            return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { body(self) }
        }
        let isStopped = state.withLock { state in
            if !state.isStopped { state.timers.append(timer) }
            return state.isStopped
        }
        if isStopped { timer.cancel() }
    }

    /// Ends the watch. The context stays usable.
    package func stop() {
        let timers = state.withLock { state in
            state.isStopped = true
            defer { state.timers = [] }
            return state.timers
        }
        for timer in timers { timer.cancel() }
    }
}
