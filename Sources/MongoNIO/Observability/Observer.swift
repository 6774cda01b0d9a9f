// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Whom a client tells what happens inside it.
///
/// Nothing is built when nobody listens: events are made by closures that are not called then.
struct Observer: Sendable {
    /// The application's handler.
    let handler: (@Sendable (MongoEvent) -> Void)?

    static let none = Observer(handler: nil)

    /// Whether anybody wants to know.
    var isActive: Bool { handler != nil }

    func tell(_ event: @autoclosure () -> MongoEvent) {
        guard let handler else { return }
        handler(event())
    }
}
