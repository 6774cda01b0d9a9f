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
        let data = DER.sequence(
            DER.value(0xa2, DER.value(0x04, try await keyHash(of: signer))),
            DER.time(answer.thisUpdate),
            DER.sequence(
                DER.sequence(
                    try await certificateIdentifier(of: subject, work),
                    status(answer.status),
                    DER.time(answer.thisUpdate),
                    answer.nextUpdate.map { DER.value(0xa0, DER.time($0)) } ?? []
                )
            )
        )
        var signature = try await sign(data, with: signer, work)
        // The last byte belongs to the signature's number, so that the encoding stays right and only the value is wrong.
        if answer.hasBrokenSignature, let last = signature.indices.last { signature[last] ^= 1 }
        let certificates = answer.signer == nil || !answer.includesSigner ? [] : try signer.der
        let response = DER.sequence(
            data,
            try algorithm(of: signer),
            DER.value(0x03, [0] + signature),
            certificates.isEmpty ? [] : DER.value(0xa0, DER.sequence(certificates))
        )
        let basic = DER.identifier([1, 3, 6, 1, 5, 5, 7, 48, 1, 1])
        return DER.sequence(
            DER.value(0x0a, [0]),
            DER.value(0xa0, DER.sequence(basic, DER.value(0x04, response)))
        )
    }

    private func status(_ status: OCSPAnswer.Status) -> [UInt8] {
        switch status {
        case .good: DER.value(0x80, [])
        case .revoked(let date): DER.value(0xa1, DER.time(date))
        case .unknown: DER.value(0x82, [])
        }
    }

    /// The CertID with SHA-1, cut out of the request that `openssl` would send.
    private func certificateIdentifier(
        of subject: IssuedCertificate,
        _ work: TemporaryDirectory
    ) async throws -> [UInt8] {
        let path = work.path("request.der")
        try await Subprocess.check(
            "openssl",
            ["ocsp", "-issuer", certificateFile, "-cert", subject.certificateFile, "-no_nonce", "-reqout", path]
        )
        // OCSPRequest { tbsRequest { requestList { Request { reqCert
        var reader = DERReader(try bytes(ofFile: path))
        for _ in 0..<4 { reader = DERReader(try reader.next(tag: 0x30).content) }
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
        _ work: TemporaryDirectory
    ) async throws -> [UInt8] {
        let (input, output) = (try work.write(data, to: "data.der"), work.path("signature"))
        if signer.request.key == .ed25519 {
            let arguments = ["pkeyutl", "-sign", "-rawin", "-inkey", signer.keyFile, "-in", input, "-out", output]
            try await Subprocess.check("openssl", arguments)
        } else {
            try await Subprocess.check("openssl", ["dgst", "-sha256", "-sign", signer.keyFile, "-out", output, input])
        }
        return try bytes(ofFile: output)
    }

    private func algorithm(of signer: IssuedCertificate) throws -> [UInt8] {
        switch signer.request.key {
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
