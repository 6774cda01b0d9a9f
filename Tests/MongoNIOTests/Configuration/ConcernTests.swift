// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Concerns and read preferences")
struct ConcernTests {
    @Test("A write concern that contradicts itself cannot be made")
    func writeConcern() throws {
        #expect(throws: MongoError.self) { try WriteConcern(w: .nodes(-1)) }
        #expect(throws: MongoError.self) { try WriteConcern(w: .nodes(1 << 31)) }
        #expect(throws: MongoError.self) { try WriteConcern(w: 0, journal: true) }
        #expect(throws: MongoError.self) { try WriteConcern(wTimeout: .milliseconds(-1)) }
        #expect(try WriteConcern(w: 3, journal: true).w == .nodes(3))
    }

    @Test("Acknowledged and default are told apart")
    func predicates() throws {
        #expect(WriteConcern.serverDefault.isServerDefault)
        #expect(WriteConcern.serverDefault.isAcknowledged)
        #expect(!WriteConcern.majority.isServerDefault)
        #expect(!WriteConcern.unacknowledged.isAcknowledged)
        #expect(try !WriteConcern(w: 0, journal: false).isAcknowledged)
        #expect(try !WriteConcern(journal: false).isServerDefault)
        #expect(ReadConcern().isServerDefault)
        #expect(!ReadConcern.local.isServerDefault)
        #expect(ReadConcern(level: .init(rawValue: "future")).level?.rawValue == "future")
    }

    @Test("Only other modes than primary take tags and a maximum staleness")
    func readPreference() throws {
        #expect(throws: MongoError.self) { try ReadPreference(.primary, tagSets: [["dc": "ny"]]) }
        #expect(throws: MongoError.self) { try ReadPreference(.primary, maxStaleness: .seconds(90)) }
        #expect(throws: MongoError.self) { try ReadPreference(.nearest, maxStaleness: .zero) }
        #expect(try ReadPreference(.primary, tagSets: [[:]]).mode == .primary)
        #expect(try ReadPreference(.nearest) == .nearest)
        for mode in ReadPreference.Mode.allCases where mode != .primary {
            let preference = try ReadPreference(mode, tagSets: [["dc": "ny"]], maxStaleness: .seconds(90))
            #expect(preference.tagSets == [["dc": "ny"]])
        }
    }
}
