// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

// The driver's events, under the names and with the properties of the test format.

extension ObservedEvent {
    /// - Returns: `nil` for an event that the format does not know.
    init?(_ event: MongoEvent) {
        switch event {
        case .command(let event): self.init(event)
        case .pool(let event): self.init(event)
        case .topology(let event): self.init(event)
        }
    }

    private init(_ event: CommandEvent) {
        let (name, info, part): (String, CommandInfo, (String, BSONDocument)?) =
            switch event {
            case .started(let event): ("commandStartedEvent", event.info, ("command", event.command))
            case .succeeded(let event): ("commandSucceededEvent", event.info, ("reply", event.reply))
            case .failed(let event): ("commandFailedEvent", event.info, nil)
            }
        var fields: BSONDocument = [
            "commandName": .string(info.commandName), "databaseName": .string(info.databaseName),
        ]
        if let id = info.serverConnectionID, id > 0 { fields["serverConnectionId"] = .int64(id) }
        fields.setServiceID(info.serviceID)
        if let (name, document) = part { fields[name] = .document(document) }
        self.init(
            kind: .command,
            name: name,
            fields: fields,
            isSensitive: Self.isSensitive(info.commandName, part?.1)
        )
    }

    // https://github.com/mongodb/specifications/blob/master/source/command-logging-and-monitoring/command-logging-and-monitoring.md#security
    private static func isSensitive(_ command: String, _ document: BSONDocument?) -> Bool {
        switch command.lowercased() {
        case "authenticate", "saslstart", "saslcontinue", "getnonce", "createuser", "updateuser", "copydbgetnonce",
            "copydbsaslstart", "copydb":
            true
        case "hello", "ismaster":
            // Sensitive when it logs in, which shows in that there is nothing to be seen.
            document?.isEmpty ?? false
        default:
            false
        }
    }
}
