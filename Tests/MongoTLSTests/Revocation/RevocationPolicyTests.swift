// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoTLS

@Suite("The revocation policy")
struct RevocationPolicyTests {
    private typealias Findings = RevocationPolicy.Findings
    private typealias Step = RevocationPolicy.Step

    private static let good = OCSPAnswer(status: .good, thisUpdate: 100, nextUpdate: 200)
    private static let revoked = OCSPAnswer(status: .revoked(at: 50), thisUpdate: 100, nextUpdate: 200)
    private static let unknown = OCSPAnswer(status: .unknown, thisUpdate: 100, nextUpdate: 200)
    private static let fault = RevocationListFault(kind: .revoked, verifyCode: 23, verifyText: "revoked", depth: 0)

    /// Everything that a policy can be told, for the rows of the table.
    private static func policy(
        enabled: Bool = true,
        list: RevocationPolicy.ListScope? = nil,
        asks: Bool = true,
        requires: Bool = false
    ) -> RevocationPolicy {
        RevocationPolicy(isEnabled: enabled, listScope: list, asksResponders: asks, requiresVerdict: requires)
    }

    private static func findings(
        must: Bool = false,
        responders: Bool = true,
        _ staple: RevocationPolicy.Staple? = nil,
        _ memory: RevocationPolicy.Memory? = nil,
        list: RevocationPolicy.List? = nil,
        answer: RevocationPolicy.Responders? = nil,
        left: Duration? = nil
    ) -> Findings {
        var findings = Findings(mustStaple: must, namesResponders: responders, timeLeft: left)
        findings.staple = staple
        findings.memory = memory
        findings.list = list
        findings.responders = answer
        return findings
    }

    private static func accepted(
        _ source: TLSRevocationStatus.Source,
        _ verdict: TLSRevocationStatus.Verdict,
        until: Int64? = nil
    ) -> Step {
        .accept(TLSRevocationStatus(source, verdict, validUntil: until))
    }

    @Test("Without checks nothing is asked, whatever the certificate demands")
    func disabled() {
        let policy = Self.policy(enabled: false, list: .chain, requires: true)
        #expect(policy.nextStep(after: Self.findings(must: true)) == .accept(.notChecked))
    }

