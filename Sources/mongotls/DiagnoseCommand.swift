// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MongoNIO

/// `mongotls diagnose`: goes through everything that has to be right for a connection, and tells what is not.
struct DiagnoseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose",
        abstract: "Goes step by step through all that a connection needs, marks what fails, and says what to do.",
        discussion: """
            Looks at servers without trusting them where that is all that can be done, and sends them nothing then. Takes \
            no longer than connectTimeoutMS.
            """
    )

    @Argument(help: "The connection string, for example 'mongodb://db.example.com/?tls=true&tlsCAFile=ca.pem'.")
    var uri: String

    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false

    func diagnose() async -> ExitStatus {
        let report = await MongoClient.diagnose(uri)
        if json {
            Console.writeJSON(report)
        } else {
            Console.write(report.text(isColored: Console.isColored))
        }
        if report.isOK { return .success }
        // As `ping`: what is no connection string is wrong usage, what cannot be used is a failure.
        let isMistake = report.steps.contains {
            $0.status == .failed && $0.code == MongoError.Code.invalidArgument.rawValue
        }
        return isMistake ? .usage : .failure
    }
}
