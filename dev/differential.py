# mongo-nio: the MongoDB driver for Swift
# SPDX-License-Identifier: Apache-2.0
"""PyMongo's side of dev/differential."""

import decimal
import random
import struct
import sys

import bson
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.decimal128 import create_decimal128_context

OPTIONS = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
ALPHABET = "abcXYZ019 _.$\"\\\n\té☆\U0001f408ключ"


def text(generator, low=0, high=24):
    return "".join(generator.choice(ALPHABET) for _ in range(generator.randint(low, high)))


def value(generator, depth):
    kind = generator.randrange(18 if depth < 6 else 16)
    if kind == 0:
        return struct.unpack("<d", struct.pack("<Q", generator.getrandbits(64)))[0]
    if kind == 1:
        return generator.choice([0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), 1e308, 5e-324])
    if kind == 2:
        return text(generator) + generator.choice(["", "\0", "x" * 200])
    if kind == 3:
        subtype = generator.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 128, 255])
        return Binary(generator.randbytes(16 if subtype in (3, 4) else generator.randint(0, 40)), subtype)
    if kind == 4:
        return ObjectId(generator.randbytes(12))
    if kind == 5:
        return generator.choice([True, False, None])
    if kind == 6:
        return DatetimeMS(generator.randint(-(2**63), 2**63 - 1))
    if kind == 7:
        return Regex(text(generator), generator.choice([0, 2, 4, 8, 2 | 8, 2 | 8 | 16 | 64]))
    if kind == 8:
        return Code(text(generator))
    if kind == 9:
        return Code(text(generator), document(generator, depth + 1))
    if kind == 10:
        return generator.randint(-(2**31), 2**31 - 1)
    if kind == 11:
        return Int64(generator.randint(-(2**63), 2**63 - 1))
    if kind == 12:
        return Timestamp(generator.getrandbits(32), generator.getrandbits(32))
    if kind == 13:
        with decimal.localcontext(create_decimal128_context()) as context:
            digits = generator.randrange(10 ** generator.randint(1, 34))
            exponent = generator.randint(-6176, 6111)
            number = context.create_decimal(f"{generator.choice(['', '-'])}{digits}E{exponent}")
        return Decimal128(generator.choice([number, number, "NaN", "Infinity", "-Infinity", "-0E-10"]))
    if kind == 14:
        return generator.choice([MinKey(), MaxKey()])
    if kind == 15:
        return Int64(generator.randint(-5, 5))
    if kind == 16:
        return document(generator, depth + 1)
    return [value(generator, depth + 1) for _ in range(generator.randint(0, 12))]


def document(generator, depth):
    return {text(generator, 0, 12).replace("\0", ""): value(generator, depth) for _ in range(generator.randint(0, 10))}


def main():
    mode, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if mode == "write":
        generator = random.Random(int(sys.argv[4]))
        with open(path, "wb") as file:
            for _ in range(count):
                file.write(bson.encode(document(generator, 0)))
        return
    checked = 0
    with open(path, "rb") as file:
        data = file.read()
    view = memoryview(data)
    offset = 0
    while offset < len(data):
        length = struct.unpack_from("<i", view, offset)[0]
        one = bytes(view[offset:offset + length])
        if bson.encode(bson.decode(one, OPTIONS), codec_options=OPTIONS) != one:
            sys.exit(f"document {checked} of Swift is another one after PyMongo: {one.hex()}")
        offset += length
        checked += 1
    if checked != count:
        sys.exit(f"Swift wrote {checked} documents, not {count}")
    print(f"{checked} documents of Swift are the same after PyMongo")


main()
