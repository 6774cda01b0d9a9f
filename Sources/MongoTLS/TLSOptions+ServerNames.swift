// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension TLSOptions {
    /// The name that ``serverNames`` has for a server; `nil` when it is the host itself.
    ///
    /// - Parameters:
    ///   - host: The host as it is dialed, an IPv6 address without brackets; or the path of a Unix domain socket.
    ///   - port: The port; `nil` for a Unix domain socket.
    package func serverName(host: String, port: Int?) -> String? {
        guard !serverNames.isEmpty else { return nil }
        let host = host.lowercased()
        let bracketed = host.contains(":") ? "[\(host)]" : host
        var keys = [host, bracketed]
        if let port { keys.insert("\(bracketed):\(port)", at: 0) }
        // Keys are compared without regard to case, as hosts are; there are few of them.
        for key in keys {
            if let name = serverNames.first(where: { $0.key.lowercased() == key })?.value { return name }
        }
        return nil
    }
}

extension TLSContext {
    /// Whom the certificate of a server has to name.
    ///
    /// - Parameters:
    ///   - host: The host as it is dialed; the path of a Unix domain socket.
    ///   - port: The port; `nil` for a Unix domain socket.
    ///   - name: The host's name for certificates; `nil` when it has none, as a Unix domain socket.
    /// - Returns: `nil` when there is no name to expect.
    package func serverName(host: String, port: Int?, name: String?) -> TLSServerName? {
        (options.serverName(host: host, port: port) ?? name).map { TLSServerName(host: $0) }
    }
}
