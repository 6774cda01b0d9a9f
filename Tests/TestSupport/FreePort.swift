// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A TCP port of the loopback address on which nothing listens.
///
/// The port stays bound (but not listening) as long as this object lives, so that connecting to it is refused and
/// nobody else gets it in the meantime.
public final class FreePort: Sendable {
    /// The port's number.
    public let number: Int
    private let descriptor: Int32

    /// Takes a port that nobody uses.
    public init() throws {
        descriptor = socket(AF_INET, streamSocketType, 0)
        guard descriptor >= 0 else { throw SubprocessError.system(call: "socket", errno: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                let bound = bind(descriptor, pointer, length)
                return bound == 0 ? getsockname(descriptor, pointer, &length) : bound
            }
        }
        number = Int(UInt16(bigEndian: address.sin_port))
        guard result == 0 else {
            let reason = errno
            close(descriptor)
            throw SubprocessError.system(call: "bind", errno: reason)
        }
    }

    deinit {
        close(descriptor)
    }

    /// `127.0.0.1` and the port.
    public var address: String { "127.0.0.1:\(number)" }
}
