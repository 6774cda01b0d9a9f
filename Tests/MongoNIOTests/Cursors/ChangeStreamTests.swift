// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("The resume policy of change streams")
struct ResumePolicyTests {
    private func error(_ code: Int, labels: Set<String> = []) -> MongoError {
        MongoError(
            .command,
            "refused",
            labels: labels,
            server: MongoError.ServerReply(code: code, codeName: nil, message: "")
        )
    }

    @Test("goes by the label since MongoDB 4.4, whatever the code is")
    func labels() {
        let labeled = error(6, labels: ["ResumableChangeStreamError"])
        #expect(ResumePolicy.verdict(on: labeled, maxWireVersion: 9) == .resume)
        #expect(ResumePolicy.verdict(on: error(6), maxWireVersion: 9) == .end)
    }

    @Test("goes by the code before", arguments: [6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602])
    func codes(code: Int) {
        #expect(ResumePolicy.verdict(on: error(code), maxWireVersion: 8) == .resume)
        #expect(ResumePolicy.verdict(on: error(2), maxWireVersion: 8) == .end)
    }

    @Test("always resumes when the server does not know the cursor", arguments: [8, 9, 17])
    func cursorNotFound(wireVersion: Int) {
        #expect(ResumePolicy.verdict(on: error(43), maxWireVersion: wireVersion) == .resume)
    }

    @Test("resumes after lost connections, and leaves time-outs to the next call")
    func network() {
        #expect(ResumePolicy.verdict(on: MongoError(.network, ""), maxWireVersion: 17) == .resume)
        #expect(ResumePolicy.verdict(on: MongoError(.poolCleared, ""), maxWireVersion: 17) == .resume)
        #expect(ResumePolicy.verdict(on: MongoError(.timeout, ""), maxWireVersion: 17) == .resumeLater)
        #expect(ResumePolicy.verdict(on: MongoError(.cancelled, ""), maxWireVersion: 17) == .resumeLater)
        #expect(ResumePolicy.verdict(on: MongoError(.clientClosed, ""), maxWireVersion: 17) == .end)
        #expect(ResumePolicy.verdict(on: MongoError(.invalidArgument, ""), maxWireVersion: 17) == .end)
    }
}

@Suite("The position of a change stream")
struct ChangeStreamPositionTests {
    private let time = BSONTimestamp(timestamp: 5, increment: 1)

    @Test("without anything begins where the first command began")
    func nothingKnown() {
        var position = ChangeStreamPosition(.init())
        position.began(isEmpty: true, postBatchResumeToken: nil, operationTime: time)
        #expect(position.token == nil)
        #expect(position.resumption == .init(startAtOperationTime: time))
    }

    @Test("takes the time of the first command for nothing when there were changes, or a token")
    func timeNotNeeded() {
        var withChanges = ChangeStreamPosition(.init())
        withChanges.began(isEmpty: false, postBatchResumeToken: nil, operationTime: time)
        #expect(withChanges.resumption == .init())
        var withToken = ChangeStreamPosition(.init())
        withToken.began(isEmpty: true, postBatchResumeToken: ["t": 1], operationTime: time)
        #expect(withToken.resumption == .init(resumeAfter: ["t": 1]))
    }

    @Test("keeps the time that was asked for until there is a token")
    func askedTime() {
        var position = ChangeStreamPosition(.init(startAtOperationTime: time))
        position.began(
            isEmpty: true,
            postBatchResumeToken: nil,
            operationTime: BSONTimestamp(timestamp: 9, increment: 9)
        )
        #expect(position.resumption == .init(startAtOperationTime: time))
        position.returned(["t": 2], isLast: false, postBatchResumeToken: ["t": 9])
        #expect(position.resumption == .init(resumeAfter: ["t": 2]))
    }

    @Test("is the change's own token inside a batch, and the batch's at its end")
    func batches() {
        var position = ChangeStreamPosition(.init())
        position.returned(["t": 1], isLast: false, postBatchResumeToken: ["t": 9])
        #expect(position.token == ["t": 1])
        position.returned(["t": 2], isLast: true, postBatchResumeToken: ["t": 9])
        #expect(position.token == ["t": 9])
        position.returned(["t": 3], isLast: true, postBatchResumeToken: nil)
        #expect(position.token == ["t": 3])
        position.batchWasEmpty(["t": 12])
        #expect(position.token == ["t": 12])
        position.batchWasEmpty(nil)
        #expect(position.token == ["t": 12])
    }

    @Test("says startAfter until a change was seen, and resumeAfter from then on")
    func startAfter() {
        var position = ChangeStreamPosition(.init(startAfter: ["t": 1]))
        #expect(position.token == ["t": 1])
        position.batchWasEmpty(["t": 4])
        #expect(position.resumption == .init(startAfter: ["t": 4]))
        position.returned(["t": 5], isLast: false, postBatchResumeToken: nil)
        #expect(position.resumption == .init(resumeAfter: ["t": 5]))
    }

    @Test("before the first batch is what the caller gave")
    func initialToken() {
        #expect(ChangeStreamPosition(.init(resumeAfter: ["t": 1])).token == ["t": 1])
        #expect(ChangeStreamPosition(.init(startAfter: ["t": 2])).token == ["t": 2])
        #expect(ChangeStreamPosition(.init()).token == nil)
    }
}

@Suite("The command of a change stream")
struct ChangeStreamRequestTests {
    @Test("has the stage first, then the caller's; of a deployment it goes to admin and says so")
    func deployment() throws {
        var request = ChangeStreamRequest(
            subject: .deployment,
            pipeline: [["$match": ["operationType": "insert"]]],
            options: ChangeStreamOptions(
                batchSize: 3,
                comment: "c",
                fullDocument: .updateLookup,
                fullDocumentBeforeChange: .whenAvailable,
                maxAwaitTime: .seconds(1),
                showExpandedEvents: true
            )
        )
        let operation = try request.operation(.init(resumeAfter: ["t": 1]))
        #expect(operation.database == "admin")
        #expect(operation.collection == nil)
        #expect(
            operation.pipeline == [
                [
                    "$changeStream": [
                        "allChangesForCluster": true, "fullDocument": "updateLookup",
                        "fullDocumentBeforeChange": "whenAvailable", "resumeAfter": ["t": 1],
                        "showExpandedEvents": true,
                    ]
                ],
                ["$match": ["operationType": "insert"]],
            ]
        )
        #expect(operation.options.batchSize == 3)
        #expect(operation.options.comment == "c")

        request.subject = .collection(MongoNamespace(database: "home", collection: "kittens"))
        request.options = ChangeStreamOptions()
        let plain = try request.operation(.init())
        #expect(plain.collection == "kittens")
        #expect(plain.pipeline.first == ["$changeStream": [:]])
    }
}
