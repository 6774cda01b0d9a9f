// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("The metadata that a client introduces itself with")
struct ClientMetadataTests {
    private func metadata(
        platform: String = "Swift 6",
        os: ClientMetadata.OperatingSystem = .init(type: "Linux", architecture: "x86_64", version: "6.1"),
        environment: ClientMetadata.Environment = .init()
    ) -> ClientMetadata {
        ClientMetadata(applicationName: "app", operatingSystem: os, platform: platform, environment: environment)
    }

    @Test("names the driver, the system and the platform")
    func fields() throws {
        let document = try metadata().document()
        #expect(document["application"]?.documentValue?["name"] == "app")
        #expect(document["driver"]?.documentValue?["name"] == "mongo-nio")
        #expect(document["os"]?.documentValue?["type"] == "Linux")
        #expect(document["platform"] == "Swift 6")
        #expect(document["env"] == nil)
    }

    @Test("is cut down in the specification's order until it fits")
    func reductions() throws {
        let long = String(repeating: "x", count: 300)
        var environment = ClientMetadata.Environment(name: "aws.lambda", region: long)
        var document = try metadata(environment: environment).document()
        #expect(document["env"] == ["name": "aws.lambda"])
        #expect(document["os"]?.documentValue?["architecture"] == "x86_64")

        environment.region = nil
        document = try metadata(
            os: .init(type: "Linux", name: long, architecture: "x86_64"),
            environment: environment
        ).document()
        // Fields of `env` other than its name go first, so the name stays while `os` loses what is optional.
        document = try metadata(
            platform: String(repeating: "p", count: 100),
            os: .init(type: "Linux", name: long, architecture: "x86_64"),
            environment: environment
        ).document()
        #expect(document["os"] == ["type": "Linux"])
        #expect(document["env"] == ["name": "aws.lambda"])

        document = try metadata(platform: String(repeating: "p", count: 2000), environment: environment).document()
        #expect(document["env"] == nil)
        #expect(document.byteCount == ClientMetadata.maximumLength)
        #expect(document["platform"]?.stringValue?.hasPrefix("ppp") == true)
    }

    @Test("knows the clouds by their variables")
    func clouds() {
        func environment(_ variables: [String: String]) -> ClientMetadata.Environment {
            ClientMetadata.Environment(variables: variables, isInDocker: false)
        }
        let lambda = environment([
            "AWS_EXECUTION_ENV": "AWS_Lambda_swift",
            "AWS_REGION": "us-east-2",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        ])
        #expect(lambda.name == "aws.lambda")
        #expect(lambda.region == "us-east-2")
        #expect(lambda.memoryMB == 1024)
        #expect(environment(["AWS_EXECUTION_ENV": "EC2"]).isEmpty)
        #expect(environment(["FUNCTIONS_WORKER_RUNTIME": "node"]).name == "azure.func")
        #expect(environment(["K_SERVICE": "s", "FUNCTION_TIMEOUT_SEC": "60"]).timeoutSeconds == 60)
        #expect(environment(["VERCEL": "1", "AWS_LAMBDA_RUNTIME_API": "x"]).name == "vercel")
        // Two clouds at once is none.
        #expect(environment(["K_SERVICE": "s", "FUNCTIONS_WORKER_RUNTIME": "node"]).isEmpty)
        // A value of a wrong type is left out.
        #expect(environment(["K_SERVICE": "s", "FUNCTION_MEMORY_MB": "many"]).memoryMB == nil)
        let kubernetes = ClientMetadata.Environment(variables: ["KUBERNETES_SERVICE_HOST": "1"], isInDocker: true)
        #expect(kubernetes.orchestrator == "kubernetes")
        #expect(kubernetes.containerRuntime == "docker")
    }
}
