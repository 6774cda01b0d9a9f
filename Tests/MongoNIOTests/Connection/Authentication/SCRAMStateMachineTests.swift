// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS
import Testing

@testable import MongoNIO

@Suite("SCRAM")
struct SCRAMStateMachineTests {
    /// A conversation that a specification prints.
    struct Vector: Sendable {
        var mechanism: SCRAMMechanism
        var nonce: String
        var first: String
        var challenge: String
        var final: String
        var verdict: String

        /// RFC 7677, section 3, and the MongoDB specification.
        static let sha256 = Vector(
            mechanism: .sha256,
            nonce: "rOprNGfwEbeRWgbNEkqO",
            first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            verdict: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        )

        /// The MongoDB specification, whose password is a digest first.
        static let sha1 = Vector(
            mechanism: .sha1,
            nonce: "fyko+d2lbbFgONRv9qkxdawL",
            first: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            challenge: "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000",
            final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,"
                + "p=MC2T8BvbmWRckDw8oWl5IVghwCY=",
            verdict: "v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0="
        )
    }

    private func text(_ action: SCRAMStateMachine.Action) -> String? {
        guard case .send(let payload) = action else { return nil }
        return String(decoding: payload, as: UTF8.self)
    }

    /// The conversation after the client's proof.
    private func proven(_ vector: Vector) throws -> SCRAMStateMachine {
        var machine = SCRAMStateMachine(vector.mechanism, username: "user", nonce: vector.nonce)
        let action = try machine.receive(Array(vector.challenge.utf8), isDone: false)
        guard case .deriveKeys(let parameters) = action else {
            Issue.record("no keys are asked for")
            return machine
        }
        _ = try machine.proceed(with: try SCRAMKeys.derive("user", "pencil", parameters))
        return machine
    }

    @Test("The conversations that the specifications print", arguments: [Vector.sha256, .sha1])
    func vectors(_ vector: Vector) throws {
        var machine = SCRAMStateMachine(vector.mechanism, username: "user", nonce: vector.nonce)
        #expect(String(decoding: machine.firstMessage, as: UTF8.self) == vector.first)
        guard case .deriveKeys(let parameters) = try machine.receive(Array(vector.challenge.utf8), isDone: false) else {
            Issue.record("no keys are asked for")
            return
        }
        let keys = try SCRAMKeys.derive("user", "pencil", parameters)
        #expect(text(try machine.proceed(with: keys)) == vector.final)
        #expect(try machine.receive(Array(vector.verdict.utf8), isDone: true) == .finished)
    }

