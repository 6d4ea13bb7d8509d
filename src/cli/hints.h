/*
 * hints.h: options by which a person says of a recording what its file does not say; the same
 * in every command that opens one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct recording_hints;

struct hint_args {
    double rate, gain;
    const char *unit, *dtype, *delimiter;
    bool decimal_comma;
    size_t interleaved, skip_bytes;
};

// Into the reader's struct. ERR_USAGE: a unit, type or delimiter that there is not.
int hints_of(struct recording_hints *out, const struct hint_args *a, struct err *e);

// The rows of an option table; `field` is the struct hint_args within the command's struct.
#define HINT_OPTIONS(args, field)                                                              \
    {.name = "rate",                                                                           \
     .kind = OPTION_KIND_REAL,                                                                 \
     .offset = offsetof(args, field.rate),                                                     \
     .fallback = "0",                                                                          \
     .max = 1e8,                                                                               \
     .metavar = "HZ",                                                                          \
     .help = "sampling rate of a file that does not say it; may be fractional"},               \
        {.name = "unit",                                                                       \
         .kind = OPTION_KIND_STRING,                                                           \
         .offset = offsetof(args, field.unit),                                                 \
         .help = "unit of numbers in text or raw files: uV, mV, V, nV or counts"},             \
        {.name = "gain",                                                                       \
         .kind = OPTION_KIND_REAL,                                                             \
         .offset = offsetof(args, field.gain),                                                 \
         .fallback = "0",                                                                      \
         .max = 1e15,                                                                          \
         .metavar = "COUNTS",                                                                  \
         .help = "counts per --unit (per uV without it) of a file that does not say it"},      \
        {.name = "dtype",                                                                      \
         .kind = OPTION_KIND_STRING,                                                           \
         .offset = offsetof(args, field.dtype),                                                \
         .help = "reads any file as raw numbers: int16, int16be, int8, uint8, uint16, int24, " \
                 "int32, int32be, float32 or float64"},                                        \
        {.name = "interleaved",                                                                \
         .kind = OPTION_KIND_SIZE,                                                             \
         .offset = offsetof(args, field.interleaved),                                          \
         .fallback = "1",                                                                      \
         .min = 1,                                                                             \
         .max = 512,                                                                           \
         .help = "channels that take turns in a raw file"},                                    \
        {.name = "skip-bytes",                                                                 \
         .kind = OPTION_KIND_SIZE,                                                             \
         .offset = offsetof(args, field.skip_bytes),                                           \
         .fallback = "0",                                                                      \
         .help = "header of a raw file to pass over"},                                         \
        {.name = "delimiter",                                                                  \
         .kind = OPTION_KIND_STRING,                                                           \
         .offset = offsetof(args, field.delimiter),                                            \
         .metavar = "CHAR",                                                                    \
         .help = "what stands between the columns of a text file: a character, tab or blank"}, \
    {                                                                                          \
        .name = "decimal-comma", .kind = OPTION_KIND_FLAG,                                     \
        .offset = offsetof(args, field.decimal_comma),                                         \
        .help = "numbers of a text file have commas for points"                                \
    }
