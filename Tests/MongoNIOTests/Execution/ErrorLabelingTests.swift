// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoNIO

@Suite("The labels that the driver adds to errors")
struct ErrorLabelingTests {
    private func labels(
        _ error: MongoError,
        at stage: RetryPolicy.Stage = .exchange,
        role: TransactionRole? = nil,
        isRetryableWrite: Bool = false,
        wireVersion: Int? = 17,
        isMongos: Bool = false
    ) -> Set<String> {
        ErrorLabeling(role: role, isRetryableWrite: isRetryableWrite)
            .labeled(error, at: stage, wireVersion: wireVersion, isMongos: isMongos)
            .labels
    }

    private let network = MongoError(.network, "lost")

    private func refusal(_ code: Int) -> MongoError {
        MongoError(.command, "refused", server: .init(code: code, codeName: nil, message: ""))
    }

    private func unmet(_ code: Int) -> MongoError {
        let concern = MongoError.WriteConcernError(code: code, message: "")
        return MongoError(
            .write,
            "not met",
            server: .init(code: code, codeName: nil, message: "", writeConcernError: concern)
        )
    }

    @Test("A retryable write whose connection broke, or was given up, may be tried again")
    func broken() {
        #expect(labels(network, isRetryableWrite: true) == ["RetryableWriteError"])
        #expect(labels(network, at: .checkOut, isRetryableWrite: true, wireVersion: nil) == ["RetryableWriteError"])
        #expect(labels(MongoError(.poolCleared, ""), at: .checkOut, isRetryableWrite: true) == ["RetryableWriteError"])
        #expect(labels(network) == [])
    }

    @Test("Servers before 4.4 leave it to the driver to know which refusals pass")
    func oldServers() {
        #expect(labels(refusal(10107), isRetryableWrite: true, wireVersion: 8) == ["RetryableWriteError"])
        #expect(labels(refusal(10107), isRetryableWrite: true, wireVersion: 9) == [])
        #expect(labels(refusal(11000), isRetryableWrite: true, wireVersion: 8) == [])
        #expect(labels(unmet(91), isRetryableWrite: true, wireVersion: 8) == ["RetryableWriteError"])
        #expect(labels(unmet(91), isRetryableWrite: true, wireVersion: 8, isMongos: true) == [])
    }

    @Test("In a transaction a broken connection and a failed selection are transient")
    func transient() {
        #expect(labels(network, role: .member) == ["TransientTransactionError"])
        #expect(labels(MongoError(.timeout, "late"), role: .member) == ["TransientTransactionError"])
        #expect(
            labels(MongoError(.serverSelection, ""), at: .selection, role: .member) == ["TransientTransactionError"]
        )
        #expect(labels(MongoError(.poolCleared, ""), at: .checkOut, role: .member) == ["TransientTransactionError"])
        #expect(labels(refusal(11000), role: .member) == [])
    }

    @Test("What became of a commit is unknown after whatever may have happened after it was sent")
    func commit() {
        let unknown = "UnknownTransactionCommitResult"
        #expect(labels(network, role: .commit, isRetryableWrite: true) == ["RetryableWriteError", unknown])
        #expect(labels(MongoError(.serverSelection, ""), at: .selection, role: .commit) == [unknown])
        #expect(labels(refusal(50), role: .commit) == [unknown])
        #expect(labels(unmet(64), role: .commit) == [unknown])
        #expect(labels(unmet(79), role: .commit) == [])
        #expect(labels(unmet(100), role: .commit) == [])
        #expect(labels(refusal(251), role: .commit) == [])
    }

    @Test("What was given up, or came after the end of the client, is not to be tried again")
    func givenUp() {
        for code in [MongoError.Code.cancelled, .clientClosed] {
            for stage in [RetryPolicy.Stage.selection, .checkOut] {
                for role in [TransactionRole.member, .commit] {
                    #expect(labels(MongoError(code, ""), at: stage, role: role, isRetryableWrite: true) == [])
                }
            }
            // The server may have committed; nobody knows.
            #expect(labels(MongoError(code, ""), role: .commit) == ["UnknownTransactionCommitResult"])
            #expect(labels(MongoError(code, ""), role: .member) == [])
        }
    }
}
