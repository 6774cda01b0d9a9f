// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/open-telemetry.md#enabling-disabling-and-configuring-opentelemetry

/// Whether spans are made and what they show, put together from the options and the environment. Pure.
struct TracingSettings: Hashable, Sendable {
    var isEnabled: Bool
    /// The longest text of a command, in bytes; 0: none is shown.
    var queryTextLength: Int

    /// What the program says goes before what the environment says. Values that make no sense count as if they were not
    /// there.
    init(_ options: TracingOptions, environment: [String: String]) {
        let prefix = "OTEL_SWIFT_INSTRUMENTATION_MONGODB_"
        let variable = environment[prefix + "ENABLED"]?.lowercased()
        isEnabled = options.enabled ?? ["1", "true", "yes"].contains(variable)
        let length = environment[prefix + "QUERY_TEXT_MAX_LENGTH"].flatMap { Int($0) }
        queryTextLength = max(0, options.queryTextMaxLength ?? length ?? 0)
    }
}
