// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md#supporting-wrapping-libraries

/// A library that stands between the application and the driver, as the server's log is to show it beside the driver.
///
/// ```swift
/// try client.appendMetadata(DriverInfo(name: "my-odm", version: "1.2"))
/// ```
public struct DriverInfo: Sendable, Hashable {
    /// The library's name.
    public var name: String
    /// The library's version; `nil` or empty: not shown.
    public var version: String?
    /// What the library runs on; `nil` or empty: not shown.
    public var platform: String?

    /// Names a library.
    ///
    /// - Parameters:
    ///   - name: The library's name.
    ///   - version: The library's version.
    ///   - platform: What the library runs on.
    public init(name: String, version: String? = nil, platform: String? = nil) {
        self.name = name
        self.version = version
        self.platform = platform
    }

    /// What separates the names, versions and platforms of several libraries.
    static let delimiter: Character = "|"

    /// The same with what is empty left out, so that what shows alike is equal.
    var normalized: DriverInfo {
        func value(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        return DriverInfo(name: name, version: value(version), platform: value(platform))
    }

    func validate() throws(MongoError) {
        guard ![name, version ?? "", platform ?? ""].contains(where: { $0.utf8.contains(UInt8(ascii: "|")) }) else {
            throw MongoError(.invalidArgument, "the fields of DriverInfo must not contain '|'")
        }
    }
}
