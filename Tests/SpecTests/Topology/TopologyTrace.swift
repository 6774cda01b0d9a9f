// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@testable import MongoNIO

/// The topology's state machine, with somebody who counts what it orders.
struct TopologyTrace {
    private(set) var machine = TopologyStateMachine()
    /// How often each server's pool was cleared.
    private(set) var generations: [ServerAddress: Int] = [:]
    private(set) var events: [TopologyEvent] = []

    init(uri: String) throws {
        let options = try MongoClientOptions(uri)
        carryOut(
            machine.open(
                TopologySeeds(
                    hosts: options.hosts,
                    setName: options.replicaSet,
                    isDirect: options.directConnection == true,
                    isLoadBalanced: options.loadBalanced == true
                )
            )
        )
    }

    mutating func takeEvents() -> [TopologyEvent] {
        defer { events = [] }
        return events
    }

    private mutating func carryOut(_ actions: [TopologyStateMachine.Action]) {
        for action in actions {
            switch action {
            case .openServer(let address): generations[address] = 0
            case .closeServer(let address): generations[address] = nil
            case .clearPool(let address, _, _, _): generations[address, default: 0] += 1
            case .tell(let event): events.append(event)
            default: break
            }
        }
    }

    /// A server's answer to a check; an empty one stands for none.
    mutating func answer(_ address: ServerAddress, _ reply: BSONDocument) throws {
        guard !reply.isEmpty else {
            carryOut(machine.checkFailed(address, MongoError(.network, "the server closed the connection")))
            return
        }
        do throws(MongoError) {
            let hello = HelloReply(try Self.decode(reply, from: address))
            carryOut(machine.apply(ServerDescription(address: address, hello: hello)))
        } catch {
            carryOut(machine.checkFailed(address, error))
        }
    }

    /// An operation's error, as the pool and the executor report it.
    mutating func applicationError(_ test: BSONDocument) throws {
        try UnknownField.check(
            test.keys,
            known: ["address", "generation", "maxWireVersion", "when", "type", "response"]
        )
        let address = try ServerAddress(#require(test["address"]?.stringValue))
        let phase = try Self.phase(#require(test["when"]?.stringValue))
        let error: MongoError
        switch test["type"]?.stringValue {
        case "command":
            guard let found = try Self.error(in: #require(test["response"]?.documentValue), from: address) else {
                return
            }
            error = found
        case "network": error = Self.broken(.network, phase)
        case "timeout": error = Self.broken(.timeout, phase)
        default: throw UnknownField(name: "type")
        }
        let current = generations[address]
        let generation = test["generation"]?.toInt() ?? current
        carryOut(
            machine.handle(error, from: address, isCurrent: generation == current, phase: phase, serviceID: nil)
        )
    }

    private static func phase(_ name: String) throws -> ErrorPhase {
        switch name {
        case "beforeHandshakeCompletes": .handshake
        case "afterHandshakeCompletes": .operation
        default: throw UnknownField(name: name)
        }
    }

    private static func broken(_ code: MongoError.Code, _ phase: ErrorPhase) -> MongoError {
        // The pool labels what may be an overload.
        MongoError(code, "broken", labels: phase == .handshake ? ["SystemOverloadedError", "RetryableError"] : [])
    }

    /// What the executor makes of a reply; `nil` when it finds no error in it.
    private static func error(in reply: BSONDocument, from address: ServerAddress) throws -> MongoError? {
        do throws(MongoError) {
            return ReplyDecoder.writeConcernError(try decode(reply, from: address), address: address)
        } catch {
            return error
        }
    }

    private static func decode(_ reply: BSONDocument, from address: ServerAddress) throws(MongoError) -> BSONDocument {
        var bytes = ByteBuffer(repeating: 0, count: OpMessage.prefixLength)
        bytes.writeImmutableBuffer(reply.buffer)
        OpMessage.finish(&bytes, requestID: 1)
        let header = MessageHeader(
            messageLength: Int32(bytes.readableBytes),
            requestID: 1,
            responseTo: 0,
            opCode: .message
        )
        return try ReplyDecoder.decode(MessageFramer.Frame(header: header, bytes: bytes), address: address)
    }
}
