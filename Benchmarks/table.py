#!/usr/bin/env python3
# mongo-nio: the MongoDB driver for Swift
# SPDX-License-Identifier: Apache-2.0
"""Medians and ratios of what Benchmarks/run measured: table.py RESULTS."""

import collections
import statistics
import sys

# Our task, the peer and its task that it is compared with, and the ratio that we want.
GOALS = [
    ("raw-decode", "libbson", "walk", {}),
    ("validate+walk", "libbson", "walk", {"flat": 1.5, "deep": 1.5, "full": 1.5}),
    ("values-decode", "pymongo", "decode", {}),
    ("tree-decode", "pymongo", "decode", {"flat": 1.8, "deep": 1.8, "full": 1.8}),
    ("codable-decode", "pymongo", "decode", {"flat": 1.5, "deep": 0.6, "full": 1.5}),
    ("direct-decode", "pymongo", "decode", {"flat": 2, "deep": 2, "full": 2}),
    ("raw-encode", "libbson", "encode", {}),
    ("values-encode", "pymongo", "encode", {}),
    ("tree-encode", "pymongo", "encode", {"flat": 1.8, "deep": 1.8, "full": 1.8}),
    ("codable-encode", "pymongo", "encode", {"flat": 1.5, "deep": 0.6, "full": 1.5}),
    ("direct-encode", "pymongo", "encode", {"flat": 2, "deep": 2, "full": 2}),
]

samples = collections.defaultdict(list)
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        peer, task, document, value = line.strip().split(",")
        samples[peer, task, document].append(float(value))
medians = {key: statistics.median(values) for key, values in samples.items()}

print("| task | document | mongo-nio, MB/s | peer | MB/s | ratio | goal |")
print("|---|---|--:|---|--:|--:|--:|")
for task, peer, peer_task, goals in GOALS:
    for document in ("flat", "deep", "full"):
        ours = medians.get(("mongo-nio", task, document))
        theirs = medians.get((peer, peer_task, document))
        if ours is None or theirs is None:
            continue
        goal = goals.get(document)
        verdict = "" if goal is None else f"{goal:g}" if ours / theirs >= goal else f"**{goal:g}, missed**"
        print(f"| {task} | {document} | {ours:.0f} | {peer} {peer_task} | {theirs:.0f} | {ours / theirs:.2f} | {verdict} |")
