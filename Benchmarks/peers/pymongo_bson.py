#!/usr/bin/env python3
# mongo-nio: the MongoDB driver for Swift
# SPDX-License-Identifier: Apache-2.0
"""PyMongo's C extension on the benchmark's documents: pymongo_bson.py FOLDER."""

import pathlib
import statistics
import sys
import time

import bson

assert bson.has_c(), "PyMongo without its C extension is no measure"


def measure(task, name, length, body):
    rounds = 200
    start = time.perf_counter()
    for _ in range(rounds):
        body()
    rounds = int(rounds * 0.1 / (time.perf_counter() - start)) + 1
    samples = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(rounds):
            body()
        samples.append(length * rounds / (time.perf_counter() - start) / 1e6)
    print(f"pymongo,{task},{name},{statistics.median(samples):.0f}", flush=True)


for name in ("flat", "deep", "full"):
    data = (pathlib.Path(sys.argv[1]) / f"{name}.bson").read_bytes()
    document = bson.decode(data)
    measure("decode", name, len(data), lambda: bson.decode(data))
    measure("encode", name, len(data), lambda: bson.encode(document))
