// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

#if Tracing
import InMemoryTracing
import Tracing

/// Keeps the spans that a client makes.
struct SpanRecorder: Sendable {
    private let tracer = InMemoryTracer()

    /// Has the client make spans.
    ///
    /// - Parameter fields: `observeTracingMessages`.
    func observe(_ options: inout MongoClientOptions, _ fields: BSONDocument) throws {
        let showsCommands = fields["enableCommandPayload"] == .bool(true)
        options.tracing = TracingOptions(enabled: true, queryTextMaxLength: showsCommands ? 100_000 : 0)
        options.tracing.tracer = tracer
    }

    /// The spans that have ended, each in its parent. That began first comes first: their identifiers are counted.
    var spans: [ObservedSpan] {
        let finished = tracer.finishedSpans.sorted { Self.number($0.spanID) < Self.number($1.spanID) }
        let identifiers = Set(finished.map(\.spanID))
        func nested(in parent: String?) -> [ObservedSpan] {
            finished.filter { span in
                guard let parent else { return span.parentSpanID.map { !identifiers.contains($0) } ?? true }
                return span.parentSpanID == parent
            }.map { ObservedSpan(name: $0.operationName, attributes: Self.document($0), nested: nested(in: $0.spanID)) }
        }
        return nested(in: nil)
    }

    private static func number(_ identifier: String) -> Int {
        Int(identifier.filter(\.isNumber)) ?? 0
    }

    private static func document(_ span: FinishedInMemorySpan) -> BSONDocument {
        var document = BSONDocument()
        span.attributes.forEach { name, value in
            switch value {
            case .string(let text): document[name] = .string(text)
            case .int64(let number): document[name] = .int64(number)
            case .int32(let number): document[name] = .int32(number)
            default: document[name] = .string("unexpected: \(value)")
            }
        }
        return document
    }
}
#else
/// Without the package trait `Tracing` there are no spans.
struct SpanRecorder: Sendable {
    func observe(_ options: inout MongoClientOptions, _ fields: BSONDocument) throws {
        throw UnifiedTestSkip("spans need the package trait Tracing")
    }

    var spans: [ObservedSpan] { [] }
}
#endif