    @Test("The staple comes first and, unless it is unknown, decides")
    func staple() {
        for policy in [Self.policy(), Self.policy(list: .leaf), Self.policy(requires: true), Self.policy(asks: false)] {
            #expect(policy.nextStep(after: Self.findings()) == .judgeStaple)
            #expect(
                policy.nextStep(after: Self.findings(.valid(Self.good))) == Self.accepted(.staple, .good, until: 200)
            )
            #expect(policy.nextStep(after: Self.findings(.valid(Self.revoked))) == .refuse(.revoked(.staple, at: 50)))
            #expect(policy.nextStep(after: Self.findings(.valid(Self.unknown))) == .recall)
            #expect(policy.nextStep(after: Self.findings(.missing)) == .recall)
            for fault in [OCSPFault.malformed, .otherCertificate, .expired, .notSuccessful(status: 3)] {
                #expect(policy.nextStep(after: Self.findings(.invalid(fault))) == .refuse(.stapleInvalid(fault)))
            }
        }
    }

    @Test("An answer that names no end holds for this connection only")
    func endless() {
        let answer = OCSPAnswer(status: .good, thisUpdate: 100, nextUpdate: nil)
        #expect(
            Self.policy().nextStep(after: Self.findings(.valid(answer))) == Self.accepted(.staple, .good, until: 100)
        )
    }

    @Test("A must-staple certificate without a staple is refused, whatever else could be asked")
    func mustStaple() {
        for policy in [Self.policy(), Self.policy(list: .leaf), Self.policy(asks: false)] {
            #expect(policy.nextStep(after: Self.findings(must: true, .missing)) == .refuse(.mustStapleMissing))
            let known = Self.findings(must: true, .missing, .answer(Self.good), list: .good)
            #expect(policy.nextStep(after: known) == .refuse(.mustStapleMissing))
            #expect(
                policy.nextStep(after: Self.findings(must: true, .valid(Self.good)))
                    == Self.accepted(.staple, .good, until: 200)
            )
            #expect(policy.nextStep(after: Self.findings(must: true, .valid(Self.unknown))) == .recall)
        }
    }

    @Test("The cache comes second, before the list and the responders")
    func cache() {
        for policy in [Self.policy(), Self.policy(list: .leaf)] {
            #expect(
                policy.nextStep(after: Self.findings(.missing, .answer(Self.good)))
                    == Self.accepted(.cache, .good, until: 200)
            )
            #expect(
                policy.nextStep(after: Self.findings(.valid(Self.unknown), .answer(Self.revoked)))
                    == .refuse(.revoked(.cache, at: 50))
            )
        }
    }

    @Test("The list comes third: it refuses or accepts, and the responders are not asked")
    func list() {
        for requires in [false, true] {
            let leaf = Self.policy(list: .leaf, requires: requires)
            #expect(leaf.nextStep(after: Self.findings(.missing, .nothing)) == .consultList(.leaf))
            // That responders were silent says nothing of the list.
            #expect(leaf.nextStep(after: Self.findings(.missing, .fruitless)) == .consultList(.leaf))
            #expect(
                leaf.nextStep(after: Self.findings(.missing, .nothing, list: .good)) == Self.accepted(.crl, .good)
            )
            #expect(
                leaf.nextStep(after: Self.findings(.missing, .nothing, list: .refused(Self.fault)))
                    == .refuse(.list(Self.fault))
            )
            #expect(
                Self.policy(list: .chain, requires: requires).nextStep(after: Self.findings(.missing, .nothing))
                    == .consultList(.chain)
            )
        }
    }

    @Test("A list for the whole chain answers for the authorities even when OCSP has answered for the leaf")
    func chainList() {
        let policy = Self.policy(list: .chain)
        for (findings, source) in [
            (Self.findings(.valid(Self.good)), TLSRevocationStatus.Source.staple),
            (Self.findings(.missing, .answer(Self.good)), .cache),
        ] {
            #expect(policy.nextStep(after: findings) == .consultList(.authorities))
            var asked = findings
            asked.list = .good
            #expect(policy.nextStep(after: asked) == Self.accepted(source, .good, until: 200))
            asked.list = .refused(Self.fault)
            #expect(policy.nextStep(after: asked) == .refuse(.list(Self.fault)))
        }
        #expect(policy.nextStep(after: Self.findings(.valid(Self.revoked))) == .refuse(.revoked(.staple, at: 50)))
    }

    @Test("The responders come last")
    func responders() {
        let policy = Self.policy()
        #expect(
            policy.nextStep(after: Self.findings(.missing, .nothing)) == .askResponders(budget: .seconds(5))
        )
        #expect(
            policy.nextStep(after: Self.findings(.missing, .nothing, answer: .answer(Self.good)))
                == Self.accepted(.endpoint, .good, until: 200)
        )
        #expect(
            policy.nextStep(after: Self.findings(.missing, .nothing, answer: .answer(Self.revoked)))
                == .refuse(.revoked(.endpoint, at: 50))
        )
        #expect(
            policy.nextStep(after: Self.findings(.missing, .nothing, answer: .fruitless))
                == Self.accepted(.endpoint, .unknown)
        )
        #expect(
            policy.nextStep(after: Self.findings(.missing, .nothing, answer: .answer(Self.unknown)))
                == Self.accepted(.endpoint, .unknown)
        )
    }

    @Test(
        "The responders get five seconds at most, and leave a fifth of a shorter time to what follows",
        arguments: [
            (nil, .seconds(5)), (.seconds(60), .seconds(5)), (.seconds(6), .milliseconds(4_800)),
            (.seconds(1), .milliseconds(800)),
        ] as [(Duration?, Duration)]
    )
    func budget(left: Duration?, budget: Duration) {
        let step = Self.policy().nextStep(after: Self.findings(.missing, .nothing, left: left))
        #expect(step == .askResponders(budget: budget))
    }

    @Test("How long responders rest: the longer they had, and not for long where nobody gets in meanwhile")
    func resting() {
        var policy = RevocationPolicy(TLSOptions())
        #expect(policy.restingTime(afterRoundOf: .seconds(5)) == .seconds(60))
        #expect(policy.restingTime(afterRoundOf: .milliseconds(500)) == .seconds(6))
        #expect(policy.restingTime(afterRoundOf: .milliseconds(1)) == .seconds(1))
        policy.requiresVerdict = true
        #expect(policy.restingTime(afterRoundOf: .seconds(5)) == .seconds(5))
        #expect(policy.restingTime(afterRoundOf: .milliseconds(1)) == .seconds(1))
    }

    @Test("The responders are not asked when they are turned off, not named, resting, or when the time is over")
    func notAsked() {
        let cases: [(RevocationPolicy, Findings, Step)] = [
            (Self.policy(asks: false), Self.findings(.missing, .nothing), .accept(.notChecked)),
            (Self.policy(), Self.findings(responders: false, .missing, .nothing), .accept(.notChecked)),
            (Self.policy(), Self.findings(.missing, .fruitless), Self.accepted(.none, .unknown)),
            (Self.policy(), Self.findings(.missing, .nothing, left: .zero), .accept(.notChecked)),
            (
                Self.policy(asks: false), Self.findings(.valid(Self.unknown), .nothing),
                Self.accepted(.staple, .unknown)
            ),
        ]
        for (policy, findings, expected) in cases {
            #expect(policy.nextStep(after: findings) == expected)
            var strict = policy
            strict.requiresVerdict = true
            #expect(strict.nextStep(after: findings) == .refuse(.undecided))
        }
        let fruitless = Self.findings(.missing, .nothing, answer: .fruitless)
        #expect(Self.policy(requires: true).nextStep(after: fruitless) == .refuse(.undecided))
    }

    @Test("The options choose the policy")
    func options() {
        func policy(_ change: (inout TLSOptions) -> Void) -> RevocationPolicy {
            var options = TLSOptions()
            change(&options)
            return RevocationPolicy(options)
        }
        #expect(policy { _ in } == Self.policy())
        #expect(!policy { $0.insecure = true }.isEnabled)
        #expect(!policy { $0.allowInvalidCertificates = true }.isEnabled)
        #expect(!policy { $0.disableCertificateRevocationCheck = true }.isEnabled)
        #expect(policy { $0.allowInvalidHostnames = true } == Self.policy())
        #expect(policy { $0.disableOCSPEndpointCheck = true } == Self.policy(asks: false))
        #expect(policy { $0.crlFile = "list" } == Self.policy(list: .leaf))
        #expect(
            policy {
                $0.crlFile = "list"
                $0.crlCheck = .chain
                $0.revocation = .require
            } == Self.policy(list: .chain, requires: true)
        )
    }

    @Test("Options that contradict each other are configuration errors")
    func conflicts() {
        func code(_ change: (inout TLSOptions) -> Void) -> TLSError.Code? {
            var options = TLSOptions()
            change(&options)
            do throws(TLSError) {
                try options.validate()
                return nil
            } catch {
                return error.category == .configuration ? error.code : nil
            }
        }
        for path in [\TLSOptions.insecure, \.allowInvalidCertificates, \.disableCertificateRevocationCheck] {
            #expect(
                code {
                    $0[keyPath: path] = true
                    $0.revocation = .require
                } == .conflictingOptions
            )
            #expect(
                code {
                    $0[keyPath: path] = true
                    $0.revocation = .softFail
                } == nil
            )
        }
        #expect(code { $0.crlCheck = .chain } == .invalidOption)
    }

    @Test("Every refusal has a code of its own and the words that people search for")
    func errors() {
        let certificate = CertificateSummary(
            subject: "CN=db",
            issuer: "CN=root",
            subjectAlternativeNames: [],
            notBefore: 0,
            notAfter: 1
        )
        let kinds: [RevocationListFault.Kind] = [.revoked, .expired, .notYetValid, .badSignature, .missing, .unusable]
        let lists = kinds.map { kind in
            var fault = Self.fault
            fault.kind = kind
            return RevocationRefusal.list(fault)
        }
        let ocsp: [RevocationRefusal] = [
            .revoked(.staple, at: 86_400), .stapleInvalid(.expired), .mustStapleMissing, .undecided,
        ]
        let errors = (lists + ocsp).map { $0.error(certificate: certificate) }
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(errors.allSatisfy { $0.category == .revocation && $0.hint != nil })
        #expect(errors.prefix(lists.count).allSatisfy { $0.message.contains("certificate verify failed") })
        #expect(errors.dropFirst(lists.count).allSatisfy { $0.message.contains("invalid status response") })
        #expect(errors[lists.count].message.contains("1970-01-02"))
        // A time that nobody can have meant must not stop the program.
        for date in [Int64.min, .max] {
            let error = RevocationRefusal.revoked(.endpoint, at: date).error(certificate: certificate)
            #expect(error.code == .ocspRevoked)
        }
    }
}
