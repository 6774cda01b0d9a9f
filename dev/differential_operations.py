# mongo-nio: the MongoDB driver for Swift
# SPDX-License-Identifier: Apache-2.0
"""PyMongo's side of dev/differential-operations."""

import random
import sys
from pathlib import Path

import bson
from pymongo import DeleteMany, DeleteOne, InsertOne, MongoClient, ReplaceOne, ReturnDocument, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure

WORDS = ["apple", "Apple", "\u00e4pfel", "banana", "Banana", "cherry", "d\u00e9j\u00e0", "zebra", "", "10", "9"]
FIELDS = ["n", "s", "tags", "sub", "x"]


def scalar(g):
    return g.choice([g.randint(-5, 20), g.choice(WORDS), g.random() * 10, None, True, False, bson.Int64(g.randint(0, 9))])


def value(g):
    kind = g.randrange(6)
    if kind == 0:
        return [scalar(g) for _ in range(g.randint(0, 4))]
    if kind == 1:
        return {"a": scalar(g), "b": g.randint(0, 5)}
    return scalar(g)


def identifier(g):
    return g.choice([g.randint(0, 30), g.choice(WORDS)])


def document(g, with_id=True):
    result = {"_id": identifier(g)} if with_id else {}
    result["n"] = g.randint(0, 10)
    result["s"] = g.choice(WORDS)
    if g.random() < 0.7:
        result["tags"] = [g.choice([g.randint(0, 5), g.choice(WORDS)]) for _ in range(g.randint(0, 5))]
    if g.random() < 0.5:
        result["sub"] = {"a": scalar(g), "b": g.randint(0, 5)}
    if g.random() < 0.3:
        result["x"] = value(g)
    return result


def filter_(g):
    kind = g.randrange(9)
    if kind == 0:
        return {}
    if kind == 1:
        return {"_id": identifier(g)}
    if kind == 2:
        return {"n": {g.choice(["$gt", "$gte", "$lt", "$lte", "$ne"]): g.randint(0, 10)}}
    if kind == 3:
        return {"s": g.choice(WORDS)}
    if kind == 4:
        return {"tags": g.choice([g.randint(0, 5), g.choice(WORDS)])}
    if kind == 5:
        return {"sub.b": {"$in": [g.randint(0, 5), g.randint(0, 5)]}}
    if kind == 6:
        return {"$or": [{"n": g.randint(0, 10)}, {"s": g.choice(WORDS)}]}
    if kind == 7:
        return {g.choice(FIELDS): {"$exists": g.choice([True, False])}}
    return {"n": {"$noSuchOperator": 1}} if g.random() < 0.2 else {"x": value(g)}


def update(g):
    kind = g.randrange(11)
    if kind == 0:
        return {"$set": {g.choice(FIELDS): value(g)}}
    if kind == 1:
        return {"$inc": {g.choice(["n", "sub.b", "x"]): g.choice([1, -2, 0.5])}}
    if kind == 2:
        return {"$unset": {g.choice(FIELDS): ""}}
    if kind == 3:
        return {"$push": {"tags": g.choice([scalar(g), {"$each": [1, 2, 3], "$slice": -4}])}}
    if kind == 4:
        return {"$addToSet": {"tags": scalar(g)}}
    if kind == 5:
        return {"$pull": {"tags": g.choice([g.randint(0, 5), {"$gt": 2}])}}
    if kind == 6:
        return {"$mul": {"n": g.choice([2, -1])}}
    if kind == 7:
        return {"$min": {"n": g.randint(0, 5)}, "$max": {"sub.b": g.randint(0, 5)}}
    if kind == 8:
        return {"$rename": {"x": "y"}}
    if kind == 9:
        return {"$setOnInsert": {"fresh": True}, "$set": {"n": g.randint(0, 10)}}
    return {"$bit": {"n": {"xor": 3}}, "$set": {"s": g.choice(WORDS)}}


def sort(g):
    return {g.choice(["n", "s", "sub.b"]): g.choice([1, -1]), "_id": g.choice([1, -1])}


def projection(g):
    return g.choice([{"n": 1}, {"_id": 0, "s": 1}, {"tags": {"$slice": 2}}, {"sub": 0}, {"n": 1, "double": {"$multiply": ["$n", 2]}}])


def collation(g):
    return g.choice([{"locale": "en", "strength": 1}, {"locale": "de"}, {"locale": "en", "numericOrdering": True}])


def pipeline(g):
    stages = []
    for _ in range(g.randint(1, 3)):
        stages.append(g.choice([
            {"$match": filter_(g)},
            {"$project": {"n": 1, "size": {"$size": {"$ifNull": [{"$cond": [{"$isArray": "$tags"}, "$tags", []]}, []]}}}},
            {"$unwind": {"path": "$tags", "preserveNullAndEmptyArrays": True}},
            {"$addFields": {"twice": {"$concat": [{"$toString": "$_id"}, "!"]}}},
            {"$lookup": {"from": "b", "localField": "n", "foreignField": "n", "as": "others"}},
            {"$skip": g.randint(1, 3)},
            {"$limit": g.randint(1, 9)},
        ]))
    stages.append({"$sort": {"_id": 1, "n": 1, "tags": 1}})
    if g.random() < 0.4:
        stages += [{"$group": {"_id": "$n", "count": {"$sum": 1}, "first": {"$first": "$_id"}}}, {"$sort": {"_id": 1}}]
    return stages


