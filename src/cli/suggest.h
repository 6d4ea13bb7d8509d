/* suggest.h: what a person most likely meant by a word that is not in the list. */
#pragma once

#include <stddef.h>

// Number of single changes (a letter more, less, other, or two neighbours swapped) that turn a
// into b; words longer than SUGGEST_MAX_BYTES count as SIZE_MAX apart.
enum { SUGGEST_MAX_BYTES = 63 };
size_t suggest_distance(const char *a, const char *b);

// The nearest of n names, or NULL when none is near: more than a third of the word's letters
// (and more than one) would have to change. The first wins among equals. Borrowed from names.
const char *suggest_nearest(const char *word, const char *const *names, size_t n);
