// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

@testable import MongoTLS

/// Authorities, certificates and delegates that the tests of revocation share.
struct RevocationFixture: Sendable {
    let root: CertificateAuthority
    /// Certified by the root.
    let intermediate: CertificateAuthority
    /// An authority of the root's name with a key of its own.
    let namesake: CertificateAuthority
    /// Issued by the root.
    let leaf: IssuedCertificate
    /// Issued by the intermediate.
    let deepLeaf: IssuedCertificate
    /// Another certificate of the root's.
    let sibling: IssuedCertificate
    /// Signs for the root.
    let delegate: IssuedCertificate
    /// Signs for the intermediate.
    let deepDelegate: IssuedCertificate
    /// A context that trusts the root, asks no responder and has no list.
    let context: TLSContext

    static var shared: RevocationFixture {
        get async throws { try await making.value }
    }

    private static let making = Task<RevocationFixture, any Error> {
        let root = try await CertificateAuthority.make(name: "Revocation root")
        async let namesake = CertificateAuthority.make(name: "Revocation root")
        let intermediate = try await root.intermediate()
        async let leaf = root.issue(.server())
        async let deepLeaf = intermediate.issue(.server())
        async let sibling = root.issue(.server())
        async let delegate = root.issue(.responseSigner())
        async let deepDelegate = intermediate.issue(.responseSigner())
        var options = TLSOptions()
        options.caFile = root.certificateFile
        return RevocationFixture(
            root: root,
            intermediate: intermediate,
            namesake: try await namesake,
            leaf: try await leaf,
            deepLeaf: try await deepLeaf,
            sibling: try await sibling,
            delegate: try await delegate,
            deepDelegate: try await deepDelegate,
            context: try TLSContext(options)
        )
    }

    /// What is asked about, with the chain that the handshake would have verified.
    func subject(_ certificate: IssuedCertificate) throws -> OCSPSubject {
        try Self.subject(certificate, rootFile: root.certificateFile)
    }

    static func subject(
        _ certificate: IssuedCertificate,
        rootFile: String,
        level: Int32 = 2
    ) throws -> OCSPSubject {
        let chain = try [certificate.chainFile, rootFile].flatMap {
            try CredentialFile(path: $0, purpose: .certificateAuthorities).certificates()
        }
        guard let subject = OCSPSubject(chain: chain, securityLevel: level) else {
            throw CocoaError(.coderInvalidValue)
        }
        return subject
    }

    /// What the response says of the certificate, now.
    func judge(
        _ response: [UInt8],
        about certificate: IssuedCertificate
    ) throws -> Result<MongoTLS.OCSPAnswer, OCSPFault> {
        let subject = try subject(certificate)
        do throws(OCSPFault) {
            return .success(
                try OCSPResponse.judge(
                    response,
                    about: subject,
                    now: Int64(Date().timeIntervalSince1970)
                )
            )
        } catch {
            return .failure(error)
        }
    }
}
