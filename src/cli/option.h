/*
 * option.h: the options of a command, as a table.
 *
 * One const table per command says everything about its options once; the parser, the help
 * text, the man page, the shell completion and args.json all read it. A value lands in a field
 * of the command's own struct:
 *
 *     struct train_args { size_t batch; bool cache; const char *run; };
 *
 *     static const struct option train_options[] = {
 *         {.name = "batch", .short_name = 'b', .kind = OPTION_KIND_SIZE,
 *          .offset = offsetof(struct train_args, batch), .fallback = "32",
 *          .min = 1, .max = 4096, .help = "pictures in one step"},
 *         {.name = "run", .kind = OPTION_KIND_PATH, .offset = offsetof(struct train_args, run),
 *          .metavar = "DIR", .flags = OPTION_REQUIRED, .help = "folder of this run"},
 *         {0},
 *     };
 *
 * On the command line: --batch 8, --batch=8, -b 8, -b8, --cache, --no-cache, -qb8; names are
 * never abbreviated; the last of two wins; options and operands may mix; "--" ends the options.
 * A value that begins with "--" must be written with "=".
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct err;
struct json_t; // jansson's

enum option_kind {      // the field it fills
    OPTION_KIND_FLAG,   // bool; takes no value
    OPTION_KIND_STRING, // const char *
    OPTION_KIND_PATH,   // const char *, not empty; completion offers files
    OPTION_KIND_SIZE,   // size_t, at most INT64_MAX so that JSON can hold it
    OPTION_KIND_INT,    // int64_t
    OPTION_KIND_REAL,   // double, finite
    OPTION_KIND_CHOICE, // int, an index into choices; -1: not given and no fallback
    OPTION_KIND_LIST,   // struct option_list
};

enum option_flag {
    OPTION_REQUIRED = 1u << 0,
    OPTION_ABOVE_MIN = 1u << 1, // min itself is not allowed
    OPTION_BELOW_MAX = 1u << 2, // max itself is not allowed
};

// "a, b,c" as three trimmed items; "" as none.
struct option_list {
    const char *const *items;
    size_t n;
};

struct option {
    const char *name; // without dashes, not beginning with "no-"; NULL ends the table
    char short_name;  // 0: none
    enum option_kind kind;
    unsigned flags;
    size_t offset;
    const char *fallback; // the value when not given, as a person would write it ("true" for a
                          // flag); NULL: false, 0, NULL, no items
    double min;           // of numbers; min == max: any. HUGE_VAL is "no limit"
    double max;
    const char *const *choices; // ended by NULL
    const char *metavar;        // "DIR"; NULL: one that suits the kind
    const char *help;           // a phrase without a full stop at its end
};

struct option_set {
    const struct option *table;
    void *values;
};

enum { OPTION_SETS_MAX = 2, OPTION_TABLE_MAX = 96 };

// What a command line said. Strings of values are borrowed from argv and the tables, lists live
// in the arena: release it after the last use of the values.
struct options {
    struct option_set sets[OPTION_SETS_MAX];
    size_t n_sets;
    bool given[OPTION_SETS_MAX][OPTION_TABLE_MAX];
    const char *const *operands; // what is no option, in order
    size_t n_operands;
    struct arena arena;
};

// Fills the values of all sets: first the fallbacks, then what argv says (argc words, the
// program's and the command's names are not among them). ERR_USAGE names the option, the value
// found and what was wanted; ERR_MEMORY. Release it in any case.
int options_parse(struct options *o, const struct option_set *sets, size_t n_sets, int argc,
                  char *const *argv, struct err *e);
void options_release(struct options *o); // accepts a zeroed struct

// ERR_USAGE when an OPTION_REQUIRED was not given. Apart from parsing, so that --help works
// without them.
int options_check_required(const struct options *o, struct err *e);

bool options_given(const struct options *o, const char *name); // on the command line itself

// {"values": {name: value of every option of the first set}, "given": [names that the command
// line gave]}; null is what was neither given nor has a fallback. The caller's. ERR_MEMORY.
int options_json(struct json_t **out, const struct options *o, struct err *e);

// "-b, --batch N", "    --[no-]cache": as help and man page show it.
void option_write_names(struct buffer *out, const struct option *opt);
const char *option_metavar(const struct option *opt); // NULL for flags

// "1 to 4096", "above 0, at most 1", "patient, file or slim"; nothing when there is no rule.
void option_write_range(struct buffer *out, const struct option *opt);

// "(1 to 4096; default 32)", "(required)"; nothing when there is nothing to say.
void option_write_facts(struct buffer *out, const struct option *opt);
