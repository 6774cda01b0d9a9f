// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Sends many writes to a collection, in as few messages as the server's limits allow.
struct BulkWriteExecution: Sendable {
    let namespace: MongoNamespace
    let ordered: Bool
    let options: WriteCommandOptions
    var series: CommandSeries
    /// What the specifications call it. For spans.
    var operationName = "bulkWrite"

    /// - Throws: `MongoError` with what was done until then: of the kind `write` when writes were refused.
    func run(_ plan: BulkWritePlan) async throws(MongoError) -> BulkWriteResult {
        let subject = { SpanSubject(operationName, database: namespace.database, collection: namespace.collection) }
        guard let (series, span) = series.beginSpan(subject()) else { return try await carryOut(plan) }
        var copy = self
        copy.series = series
        do throws(MongoError) {
            let result = try await copy.carryOut(plan)
            span.end()
            return result
        } catch {
            span.end(with: error)
            throw error
        }
    }

    private func carryOut(_ plan: BulkWritePlan) async throws(MongoError) -> BulkWriteResult {
        series.executor.running.enter()
        defer { series.executor.running.leave() }
        var progress = BulkWriteProgress()
        for group in plan.groups {
            try await run(group, &progress)
            if ordered, !progress.writeErrors.isEmpty { break }
        }
        if let error = progress.error { throw series.judged(error) }
        return progress.result
    }

    private func run(_ group: BulkWritePlan.Group, _ progress: inout BulkWriteProgress) async throws(MongoError) {
        let statements = group.writes.map(\.statement)
        var start = 0
        while start < statements.count {
            let rest = group.writes[start...]
            var options = options
            // An insertion has nothing that a variable could stand in.
            if group.kind == .insert { options.variables = nil }
            // Only insertions and updates are validated.
            if group.kind == .delete { options.bypassDocumentValidation = nil }
            let operation = WriteBatchOperation(
                namespace: namespace,
                kind: group.kind,
                statements: statements[start...],
                ordered: ordered,
                options: options,
                firstForMany: rest.firstIndex(where: \.isForMany),
                hint: rest.first(where: { $0.hint != nil })?.hint
            )
            let sent: Int
            do throws(MongoError) {
                let (count, reply) = try await series.execute(operation)
                guard count > 0 else {
                    throw MongoError(.invalidResponse, "no write of the batch was sent")
                }
                sent = count
                let end = min(start + count, statements.count)
                progress.add(
                    reply,
                    kind: group.kind,
                    group.writes[start..<end],
                    at: group.places[start..<end],
                    ordered: ordered
                )
            } catch {
                throw progress.ended(by: error)
            }
            if ordered, !progress.writeErrors.isEmpty { return }
            start += sent
        }
    }
}
