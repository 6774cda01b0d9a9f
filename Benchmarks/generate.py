#!/usr/bin/env python3
# mongo-nio: the MongoDB driver for Swift
# SPDX-License-Identifier: Apache-2.0
"""Writes the Swift types that the benchmark decodes its documents to: generate.py FOLDER OUTPUT.

FOLDER holds flat_bson.json, deep_bson.json and full_bson.json of the standard benchmark
(https://github.com/mongodb/specifications/blob/master/source/benchmarking/benchmarking.md).
"""

import json
import pathlib
import sys


def swift_type(value):
    if isinstance(value, bool):
        return "Bool"
    if isinstance(value, str):
        return "String"
    if isinstance(value, list):
        kinds = {swift_type(item) for item in value}
        return f"[{kinds.pop()}]" if len(kinds) == 1 else "[BSON]"
    names = {"$numberInt": "Int32", "$numberLong": "Int64", "$numberDouble": "Double", "$oid": "BSONObjectID",
             "$date": "Date", "$binary": "BSONBinary", "$timestamp": "BSONTimestamp",
             "$regularExpression": "BSONRegularExpression", "$minKey": "BSON", "$maxKey": "BSON"}
    for key in value:
        if key in ("$code", "$scope"):
            return "BSONCodeWithScope" if "$scope" in value else "BSONCode"
        if key in names:
            return names[key]
    return "BSONDocument"


DIRECT = {"Bool", "String", "Int32", "Int64", "Double", "BSONObjectID", "Date", "BSON", "BSONDocument"}


def structure(name, document):
    fields = [(key, swift_type(value)) for key, value in document.items()]
    yield f"struct {name}: Codable, BSONEncodable, BSONDecodable {{"
    for key, kind in fields:
        # The direct protocol has the common types; the others go through BSON there.
        yield f"    var {key}: {kind if kind in DIRECT else 'BSON'}"
    yield ""
    yield "    init(from fields: inout BSONFieldDecoder) throws(BSONError) {"
    for key, kind in fields:
        yield f'        {key} = try fields.decode({kind if kind in DIRECT else "BSON"}.self, forKey: "{key}")'
    yield "    }"
    yield ""
    yield "    func encode(to fields: inout BSONFieldEncoder) throws(BSONError) {"
    for key, _ in fields:
        yield f'        fields.encode({key}, forKey: "{key}")'
    yield "    }"
    yield "}"
    yield ""
    # The same type for Codable alone: BSONEncoder would take the direct way with the first one.
    yield f"struct Codable{name}: Codable {{"
    for key, kind in fields:
        yield f"    var {key}: {kind}"
    yield "}"


def main():
    folder, output = map(pathlib.Path, sys.argv[1:3])
    lines = ["import Foundation", "import MongoBSON", ""]
    for name, file in (("Flat", "flat_bson"), ("Full", "full_bson")):
        lines += structure(name, json.loads((folder / f"{file}.json").read_text(encoding="utf-8")))
        lines.append("")
    output.write_text("\n".join(lines), encoding="utf-8")


main()
