// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The socket of a connection, for sending from the thread that has something to send.
///
/// Handing a request over to the event loop costs a wake-up, which is most of what a small request costs at all. So the
/// task that asks sends by itself, and the loop only receives. What the socket does not take at once goes to the loop.
///
/// The descriptor is a duplicate that belongs to this value: NIO may close its own at any moment on the loop, and a
/// number that was closed is soon somebody else's.
struct DirectSocket: ~Copyable {
    private let descriptor: CInt

    /// - Returns: `nil` when no descriptor is to be had; everything is then sent by the loop.
    init?(duplicating handle: NIOBSDSocket.Handle) {
        let descriptor = fcntl(handle, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        #if canImport(Darwin)
        var on: CInt = 1
        _ = setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<CInt>.size))
        #endif
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// Sends what the socket takes without waiting.
    ///
    /// - Returns: How much went out. Less than everything also when the socket is broken: the loop, which gets the rest,
    ///   finds out and tells.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
        let flags: CInt = 0
        #else
        let flags = CInt(MSG_NOSIGNAL)
        #endif
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            #if canImport(Glibc)
            let count = Glibc.send(descriptor, rest.baseAddress, rest.count, flags)
            #elseif canImport(Musl)
            let count = Musl.send(descriptor, rest.baseAddress, rest.count, flags)
            #else
            let count = Darwin.send(descriptor, rest.baseAddress, rest.count, flags)
            #endif
            if count > 0 {
                sent += count
            } else if count < 0, errno == EINTR {
                continue
            } else {
                return sent
            }
        }
        return sent
    }

    /// Whether the other side took what was sent, ended the connection without answering, and then reset it: that is what
    /// the kernel does for a program that closes a connection without having read all that arrived.
    ///
    /// Told on Linux only; elsewhere the answer is always no.
    var wasClosedUnread: Bool {
        #if os(Linux)
        // The C library's `struct tcp_info` is older than the count of acknowledged bytes: the kernel fills in as much as
        // there is room for. include/uapi/linux/tcp.h: tcpi_state is the first byte, tcpi_bytes_acked is at 120.
        var info = [UInt8](repeating: 0, count: 128)
        var length = socklen_t(info.count)
        // TCP_INFO, a macro of the same header.
        let tcpInformation: CInt = 11
        guard getsockopt(descriptor, CInt(IPPROTO_TCP), tcpInformation, &info, &length) == 0, length == 128 else {
            return false
        }
        let acknowledged = info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 120, as: UInt64.self) }
        // 7: TCP_CLOSE, after a reset; an end without a reset leaves TCP_CLOSE_WAIT. The SYN counts as one byte.
        return info[0] == 7 && acknowledged > 1
        #else
        return false
        #endif
    }
}
