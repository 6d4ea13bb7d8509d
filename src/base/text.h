/* text.h: strings from people and files: strict numbers, trimming, comparing, lists. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Each reads the whole of s, in the C locale, or returns false and leaves *out alone: no
// leading or trailing characters, no overflow; text_to_double accepts only finite numbers.
bool text_to_i64(int64_t *out, const char *s);
bool text_to_size(size_t *out, const char *s);
bool text_to_double(double *out, const char *s);

bool text_is_utf8(const char *s);
bool text_starts_with(const char *s, const char *start);
bool text_ends_with_nocase(const char *s, const char *end); // ASCII case
int text_compare_nocase(const char *a, const char *b);      // ASCII case; like strcmp
char *text_trim(char *s); // moves past leading blanks, cuts trailing ones; returns a place in s

// Cuts s at each separator, in place; writes up to n_max parts, trimmed; returns their number,
// or n_max + 1 when there are more. An empty s has no parts.
size_t text_split(char *s, char separator, char **parts, size_t n_max);
