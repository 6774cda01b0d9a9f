// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/open-telemetry.md#mongoclient-options-for-configuring-opentelemetry-on-the-client-level

#if Tracing
public import Tracing
#endif

/// Whether a client makes spans for distributed tracing of what it does, and what they say.
///
/// Each operation of the application becomes a span in the span that the calling task has, each command that is sent for it
/// a span in that, and the operations of a transaction are gathered in a span of the transaction. Names and attributes are
/// those of OpenTelemetry's conventions for databases.
///
/// Spans are handed to swift-distributed-tracing and need the package trait `Tracing`; without it a client that is asked
/// for them logs a warning. There is no option of the connection string.
public struct TracingOptions: Sendable {
    /// Whether spans are made. API only. Default: `nil`, what the environment variable
    /// `OTEL_SWIFT_INSTRUMENTATION_MONGODB_ENABLED` says: spans for `1`, `true` and `yes`, and none otherwise.
    public var enabled: Bool?

    /// How much of the command the attribute `db.query.text` shows, in bytes of its Extended JSON; what is longer ends in
    /// `...`. 0: the attribute is left out, because commands show documents. API only. Default: `nil`, what the environment
    /// variable `OTEL_SWIFT_INSTRUMENTATION_MONGODB_QUERY_TEXT_MAX_LENGTH` says, else 0.
    public var queryTextMaxLength: Int?

    #if Tracing
    /// Who makes the spans. Default: `nil`, the tracer that the process was bootstrapped with.
    public var tracer: (any Tracer)?
    #endif

    /// Options with every default.
    ///
    /// - Parameters:
    ///   - enabled: Whether spans are made; `nil` leaves it to the environment.
    ///   - queryTextMaxLength: How much of a command is shown; `nil` leaves it to the environment.
    public init(enabled: Bool? = nil, queryTextMaxLength: Int? = nil) {
        self.enabled = enabled
        self.queryTextMaxLength = queryTextMaxLength
    }
}
