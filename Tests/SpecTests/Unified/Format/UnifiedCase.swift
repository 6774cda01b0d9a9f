// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

/// A case of a file of the unified test format.
struct UnifiedCase: Sendable, Identifiable, CustomTestStringConvertible {
    let file: UnifiedTestFile
    let index: Int

    var id: String { "\(file.path)#\(index)" }

    var testDescription: String { "\(file.path): \(file.caseNames[index])" }

    /// The cases of the files that fit. None is a failure of the suite, see `UnifiedSpecTests`.
    static func cases(where fits: (UnifiedTestFile) -> Bool) -> [UnifiedCase] {
        UnifiedTestFile.all.filter(fits).flatMap { file in
            file.caseNames.indices.map { UnifiedCase(file: file, index: $0) }
        }
    }

    /// The cases of a suite like `crud`.
    static func suite(_ name: String) -> [UnifiedCase] {
        cases { $0.suite == name }
    }

    /// The file, checked, and the case in it.
    ///
    /// - Throws: `ShapeError`, `BSONError`, or `UnifiedTestFailure` for a version that this runner does not understand.
    func load() throws -> (file: BSONDocument, test: BSONDocument) {
        let file = try file.contents()
        if let text = file["schemaVersion"]?.stringValue, let version = VersionNumber(text),
            !version.isUnderstoodFormat
        {
            throw UnifiedTestFailure("the format's version \(text) is not understood")
        }
        try Shape.unifiedTestFile.validate(.document(file))
        guard let test = file["tests"]?[index]?.documentValue else {
            throw UnifiedTestFailure("the file has no case \(index)")
        }
        return (file, test)
    }
}

/// An expectation that was not met, or a test that cannot be understood.
struct UnifiedTestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// The same failure, with where it happened.
    func inside(_ place: String) -> UnifiedTestFailure {
        UnifiedTestFailure("\(place): \(description)")
    }
}

/// A case cannot run, here or at all.
struct UnifiedTestSkip: Error, CustomStringConvertible {
    let reason: String

    var description: String { reason }

    init(_ reason: String) {
        self.reason = reason
    }

    /// Something that the driver does not have yet.
    static func notImplemented(_ what: String) -> UnifiedTestSkip {
        UnifiedTestSkip("not implemented: \(what)")
    }
}
