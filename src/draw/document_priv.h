/* document_priv.h: what a document is made of. Private to document*.c. */
#pragma once

#include "base/arena.h"
#include "draw/document.h"

enum block_kind {
    BLOCK_HEADING,
    BLOCK_TEXT,
    BLOCK_LEAD,
    BLOCK_NOTE,
    BLOCK_ITEM,
    BLOCK_TABLE,
    BLOCK_FIGURE,
};

struct row {
    const char **cells; // [n_columns]; NULL behind the last that was told
    struct row *next;
};

struct block {
    enum block_kind kind;
    int level;        // of a heading
    const char *text; // of all but tables and figures; of a table its caption, or NULL
    // Of a table.
    const char *columns;
    const char **heads; // [n_columns]
    size_t n_columns;   // > 0
    struct row *rows, *last;
    size_t n_in_last; // cells of the last row
    struct document_figure figure;
    struct block *next;
};

struct document {
    struct arena arena;
    const char *title, *footer;
    struct block *first, *last;
    bool failed;
};
