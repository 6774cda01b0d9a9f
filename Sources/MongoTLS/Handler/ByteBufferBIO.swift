// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import NIOCore

/// The two ends of a ``TLSSession`` as OpenSSL sees them: ciphertext that arrived, ciphertext to be sent.
///
/// OpenSSL reads and writes through a BIO of our own, so that the session needs no socket: the owner puts received
/// bytes in and takes bytes to send out. The BIO's callbacks find this object through the BIO's data pointer, the
/// verify callback through the session's.
///
/// Not `Sendable`: it belongs to one session and is used under that session's owner's lock.
final class TLSSessionRecord {
    /// Ciphertext that arrived and that OpenSSL has not read yet.
    private var inbound = ByteBuffer()
    /// Ciphertext that OpenSSL wrote and that was not sent yet.
    private(set) var outbound = ByteBuffer()
    /// Whether no more ciphertext will arrive.
    var inboundEnded = false
    /// How many bytes arrived in all.
    private(set) var receivedBytes = 0
    /// The first bytes that arrived: they tell who answers when it is not TLS.
    private(set) var firstBytes: [UInt8] = []
    /// Why the server's certificate was refused, if it was.
    var refusal: VerificationResult?
    /// Whether the server asked for a client certificate.
    var certificateWasRequested = false

    /// Whether sessions that the server offers are of any use.
    private let wantsSessions: Bool
    /// Sessions that the server offered for later, the newest last, while it is not decided yet whether this connection
    /// may be used. No more than will be kept: a server can offer without end.
    private var offered: [ResumableSession] = []
    /// Where offered sessions go, once it is decided.
    private var keep: ((ResumableSession) -> Void)?

    init(wantsSessions: Bool) {
        self.wantsSessions = wantsSessions
    }

    /// The server offered a session.
    func offer(_ session: ResumableSession) {
        guard wantsSessions else { return }
        if let keep {
            keep(session)
        } else {
            if offered.count >= TLSSessionCache.Shelves.itemsPerKey { offered.removeFirst() }
            offered.append(session)
        }
    }

    /// The connection may be used, and so may its sessions.
    func keepSessions(_ keep: @escaping (ResumableSession) -> Void) {
        for session in offered { keep(session) }
        offered = []
        self.keep = keep
    }

    /// The record of a session, for OpenSSL's callbacks.
    static func of(ssl: OpaquePointer) -> TLSSessionRecord? {
        SSL_get_ex_data(ssl, 0).map { Unmanaged<TLSSessionRecord>.fromOpaque($0).takeUnretainedValue() }
    }

    fileprivate static func of(bio: OpaquePointer) -> TLSSessionRecord? {
        BIO_get_data(bio).map { Unmanaged<TLSSessionRecord>.fromOpaque($0).takeUnretainedValue() }
    }

    func receive(_ buffer: ByteBuffer) {
        if firstBytes.count < 16 {
            firstBytes.append(contentsOf: buffer.readableBytesView.prefix(16 - firstBytes.count))
        }
        receivedBytes += buffer.readableBytes
        if inbound.readableBytes == 0 {
            inbound = buffer
        } else {
            inbound.writeImmutableBuffer(buffer)
        }
    }

    /// Gives the ciphertext to be sent to the body, which answers how much of it went out.
    func drainOutbound(_ body: (UnsafeRawBufferPointer) -> Int) {
        outbound.readWithUnsafeReadableBytes { $0.isEmpty ? 0 : body($0) }
        if outbound.readableBytes == 0 { outbound.clear() }
    }

    /// Everything that is still to be sent; afterwards nothing is.
    func takeOutbound() -> ByteBuffer {
        defer { outbound = ByteBuffer() }
        return outbound
    }

    /// How many bytes OpenSSL got; 0 when there are none.
    fileprivate func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        inbound.readWithUnsafeReadableBytes { available in
            let count = min(available.count, target.count)
            if count > 0 {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: available[..<count]))
            }
            return count
        }
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer) {
        outbound.writeBytes(bytes)
    }
}

/// The BIO method over ``TLSSessionRecord``.
enum ByteBufferBIO {
    /// Made once per process and never freed: OpenSSL refers to it from every BIO.
    ///
    /// `nonisolated(unsafe)`: a C pointer that is written once, before anybody can read it, and only read afterwards.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        let index = BIO_get_new_index()
        guard index != -1, let method = BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "ByteBuffer") else { return nil }
        BIO_meth_set_create(method) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
        BIO_meth_set_read(method) { bio, target, length in
            guard let bio, let target, length > 0, let record = TLSSessionRecord.of(bio: bio) else { return -1 }
            mongo_BIO_clear_retry_flags(bio)
            let count = record.read(into: UnsafeMutableRawBufferPointer(start: target, count: Int(length)))
            if count > 0 { return Int32(count) }
            if record.inboundEnded { return 0 }
            mongo_BIO_set_retry_read(bio)
            return -1
        }
        BIO_meth_set_write(method) { bio, source, length in
            guard let bio, let source, length > 0, let record = TLSSessionRecord.of(bio: bio) else { return -1 }
            mongo_BIO_clear_retry_flags(bio)
            record.write(UnsafeRawBufferPointer(start: source, count: Int(length)))
            return length
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH:
                return 1
            case BIO_CTRL_EOF:
                return bio.flatMap { TLSSessionRecord.of(bio: $0) }?.inboundEnded == true ? 1 : 0
            default:
                return 0
            }
        }
        return method
    }()

    /// A BIO over the record. It does not keep the record alive: the session does.
    static func make(over record: TLSSessionRecord) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(record).toOpaque())
        return bio
    }
}
