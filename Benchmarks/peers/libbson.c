// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// libbson on the benchmark's documents: libbson FOLDER. `walk` visits every value with bson_iter, after
// bson_init_static; `validate+walk` runs bson_validate with UTF-8 first; `encode` appends every value to a new document.

#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile long sink;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void walk(const bson_t *document) {
    bson_iter_t iter;
    if (!bson_iter_init(&iter, document)) abort();
    while (bson_iter_next(&iter)) {
        const uint8_t *bytes;
        uint32_t length;
        bson_t inner;
        sink += bson_iter_key_len(&iter);
        switch (bson_iter_type(&iter)) {
        case BSON_TYPE_DOCUMENT:
            bson_iter_document(&iter, &length, &bytes);
            if (!bson_init_static(&inner, bytes, length)) abort();
            walk(&inner);
            break;
        case BSON_TYPE_ARRAY:
            bson_iter_array(&iter, &length, &bytes);
            if (!bson_init_static(&inner, bytes, length)) abort();
            walk(&inner);
            break;
        default:
            sink += bson_iter_value(&iter)->value_type;
        }
    }
}

static void build(bson_t *target, const bson_t *document) {
    bson_iter_t iter;
    if (!bson_iter_init(&iter, document)) abort();
    while (bson_iter_next(&iter)) {
        const char *key = bson_iter_key(&iter);
        int key_length = (int) bson_iter_key_len(&iter);
        const uint8_t *bytes;
        uint32_t length;
        bson_t inner, child;
        switch (bson_iter_type(&iter)) {
        case BSON_TYPE_DOCUMENT:
            bson_iter_document(&iter, &length, &bytes);
            if (!bson_init_static(&inner, bytes, length)) abort();
            bson_append_document_begin(target, key, key_length, &child);
            build(&child, &inner);
            bson_append_document_end(target, &child);
            break;
        case BSON_TYPE_ARRAY:
            bson_iter_array(&iter, &length, &bytes);
            if (!bson_init_static(&inner, bytes, length)) abort();
            bson_append_array_begin(target, key, key_length, &child);
            build(&child, &inner);
            bson_append_array_end(target, &child);
            break;
        default:
            bson_append_value(target, key, key_length, bson_iter_value(&iter));
        }
    }
}

static uint8_t *bytes;
static size_t length;

static void run_walk(void) {
    bson_t document;
    if (!bson_init_static(&document, bytes, length)) abort();
    walk(&document);
}

static void run_validate_walk(void) {
    bson_t document;
    if (!bson_init_static(&document, bytes, length)) abort();
    if (!bson_validate(&document, BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL, NULL)) abort();
    walk(&document);
}

static void run_encode(void) {
    bson_t document, target;
    if (!bson_init_static(&document, bytes, length)) abort();
    bson_init(&target);
    build(&target, &document);
    sink += target.len;
    bson_destroy(&target);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static void measure(const char *task, const char *name, void (*body)(void)) {
    long rounds = 1000;
    double start = now();
    for (long i = 0; i < rounds; i++) body();
    rounds = (long) (rounds * 0.1 / (now() - start)) + 1;
    double samples[3];
    for (int s = 0; s < 3; s++) {
        start = now();
        for (long i = 0; i < rounds; i++) body();
        samples[s] = (double) length * (double) rounds / (now() - start) / 1e6;
    }
    qsort(samples, 3, sizeof samples[0], ascending);
    printf("libbson,%s,%s,%.0f\n", task, name, samples[1]);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: libbson FOLDER\n");
        return 2;
    }
    const char *names[] = {"flat", "deep", "full"};
    for (int i = 0; i < 3; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.bson", argv[1], names[i]);
        FILE *file = fopen(path, "rb");
        if (!file) {
            perror(path);
            return 1;
        }
        fseek(file, 0, SEEK_END);
        length = (size_t) ftell(file);
        rewind(file);
        bytes = malloc(length);
        if (!bytes || fread(bytes, 1, length, file) != length) return 1;
        fclose(file);
        measure("walk", names[i], run_walk);
        measure("validate+walk", names[i], run_validate_walk);
        measure("encode", names[i], run_encode);
        free(bytes);
    }
    return 0;
}
