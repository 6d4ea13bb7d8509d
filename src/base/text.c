/* text.c: see text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool text_to_i64(int64_t *out, const char *s)
{
    if (!*s || isspace((unsigned char)*s))
        return false;
    char *end;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (errno || *end || end == s)
        return false;
    *out = v;
    return true;
}

bool text_to_size(size_t *out, const char *s)
{
    if (!isdigit((unsigned char)*s))
        return false;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(s, &end, 10);
    if (errno || *end || v > SIZE_MAX)
        return false;
    *out = (size_t)v;
    return true;
}

bool text_to_double(double *out, const char *s)
{
    if (!*s || isspace((unsigned char)*s))
        return false;
    char *end;
    errno = 0;
    double v = strtod(s, &end);
    if (*end || end == s || !isfinite(v))
        return false;
    *out = v;
    return true;
}

bool text_is_utf8(const char *s)
{
    static const uint32_t smallest[4] = {0, 0x80, 0x800, 0x10000};
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        int more = *p < 0x80       ? 0
                   : *p >> 5 == 6  ? 1
                   : *p >> 4 == 14 ? 2
                   : *p >> 3 == 30 ? 3
                                   : -1;
        if (more < 0)
            return false;
        uint32_t code = more ? *p & (0x3fu >> more) : *p;
        p++;
        for (int i = 0; i < more; i++, p++) {
            if (*p >> 6 != 2)
                return false;
            code = code << 6 | (*p & 0x3fu);
        }
        if (code < smallest[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return false;
    }
    return true;
}

bool text_starts_with(const char *s, const char *start)
{
    return !strncmp(s, start, strlen(start));
}

int text_compare_nocase(const char *a, const char *b)
{
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
        a++;
        b++;
    }
    return tolower((unsigned char)*a) - tolower((unsigned char)*b);
}

bool text_ends_with_nocase(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !text_compare_nocase(s + n - m, end);
}

char *text_trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    s[n] = '\0';
    return s;
}

size_t text_split(char *s, char separator, char **parts, size_t n_max)
{
    size_t n = 0;
    if (!*s)
        return 0;
    for (char *next = s; next; n++) {
        char *part = next;
        next = strchr(part, separator);
        if (next)
            *next++ = '\0';
        if (n == n_max)
            return n_max + 1;
        parts[n] = text_trim(part);
    }
    return n;
}
