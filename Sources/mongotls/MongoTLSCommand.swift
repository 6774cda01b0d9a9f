// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `mongotls`: the program to reach for when TLS does not work.
struct MongoTLSCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mongotls",
        abstract: "Finds out how, and why not, a program can connect to MongoDB over TLS.",
        discussion: "Exit status: 0 connected, 1 refused or failed, 2 wrong usage.",
        subcommands: [PingCommand.self, DiagnoseCommand.self, VersionCommand.self]
    )
}

/// How the program ends.
enum ExitStatus: Int32 {
    case success = 0
    case failure = 1
    case usage = 2
}

@main
enum Main {
    static func main() async {
        exit(await run().rawValue)
    }

    private static func run() async -> ExitStatus {
        do {
            switch try MongoTLSCommand.parseAsRoot() {
            case let command as PingCommand: return await command.ping()
            case let command as DiagnoseCommand: return await command.diagnose()
            case let command as VersionCommand: return command.show()
            case var command:
                // The root without a subcommand: shows how it is used.
                try command.run()
                return .success
            }
        } catch {
            // Asking for help is no mistake, and its text belongs to standard output.
            let isMistake = MongoTLSCommand.exitCode(for: error) != .success
            Console.write(MongoTLSCommand.fullMessage(for: error), toError: isMistake)
            return isMistake ? .usage : .success
        }
    }
}
