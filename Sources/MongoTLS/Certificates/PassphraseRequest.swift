// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Answers OpenSSL when it asks for the passphrase of a private key, and remembers what came of it.
///
/// One request serves the loading of one identity: however often OpenSSL asks (it tries several decoders), a closure of
/// the user's is called once.
final class PassphraseRequest {
    /// What came of it.
    enum Outcome {
        /// OpenSSL did not ask: nothing was encrypted.
        case notAsked
        /// OpenSSL asked, and the options have no passphrase.
        case missing
        /// The passphrase is longer than what OpenSSL takes.
        case tooLong(limit: Int)
        /// The user's closure failed with an error of this type.
        case unavailable(String)
        /// OpenSSL got the passphrase.
        case answered
    }

    private let given: String?
    private let provider: TLSPassphrase?
    private var asked: [UInt8]?
    private(set) var outcome = Outcome.notAsked

    init(_ options: TLSOptions) {
        given = options.certificateKeyFilePassword
        provider = options.passphrase
    }

    deinit {
        guard var secret = asked else { return }
        // The only one from here on, so it is this one that is overwritten.
        asked = nil
        SecureBytes.wipe(&secret)
    }

    /// The passphrase, asked for now unless it was before; `nil` when there is none.
    func passphrase() -> [UInt8]? {
        if let asked { return asked }
        switch outcome {
        case .missing, .unavailable: return nil
        case .notAsked, .tooLong, .answered: break
        }
        if let provider {
            do {
                asked = Array(try provider().utf8)
                outcome = .answered
            } catch {
                outcome = .unavailable(String(describing: type(of: error)))
            }
        } else {
            asked = given.map { Array($0.utf8) }
            outcome = asked == nil ? .missing : .answered
        }
        return asked
    }

    /// Writes the passphrase where OpenSSL wants it.
    ///
    /// - Returns: Its length; -1 when there is none that fits.
    fileprivate func answer(_ buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        guard let passphrase = passphrase() else { return -1 }
        guard passphrase.count <= buffer.count, let length = Int32(exactly: passphrase.count) else {
            outcome = .tooLong(limit: buffer.count)
            return -1
        }
        outcome = .answered
        buffer.copyBytes(from: passphrase)
        return length
    }

    /// Lends the request to calls of OpenSSL, as the context of ``answerPassphrase``.
    func lend<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(Unmanaged.passUnretained(self).toOpaque()) }
    }
}

/// OpenSSL's callback for a key that may be encrypted. Installed always: without one OpenSSL asks at the terminal.
let answerPassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
    buffer,
    size,
    _,
    context in
    guard let buffer, let context, size > 0 else { return -1 }
    return Unmanaged<PassphraseRequest>.fromOpaque(context).takeUnretainedValue()
        .answer(UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)))
}
