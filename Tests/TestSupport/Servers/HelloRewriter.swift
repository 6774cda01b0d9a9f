// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import NIOCore

/// Decides what becomes of the messages of a relayed connection. Pure.
struct HelloRewriter {
    /// The service that the connection reaches, behind a load balancer; `nil`: there is none before the `mongos`.
    let serviceID: BSONObjectID?
    /// The messages whose replies are to be rewritten.
    private var hellos: Set<Int32> = []

    init(serviceID: BSONObjectID?) { self.serviceID = serviceID }

    private static let query: Int32 = 2004
    private static let reply: Int32 = 1
    private static let message: Int32 = 2013

    /// What only members of a replica set say of themselves.
    private static let fieldsOfMembers: Set = [
        "setName", "setVersion", "secondary", "primary", "hosts", "passives", "arbiters", "me", "electionId",
        "lastWrite",
        "tags",
    ]

    /// A message of the client goes to the server.
    mutating func note(_ message: ByteBuffer) {
        if hello(in: message) != nil, let id = message.int32(at: 4) { hellos.insert(id) }
    }

    /// The answer to a client that does not know of the load balancer, as `mongos` gives it; `nil` when there is nothing to
    /// refuse.
    func refusal(of message: ByteBuffer) -> ByteBuffer? {
        guard serviceID != nil, let hello = hello(in: message), hello["loadBalanced"] != .bool(true),
            let id = message.int32(at: 4), let kind = message.int32(at: 12)
        else { return nil }
        let words =
            "The server is being accessed through a load balancer, but this driver does not have load balancing enabled"
        let document: BSONDocument = [
            "ok": 0, "errmsg": .string(words), "code": 354, "codeName": "LoadBalancerSupportMismatch",
        ]
        return Self.encoded(document, kind: kind == Self.query ? Self.reply : Self.message, respondingTo: id)
    }

    /// A message of the server, as the client gets it.
    mutating func rewritten(_ message: ByteBuffer) -> ByteBuffer {
        guard let request = message.int32(at: 8), hellos.remove(request) != nil, let kind = message.int32(at: 12),
            var document = Self.document(in: message, at: kind == Self.reply ? 36 : 21),
            document["ok"]?.toDouble() == 1
        else { return message }
        let flags = kind == Self.message ? message.int32(at: 16) ?? 0 : 0
        let id = message.int32(at: 4) ?? 0
        // More replies follow by themselves, each in answer to the one before.
        if flags & 2 != 0 { hellos.insert(id) }
        document = BSONDocument(document.filter { !Self.fieldsOfMembers.contains($0.key) }.map { ($0.key, $0.value) })
        document["msg"] = "isdbgrid"
        if let serviceID { document["serviceId"] = .objectID(serviceID) }
        return Self.encoded(document, kind: kind, id: id, respondingTo: request, flags: flags)
    }

    /// The command, if the message is a `hello`.
    private func hello(in message: ByteBuffer) -> BSONDocument? {
        var offset = 21
        switch message.int32(at: 12) {
        case Self.message: break
        case Self.query:
            guard let end = message.readableBytesView.dropFirst(20).firstIndex(of: 0) else { return nil }
            offset = end - message.readerIndex + 1 + 8
        default: return nil
        }
        // Others are not taken apart: they may be large.
        guard let length = message.int32(at: offset), length < 16_384,
            let command = Self.document(in: message, at: offset),
            let name = command.keys.first, ["hello", "ismaster"].contains(name.lowercased())
        else { return nil }
        return command
    }

    private static func document(in message: ByteBuffer, at offset: Int) -> BSONDocument? {
        guard let length = message.int32(at: offset),
            let bytes = message.getBytes(at: message.readerIndex + offset, length: Int(length))
        else { return nil }
        return try? BSONDocument(validating: bytes)
    }

    private static func encoded(
        _ document: BSONDocument,
        kind: Int32,
        id: Int32 = 0,
        respondingTo request: Int32,
        flags: Int32 = 0
    ) -> ByteBuffer {
        var body = ByteBuffer()
        if kind == reply {
            // Flags, cursor, first document, number of documents.
            for value in [8, 0, 0, 0, 1] as [Int32] { body.writeInteger(value, endianness: .little) }
        } else {
            body.writeInteger(flags, endianness: .little)
            body.writeInteger(UInt8(0))
        }
        body.writeBytes(document.bytes)
        var message = ByteBuffer()
        for value in [Int32(body.readableBytes + 16), id, request, kind] {
            message.writeInteger(value, endianness: .little)
        }
        message.writeBuffer(&body)
        return message
    }
}

extension ByteBuffer {
    /// - Parameter offset: From the first readable byte.
    fileprivate func int32(at offset: Int) -> Int32? {
        getInteger(at: readerIndex + offset, endianness: .little)
    }
}
