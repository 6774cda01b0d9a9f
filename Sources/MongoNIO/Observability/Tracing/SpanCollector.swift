// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Where spans go. What they are called and what they say is decided without it; `DistributedTracing` is the only one in
/// the driver, and exists by the package trait `Tracing`.
protocol SpanCollector: Sendable {
    /// Begins a span.
    ///
    /// - Parameter parent: The span that it is part of; `nil`: the calling task's, if it has one.
    func begin(_ name: String, _ attributes: SpanAttributeList, in parent: (any OpenSpan)?) -> any OpenSpan
}

/// A span that has begun. Its owner ends it, once.
protocol OpenSpan: Sendable {
    func add(_ attributes: SpanAttributeList)

    /// What it stands for has failed.
    ///
    /// - Parameter attributes: What is told of the error; `nil` when another span does that already.
    func fail(_ error: MongoError, _ attributes: SpanAttributeList?)

    func end()
}

/// Attributes of a span. What is not there is left out.
struct SpanAttributeList: Sendable {
    enum Value: Hashable, Sendable {
        case string(String)
        case int(Int64)
    }

    private(set) var values: [(name: String, value: Value)] = []

    mutating func add(_ name: String, _ value: String?) {
        if let value { values.append((name, .string(value))) }
    }

    mutating func add(_ name: String, _ value: Int64?) {
        if let value { values.append((name, .int(value))) }
    }

    subscript(name: String) -> Value? { values.last { $0.name == name }?.value }
}
