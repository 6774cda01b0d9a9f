// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/tests/README.md#prose-tests

import Foundation
import MongoNIO
import TestSupport
import Testing

/// What a client says of itself, as a real server understands it: it logs what it was told.
@Suite("The handshake", .serialized)
struct HandshakeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var variables: [String: String]
        /// What the server has to have heard in `env`; `nil`: nothing of a function.
        var function: String?
        var more: [String] = []

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "1. Valid AWS",
            variables: [
                "AWS_EXECUTION_ENV": "AWS_Lambda_java8", "AWS_REGION": "us-east-2",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            ],
            function: "aws.lambda",
            more: [#""region":"us-east-2""#, #""memory_mb":1024"#]
        ),
        Case(
            name: "2. Valid Azure",
            variables: ["FUNCTIONS_WORKER_RUNTIME": "node"],
            function: "azure.func"
        ),
        Case(
            name: "3. Valid GCP",
            variables: [
                "K_SERVICE": "servicename", "FUNCTION_MEMORY_MB": "1024", "FUNCTION_TIMEOUT_SEC": "60",
                "FUNCTION_REGION": "us-central1",
            ],
            function: "gcp.func",
            more: [#""memory_mb":1024"#, #""timeout_sec":60"#, #""region":"us-central1""#]
        ),
        Case(
            name: "4. Valid Vercel",
            variables: ["VERCEL": "1", "VERCEL_REGION": "cdg1"],
            function: "vercel",
            more: [#""region":"cdg1""#]
        ),
        Case(
            name: "5. Invalid, multiple providers",
            variables: ["AWS_EXECUTION_ENV": "AWS_Lambda_java8", "FUNCTIONS_WORKER_RUNTIME": "node"]
        ),
        Case(
            name: "6. Invalid, long string",
            variables: ["AWS_EXECUTION_ENV": "AWS_Lambda_java8", "AWS_REGION": String(repeating: "a", count: 512)],
            function: "aws.lambda"
        ),
        Case(
            name: "7. Invalid, wrong types",
            variables: ["AWS_EXECUTION_ENV": "AWS_Lambda_java8", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "big"],
            function: "aws.lambda"
        ),
        Case(name: "8. Invalid, not Lambda", variables: ["AWS_EXECUTION_ENV": "EC2"]),
        Case(
            name: "9. Valid container and FaaS provider",
            variables: [
                "AWS_EXECUTION_ENV": "AWS_Lambda_java8", "AWS_REGION": "us-east-2",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024", "KUBERNETES_SERVICE_HOST": "1",
            ],
            function: "aws.lambda",
            more: [#""region":"us-east-2""#, #""orchestrator":"kubernetes""#]
        ),
    ]

    @Test("Prose test 1: environment metadata is properly captured, and the server takes it", arguments: cases)
    func environment(_ test: Case) async throws {
        let server = try await MongodProcess.shared(.plain)
        // The name finds the client in the server's log.
        let application = "handshake-\(UUID().uuidString)"
        let result = try await Subprocess.run(
            try Mongotls.path,
            ["ping", "mongodb://\(server.address)/?appName=\(application)", "--json"],
            environment: test.variables
        )
        #expect(result.exitCode == 0, "\(result.standardOutput)\(result.standardError)")
        // 51800: "client metadata".
        func told() -> [Substring] {
            server.log.split(separator: "\n").filter { $0.contains(application) && $0.contains("51800") }
        }
        try await Eventually.holds { !told().isEmpty }
        for line in told() {
            if let function = test.function {
                #expect(line.contains(#""name":"\#(function)""#), "\(line)")
            } else {
                for function in ["aws.lambda", "azure.func", "gcp.func", "vercel"] {
                    #expect(!line.contains(#""name":"\#(function)""#), "\(line)")
                }
            }
            for field in test.more { #expect(line.contains(field), "\(line)") }
        }
    }
}
