// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MongoNIO

@Suite("The SOCKS5 state machine")
struct SOCKSStateMachineTests {
    private typealias Machine = SOCKSStateMachine

    /// `CONNECT a.example:27017`, as RFC 1928 has it.
    private let request: [UInt8] = [5, 1, 0, 3, 9] + Array("a.example".utf8) + [0x69, 0x89]
    private let accepted: [UInt8] = [5, 0, 0, 1, 127, 0, 0, 1, 0x12, 0x34]

    private func machine(_ credentials: (String, String)? = nil) throws -> Machine {
        try Machine(host: "a.example", port: 27017, credentials: credentials)
    }

    private func bytes(_ bytes: [UInt8]) -> ByteBuffer { ByteBuffer(bytes: bytes) }

    @Test("Without credentials it offers to come without, names the host as it is, and then steps aside")
    func plain() throws {
        var machine = try machine()
        #expect(machine.start() == bytes([5, 1, 0]))
        #expect(machine.receive(bytes([5, 0])) == [.send(bytes(request))])
        #expect(machine.receive(bytes(accepted)) == [.connected(ByteBuffer())])
    }

    @Test("With credentials it offers both ways, and uses them when it is asked to")
    func authenticated() throws {
        var machine = try machine(("us", "pass"))
        #expect(machine.start() == bytes([5, 2, 0, 2]))
        #expect(
            machine.receive(bytes([5, 2]))
                == [.send(bytes([1, 2] + Array("us".utf8) + [4] + Array("pass".utf8)))]
        )
        #expect(machine.receive(bytes([1, 0])) == [.send(bytes(request))])
        #expect(machine.receive(bytes(accepted)) == [.connected(ByteBuffer())])
    }

    @Test("Credentials stay unsaid where the proxy wants none")
    func unneededCredentials() throws {
        var machine = try machine(("us", "pass"))
        _ = machine.start()
        #expect(machine.receive(bytes([5, 0])) == [.send(bytes(request))])
    }

    @Test("An answer may come in any pieces, and with the server's first bytes behind it")
    func pieces() throws {
        let replies: [[UInt8]] = [
            accepted, [5, 0, 0, 3, 3, 1, 2, 3, 4, 5], [5, 0, 0, 4] + Array(repeating: 9, count: 18),
        ]
        for reply in replies {
            let answers = [5, 2] + [1, 0] + reply + [0xAA, 0xBB]
            // (The proxy answers before it is asked, which makes no difference to the machine.)
            for split in 0...answers.count {
                var machine = try machine(("us", "pass"))
                _ = machine.start()
                var actions = machine.receive(bytes(Array(answers[..<split])))
                actions += machine.receive(bytes(Array(answers[split...])))
                guard
                    case .connected(let rest)? = actions.last(where: { if case .connected = $0 { true } else { false } }
                    )
                else {
                    Issue.record("split at \(split): \(actions)")
                    continue
                }
                #expect(rest.readableBytes <= 2)
                #expect(actions.count == 3)
            }
        }
    }

    @Test(
        "An IP address is told as one",
        arguments: [
            ("192.0.2.7", [1, 192, 0, 2, 7] as [UInt8]),
            ("2001:db8::1", [4, 0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            ("fe80::2%eth0", [4, 0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
        ]
    )
    func addresses(host: String, encoded: [UInt8]) throws {
        var machine = try Machine(host: host, port: 443)
        _ = machine.start()
        #expect(machine.receive(bytes([5, 0])) == [.send(bytes([5, 1, 0] + encoded + [1, 0xBB]))])
    }

    @Test("A name that does not fit the message is refused before anything is sent")
    func longName() throws {
        let error = #expect(throws: ProxyError.self) { try Machine(host: String(repeating: "x", count: 256), port: 1) }
        #expect(error?.code == .invalidAddress)
        _ = try Machine(host: String(repeating: "x", count: 255), port: 1)
    }

    @Test("Each way to be refused has a code of its own")
    func refusals() throws {
        let codes: [(UInt8, ProxyError.Code)] = [
            (1, .generalFailure), (2, .notAllowed), (3, .networkUnreachable), (4, .hostUnreachable),
            (5, .connectionRefused), (6, .ttlExpired), (7, .commandNotSupported), (8, .addressTypeNotSupported),
            (9, .generalFailure), (255, .generalFailure),
        ]
        for (reply, code) in codes {
            var machine = try machine()
            _ = machine.start()
            _ = machine.receive(bytes([5, 0]))
            // Some proxies say no more than this.
            #expect(failure(machine.receive(bytes([5, reply]))) == code, "\(reply)")
        }
        var machine = try machine()
        _ = machine.start()
        #expect(failure(machine.receive(bytes([5, 0xFF]))) == .noAcceptableMethod)
        machine = try self.machine(("u", "p"))
        _ = machine.start()
        #expect(failure(machine.receive(bytes([5, 0xFF]))) == .noAcceptableMethod)
        machine = try self.machine(("u", "p"))
        _ = machine.start()
        _ = machine.receive(bytes([5, 2]))
        #expect(failure(machine.receive(bytes([1, 1]))) == .authenticationFailed)
    }

    private func failure(_ actions: [Machine.Action]) -> ProxyError.Code? {
        guard case .fail(let error)? = actions.last else { return nil }
        return error.code
    }

    @Test("What is not SOCKS5 is called that, at each step, and is the end")
    func garbage() throws {
        let garbage: [[UInt8]] = [
            Array("HTTP/1.1 400 Bad Request\r\n".utf8), [4, 0], [5, 1], [5, 2], [5, 0, 4, 0], [5, 0, 5, 0, 0, 2],
        ]
        for answer in garbage {
            var machine = try machine()
            _ = machine.start()
            #expect(failure(machine.receive(bytes(answer))) == .notSOCKS5, "\(answer)")
            #expect(machine.receive(bytes([5, 0])).isEmpty)
        }
        var machine = try machine(("u", "p"))
        _ = machine.start()
        #expect(failure(machine.receive(bytes([5, 2, 5, 0]))) == .notSOCKS5)
    }

    @Test("No bytes whatever make it trap, and it always comes to an end or waits")
    func anything() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var machine = try machine(Bool.random() ? ("u", "p") : nil)
            _ = machine.start()
            for _ in 0..<4 {
                let count = Int.random(in: 0..<12, using: &generator)
                let noise = (0..<count).map { _ in UInt8.random(in: 0...8, using: &generator) }
                let actions = machine.receive(bytes(noise))
                #expect(actions.count <= 3)
            }
            _ = machine.ended()
        }
    }

    @Test("The end of the connection is told by the step that it came in")
    func ended() throws {
        var machine = try machine(("u", "p"))
        _ = machine.start()
        #expect(machine.ended().message.contains("SOCKS5"))
        _ = machine.receive(bytes([5, 2]))
        #expect(machine.ended().message.contains("password"))
        _ = machine.receive(bytes([1, 0]))
        #expect(machine.ended().message.contains("server"))
    }
}
