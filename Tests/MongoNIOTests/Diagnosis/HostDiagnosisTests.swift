// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS
import NIOPosix
import Testing

@testable import MongoNIO

/// From what was seen of a host to the steps of the report: without a host.
@Suite("The judgment of a host")
struct HostDiagnosisTests {
    private func diagnosis() throws -> (HostDiagnosis, HostDiagnosis.TLSContexts) {
        var options = TLSOptions()
        options.insecure = true
        let contexts = HostDiagnosis.TLSContexts(
            client: try TLSContextProvider(options),
            inspecting: try .inspecting(options),
            journal: OCSPJournal(),
            options: options
        )
        let group = MultiThreadedEventLoopGroup.singleton
        let host = HostDiagnosis(
            address: .localhost,
            connector: ChannelConnector(group: group),
            tls: contexts,
            logsIn: false,
            eventLoop: group.next(),
            deadline: .never
        ) { (_, _, _) throws(MongoError) in throw MongoError(.network, "nobody connects here") }
        return (host, contexts)
    }

    @Test("A connection that failed before TLS was agreed on did not come to a hello", arguments: [false, true])
    func unsecured(isSecured: Bool) throws {
        var (host, contexts) = try diagnosis()
        let error = MongoError(.network, "cannot connect: Connection refused")
        host.judge(HostDiagnosis.Look(), [], .failed(error, secured: isSecured), contexts)
        #expect(host.steps[.handshake]?.status == (isSecured ? .ok : .failed))
        #expect(host.steps[.hello]?.status == (isSecured ? .failed : nil))
        let failed = host.steps.values.filter { $0.status == .failed }
        #expect(failed.map(\.detail) == [error.message])
    }

    @Test("What a server says of itself is printed without what a terminal would obey")
    func terminal() throws {
        var (host, _) = try diagnosis()
        let reply: BSONDocument = ["ok": 1, "isWritablePrimary": true, "setName": "rs\u{1B}[2J\u{9B}31m\u{202E}"]
        let description = ConnectionDescription(address: .localhost, hello: HelloReply(reply))
        host.noteHello(.connected(description))
        let detail = try #require(host.steps[.hello]?.detail)
        #expect(detail.contains("rs"))
        #expect(!detail.unicodeScalars.contains { ["\u{1B}", "\u{9B}", "\u{202E}"].contains($0) })
        let error = MongoError(.command, "no\u{1B}]0;\n")
        #expect(DiagnosisStep(.hello, error).detail == "no\u{FFFD}]0;\u{FFFD}")
    }
}
