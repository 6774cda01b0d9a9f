// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOPosix
import Testing

@testable import MongoNIO

@Suite("Where an error happened")
struct ErrorLocationTests {
    @Test("An error of TLS says the place in its message, whatever it said before")
    func tls() throws {
        let address = try ServerAddress("db.example.com:27018")
        let error = MongoError(TLSError(.network, .truncated, "cut")).located(at: address)
        #expect(error.message.contains("db.example.com:27018"))
        #expect(error.tls?.location == "db.example.com:27018")
        // Twice is not two places.
        #expect(error.located(at: address).message == error.message)
    }

    @Test("Any other error has it in front")
    func other() {
        #expect(MongoError(.network, "cut").located(at: .localhost).message == "localhost:27017: cut")
    }

    @Test("What TLS minds before the first byte is an error of TLS, not of the network and not of an overload")
    func setUp() async throws {
        let connector = ChannelConnector(group: MultiThreadedEventLoopGroup.singleton)
        let mistake = TLSError(.configuration, .invalidServerName, "no name")
        // Nobody has to listen there: the channel is set up before it is connected.
        let target = ChannelConnector.Target.host("127.0.0.1", port: 1)
        let error = await #expect(throws: MongoError.self) {
            try await connector.connect(to: target, deadline: .never) { _ in throw mistake }
        }
        #expect(error?.code == .tls)
        #expect(error?.tls == mistake)
        #expect(error?.markedForBackpressure().labels.isEmpty == true)
    }
}
