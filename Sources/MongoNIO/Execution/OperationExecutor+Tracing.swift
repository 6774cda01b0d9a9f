// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension OperationExecutor {
    /// Carries an operation out in a span of its own.
    func traced<O: Operation>(
        _ operation: O,
        _ settings: CommandSettings,
        in context: OperationContext,
        _ tracer: OperationTracer
    ) async throws(MongoError) -> O.Output {
        let transaction = context.clientSession?.transactionSpan(operation.transactionRole)
        let span = tracer.begin(SpanSubject(operation: operation), in: transaction)
        var context = context
        context.span = span
        do throws(MongoError) {
            let output = try await execute(operation, settings, in: context)
            if let error = operation.refusal(in: output) { span.end(with: error) } else { span.end() }
            return output
        } catch {
            span.end(with: error)
            throw error
        }
    }
}

extension CommandSeries {
    /// Begins a span for all the commands of the series.
    ///
    /// - Returns: The series in that span; `nil` when no spans are wanted.
    func beginSpan(_ subject: @autoclosure () -> SpanSubject) -> (series: CommandSeries, span: OperationSpan)? {
        guard let tracer = executor.tracer else { return nil }
        var copy = self
        let span = tracer.begin(subject(), in: context.clientSession?.transactionSpan(.member))
        copy.context.span = span
        return (copy, span)
    }
}
