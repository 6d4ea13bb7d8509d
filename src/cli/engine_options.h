/*
 * engine_options.h: the options of every command that runs a model: a batch, the engine's threads, and what it
 * computes in.
 */
#pragma once

#include "cli/option.h"
#include "job/predict.h"

// For the table of a command whose struct `args` has size_t batch and threads.
#define ENGINE_OPTIONS(args)                                                                   \
    {.name = "batch",                                                                          \
     .short_name = 'b',                                                                        \
     .kind = OPTION_KIND_SIZE,                                                                 \
     .offset = offsetof(args, batch),                                                          \
     .fallback = "0",                                                                          \
     .max = 4096,                                                                              \
     .help = "examples computed at once; 0: what suits their size"},                           \
    {                                                                                          \
        .name = "threads", .short_name = 'j', .kind = OPTION_KIND_SIZE,                        \
        .offset = offsetof(args, threads), .fallback = "0", .max = 1024,                       \
        .help = "of the engine; 0: as many as the machine has"                                 \
    }

// For one whose struct `args` has int dtype, which is an enum numbers.
#define DTYPE_OPTION(args)                                                                     \
    {                                                                                          \
        .name = "dtype", .kind = OPTION_KIND_CHOICE, .offset = offsetof(args, dtype),          \
        .fallback = "auto", .choices = numbers_names,                                          \
        .help =                                                                                \
            "what is computed in; auto: int8 for a model of nemg quantize, else bfloat16 on "  \
            "a processor that multiplies it itself (avx512_bf16, AMX), else float32"           \
    }
