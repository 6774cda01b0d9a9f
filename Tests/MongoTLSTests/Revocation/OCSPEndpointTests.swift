// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoTLS

@Suite("OCSP endpoints")
struct OCSPEndpointTests {
    @Test(
        "An http URL names host, port and target",
        arguments: [
            ("http://ocsp.example.com", "ocsp.example.com", 80, "/", "ocsp.example.com"),
            ("http://ocsp.example.com/", "ocsp.example.com", 80, "/", "ocsp.example.com"),
            ("HTTP://ocsp.example.com:8080/a/b?c=d", "ocsp.example.com", 8080, "/a/b?c=d", "ocsp.example.com:8080"),
            ("http://ocsp.example.com?c", "ocsp.example.com", 80, "/?c", "ocsp.example.com"),
            ("http://ocsp.example.com:/x#y", "ocsp.example.com", 80, "/x", "ocsp.example.com"),
            ("http://127.0.0.1:80/", "127.0.0.1", 80, "/", "127.0.0.1"),
            ("http://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"),
            ("http://[::1]", "::1", 80, "/", "[::1]"),
        ]
    )
    func valid(url: String, host: String, port: Int, target: String, authority: String) throws {
        let endpoint = try #require(OCSPEndpoint(url))
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.target == target)
        #expect(endpoint.authority == authority)
    }

    @Test(
        "Everything else is not asked",
        arguments: [
            "", "http:", "http://", "http:///x", "https://ocsp.example.com/", "ldap://ocsp.example.com/",
            "ftp://ocsp.example.com/", "ocsp.example.com", "http://:80/", "http://a:0/", "http://a:65536/",
            "http://a:-1/", "http://a:99999999999999999999/", "http://a:8o/", "http://a:٣/", "http://[::1/",
            "http://[::1]x/", "http://user:word@a/", "http://a b/", "http://a/\r\nHost: b", "http://a/\u{0}",
            "http://ä/", "http://a/" + String(repeating: "x", count: 3_000),
        ]
    )
    func invalid(url: String) {
        #expect(OCSPEndpoint(url) == nil)
    }
}
