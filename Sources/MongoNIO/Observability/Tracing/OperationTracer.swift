// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/open-telemetry.md#instrumenting-driver-operations

import Logging
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Begins the spans of a client. A client without one makes none, and builds nothing for them.
struct OperationTracer: Sendable {
    let collector: any SpanCollector
    /// The longest text of a command, in bytes; 0: none is shown.
    var queryTextLength = 0

    init(_ collector: any SpanCollector, queryTextLength: Int = 0) {
        self.collector = collector
        self.queryTextLength = queryTextLength
    }

    /// - Returns: `nil` when the options ask for no spans, or nobody can make any.
    init?(_ options: MongoClientOptions) {
        let environment = options.environment ?? ProcessInfo.processInfo.environment
        let settings = TracingSettings(options.tracing, environment: environment)
        guard settings.isEnabled else { return nil }
        #if Tracing
        self.init(DistributedTracing(tracer: options.tracing.tracer), queryTextLength: settings.queryTextLength)
        #else
        options.logger?.warning("spans are not made: this build lacks the package trait Tracing")
        return nil
        #endif
    }

    /// Begins the span of an operation: in that of its transaction, if it is part of one.
    func begin(_ subject: SpanSubject, in transaction: (any OpenSpan)?) -> OperationSpan {
        OperationSpan(collector.begin(subject.summary, subject.operationAttributes, in: transaction), self)
    }

    /// Begins the span of a transaction, which is all that the application does until it is committed or aborted.
    func beginTransaction() -> any OpenSpan {
        collector.begin("transaction", .ofEverySpan, in: nil)
    }
}

/// The span of an operation that is going on. The commands that are sent for it are spans in it.
final class OperationSpan: Sendable {
    let span: any OpenSpan
    let tracer: OperationTracer
    /// Whether the latest command has failed: its own span tells of the error then.
    private let commandFailed = Mutex(false)

    init(_ span: any OpenSpan, _ tracer: OperationTracer) {
        self.span = span
        self.tracer = tracer
    }

    func end() { span.end() }

    /// Ends it with an error.
    func end(with error: MongoError) {
        span.fail(error, commandFailed.withLock { $0 } ? nil : .of(error))
        span.end()
    }

    func commandEnded(failed: Bool) {
        commandFailed.withLock { $0 = failed }
    }
}
