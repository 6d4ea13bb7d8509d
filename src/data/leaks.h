/*
 * leaks.h: the same stretch of a recording on both sides of a split, under whatever name.
 *
 * Fragments of one second around the excerpts of validation and test are looked for in everything
 * that excerpts of training were cut from, by normalised cross-correlation at every lag, after
 * mains and its multiples were taken out and large values were cut, at 1,000 samples a second. A second of two different
 * recordings correlates by 0.2 to 0.3 at its best lag, the same second by 0.8 or more, even if it
 * was filtered or digitised twice; LEAKS_THRESHOLD lies between. Single discharges of two people
 * can look alike to 0.99; a whole second with its intervals and its noise cannot.
 *
 * Cost: one block of 16,384 samples for one fragment takes 0.3 ms; LEAKS_MAX_PRODUCTS of them are
 * made at the most, on as many fragments, evenly chosen, as that allows. What was searched is in
 * the report.
 */
#pragma once

#include "data/split.h"

#include <jansson.h>

struct err;
struct items;
struct monitor;

enum {
    LEAKS_MAX_PRODUCTS = 200000, // half a minute on two cores
    LEAKS_MAX_SAMPLES = 1 << 26, // at 1 kHz: 18 hours of recordings
};
#define LEAKS_THRESHOLD 0.6

/*
 * *report: {"threshold", "n_fragments", "n_searched", "pairs": [{"split", "recording", "at_s",
 * "train_recording", "train_at_s", "correlation"}]}, the caller's; the best match of each fragment, if it is one.
 */
int leaks_find(json_t **report, const struct items *excerpts, const enum split_side *side,
               const struct items *recordings, const char *folder, size_t n_threads,
               const struct monitor *monitor, struct err *e);
