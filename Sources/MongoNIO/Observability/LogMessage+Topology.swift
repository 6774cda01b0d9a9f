// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring-logging-and-monitoring.md#log-messages

extension LogMessage {
    init?(_ event: TopologyEvent, documentLength: Int) {
        return nil
    }
}
