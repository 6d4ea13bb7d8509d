/*
 * split.h: who trains and who judges.
 *
 *   patient  whole patients: nobody is on both sides. The default wherever patients are known.
 *   file     item by item, class by class. Items of one patient leak across: numbers come out
 *            too good.
 *   slim     TF-Slim's, and the paper's: Python's random.shuffle with seed, the first
 *            n_validation to validation. For comparison.
 *
 * In patient and file items with the same bytes stay on one side.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct items;

enum split_method { SPLIT_PATIENT, SPLIT_FILE, SPLIT_SLIM };
extern const char *const split_methods[]; // by method, NULL-terminated

enum split_side { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, SPLIT_N_SIDES };
extern const char *const split_sides[]; // "train", "validation", "test"

struct split_options {
    enum split_method method;
    double validation,
        test; // below 1: share of the pictures; from 1 on: how many (about, by patient)
    uint64_t seed;
};

/*
 * side [n] of each item, order [n]: items in the order in which they are to be written
 * (shuffled by seed). Errors: ERR_USAGE where a wished side would have no item, or lacks a
 * class.
 */
int split_items(enum split_side *side, size_t *order, const struct items *p,
                const struct split_options *o, struct err *e);