def maybe(g, probability, make):
    return make(g) if g.random() < probability else None


def request(g):
    name = g.choice(["insertOne", "updateOne", "updateMany", "replaceOne", "deleteOne", "deleteMany"])
    one = {"name": name}
    if name == "insertOne":
        return {**one, "document": document(g)}
    one["filter"] = filter_(g) if name != "deleteMany" else {"n": g.randint(0, 10)}
    if name in ("updateOne", "updateMany"):
        one |= {"update": update(g), "upsert": g.random() < 0.2}
        if one["upsert"]:
            one["filter"] = {"_id": identifier(g)}
    if name == "replaceOne":
        one |= {"replacement": document(g, with_id=False), "upsert": g.random() < 0.2}
        if one["upsert"]:
            one["filter"] = {"_id": identifier(g)}
    return one


def operation(g):
    name = g.choice([
        "insertOne", "insertMany", "insertMany", "updateOne", "updateMany", "replaceOne", "deleteOne", "deleteMany", "find",
        "find", "find", "aggregate", "aggregate", "findOneAndUpdate", "findOneAndUpdate", "findOneAndDelete", "bulkWrite",
        "bulkWrite", "distinct", "countDocuments",
    ])
    one = {"name": name, "collection": g.choice(["a", "a", "b"])}
    if name == "insertOne":
        one["document"] = document(g)
    elif name == "insertMany":
        one |= {"documents": [document(g) for _ in range(g.randint(1, 12))], "ordered": g.random() < 0.5}
    elif name == "bulkWrite":
        one |= {"requests": [request(g) for _ in range(g.randint(1, 9))], "ordered": g.random() < 0.5}
    elif name == "aggregate":
        one |= {"pipeline": pipeline(g), "batchSize": g.choice([1, 2, 5, 100])}
    elif name == "distinct":
        one |= {"field": g.choice(["n", "s", "tags", "sub.b"]), "filter": filter_(g)}
    else:
        one["filter"] = filter_(g)
        if name in ("updateOne", "updateMany", "findOneAndUpdate"):
            one["update"] = update(g)
        if name in ("updateOne", "updateMany"):
            if g.random() < 0.2:
                one["update"] = [{"$set": {"n": {"$add": [{"$ifNull": ["$sub.b", 0]}, 1]}}}]
            elif g.random() < 0.15:
                one |= {"update": {"$set": {"tags.$[t]": 99}}, "arrayFilters": [{"t": {"$gte": 3}}]}
            one["collation"] = maybe(g, 0.2, collation)
        if name == "replaceOne":
            one["replacement"] = document(g, with_id=False)
        if name in ("updateOne", "updateMany", "replaceOne", "findOneAndUpdate") and g.random() < 0.2:
            # Its own id: one that the server makes would be another for each driver.
            one |= {"upsert": True, "filter": {"_id": identifier(g)}}
        if name == "find":
            one |= {
                "sort": sort(g), "projection": maybe(g, 0.4, projection), "collation": maybe(g, 0.3, collation),
                "skip": maybe(g, 0.2, lambda g: g.randint(0, 4)), "limit": maybe(g, 0.3, lambda g: g.randint(-5, 9)),
                "batchSize": maybe(g, 0.5, lambda g: g.choice([1, 2, 3, 5, 100])),
            }
        if name in ("findOneAndUpdate", "findOneAndDelete"):
            one |= {"sort": sort(g), "projection": maybe(g, 0.3, projection)}
        if name == "findOneAndUpdate":
            one["after"] = g.random() < 0.5
    return {key: value for key, value in one.items() if value is not None}


def bulk_document(result):
    upserted = result["upserted"]
    return {
        "inserted": result["nInserted"], "matched": result["nMatched"], "modified": result["nModified"],
        "deleted": result["nRemoved"], "upserted": sorted([[u["index"], u["_id"]] for u in upserted], key=lambda u: u[0]),
    }


def model(one):
    name, f, u = one["name"], one.get("filter"), one.get("update")
    if name == "insertOne":
        return InsertOne(one["document"])
    if name == "updateOne":
        return UpdateOne(f, u, upsert=one["upsert"])
    if name == "updateMany":
        return UpdateMany(f, u, upsert=one["upsert"])
    if name == "replaceOne":
        return ReplaceOne(f, one["replacement"], upsert=one["upsert"])
    return DeleteOne(f) if name == "deleteOne" else DeleteMany(f)


def update_document(result):
    return {"matched": result.matched_count, "modified": result.modified_count, "upserted": result.upserted_id}


