// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The round of questions to the responders that a certificate names: all at once, the first conclusive answer counts.
enum OCSPResponders {
    /// What came of a round.
    struct Round: Sendable {
        /// `nil` when nobody gave a valid and conclusive answer in time, or when the task was cancelled.
        var answer: OCSPAnswer?
        /// What came of each responder, in the order of the endpoints.
        var reports: [OCSPReport]
    }

    /// - Parameters:
    ///   - request: The OCSP request in DER.
    ///   - deadline: When to give up on all of them.
    ///   - eventLoop: Where the connections live.
    ///   - judge: What a body says of the certificate; called off the event loop.
    static func ask(
        _ endpoints: [OCSPEndpoint],
        _ request: [UInt8],
        deadline: NIODeadline,
        on eventLoop: any EventLoop,
        judge: @escaping @Sendable ([UInt8]) -> Result<OCSPAnswer, OCSPFault>
    ) async -> Round {
        await withTaskGroup(of: (Int, OCSPReport).self) { tasks in
            for (index, endpoint) in endpoints.enumerated() {
                tasks.addTask {
                    let start = NIODeadline.now()
                    let body = await OCSPExchange.post(request, to: endpoint, deadline: deadline, on: eventLoop)
                    let outcome: OCSPReport.Outcome =
                        switch body {
                        case .failure(let failure): .noBody(failure)
                        case .success(let body):
                            switch judge(body) {
                            case .success(let answer): .answer(answer)
                            case .failure(let fault): .invalid(fault)
                            }
                        }
                    let duration = Duration.nanoseconds((NIODeadline.now() - start).nanoseconds)
                    return (index, OCSPReport(endpoint, outcome, duration))
                }
            }
            var answer: OCSPAnswer?
            var reports: [Int: OCSPReport] = [:]
            for await (index, report) in tasks {
                reports[index] = report
                guard answer == nil, case .answer(let found) = report.outcome, found.isConclusive else { continue }
                answer = found
                // The others end at once: waiting for the group must not cost the rest of the time.
                tasks.cancelAll()
            }
            return Round(answer: answer, reports: endpoints.indices.compactMap { reports[$0] })
        }
    }
}
