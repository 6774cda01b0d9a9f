// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if Tracing
import Tracing

/// Hands spans to swift-distributed-tracing.
struct DistributedTracing: SpanCollector {
    /// `nil`: whoever the process was bootstrapped with when the span begins.
    let tracer: (any Tracer)?

    func begin(_ name: String, _ attributes: SpanAttributeList, in parent: (any OpenSpan)?) -> any OpenSpan {
        let tracer = tracer ?? InstrumentationSystem.tracer
        let context = (parent as? DistributedSpan)?.span.context ?? ServiceContext.current ?? .topLevel
        let span = DistributedSpan(span: tracer.startSpan(name, context: context, ofKind: .client))
        span.add(attributes)
        return span
    }
}

private struct DistributedSpan: OpenSpan {
    let span: any Span

    func add(_ attributes: SpanAttributeList) {
        guard span.isRecording else { return }
        span.updateAttributes { all in
            for (name, value) in attributes.values {
                switch value {
                case .string(let text): all[name] = text
                case .int(let number): all[name] = number
                }
            }
        }
    }

    func fail(_ error: MongoError, _ attributes: SpanAttributeList?) {
        if let attributes {
            add(attributes)
            span.recordError(error)
        }
        span.setStatus(SpanStatus(code: .error, message: error.message))
    }

    func end() { span.end() }
}
#endif
