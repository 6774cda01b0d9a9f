// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MongoNIO

/// `mongotls ping`: makes a client, says hello, and tells what was negotiated or why not.
struct PingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Connects as a program would, pings, and tells what was negotiated, or why not.",
        discussion: "Waits no longer than the time-outs of the connection string, for example connectTimeoutMS."
    )

    @Argument(help: "The connection string, for example 'mongodb://db.example.com/?tls=true&tlsCAFile=ca.pem'.")
    var uri: String

    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false

    func ping() async -> ExitStatus {
        let clock = ContinuousClock()
        let start = clock.now
        let (status, facts) = await connect()
        let report = PingReport(facts, elapsed: clock.now - start)
        if json {
            Console.writeJSON(report)
        } else {
            Console.write(report.text, toError: status != .success)
        }
        return status
    }

    private func connect() async -> (ExitStatus, PingFacts) {
        var facts = PingFacts()
        do throws(MongoError) {
            var options = try MongoClientOptions(uri)
            let witness = PingWitness(hostCount: options.hosts.count)
            options.eventHandler = { witness.note($0) }
            // What the connection string leaves open must not let the program hang.
            let timeout = options.timeout ?? options.socketTimeout ?? .seconds(10)
            let client = try MongoClient(options)
            let work = Task { await Self.version(of: client, timeout) }
            witness.onFailure { work.cancel() }
            switch await work.value {
            case .success(let version): facts.serverVersion = version
            case .failure(let error): facts.error = error.code == .cancelled ? witness.failure ?? error : error
            }
            await client.close()
            (facts.address, facts.tls) = (witness.address, witness.tls)
        } catch {
            facts.error = error
        }
        guard let error = facts.error else { return (.success, facts) }
        return (error.code == .invalidArgument ? .usage : .failure, facts)
    }

    private static func version(of client: MongoClient, _ timeout: Duration) async -> Result<String?, MongoError> {
        do throws(MongoError) {
            let options = RunCommandOptions(timeout: timeout)
            try await client.database("admin").runCommand(["ping": 1], options: options)
            let info = try await client.database("admin").runCommand(["buildInfo": 1], options: options)
            return .success(info["version"]?.stringValue)
        } catch {
            return .failure(error)
        }
    }
}
