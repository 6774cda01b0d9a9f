// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

extension CertificateAuthority {
    /// Makes an OCSP response in DER about a certificate that this authority has issued.
    ///
    /// Write it to a file for ``OpenSSLServer`` to staple, or answer it from a ``TCPServer``.
    public func ocspResponse(for subject: IssuedCertificate, _ answer: OCSPAnswer = .good) async throws -> [UInt8] {
        let work = try TemporaryDirectory(named: "ocsp")
        let signer = answer.signer ?? certificate
        let good = answer.with { $0.status = .good }
        var parts: [UInt8] = []
        for other in answer.others { parts += try await part(for: other, good, work) }
        parts += try await part(for: subject, answer, work)
        let responder =
            answer.namesResponder
            ? DER.value(0xa1, try name(of: signer))
            : DER.value(0xa2, DER.value(0x04, try await keyHash(of: signer)))
        let data = DER.sequence(responder, DER.time(answer.thisUpdate), DER.sequence(parts))
        var signature = try await sign(data, with: signer, answer, work)
        // The last byte belongs to the signature's number, so that the encoding stays right and only the value is wrong.
        if answer.hasBrokenSignature, let last = signature.indices.last { signature[last] ^= 1 }
        var certificates = answer.signer == nil || !answer.includesSigner ? [] : try signer.der
        for extra in answer.extraCertificates { certificates += try extra.der }
        let response = DER.sequence(
            data,
            try algorithm(of: signer, answer),
            DER.value(0x03, [0] + signature),
            certificates.isEmpty ? [] : DER.value(0xa0, DER.sequence(certificates))
        )
        let basic = DER.identifier([1, 3, 6, 1, 5, 5, 7, 48, 1, 1])
        return DER.sequence(
            DER.value(0x0a, [0]),
            DER.value(0xa0, DER.sequence(basic, DER.value(0x04, response)))
        )
    }

    /// What the response says of one certificate.
    private func part(
        for subject: IssuedCertificate,
        _ answer: OCSPAnswer,
        _ work: TemporaryDirectory
    ) async throws -> [UInt8] {
        DER.sequence(
            try await certificateIdentifier(of: subject, answer.identifierDigest, work),
            status(answer.status),
            DER.time(answer.thisUpdate),
            answer.nextUpdate.map { DER.value(0xa0, DER.time($0)) } ?? []
        )
    }

    private func status(_ status: OCSPAnswer.Status) -> [UInt8] {
        switch status {
        case .good: DER.value(0x80, [])
        case .revoked(let date): DER.value(0xa1, DER.time(date))
        case .unknown: DER.value(0x82, [])
        }
    }

    /// The CertID, cut out of the request that `openssl` would send.
    private func certificateIdentifier(
        of subject: IssuedCertificate,
        _ digest: String,
        _ work: TemporaryDirectory
    ) async throws -> [UInt8] {
        let path = work.path("request.der")
        try await Subprocess.check(
            "openssl",
            ["ocsp", "-issuer", certificateFile, "-\(digest)", "-cert", subject.certificateFile]
                + ["-no_nonce", "-reqout", path]
        )
        // OCSPRequest { tbsRequest { requestList { Request { reqCert
        var reader = DERReader(try bytes(ofFile: path))
        for _ in 0..<4 { reader = DERReader(try reader.next(tag: 0x30).content) }
        return try reader.next(tag: 0x30).whole
    }

    /// The subject, as the certificate encodes it.
    private func name(of signer: IssuedCertificate) throws -> [UInt8] {
        // Certificate { tbsCertificate { version, serial number, algorithm, issuer, validity, subject
        var reader = DERReader(try signer.der)
        for _ in 0..<2 { reader = DERReader(try reader.next(tag: 0x30).content) }
        for tag: UInt8 in [0xa0, 0x02, 0x30, 0x30, 0x30] { _ = try reader.next(tag: tag) }
        return try reader.next(tag: 0x30).whole
    }

    /// SHA-1 of the public key: how a responder names itself.
    private func keyHash(of signer: IssuedCertificate) async throws -> [UInt8] {
        let output = try await Subprocess.check(
            "openssl",
            ["x509", "-in", signer.certificateFile, "-noout", "-ocspid"]
        ).standardOutput
        let line = output.split(separator: "\n").first { $0.contains("Public key OCSP hash:") } ?? ""
        let digits = Array(line.split(separator: " ").last ?? "")
        let pairs = stride(from: 0, to: digits.count - 1, by: 2).map { String(digits[$0...$0 + 1]) }
        let hash = pairs.compactMap { UInt8($0, radix: 16) }
        guard hash.count == 20 else {
            throw SubprocessError.failed(command: "openssl x509 -ocspid", exitCode: 0, output: output)
        }
        return hash
    }

    private func sign(
        _ data: [UInt8],
        with signer: IssuedCertificate,
        _ answer: OCSPAnswer,
        _ work: TemporaryDirectory
    ) async throws -> [UInt8] {
        let (input, output) = (try work.write(data, to: "data.der"), work.path("signature"))
        if signer.request.key == .ed25519 {
            let arguments = ["pkeyutl", "-sign", "-rawin", "-inkey", signer.keyFile, "-in", input, "-out", output]
            try await Subprocess.check("openssl", arguments)
        } else {
            let digest = answer.usesMD5 ? "md5" : answer.pssDigest ?? "sha256"
            let padding =
                answer.pssDigest == nil ? [] : ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"]
            try await Subprocess.check(
                "openssl",
                ["dgst", "-\(digest)", "-sign", signer.keyFile] + padding + ["-out", output, input]
            )
        }
        return try bytes(ofFile: output)
    }

    /// RSASSA-PSS with its parameters (RFC 4055, section 3.1): the digest and the mask are left out for SHA-1, the length of
    /// the salt, 20, always.
    private func pss(_ digest: String) -> [UInt8] {
        let identifier = DER.identifier([1, 2, 840, 113549, 1, 1, 10])
        guard digest != "sha1" else { return DER.sequence(identifier, DER.sequence()) }
        let hash = DER.sequence(
            DER.identifier(digest == "md5" ? [1, 2, 840, 113549, 2, 5] : [2, 16, 840, 1, 101, 3, 4, 2, 1]),
            DER.value(0x05, [])
        )
        let mask = DER.sequence(DER.identifier([1, 2, 840, 113549, 1, 1, 8]), hash)
        return DER.sequence(identifier, DER.sequence(DER.value(0xa0, hash), DER.value(0xa1, mask)))
    }

    private func algorithm(of signer: IssuedCertificate, _ answer: OCSPAnswer) throws -> [UInt8] {
        if let digest = answer.pssDigest { return pss(digest) }
        return switch signer.request.key {
        case .rsa where answer.usesMD5:
            DER.sequence(DER.identifier([1, 2, 840, 113549, 1, 1, 4]), DER.value(0x05, []))
        case .rsa: DER.sequence(DER.identifier([1, 2, 840, 113549, 1, 1, 11]), DER.value(0x05, []))
        case .p256, .p384: DER.sequence(DER.identifier([1, 2, 840, 10045, 4, 3, 2]))
        case .ed25519: DER.sequence(DER.identifier([1, 3, 101, 112]))
        case .file: throw CocoaError(.featureUnsupported)
        }
    }

    private func bytes(ofFile path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
