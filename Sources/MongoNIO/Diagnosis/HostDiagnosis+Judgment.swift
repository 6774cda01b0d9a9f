// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS

/// From what was looked at to the steps of the report.
extension HostDiagnosis {
    mutating func judge(_ look: Look, _ probes: [Probe], _ attempt: Attempt, _ tls: TLSContexts) {
        // A server that the client has no version in common with shows its certificates to who speaks an older one.
        let inspection = look.inspection ?? probes.compactMap(\.inspection).first
        let judgment = judgeCertificates(inspection, attempt, tls)
        noteVersions(probes, tls.options)
        noteClientCertificate(look.inspection, attempt, tls.options)
        noteHandshake(attempt)
        noteHello(attempt)
        if let error = attempt.tlsError { blame(error, probes, tls.options) }
        if let judgment { noteEndpoint(judgment, attempt, tls) }
    }

    private mutating func judgeCertificates(
        _ inspection: TLSInspection?,
        _ attempt: Attempt,
        _ tls: TLSContexts
    ) -> TLSInspection.Judgment? {
        skipReason = "the server presented no certificate"
        guard let inspection else { return nil }
        let certificates = inspection.certificates
        var chain = DiagnosisStep(.chain, .ok, "\(certificates.count) presented")
        chain.certificates = certificates
        if let ending = certificates.first(where: \.isNearItsEnd) {
            chain.status = .warned
            chain.detail += "; \(ending.subject) expires on \(CertificateSummary.date(ending.notAfter))"
            chain.hint = "renew it in time"
        }
        steps[.chain] = chain
        let name = tls.inspecting.serverName(host: address.host, port: address.port, name: address.certificateName)
        guard let judgment = inspection.judge(tls.inspecting, as: name ?? .localhost) else { return nil }

        // What the options do not demand is worth a warning where it is missing.
        let options = tls.options
        switch judgment.trust {
        case .success(let chain):
            note(.trust, .ok, chain.map(\.subject).joined(separator: " ← "))
            if !options.verifiesCertificate {
                note(
                    .trust,
                    .warned,
                    "the certificate would be trusted, and the options do not ask for it",
                    hint: "remove tlsInsecure or tlsAllowInvalidCertificates: nothing speaks against it"
                )
            }
        case .failure(let error):
            steps[.trust] = DiagnosisStep(.trust, error, status: options.verifiesCertificate ? .failed : .warned)
        }
        if let error = judgment.hostname {
            steps[.hostname] = DiagnosisStep(.hostname, error, status: options.verifiesHostname ? .failed : .warned)
        } else {
            note(.hostname, .ok, "the certificate lists \(name?.description ?? address.host)")
        }
        noteRevocation(judgment, attempt, options)
        return judgment
    }

    private mutating func noteRevocation(
        _ judgment: TLSInspection.Judgment,
        _ attempt: Attempt,
        _ options: TLSOptions
    ) {
        skipReason = "the chain is not trusted"
        guard case .success = judgment.trust else { return }
        let isOff = !options.checksRevocation
        let off = "revocation is not checked, by the options"
        switch judgment.list {
        case .none: note(.crl, .skipped, isOff ? off : "no revocation list was given")
        case .good: note(.crl, .ok, "not revoked")
        case .refused(let error):
            // A list that an answer of OCSP has made unnecessary keeps nobody out.
            var isNeeded = !attempt.isConnected
            if case .good = judgment.staple, options.crlCheck != .chain { isNeeded = false }
            steps[.crl] = DiagnosisStep(.crl, error, status: isNeeded ? .failed : .warned)
        }
        switch judgment.staple {
        case .none: break
        case .missing: note(.staple, .skipped, "the server sent none")
        case .unknown: note(.staple, .warned, "the responder does not know the certificate")
        case .good(let end):
            note(.staple, .ok, "good" + (end.map { " until \(CertificateSummary.date($0))" } ?? ""))
        case .refused(let error):
            steps[.staple] = DiagnosisStep(.staple, error, status: isOff ? .warned : .failed)
        }
    }

    /// Whether the client asked the responders, and what they said; or why it did not.
    private mutating func noteEndpoint(_ judgment: TLSInspection.Judgment, _ attempt: Attempt, _ tls: TLSContexts) {
        guard case .success = judgment.trust else { return }
        let reports = tls.journal.reports(of: judgment)
        let told = reports.map(\.text).joined(separator: "; ")
        if steps[.endpoint]?.status == .failed {
            // The handshake was refused for the responders' sake: it says why, and they stand beside it.
            if !told.isEmpty { steps[.endpoint]?.detail += ": " + told }
        } else if let reason = reasonNotToAsk(judgment, attempt, tls.options, isAsked: !reports.isEmpty) {
            let places = judgment.responders.joined(separator: ", ")
            note(.endpoint, .skipped, places.isEmpty ? reason : "\(places): not asked: \(reason)")
        } else if reports.contains(where: \.isConclusive) {
            note(.endpoint, .ok, told)
        } else {
            note(
                .endpoint,
                .warned,
                "no responder gave a valid answer in time, and the certificate is accepted, as the options allow: \(told)",
                hint: "let this machine reach the responders that the certificate names, or have the server staple"
            )
        }
    }

