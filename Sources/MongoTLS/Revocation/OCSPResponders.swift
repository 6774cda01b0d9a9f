// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The round of questions to the responders that a certificate names: all at once, the first conclusive answer counts.
enum OCSPResponders {
    /// - Parameters:
    ///   - request: The OCSP request in DER.
    ///   - deadline: When to give up on all of them.
    ///   - eventLoop: Where the connections live.
    ///   - judge: What a body says of the certificate; called off the event loop.
    /// - Returns: `nil` when nobody gave a valid and conclusive answer in time, or when the task was cancelled.
    static func ask(
        _ endpoints: [OCSPEndpoint],
        _ request: [UInt8],
        deadline: NIODeadline,
        on eventLoop: any EventLoop,
        judge: @escaping @Sendable ([UInt8]) -> OCSPAnswer?
    ) async -> OCSPAnswer? {
        await withTaskGroup(of: OCSPAnswer?.self) { round in
            for endpoint in endpoints {
                round.addTask {
                    let body = await OCSPExchange.post(request, to: endpoint, deadline: deadline, on: eventLoop)
                    return body.flatMap(judge)
                }
            }
            for await answer in round {
                guard let answer, answer.isConclusive else { continue }
                // The others end at once: waiting for the group must not cost the rest of the time.
                round.cancelAll()
                return answer
            }
            return nil
        }
    }
}
