/*
 * text_dialect.c: see text_dialect.h.
 *
 * What can be seen from the lines of numbers is decided, what cannot is asked for: a tab or a
 * semicolon is a delimiter; a comma is one when there are points, blanks behind it or several
 * in a line without anything else between the numbers; with another delimiter it is a decimal
 * comma. "1,5" alone may be both, unless a line of names above it has as many commas.
 */
#include "wave/text_dialect.h"

#include "base/err.h"
#include "wave/recording.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_LINES = 64, LOOK_BYTES = 4096, MAX_HEADER_LINES = 1000 };

const char *text_next_line(const char *at, const char *end, const char **line_end)
{
    while (at < end && *at != '\n' && *at != '\r')
        at++;
    *line_end = at;
    if (at < end && *at == '\r' && at + 1 < end && at[1] == '\n')
        at++;
    return at < end ? at + 1 : end;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\0';
}

// It begins with a number, and at least three quarters of it are of numbers: some may be damaged.
static bool is_data(const char *at, const char *end)
{
    size_t n_good = 0, n_odd = 0;
    bool has_digit = false;
    end = end - at > LOOK_BYTES ? at + LOOK_BYTES : end;
    while (at < end && is_blank(*at))
        at++;
    if (at >= end || (!(*at >= '0' && *at <= '9') && !strchr("+-.,", *at)))
        return false;
    for (; at < end; at++) {
        bool is_digit = *at >= '0' && *at <= '9';
        has_digit |= is_digit;
        if (is_digit || (*at && strchr("+-.,;eE", *at)))
            n_good++;
        else if (!is_blank(*at))
            n_odd++;
    }
    return has_digit && n_odd * 4 <= n_good + n_odd;
}

static bool has_more(const char *at, const char *end)
{
    while (at < end && (is_blank(*at) || *at == '\n' || *at == '\r'))
        at++;
    return at < end;
}

static size_t count_commas(const char *at, const char *end)
{
    size_t n = 0;
    for (; at < end; at++)
        n += *at == ',';
    return n;
}

struct look {
    bool has_tab, has_semicolon, has_blank, has_point;
    bool has_comma, has_comma_blank; // a blank behind a comma
    size_t n_commas;                 // most in a line
    size_t n_header_commas;          // of the line above the numbers
};

static void look_at(struct look *l, const char *at, const char *end)
{
    size_t n_commas = 0;
    bool is_behind_number = false;
    end = end - at > LOOK_BYTES ? at + LOOK_BYTES : end;
    for (const char *p = at; p < end; p++) {
        bool is_before_more = false; // blanks at the ends of a line say nothing
        for (const char *q = p; q < end && is_blank(*q); q++)
            is_before_more = q + 1 < end && !is_blank(q[1]);
        l->has_tab |= *p == '\t' && is_behind_number && is_before_more;
        l->has_blank |= *p == ' ' && is_behind_number && is_before_more;
        l->has_semicolon |= *p == ';';
        l->has_point |= *p == '.';
        l->has_comma |= *p == ',';
        l->has_comma_blank |= *p == ',' && p + 1 < end && is_blank(p[1]);
        n_commas += *p == ',';
        is_behind_number |= !is_blank(*p);
        if (is_blank(*p)) // the same run need not be looked at again
            while (p + 1 < end && is_blank(p[1]))
                p++;
    }
    l->n_commas = n_commas > l->n_commas ? n_commas : l->n_commas;
}

static int decide(struct text_dialect *d, const struct look *l, const struct recording_hints *h,
                  const char *path, struct err *e)
{
    d->delimiter = h->delimiter;
    d->point = h->decimal_comma ? ',' : '.';
    if (d->delimiter == ' ')
        d->delimiter = '\0';
    if (h->delimiter) {
        if (h->delimiter != ',' && l->has_comma && !l->has_point)
            d->point = ',';
        return 0;
    }
    d->delimiter = (char)(l->has_semicolon ? ';' : l->has_tab ? '\t' : '\0');
    if (!l->has_comma || h->decimal_comma)
        return 0;
    bool is_alone = !d->delimiter && (!l->has_blank || l->has_comma_blank);
    if (l->has_point || l->n_header_commas == l->n_commas ||
        (is_alone && (l->n_commas > 1 || l->has_comma_blank))) {
        d->delimiter = (char)(d->delimiter ? d->delimiter : ',');
        return 0;
    }
    if (is_alone)
        return err_set(e, ERR_USAGE,
                       "%s: \"1,5\" may be one number or two: give --delimiter or "
                       "--decimal-comma",
                       path);
    d->point = ',';
    return 0;
}

