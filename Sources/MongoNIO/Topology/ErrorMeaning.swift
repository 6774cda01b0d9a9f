// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#application-errors

import MongoBSON
import MongoTLS

/// How far a connection was when an error occurred on it.
enum ErrorPhase: Sendable {
    /// It was being made: TCP, TLS, hello and log-in are part of that.
    case handshake
    /// It was established: an operation was running on it.
    case operation
}

/// What an error says about the server.
enum ErrorMeaning: Sendable {
    /// Nothing: a slow operation, a mistake in a command, an overload that passes.
    case none
    /// The server is there, and is not what it was, or is about to end.
    case stateChange(isShutdown: Bool, TopologyVersion?)
    /// The server cannot be used.
    case unreachable
}

extension MongoError {
    /// What the error says about the server it came from.
    func meaning(in phase: ErrorPhase) -> ErrorMeaning {
        switch code {
        case .cancelled, .clientClosed, .poolCleared:
            // Nothing that the server did.
            return .none
        default:
            break
        }
        if let server, let state = server.stateChange {
            return .stateChange(isShutdown: state == .shutdown, server.topologyVersion)
        }
        switch phase {
        case .handshake:
            // The pool labels what may be an overload: then fresh connections have to wait, the others are good. After any
            // other error, whatever it is, no connection can be made.
            return hasLabel("SystemOverloadedError") ? .none : .unreachable
        case .operation:
            // A time-out may mean no more than a slow operation, by whatever name the user is told of it.
            guard code == .network || code == .tls, (underlying as? MongoError)?.code != .timeout else { return .none }
            return .unreachable
        }
    }

    /// Whether TLS failed for a reason that lasts until somebody changes a certificate or an option.
    ///
    /// A server that does not seem to speak TLS (`plaintextServer`) is among them: a server that this client has made a
    /// connection to before is never called so.
    var isPermanentTLSFailure: Bool {
        guard let tls, code == .tls else { return false }
        switch tls.category {
        case .network, .timeout: return false
        // The responder may be back in a moment.
        case .revocation: return tls.code != .revocationUndecided
        default: return true
        }
    }
}

extension MongoError.ServerReply {
    /// "Node is recovering": the first two also mean that the server is about to end.
    private static let shutdownCodes = [11600, 91]
    private static let recoveringCodes = [11602, 13436, 189]
    private static let notPrimaryCodes = [10107, 13435, 10058]

    /// What a server is about to do that says that it is not, or not now, the member it was taken for.
    fileprivate enum StateChange { case shutdown, other }

    /// `nil` for every other refusal. What single writes were refused for does not count.
    fileprivate var stateChange: StateChange? {
        Self.stateChange(code: code, message: message)
            ?? writeConcernError.flatMap { Self.stateChange(code: $0.code, message: $0.message) }
    }

    private static func stateChange(code: Int, message: String) -> StateChange? {
        if shutdownCodes.contains(code) { return .shutdown }
        if recoveringCodes.contains(code) || notPrimaryCodes.contains(code) { return .other }
        // The text counts only where there is no code.
        guard code == 0 else { return nil }
        return ["not master", "node is recovering"].contains { message.contains($0) } ? .other : nil
    }

    fileprivate var topologyVersion: TopologyVersion? {
        reply?.document(forKey: "topologyVersion").flatMap(TopologyVersion.init)
    }
}
