// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Logging
import MongoBSON
import MongoTLS
import Testing

@testable import MongoNIO

@Suite("Log messages")
struct LogMessageTests {
    private let address = ServerAddress.localhost

    private func message(_ event: MongoEvent, documentLength: Int = 1000) throws -> LogMessage {
        try #require(LogMessage(event, documentLength: documentLength))
    }

    private func info() -> CommandInfo {
        CommandInfo(
            commandName: "ping",
            databaseName: "admin",
            requestID: 7,
            operationID: 8,
            address: address,
            driverConnectionID: 2,
            serverConnectionID: 99,
            serviceID: nil
        )
    }

    @Test("A command's message has the specification's keys, numbers as numbers, and leaves out what is not there")
    func command() throws {
        let event = CommandStartedEvent(info: info(), command: ["ping": 1, "$db": "admin"])
        let message = try message(.command(.started(event)))
        #expect(message.component == .command)
        #expect(message.level == .debug)
        #expect(message.text == "Command started")
        #expect(
            message.metadata.keys.sorted() == [
                "command", "commandName", "databaseName", "driverConnectionId", "operationId", "requestId",
                "serverConnectionId", "serverHost", "serverPort",
            ]
        )
        #expect(message.metadata["command"] == .string(#"{"ping": 1, "$db": "admin"}"#))
        guard case .stringConvertible(let id)? = message.metadata["requestId"] else {
            Issue.record("the request's id is no number")
            return
        }
        #expect(id as? Int64 == 7)
    }

    @Test("A failure brings the server's words, a duration its fractions")
    func failure() throws {
        let error = MongoError(
            .command,
            "refused",
            server: MongoError.ServerReply(code: 59, codeName: "CommandNotFound", message: "no such command")
        )
        let event = CommandFailedEvent(info: info(), duration: .microseconds(1500), failure: error)
        let message = try message(.command(.failed(event)))
        #expect(message.metadata["failure"]?.description.contains("no such command") == true)
        #expect(message.metadata["durationMS"]?.description == "1.5")
    }

    @Test("A long document is cut between two characters and ends in three dots")
    func truncation() throws {
        let document: BSONDocument = ["text": .string(String(repeating: "é", count: 1000))]
        let whole = document.extendedJSON()
        for limit in [0, 1, 9, 10, 11, 12, 100, 101, 1000] {
            let text = document.extendedJSON(.relaxed, limit: limit)
            #expect(text.hasSuffix("..."))
            let kept = text.dropLast(3)
            #expect(whole.hasPrefix(kept))
            #expect(((limit - 1)...limit).contains(kept.utf8.count) || limit == 0)
        }
        #expect(document.extendedJSON(.relaxed, limit: whole.utf8.count) == whole)
        #expect(document.extendedJSON(.relaxed, limit: whole.utf8.count - 1).utf8.count == whole.utf8.count + 2)
        let event = CommandSucceededEvent(info: info(), duration: .zero, reply: document)
        let message = try message(.command(.succeeded(event)), documentLength: 11)
        #expect(message.metadata["reply"] == .string(#"{"text": "..."#))
    }

    @Test("The pool's messages name reasons in the specification's words")
    func pool() throws {
        let closed = try message(
            .pool(
                .connectionClosed(
                    ConnectionClosedEvent(address: address, driverConnectionID: 3, reason: .idle)
                )
            )
        )
        #expect(closed.component == .connection)
        #expect(closed.text == "Connection closed")
        #expect(
            closed.metadata["reason"]
                == "Connection has been available but unused for longer than the configured max idle time"
        )
        #expect(closed.metadata["error"] == nil)
        let failed = try message(
            .pool(
                .connectionCheckOutFailed(
                    ConnectionCheckOutFailedEvent(
                        address: address,
                        reason: .connectionError,
                        error: MongoError(.network, "refused"),
                        duration: .milliseconds(5)
                    )
                )
            )
        )
        #expect(failed.metadata["error"]?.description.contains("refused") == true)
        let created = try message(
            .pool(.poolCreated(PoolCreatedEvent(address: address, options: .init(maxIdleTime: .seconds(1)))))
        )
        #expect(created.metadata.keys.sorted() == ["maxIdleTimeMS", "serverHost", "serverPort"])
        #expect(created.metadata["maxIdleTimeMS"]?.description == "1000")
    }

    @Test("A Unix domain socket has no port")
    func socket() throws {
        let address = try ServerAddress("/tmp/mongodb-27017.sock")
        let message = try message(.pool(.poolReady(PoolReadyEvent(address: address))))
        #expect(message.metadata.keys.sorted() == ["serverHost"])
    }

    @Test("A connection that is ready tells what TLS agreed on")
    func tls() throws {
        let info = TLSConnectionInfo(
            version: .tls13,
            cipher: "TLS_AES_256_GCM_SHA384",
            group: "x25519",
            resumed: true,
            peer: CertificateSummary(
                subject: "CN=db",
                issuer: "CN=ca",
                subjectAlternativeNames: ["DNS:db"],
                notBefore: 1,
                notAfter: 2
            ),
            revocation: .notChecked
        )
        let event = ConnectionReadyEvent(address: address, driverConnectionID: 1, duration: .zero, tls: info)
        let message = try message(.pool(.connectionReady(event)))
        guard case .dictionary(let tls)? = message.metadata["tls"] else {
            Issue.record("no facts about TLS")
            return
        }
        #expect(tls["cipher"] == "TLS_AES_256_GCM_SHA384")
        #expect(tls["peerNames"] == .array(["DNS:db"]))
        #expect(tls["peerNotAfter"]?.description == "2")
        #expect(tls["revocationVerdict"] == "notChecked")
    }
}
