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
        let connections = LastConnection()
        do throws(MongoError) {
            var options = try MongoClientOptions(uri)
            options.eventHandler = { connections.note($0) }
            let client = try MongoClient(options)
            // What the connection string leaves open must not let the program hang.
            let timeout = options.timeout ?? options.socketTimeout ?? .seconds(10)
            do throws(MongoError) {
                try await client.database("admin").runCommand(["ping": 1], options: RunCommandOptions(timeout: timeout))
                let info = try await client.database("admin").runCommand(
                    ["buildInfo": 1],
                    options: RunCommandOptions(timeout: timeout)
                )
                facts.serverVersion = info["version"]?.stringValue
            } catch {
                facts.error = error
            }
            await client.close()
        } catch {
            facts.error = error
        }
        facts.connection = connections.last
        guard let error = facts.error else { return (.success, facts) }
        return (error.code == .invalidArgument ? .usage : .failure, facts)
    }
}
