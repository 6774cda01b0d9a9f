// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import Foundation

extension CertificateAuthority {
    /// Issues a certificate revocation list (RFC 5280, section 5) and returns the path of its PEM file, which exists as
    /// long as the authority.
    ///
    /// - Parameters:
    ///   - revoked: The certificates on the list.
    ///   - lastUpdate: When the list's validity begins; an hour ago by default.
    ///   - nextUpdate: When the list's validity ends; in 30 days by default.
    ///   - digest: The digest of the signature, by OpenSSL's name.
    public func revocationList(
        revoking revoked: [IssuedCertificate] = [],
        lastUpdate: Date = Date(timeIntervalSinceNow: -3_600),
        nextUpdate: Date = Date(timeIntervalSinceNow: 30 * 86_400),
        digest: String = "sha256"
    ) async throws -> String {
        let work = try TemporaryDirectory(named: "crl")
        // One line per certificate: status, expiry, revocation (as UTCTime), serial, file, subject.
        let revocation = lastUpdate.generalizedTime.dropFirst(2)
        let lines = revoked.map { certificate in
            let expiry = certificate.request.notAfter.generalizedTime
            return "R\t\(expiry)\t\(revocation),keyCompromise\t\(certificate.serial)\tunknown\t/CN=revoked\n"
        }
        try work.write(lines.joined(), to: "index.txt")
        try work.write("01\n", to: "crlnumber")
        let configurationFile = try work.write(
            """
            [ca]
            default_ca = authority
            [authority]
            database = \(work.path)/index.txt
            crlnumber = \(work.path)/crlnumber
            unique_subject = no
            crl_extensions = extensions
            [extensions]
            authorityKeyIdentifier = keyid:always
            """,
            to: "openssl.cnf"
        )
        let path = certificate.directory.path("list-\(UUID().uuidString).crl.pem")
        try await Subprocess.check(
            "openssl",
            ["ca", "-gencrl", "-config", configurationFile, "-cert", certificateFile, "-keyfile", keyFile]
                + ["-crl_lastupdate", lastUpdate.generalizedTime, "-crl_nextupdate", nextUpdate.generalizedTime]
                + ["-md", certificate.request.key == .ed25519 ? "null" : digest, "-out", path]
        )
        return path
    }

    /// Writes a revocation list that ``revocationList(revoking:lastUpdate:nextUpdate:digest:)`` has made as DER and
    /// returns the new file's path.
    public func derFile(ofRevocationList path: String) throws -> String {
        let list = try decodePEM(String(contentsOfFile: path, encoding: .utf8))
        return try certificate.directory.write(list, to: "list-\(UUID().uuidString).crl")
    }
}