def run_one(db, one):
    c, name, f = db[one["collection"]], one["name"], one.get("filter", {})
    order = list(one["sort"].items()) if "sort" in one else None
    if name == "insertOne":
        return {"id": c.insert_one(one["document"]).inserted_id}
    if name == "insertMany":
        return {"ids": c.insert_many(one["documents"], ordered=one["ordered"]).inserted_ids}
    if name in ("updateOne", "updateMany"):
        method = c.update_one if name == "updateOne" else c.update_many
        return update_document(method(
            f, one["update"], upsert=one.get("upsert", False), array_filters=one.get("arrayFilters"),
            collation=one.get("collation")))
    if name == "replaceOne":
        return update_document(c.replace_one(f, one["replacement"], upsert=one.get("upsert", False)))
    if name == "deleteOne":
        return {"deleted": c.delete_one(f).deleted_count}
    if name == "deleteMany":
        return {"deleted": c.delete_many(f).deleted_count}
    if name == "find":
        options = {"sort": order, "projection": one.get("projection"), "collation": one.get("collation")}
        options |= {"skip": one.get("skip", 0), "limit": one.get("limit", 0), "batch_size": one.get("batchSize", 0)}
        return {"documents": list(c.find(f, **options))}
    if name == "aggregate":
        return {"documents": list(c.aggregate(one["pipeline"], batchSize=one["batchSize"]))}
    if name == "findOneAndUpdate":
        after = ReturnDocument.AFTER if one["after"] else ReturnDocument.BEFORE
        return {"document": c.find_one_and_update(
            f, one["update"], projection=one.get("projection"), sort=order, upsert=one.get("upsert", False),
            return_document=after)}
    if name == "findOneAndDelete":
        return {"document": c.find_one_and_delete(f, projection=one.get("projection"), sort=order)}
    if name == "bulkWrite":
        return bulk_document(c.bulk_write([model(r) for r in one["requests"]], ordered=one["ordered"]).bulk_api_result)
    if name == "distinct":
        return {"values": c.distinct(one["field"], f)}
    if name == "countDocuments":
        return {"count": c.count_documents(f)}
    raise ValueError(name)


def outcome(db, one):
    try:
        return run_one(db, one)
    except BulkWriteError as error:
        refused = error.details["writeErrors"]
        result = {"error": refused[0]["code"], "writeErrors": [[e["index"], e["code"]] for e in refused]}
        return result | {"result": bulk_document(error.details)}
    except OperationFailure as error:
        result = {"error": error.code}
        if one["name"] in ("insertOne", "updateOne", "updateMany", "replaceOne", "deleteOne", "deleteMany"):
            result["writeErrors"] = [[0, error.code]]
        return result


def run(folder, uri, count, seed):
    generator = random.Random(seed)
    db = MongoClient(uri)["differential_pymongo"]
    db.client.drop_database(db.name)
    operations = 0
    with open(folder / "sequences.bson", "wb") as sequences, open(folder / "pymongo.bson", "wb") as results:
        for _ in range(count):
            sequence = {"operations": [operation(generator) for _ in range(generator.randint(6, 18))]}
            sequences.write(bson.encode(sequence))
            # What PyMongo reads of it, not what was made: both drivers begin with the same bytes.
            sequence = bson.decode(bson.encode(sequence))
            operations += len(sequence["operations"])
            for name in ("a", "b"):
                db[name].delete_many({})
            result = {"outcomes": [outcome(db, one) for one in sequence["operations"]]}
            for name in ("a", "b"):
                result[name] = list(db[name].find(sort=[("_id", 1)]))
            results.write(bson.encode(result))
    db.client.drop_database(db.name)
    print(f"PyMongo: {operations} operations in {count} sequences")


def ordered(a):
    """With the order of the fields, which Python's dictionaries do not compare."""
    if isinstance(a, dict):
        return [(key, ordered(value)) for key, value in a.items()]
    if isinstance(a, list):
        return [ordered(value) for value in a]
    if isinstance(a, bool) or a is None:
        return str(a)
    return a


def compare(folder):
    ours, theirs, sequences = (
        bson.decode_all((folder / name).read_bytes()) for name in ("swift.bson", "pymongo.bson", "sequences.bson")
    )
    if len(ours) != len(theirs):
        sys.exit(f"{len(ours)} results of Swift, {len(theirs)} of PyMongo")
    operations = errors = 0
    for number, (our, their, sequence) in enumerate(zip(ours, theirs, sequences)):
        for index, (a, b) in enumerate(zip(our["outcomes"], their["outcomes"])):
            operations += 1
            errors += "error" in b
            if ordered(a) != ordered(b):
                one = sequence["operations"][index]
                sys.exit(f"sequence {number}, operation {index}:\n{one}\nSwift:   {a}\nPyMongo: {b}")
        for name in ("a", "b"):
            if ordered(our[name]) != ordered(their[name]):
                sys.exit(f"sequence {number}: collection {name}\nSwift:   {our[name]}\nPyMongo: {their[name]}")
    print(f"{len(ours)} sequences, {operations} operations ({errors} refused by the server): all the same")


def main():
    mode, folder = sys.argv[1], Path(sys.argv[2])
    if mode == "run":
        run(folder, sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        compare(folder)


main()