bool text_skip_delimiter(const char **at, const char *end, char delimiter)
{
    const char *p = *at;
    while (p < end && is_blank(*p) && (!delimiter || *p != delimiter))
        p++;
    bool is_there = p == end || (delimiter ? *p == delimiter : p > *at);
    if (delimiter && p < end && *p == delimiter) {
        p++;
        while (p < end && is_blank(*p) && *p != delimiter)
            p++;
    }
    *at = p;
    return is_there;
}

static int count_columns(struct text_dialect *d, const char *line_end, const char *path,
                         struct err *e)
{
    const char *at = d->data;
    double v;
    int decimals;
    d->n_columns = 0;
    text_skip_delimiter(&at, line_end, '\1'); // leading blanks
    while (at < line_end) {
        text_scan_number(&v, &at, line_end, d->point, &decimals);
        if (++d->n_columns > TEXT_MAX_COLUMNS)
            return err_set(e, ERR_LIMIT, "%s: over %d columns", path, TEXT_MAX_COLUMNS);
        if (!text_skip_delimiter(&at, line_end, d->delimiter))
            break;
    }
    return 0;
}

int text_dialect_find(struct text_dialect *d, const char *text, const char *end,
                      const struct recording_hints *h, const char *path, struct err *e)
{
    struct look l = {0};
    const char *line_end, *first_end = NULL;
    size_t n_data = 0;
    *d = (struct text_dialect){0};
    for (const char *at = text; text && at < end && n_data < LOOK_LINES;) {
        const char *next = text_next_line(at, end, &line_end);
        if (*at != '#' && *at != '%' && is_data(at, line_end)) {
            if (!d->data) {
                d->data = at;
                first_end = line_end;
            }
            look_at(&l, at, line_end);
            n_data++;
        } else if (!d->data) {
            l.n_header_commas = count_commas(at, line_end);
            if (++d->header_lines > MAX_HEADER_LINES)
                break;
        }
        at = next;
    }
    if (!d->data)
        return err_set(e, ERR_FORMAT, "%s: no line of numbers", path);
    int rc = decide(d, &l, h, path, e);
    if (rc < 0)
        return rc;
    d->is_line = n_data == 1 && !has_more(first_end, end);
    d->n_columns = 1;
    return d->is_line ? 0 : count_columns(d, first_end, path, e);
}

// 10 to the powers that a double holds exactly.
static const double powers[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// A number beyond is none: in volts it would not fit a float of microvolts.
static const double most = 1e30;

// strtod() on a copy, for what the fast way cannot do exactly.
static bool scan_slowly(double *out, const char *from, const char *to, char point)
{
    char text[128], *end;
    size_t n = (size_t)(to - from);
    if (n >= sizeof text)
        return false;
    memcpy(text, from, n);
    text[n] = '\0';
    char *comma = point == ',' ? strchr(text, ',') : NULL;
    if (comma)
        *comma = '.';
    *out = strtod(text, &end);
    return end == text + n && fabs(*out) < most;
}

/*
 * Digits up to 2^53 and a power of ten up to 22 are both exact, and so one division or product
 * gives the nearest double.
 */
bool text_scan_number(double *out, const char **at, const char *end, char point, int *decimals)
{
    const char *p = *at;
    uint64_t digits = 0;
    int n_digits = 0, places = 0, exponent = 0;
    bool is_negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end && *p >= '0' && *p <= '9'; p++, n_digits++)
        digits = n_digits < 18 ? digits * 10 + (uint64_t)(*p - '0') : digits;
    if (p < end && *p == point)
        for (p++; p < end && *p >= '0' && *p <= '9'; p++, n_digits++, places++)
            digits = n_digits < 18 ? digits * 10 + (uint64_t)(*p - '0') : digits;
    if (n_digits == 0)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *q = p + 1;
        bool is_small = q < end && *q == '-';
        q += q < end && (*q == '-' || *q == '+');
        if (q < end && *q >= '0' && *q <= '9') {
            for (; q < end && *q >= '0' && *q <= '9'; q++)
                exponent = exponent < 10000 ? exponent * 10 + (*q - '0') : exponent;
            exponent = is_small ? -exponent : exponent;
            p = q;
        }
    }
    int power = exponent - places;
    if (n_digits > 18 || digits > UINT64_C(1) << 53 || power < -22 || power > 22) {
        if (!scan_slowly(out, *at, p, point))
            return false;
    } else {
        double v = (double)digits;
        v = power < 0 ? v / powers[-power] : v * powers[power];
        *out = is_negative ? -v : v;
    }
    *decimals = places - exponent;
    *at = p;
    return true;
}