    @Test("RFC 5802's own conversation, with the password as it is", arguments: [SCRAMMechanism.sha1])
    func rfc5802(_ mechanism: SCRAMMechanism) throws {
        var machine = SCRAMStateMachine(mechanism, username: "user", nonce: "fyko+d2lbbFgONRv9qkxdawL")
        let challenge = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
        guard case .deriveKeys(let parameters) = try machine.receive(Array(challenge.utf8), isDone: false) else {
            Issue.record("no keys are asked for")
            return
        }
        let salted = try mechanism.hash.derivedKey(
            password: Array("pencil".utf8),
            salt: parameters.salt,
            iterations: parameters.iterations
        )
        let keys = SCRAMKeys(
            client: try mechanism.hash.authenticationCode(of: Array("Client Key".utf8), key: salted),
            server: try mechanism.hash.authenticationCode(of: Array("Server Key".utf8), key: salted)
        )
        #expect(
            text(try machine.proceed(with: keys))
                == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        )
        #expect(try machine.receive(Array("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=".utf8), isDone: true) == .finished)
    }

    @Test("An older server gets the empty exchange it waits for, and the conversation ends with it")
    func longConversation() throws {
        var machine = try proven(.sha256)
        #expect(try machine.receive(Array(Vector.sha256.verdict.utf8), isDone: false) == .send([]))
        #expect(try machine.receive([], isDone: true) == .finished)
    }

    @Test("A server that never ends the conversation is left")
    func endless() throws {
        var machine = try proven(.sha256)
        _ = try machine.receive(Array(Vector.sha256.verdict.utf8), isDone: false)
        #expect(throws: MongoError.self) { try machine.receive([], isDone: false) }
    }

    @Test("Commas and equals signs of a user name are escaped, and nothing else of it is touched")
    func escaping() {
        let machine = SCRAMStateMachine(.sha256, username: "a=b,c\u{2168}\u{AD}é", nonce: "x")
        #expect(String(decoding: machine.firstMessage, as: UTF8.self) == "n,,n=a=3Db=2Cc\u{2168}\u{AD}é,r=x")
    }

    @Test(
        "A first message that is not to be trusted ends the conversation",
        arguments: [
            "r=somebodyelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=ROprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=+4096",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2147483647",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=,i=4096",
            "r=rOprNGfwEbeRWgbNEkqOmore,s=!!!!,i=4096",
            "m=new,r=rOprNGfwEbeRWgbNEkqOmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "s=W22ZaJ0SNY7soEsUEjb6gQ==,r=rOprNGfwEbeRWgbNEkqOmore,i=4096",
            "r=rOprNGfwEbeRWgbNEkqOmore", "", ",,,", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ]
    )
    func badChallenges(_ challenge: String) {
        var machine = SCRAMStateMachine(.sha256, username: "user", nonce: "rOprNGfwEbeRWgbNEkqO")
        #expect(throws: MongoError.self) { try machine.receive(Array(challenge.utf8), isDone: false) }
        // It stays ended.
        #expect(throws: MongoError.self) {
            try machine.receive(Array(Vector.sha256.challenge.utf8), isDone: false)
        }
    }

    @Test(
        "The fewest iterations that are safe are accepted, in both mechanisms",
        arguments: [SCRAMMechanism.sha1, .sha256]
    )
    func fewestIterations(_ mechanism: SCRAMMechanism) throws {
        var machine = SCRAMStateMachine(mechanism, username: "user", nonce: "abc")
        let action = try machine.receive(
            Array("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,x=later".utf8),
            isDone: false
        )
        guard case .deriveKeys(let parameters) = action else {
            Issue.record("no keys are asked for")
            return
        }
        #expect(parameters.iterations == 4096)
        var other = SCRAMStateMachine(mechanism, username: "user", nonce: "abc")
        #expect(throws: MongoError.self) {
            try other.receive(Array("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095".utf8), isDone: false)
        }
    }

    @Test(
        "A server that cannot prove that it knows the password is left",
        arguments: [
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=AAAA", "v=", "e=invalid-proof", "", "x=1", "v=!",
        ]
    )
    func impostors(_ verdict: String) throws {
        var machine = try proven(.sha256)
        #expect(throws: MongoError.self) { try machine.receive(Array(verdict.utf8), isDone: true) }
    }

    @Test("A server that says it is done before it has proved itself is left")
    func skippedProof() throws {
        var machine = SCRAMStateMachine(.sha256, username: "user", nonce: Vector.sha256.nonce)
        #expect(throws: MongoError.self) {
            try machine.receive(Array(Vector.sha256.challenge.utf8), isDone: true)
        }
        var later = try proven(.sha256)
        #expect(throws: MongoError.self) { try later.receive([], isDone: true) }
    }

    @Test("Bytes that are no text are refused")
    func noText() {
        var machine = SCRAMStateMachine(.sha256, username: "user", nonce: "abc")
        #expect(throws: MongoError.self) { try machine.receive([0xFF, 0xFE, 0x00], isDone: false) }
    }

    @Test("Errors name neither user nor password")
    func secrets() async throws {
        let keyring = SCRAMKeyring(username: "topsecretuser", password: "topsecretword\u{E000}")
        let parameters = SCRAMKeys.Parameters(mechanism: .sha256, salt: [1], iterations: 4096)
        let error = await #expect(throws: MongoError.self) { try await keyring.keys(for: parameters) }
        #expect(error?.code == .authentication)
        #expect(error.map { "\($0) \(String(reflecting: $0))".contains("topsecret") } == false)
    }

    @Test("Keys are derived once for each salt, mechanism and count, and the memory is bounded")
    func keyring() async throws {
        let keyring = SCRAMKeyring(username: "user", password: "pencil")
        let parameters = SCRAMKeys.Parameters(mechanism: .sha256, salt: [1], iterations: 4096)
        let keys = try await keyring.keys(for: parameters)
        #expect(try await keyring.keys(for: parameters) == keys)
        #expect(keyring.count == 1)
        var other = parameters
        other.mechanism = .sha1
        #expect(try await keyring.keys(for: other) != keys)
        for salt in UInt8(2)...40 {
            _ = try await keyring.keys(for: SCRAMKeys.Parameters(mechanism: .sha256, salt: [salt], iterations: 4096))
        }
        #expect(keyring.count == SCRAMKeyring.capacity)
        #expect(try await keyring.keys(for: parameters) == keys)
    }

    @Test("The mechanism is the one named, or else SCRAM-SHA-256 where it is offered, or else SCRAM-SHA-1")
    func negotiation() {
        #expect(Login.mechanism(.scramSHA1, offered: ["SCRAM-SHA-256"]) == .sha1)
        #expect(Login.mechanism(.scramSHA256, offered: ["SCRAM-SHA-1"]) == .sha256)
        #expect(Login.mechanism(nil, offered: ["SCRAM-SHA-1", "SCRAM-SHA-256"]) == .sha256)
        #expect(Login.mechanism(nil, offered: ["SCRAM-SHA-1"]) == .sha1)
        #expect(Login.mechanism(nil, offered: ["PLAIN", "UNHEARD-OF"]) == .sha1)
        #expect(Login.mechanism(nil, offered: nil) == .sha1)
    }
}
