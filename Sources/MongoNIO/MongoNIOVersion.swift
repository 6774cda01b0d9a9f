// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// The version of this driver, as servers see it in the metadata of each connection.
public enum MongoNIOVersion {
    /// For example `0.1.0`; with `-dev` between releases.
    public static let string = "0.1.0-dev"
}
