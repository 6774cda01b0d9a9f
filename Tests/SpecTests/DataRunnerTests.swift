// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO
import Testing

/// The runners of the data-driven suites, without the specifications' files.
@Suite("The runners of data-driven tests")
struct DataRunnerTests {
    @Test("A field that is not known fails a case instead of being overlooked")
    func unknownFields() throws {
        try UnknownField.check(["a", "b"], known: ["a", "b", "c"])
        #expect(throws: UnknownField.self) { try UnknownField.check(["a", "d"], known: ["a", "b", "c"]) }
        #expect(throws: UnknownField.self) { try CMAPPoolOptions(["maxPoolSize": 1, "waitQueueSize": 1]) }
        #expect(throws: UnknownField.self) { try CMAPOperation(["name": "wait", "ms": 1, "seconds": 1]) }
        #expect(throws: CMAPTestError.self) { try CMAPOperation(["name": "pause"]) }
        var trace = try TopologyTrace(uri: "mongodb://a/?replicaSet=rs")
        #expect(throws: UnknownField.self) {
            try trace.applicationError(["address": "a:27017", "when": "afterHandshakeCompletes", "type": "flood"])
        }
    }

    @Test("What a pool does is compared by type; 42 is anything that is there")
    func matching() {
        #expect(CMAPEvent.matches(42, "text") && CMAPEvent.matches("42", 0))
        #expect(!CMAPEvent.matches(42, nil))
        #expect(CMAPEvent.matches(["a": 1], ["a": 1, "b": 2]))
        #expect(!CMAPEvent.matches(["a": 1, "c": 3], ["a": 1, "b": 2]))
        #expect(!CMAPEvent.matches(true, 1) && !CMAPEvent.matches("1", 1))
    }
}
