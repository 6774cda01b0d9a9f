// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS

extension DiagnosisReport: CustomStringConvertible {
    /// The report for people, in lines, without color.
    public var description: String { text(isColored: false) }

    /// - Parameter isColored: Whether to mark what is wrong with the colors of a terminal.
    package func text(isColored: Bool) -> String {
        var lines = steps.flatMap { Self.lines(of: $0, isColored) }
        for host in hosts {
            lines.append("")
            lines.append(Self.paint(host.address.description, "1", isColored))
            lines += host.steps.flatMap { Self.lines(of: $0, isColored) }
        }
        lines.append("")
        let summary =
            isOK
            ? "ok"
            : "not ok: " + failures.map { "\($0.name.rawValue) (\($0.code ?? "failed"))" }.joined(separator: ", ")
        lines.append(Self.paint(summary, isOK ? "32" : "31", isColored) + " after \(duration.wholeMilliseconds) ms")
        return lines.joined(separator: "\n")
    }

    private static func lines(of step: DiagnosisStep, _ isColored: Bool) -> [String] {
        let (word, color) =
            switch step.status {
            case .ok: ("ok", "32")
            case .warned: ("warning", "33")
            case .failed: ("FAILED", "31")
            case .skipped: ("-", "2")
            }
        func line(_ name: String, _ word: String, _ text: String) -> String {
            "  " + padded(name, 18) + word + " " + text
        }
        var lines = [line(step.name.rawValue, paint(padded(word, 8), color, isColored), step.detail)]
        if let hint = step.hint { lines.append(line("", padded("hint", 8), hint)) }
        if step.name == .chain {
            for certificate in step.certificates {
                let names = certificate.subjectAlternativeNames
                lines.append(line("", padded("", 8), "subject   \(certificate.subject)"))
                lines.append(line("", padded("", 8), "issuer    \(certificate.issuer)"))
                if !names.isEmpty {
                    lines.append(line("", padded("", 8), "names     \(names.joined(separator: ", "))"))
                }
                let (from, until) = (certificate.notBefore, certificate.notAfter)
                lines.append(
                    line(
                        "",
                        padded("", 8),
                        "valid     \(CertificateSummary.date(from)) to \(CertificateSummary.date(until))"
                    )
                )
                lines.append(
                    line("", padded("", 8), "key       \(certificate.key), signed by \(certificate.signatureAlgorithm)")
                )
            }
        }
        return lines
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func paint(_ text: String, _ color: String, _ isColored: Bool) -> String {
        isColored ? "\u{1B}[\(color)m\(text)\u{1B}[0m" : text
    }
}
