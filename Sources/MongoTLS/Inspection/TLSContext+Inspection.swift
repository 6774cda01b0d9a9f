// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension TLSContext {
    /// A context for looking at servers without trusting them: it accepts any certificate, presents none, and asks for a
    /// staple. What the options trust is loaded nevertheless, for ``TLSInspection/judge(_:as:)``.
    ///
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    package static func inspecting(_ options: TLSOptions) throws(TLSError) -> TLSContext {
        var options = options
        options.insecure = nil
        options.allowInvalidCertificates = nil
        options.allowInvalidHostnames = nil
        options.certificateKeyFile = nil
        options.privateKeyFile = nil
        options.identity = nil
        options.reloadInterval = nil
        return try TLSContext(options, expiry: nil, isForInspection: true)
    }

    /// A context for finding out whether a server accepts this version and no other, whatever the system's policy is.
    ///
    /// - Returns: `nil` when the installed OpenSSL does not speak the version.
    package static func probing(_ version: TLSVersion) -> TLSContext? {
        var options = TLSOptions()
        options.insecure = true
        options.minimumVersion = version
        options.maximumVersion = version
        // The versions before 1.2 are signed with MD5 and SHA-1, which OpenSSL 3 allows at this level only.
        options.cipherSuites = ["ALL", "@SECLEVEL=0"]
        // A version that was left out of the library is an error of the configuration, and that is the answer.
        return try? TLSContext(options, expiry: nil, isForInspection: true)
    }
}
