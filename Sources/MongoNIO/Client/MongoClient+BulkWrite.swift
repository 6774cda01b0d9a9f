// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/bulk-write.md

extension MongoClient {
    /// Carries out many writes to any collections, in as few messages as the server's limits allow. Needs MongoDB 8.0.
    ///
    /// - Parameters:
    ///   - models: The writes; at least one.
    ///   - options: Whether to stop at the first refusal, and more. A write concern of `w: 0` needs `ordered: false` and no
    ///     verbose results.
    ///   - session: The session that it belongs to.
    /// - Returns: What was inserted, changed and deleted.
    /// - Throws: ``MongoError``; what was done until then is in ``MongoError/clientBulkWrite``.
    @discardableResult
    public func bulkWrite(
        _ models: [ClientWriteModel],
        options: ClientBulkWriteOptions = ClientBulkWriteOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> ClientBulkWriteResult {
        guard !models.isEmpty else {
            throw MongoError(.invalidArgument, "bulkWrite needs at least one write")
        }
        var settings = settings.replaced(by: DatabaseOptions(writeConcern: options.writeConcern))
        if options.writeConcern != nil { settings.explicit.insert(.writeConcern) }
        if !settings.writeConcern.isAcknowledged {
            // The words are the specification's.
            if options.verboseResults {
                throw MongoError(
                    .invalidArgument,
                    "Cannot request unacknowledged write concern and verbose results"
                )
            }
            if options.ordered {
                throw MongoError(
                    .invalidArgument,
                    "Cannot request unacknowledged write concern and ordered writes"
                )
            }
        }
        var writes: [ClientBulkWriteOperation.Write] = []
        writes.reserveCapacity(models.count)
        for model in models { writes.append(try model.encoded()) }
        let execution = ClientBulkWriteExecution(
            writes: writes,
            options: options,
            series: try CommandSeries(executor, settings, session: session, timeout: options.timeout)
        )
        return try await execution.run()
    }
}

/// Sends many writes to any collections, and reads what became of them.
private struct ClientBulkWriteExecution: Sendable {
    let writes: [ClientBulkWriteOperation.Write]
    let options: ClientBulkWriteOptions
    var series: CommandSeries

    func run() async throws(MongoError) -> ClientBulkWriteResult {
        guard let (series, span) = series.beginSpan(SpanSubject("bulkWrite", database: "admin")) else {
            return try await carryOut()
        }
        var copy = self
        copy.series = series
        do throws(MongoError) {
            let result = try await copy.carryOut()
            span.end()
            return result
        } catch {
            span.end(with: error)
            throw error
        }
    }

    private func carryOut() async throws(MongoError) -> ClientBulkWriteResult {
        series.executor.running.enter()
        defer { series.executor.running.leave() }
        var progress = ClientBulkWriteProgress(options)
        var start = 0
        while start < writes.count, !progress.isOver {
            do throws(MongoError) {
                let operation = ClientBulkWriteOperation(writes: writes[start...], options: options)
                let output = try await series.execute(operation)
                guard output.count > 0 else {
                    throw MongoError(.invalidResponse, "no write of the batch was sent")
                }
                progress.add(output)
                if let cursor = output.cursor {
                    try await read(cursor, from: start, &progress)
                }
                start += output.count
            } catch {
                throw progress.ended(by: error)
            }
        }
        do throws(MongoError) {
            return try progress.finish()
        } catch {
            throw series.judged(error)
        }
    }

    /// Reads the single results. A cursor that is left early, because of an error or because an ordered bulk write is over,
    /// is killed at once.
    private func read(
        _ reply: CursorReply,
        from start: Int,
        _ progress: inout ClientBulkWriteProgress
    ) async throws(MongoError) {
        let plan = try CursorPlan(series.settings, timeout: nil)
        let cursor = RemoteCursor(reply, plan: plan, series)
        do throws(MongoError) {
            while true {
                var document = try cursor.buffered()
                if document == nil { document = try await cursor.fetched(waiting: true) }
                guard let document else { return }
                progress.add(document, writes, from: start)
                if progress.isOver { break }
            }
        } catch {
            await cursor.close(timeout: nil)
            throw error
        }
        await cursor.close(timeout: nil)
    }
}