    private func reasonNotToAsk(
        _ judgment: TLSInspection.Judgment,
        _ attempt: Attempt,
        _ options: TLSOptions,
        isAsked: Bool
    ) -> String? {
        if !options.checksRevocation { return "revocation is not checked, by the options" }
        if judgment.responders.isEmpty { return "the certificate names no OCSP responder" }
        if options.disableOCSPEndpointCheck == true { return "turned off by tlsDisableOCSPEndpointCheck" }
        guard !isAsked else { return nil }
        switch judgment.staple {
        case .good, .refused: return "the stapled response decided"
        case .none, .missing, .unknown: break
        }
        if judgment.list != nil { return "the revocation list decided" }
        return attempt.tlsError == nil ? "the time was over" : "the handshake did not come that far"
    }

    private mutating func noteVersions(_ probes: [Probe], _ options: TLSOptions) {
        var step = DiagnosisStep(.versions, .ok, "")
        step.versions = probes.map { .init(version: $0.version, isAccepted: $0.isAccepted) }
        let accepted = probes.filter { $0.isAccepted == true }.map(\.version)
        guard !accepted.isEmpty else {
            note(.versions, .skipped, probes.isEmpty ? "the server does not speak TLS" : "the server accepted none")
            steps[.versions]?.versions = step.versions
            return
        }
        step.detail = "accepted: " + accepted.map(\.description).joined(separator: ", ")
        if !accepted.contains(where: { options.offers($0) }) {
            step.status = .failed
            step.category = TLSError.Category.protocolVersion.rawValue
            step.code = TLSError.Code.noSharedVersion.rawValue
            step.hint = "client and server need a common version: TLS 1.2 or 1.3"
        } else if accepted.contains(where: { $0 < .tls12 }) {
            step.status = .warned
            step.hint = "versions below 1.2 are not secure: turn them off on the server (--tlsDisabledProtocols)"
        }
        steps[.versions] = step
    }

    private mutating func noteClientCertificate(_ look: TLSInspection?, _ attempt: Attempt, _ options: TLSOptions) {
        switch (look?.certificateWasRequested, options.presentsCertificate) {
        case (nil, _):
            note(.clientCertificate, .skipped, "the handshake did not come that far")
        case (true, true):
            note(.clientCertificate, .ok, "asked for, and presented")
        case (true, false):
            note(.clientCertificate, .ok, "asked for, and none is configured")
        case (false, true):
            note(.clientCertificate, .warned, "the server does not ask for the one that is configured")
        case (false, false):
            note(.clientCertificate, .ok, "not asked for")
        }
    }

    private mutating func noteHandshake(_ attempt: Attempt) {
        switch attempt {
        case .connected(let description):
            guard let info = description.tls else { return }
            let group = info.group.map { ", \($0)" } ?? ""
            note(.handshake, .ok, "\(info.version), \(info.cipher)\(group)")
        case .failed(let error, let isSecured):
            if error.tls != nil {
                note(.handshake, .skipped, "not completed: see what failed")
            } else if isSecured {
                note(.handshake, .ok, "done")
            } else {
                // The first connection was made, this one was not: it did not even come to a handshake.
                steps[.handshake] = DiagnosisStep(.handshake, error)
                steps[.handshake]?.hint = "the server took one connection and not the next: is it overloaded?"
            }
        }
    }

    mutating func noteHello(_ attempt: Attempt) {
        switch attempt {
        case .connected(let description):
            let hello = description.hello
            let set = hello.setName.map { " of the replica set \($0.quotable)" } ?? ""
            note(.hello, .ok, "\(hello.serverType.rawValue)\(set), wire version \(hello.maxWireVersion)")
            note(.login, logsIn ? .ok : .skipped, logsIn ? "done" : "the options name no user")
        case .failed(let error, let isSecured):
            skipReason = "not reached"
            guard error.tls == nil, isSecured || tls == nil else { return }
            if error.code == .authentication {
                note(.hello, .ok, "the server answered")
                var step = DiagnosisStep(.login, error)
                step.hint = step.hint ?? "check user, password, authSource and mechanism"
                steps[.login] = step
            } else {
                steps[.hello] = DiagnosisStep(.hello, error)
            }
        }
    }

    /// Marks the step that the client's connection failed at.
    private mutating func blame(_ error: TLSError, _ probes: [Probe], _ options: TLSOptions) {
        let name: DiagnosisStep.Name
        switch error.category {
        case .certificate: name = .trust
        case .hostname: name = .hostname
        case .protocolVersion: name = .versions
        case .clientCertificate: name = .clientCertificate
        case .revocation:
            switch error.code {
            case .stapleInvalid, .mustStapleMissing: name = .staple
            case .ocspRevoked, .revocationUndecided: name = steps[.staple]?.status == .failed ? .staple : .endpoint
            default: name = .crl
            }
        case .network where [.closedAfterHandshake, .truncated].contains(error.code): name = .hello
        default: name = .handshake
        }
        // A server that just hangs up may do so because it accepts none of the client's versions: the probes have told.
        if name == .handshake, steps[.versions]?.status == .failed { return }
        var step = DiagnosisStep(name, error)
        step.versions = steps[name]?.versions ?? []
        steps[name] = step
    }
}

extension TLSOptions {
    /// Whether the client offers the version.
    fileprivate func offers(_ version: TLSVersion) -> Bool {
        (minimumVersion ?? .tls12) <= version && version <= (maximumVersion ?? .tls13)
    }

    fileprivate var checksRevocation: Bool {
        verifiesCertificate && disableCertificateRevocationCheck != true
    }

    fileprivate var presentsCertificate: Bool { namesIdentity }
}
