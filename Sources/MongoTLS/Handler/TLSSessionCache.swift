// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The TLS sessions of a client's servers, for the next connection to begin with: a resumed handshake costs a third of the
/// CPU and needs no certificates.
///
/// One per ``TLSContext``, so that sessions never cross from one trust store, client certificate or verify mode to another.
final class TLSSessionCache: Sendable {
    /// Whose session it is.
    struct Key: Hashable, Sendable {
        /// Host and port as they were dialled.
        var endpoint: String
        /// Whom the certificate named.
        var server: TLSServerName
    }

    /// A session and what was found out about the server when it was made.
    struct Entry: Sendable {
        var session: ResumableSession
        var revocation: TLSRevocationStatus
        /// When what was found out has to be found out anew, in seconds since 1970.
        var end: Int64
    }

    typealias Shelves = TLSSessionShelves<Key, Entry>

    private let shelves = Mutex(Shelves())

    /// A session to resume; `nil` when there is none.
    func take(_ key: Key) -> Entry? {
        let now = Self.now
        guard let entry = shelves.withLock({ $0.take(key, now: now) }) else { return nil }
        if entry.session.isSingleUse { return entry }
        // Sessions of TLS 1.2 serve again and again, each connection with a copy of its own.
        guard let copy = SSL_SESSION_dup(entry.session.pointer) else { return nil }
        shelves.withLock { $0.put(entry, key, end: min(entry.end, entry.session.end), now: now) }
        return Entry(session: ResumableSession(owning: copy), revocation: entry.revocation, end: entry.end)
    }

    /// Keeps a session for later.
    func put(_ entry: Entry, _ key: Key) {
        guard SSL_SESSION_is_resumable(entry.session.pointer) == 1 else { return }
        shelves.withLock { $0.put(entry, key, end: min(entry.end, entry.session.end), now: Self.now) }
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}

/// What lies ready for whom, and for how long. A value, bounded in both directions.
struct TLSSessionShelves<Key: Hashable & Sendable, Item: Sendable>: Sendable {
    /// A server gives two tickets for each connection; more than the connections that are made at once are of no use.
    static var itemsPerKey: Int { 4 }
    /// Far more servers than a deployment has. The bound is for names that lead to ever new ones.
    static var maximumKeys: Int { 256 }

    private struct Slot: Sendable {
        var item: Item
        var end: Int64
    }

    private var slots: [Key: [Slot]] = [:]

    /// The newest item that is still good, which then is gone from here.
    mutating func take(_ key: Key, now: Int64) -> Item? {
        while let slot = slots[key]?.popLast() {
            if now < slot.end { return slot.item }
        }
        slots[key] = nil
        return nil
    }

    /// Puts an item down for as long as it is good.
    mutating func put(_ item: Item, _ key: Key, end: Int64, now: Int64) {
        guard now < end else { return }
        if slots[key] == nil, slots.count >= Self.maximumKeys {
            slots = slots.compactMapValues { slots in
                let good = slots.filter { now < $0.end }
                return good.isEmpty ? nil : good
            }
            if slots.count >= Self.maximumKeys, let any = slots.keys.first { slots[any] = nil }
        }
        slots[key, default: []].append(Slot(item: item, end: end))
        if let count = slots[key]?.count, count > Self.itemsPerKey {
            slots[key]?.removeFirst(count - Self.itemsPerKey)
        }
    }
}

/// OpenSSL's callback for a session that the server offered: in TLS 1.2 at the end of the handshake, in TLS 1.3 with the
/// first reads after it.
let noteNewSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { ssl, session in
    guard let ssl, let session, let record = TLSSessionRecord.of(ssl: ssl) else { return 0 }
    record.offer(ResumableSession(owning: session))
    // 1: the reference is ours now.
    return 1
}
