// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#connection-pool-logging

import Logging
import MongoTLS

extension LogMessage {
    init(_ event: ConnectionPoolEvent) {
        var metadata = Logger.Metadata()
        metadata.set(event.address)
        let text: String
        switch event {
        case .poolCreated(let event):
            text = "Connection pool created"
            metadata.set(event.options)
        case .poolReady:
            text = "Connection pool ready"
        case .poolCleared(let event):
            text = "Connection pool cleared"
            metadata.set("serviceId", event.serviceID)
        case .poolClosed:
            text = "Connection pool closed"
        case .connectionCreated(let event):
            text = "Connection created"
            metadata.set("driverConnectionId", event.driverConnectionID)
        case .connectionReady(let event):
            text = "Connection ready"
            metadata.set("driverConnectionId", event.driverConnectionID)
            metadata.set(event.duration)
            if let tls = event.tls { metadata["tls"] = .dictionary(Self.metadata(tls)) }
        case .connectionClosed(let event):
            text = "Connection closed"
            metadata.set("driverConnectionId", event.driverConnectionID)
            metadata.set("serviceId", event.serviceID)
            metadata.set("reason", Self.text(event.reason))
            metadata.set("error", event.error)
        case .connectionCheckOutStarted:
            text = "Connection checkout started"
        case .connectionCheckOutFailed(let event):
            text = "Connection checkout failed"
            metadata.set(event.duration)
            metadata.set("reason", Self.text(event.reason))
            if event.reason == .connectionError { metadata.set("error", event.error) }
        case .connectionCheckedOut(let event):
            text = "Connection checked out"
            metadata.set("driverConnectionId", event.driverConnectionID)
            metadata.set(event.duration)
        case .connectionCheckedIn(let event):
            text = "Connection checked in"
            metadata.set("driverConnectionId", event.driverConnectionID)
        }
        self.init(.connection, text, metadata)
    }

    private static func text(_ reason: ConnectionClosedEvent.Reason) -> String {
        switch reason {
        case .stale: "Connection became stale because the pool was cleared"
        case .idle: "Connection has been available but unused for longer than the configured max idle time"
        case .error: "An error occurred while using the connection"
        case .poolClosed: "Connection pool was closed"
        }
    }

    private static func text(_ reason: ConnectionCheckOutFailedEvent.Reason) -> String {
        switch reason {
        case .timeout: "Wait queue timeout elapsed without a connection becoming available"
        case .connectionError: "An error occurred while trying to establish a new connection"
        case .poolClosed: "Connection pool was closed"
        }
    }

    /// What TLS agreed on: beyond the specifications, for whoever asks what secures a connection.
    static func metadata(_ tls: TLSConnectionInfo) -> Logger.Metadata {
        var metadata = Logger.Metadata()
        metadata.set("version", "\(tls.version)")
        metadata.set("cipher", tls.cipher)
        metadata.set("group", tls.group)
        metadata.set("resumed", tls.resumed)
        if let peer = tls.peer {
            metadata.set("peerSubject", peer.subject)
            metadata["peerNames"] = .array(peer.subjectAlternativeNames.map { .string($0) })
            metadata.set("peerNotAfter", peer.notAfter)
        }
        metadata.set("revocationSource", tls.revocation.source)
        metadata.set("revocationVerdict", tls.revocation.verdict)
        return metadata
    }
}

extension Logger.Metadata {
    fileprivate mutating func set(_ options: ConnectionPoolOptions) {
        set(milliseconds: "maxIdleTimeMS", options.maxIdleTime)
        set("minPoolSize", options.minPoolSize)
        set("maxPoolSize", options.maxPoolSize)
        set("maxConnecting", options.maxConnecting)
        set(milliseconds: "waitQueueTimeoutMS", options.waitQueueTimeout)
    }
}
