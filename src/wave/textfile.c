/*
 * textfile.c: numbers as text: CSV, tab-separated, columns between blanks, or all in one line.
 *
 * Lines before the numbers are a header: "Sampling rate: 10 kHz", "Unit: uV" and the facts of
 * wave_take_line() are understood, the last line may name the columns, "EMG (mV)". A first
 * column of regular times gives the rate and is no channel; where there is none the rate must
 * be given. A number that cannot be read is interpolated between its neighbours, with a repair
 * line; more than one line in ten, and the file is refused.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/text_dialect.h"
#include "wave/wave_priv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 2000 << 20, FIRST_ROWS = 4096, MAX_JUMPS_TOLD = 5 };
#define NOT_READ NAN

struct table {
    struct recording *r;
    struct text_dialect d;
    const char *end;
    float **columns;
    double *times; // the first column, if there are several
    size_t n_rows, capacity;
    size_t n_bad; // rows with something that is no number
    size_t line;
    int first_decimals, last_decimals; // of the times
    // From the header:
    double rate_hz; // 0: not said
    double unit_uv; // 0: not said
    char *names[TEXT_MAX_COLUMNS];
    bool has_names;
};

static bool matches(const struct wave_probe *p)
{
    bool has_digit = false;
    for (size_t i = 0; i < p->n_head; i++) {
        unsigned char c = p->head[i];
        if (c < ' ' && !isspace(c))
            return false;
        has_digit |= isdigit(c) != 0;
    }
    return has_digit || text_ends_with_nocase(p->path, ".csv") ||
           text_ends_with_nocase(p->path, ".txt");
}

/* ---- header ---- */

// word in lower-case ASCII.
static bool begins_with(const char *s, const char *word)
{
    for (; *word; s++, word++)
        if ((*s >= 'A' && *s <= 'Z' ? *s + ('a' - 'A') : *s) != *word)
            return false;
    return true;
}

static bool contains(const char *s, const char *word)
{
    while (*s && !begins_with(s, word))
        s++;
    return *s;
}

// "Sampling rate: 10 kHz" and such.
static bool take_rate(struct table *t, const char *line)
{
    bool is_rate =
        contains(line, "sampl") && (contains(line, "rate") || contains(line, "freq"));
    is_rate |= contains(line, "fs=") || contains(line, "fs:") || contains(line, "fs =");
    const char *number = line + strcspn(line, "0123456789");
    double v;
    int decimals;
    const char *end = line + strlen(line);
    if (!is_rate || !*number || !text_scan_number(&v, &number, end, '.', &decimals) || v <= 0)
        return false;
    t->rate_hz = contains(number, "khz") ? v * 1e3 : v;
    return true;
}

static bool take_unit(struct table *t, const char *line)
{
    if (!contains(line, "unit"))
        return false;
    const char *at = line + strcspn(line, ":=;,\t");
    at += strspn(at, ":=;,\t \"");
    char unit[16] = "";
    size_t n = strcspn(at, " ;,\t\"");
    if (n == 0 || n >= sizeof unit)
        return false;
    memcpy(unit, at, n);
    t->unit_uv = wave_microvolts_per(unit);
    return t->unit_uv > 0;
}

static void take_header_line(struct table *t, char *line)
{
    line += strspn(line, "#% \t\"");
    if (!*line || take_rate(t, line) || take_unit(t, line))
        return;
    if (!strchr(line, ':')) { // "muscle;biceps"
        char *cut = strpbrk(line, "=;\t");
        if (cut)
            *cut = ':';
    }
    wave_take_line(t->r, line);
}

// The line above the numbers, if it has as many parts as they: the names of the columns.
static bool take_names(struct table *t, char *line)
{
    char delimiter = t->d.delimiter;
    size_t n = 0;
    line += strspn(line, "#% \t");
    for (char *at = line; at && n <= t->d.n_columns; n++) {
        char *name = at;
        if (!delimiter && t->d.n_columns > 1) {
            at += strcspn(at, " \t");
            if (*at)
                *at++ = '\0';
            at += strspn(at, " \t");
            at = *at ? at : NULL;
        } else {
            at = t->d.n_columns > 1 ? strchr(at, delimiter) : NULL;
            if (at)
                *at++ = '\0';
        }
        name = text_trim(name);
        size_t length = strlen(name);
        if (length > 1 && name[0] == '"' && name[length - 1] == '"') {
            name[length - 1] = '\0';
            name++;
        }
        if (n < t->d.n_columns)
            t->names[n] = wave_text(t->r, name, strlen(name));
    }
    return n == t->d.n_columns || (n == t->d.n_columns + 1 && t->d.n_columns > 1);
}

static void read_header(struct table *t, const char *text)
{
    const char *at = text, *line_end;
    for (size_t i = 0; i < t->d.header_lines && at < t->d.data; i++) {
        const char *next = text_next_line(at, t->d.data, &line_end);
        const char *then_end = next;
        char *line = wave_text(t->r, at, (size_t)(line_end - at));
        char *copy = wave_text(t->r, at, (size_t)(line_end - at));
        // names keep their tabs: wave_text() has made them blanks
        char *raw = arena_strndup(&t->r->store->arena, at, (size_t)(line_end - at));
        bool is_last = next >= t->d.data || text_next_line(next, t->d.data, &then_end) == next;
        at = next;
        if (!line || !copy || !raw) {
            t->r->store->failed = true;
            return;
        }
        bool is_names = is_last && !take_rate(t, line) && *raw &&
                        (!strchr(line, ':') || t->d.n_columns > 1) && take_names(t, raw);
        if (is_names)
            t->has_names = true;
        else if (!is_last || !take_rate(t, line))
            take_header_line(t, copy);
    }
}

/* ---- numbers ---- */

static int grow(struct table *t, struct err *e)
{
    if (t->n_rows < t->capacity)
        return 0;
    size_t more = t->capacity ? t->capacity * 2 : FIRST_ROWS;
    bool failed = false;
    for (size_t i = 0; i < t->d.n_columns && !failed; i++) { // memory_close() stops at NULL
        float *column = mem_resize(t->columns[i], more, sizeof *column);
        failed = !column;
        t->columns[i] = column ? column : t->columns[i];
    }
    if (t->d.n_columns > 1 && !failed) {
        double *times = mem_resize(t->times, more, sizeof *times);
        failed = !times;
        t->times = times ? times : t->times;
    }
    if (failed)
        return err_set(e, ERR_MEMORY, "%s: no memory for %zu rows", t->r->store->path, more);
    t->capacity = more;
    return 0;
}

static void report_row(struct table *t, const char *from, const char *to)
{
    size_t n = (size_t)(to - from);
    t->n_bad++;
    if (t->r->n_repairs < RECORDING_MAX_REPAIRS)
        wave_repair(t->r, "line %zu: \"%s\" is not %zu numbers: interpolated", t->line,
                    wave_text(t->r, from, n < 40 ? n : 40), t->d.n_columns);
    else
        wave_repair(t->r, "line %zu", t->line);
}

static int read_row(struct table *t, const char *from, const char *to, struct err *e)
{
    const char *at = from;
    bool is_good = true;
    int decimals = 0, rc = grow(t, e);
    if (rc < 0)
        return rc;
    text_skip_delimiter(&at, to, '\1');
    for (size_t i = 0; i < t->d.n_columns; i++) {
        double v = (double)NOT_READ;
        const char *begin = at;
        bool is_number = text_scan_number(&v, &at, to, t->d.point, &decimals);
        if (!is_number) // to the next delimiter
            while (at < to &&
                   !(t->d.delimiter ? *at == t->d.delimiter : *at == ' ' || *at == '\t'))
                at++;
        if (!text_skip_delimiter(&at, to, t->d.delimiter)) { // "0.5+x": no number after all
            is_number = false;
            at = begin;
            while (at < to &&
                   !(t->d.delimiter ? *at == t->d.delimiter : *at == ' ' || *at == '\t'))
                at++;
            text_skip_delimiter(&at, to, t->d.delimiter);
        }
        is_good &= is_number;
        v = is_number ? v : (double)NOT_READ;
        if (i == 0 && t->times) {
            t->times[t->n_rows] = v;
            t->first_decimals = t->n_rows == 0 ? decimals : t->first_decimals;
            t->last_decimals = is_number ? decimals : t->last_decimals;
        }
        t->columns[i][t->n_rows] = (float)v;
    }
    if (!is_good || at < to)
        report_row(t, from, to);
    t->n_rows++;
    return 0;
}

static int read_rows(struct table *t, struct err *e)
{
    const char *at = t->d.data, *line_end;
    t->line = t->d.header_lines + 1;
    for (int rc; at < t->end; t->line++) {
        const char *next = text_next_line(at, t->end, &line_end);
        const char *p = at;
        while (p < line_end && (*p == ' ' || *p == '\t' || *p == '\0'))
            p++;
        if (p < line_end && *p != '#' && *p != '%' && (rc = read_row(t, at, line_end, e)) < 0)
            return rc;
        at = next;
    }
    return 0;
}

// All numbers of the one line. Fixed columns may touch: a sign then begins the next number.
static int read_line(struct table *t, struct err *e)
{
    const char *at = t->d.data, *line_end;
    text_next_line(at, t->end, &line_end);
    text_skip_delimiter(&at, line_end, '\1');
    while (at < line_end) {
        int decimals, rc = grow(t, e);
        double v;
        if (rc < 0)
            return rc;
        const char *begin = at;
        bool is_number = text_scan_number(&v, &at, line_end, t->d.point, &decimals);
        bool is_next = at < line_end && is_number && (*at == '-' || *at == '+');
        if (!is_next && !text_skip_delimiter(&at, line_end, t->d.delimiter)) {
            is_number = false;
            while (at < line_end && *at != ' ' && *at != '\t' && *at != t->d.delimiter)
                at++;
            text_skip_delimiter(&at, line_end, t->d.delimiter);
        }
        at += at == begin; // what is no number and no delimiter
        t->columns[0][t->n_rows++] = is_number ? (float)v : NOT_READ;
        if (!is_number) {
            t->n_bad++;
            wave_repair(t->r, "value %zu: \"%s\" is no number: interpolated", t->n_rows,
                        wave_text(t->r, begin, at - begin < 40 ? (size_t)(at - begin) : 40));
        }
    }
    return 0;
}

static void interpolate(float *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isnan(v[i]))
            continue;
        size_t end = i;
        while (end < n && isnan(v[end]))
            end++;
        float left = i ? v[i - 1] : end < n ? v[end] : 0, right = end < n ? v[end] : left;
        for (size_t k = i, gaps = end - i + 1; k < end; k++)
            v[k] = left + (right - left) * (float)(k - i + 1) / (float)gaps;
        i = end;
    }
}

/* ---- time ---- */

// The shortest decimal number within a relative distance of v.
static double shortest(double v, double within)
{
    for (int digits = 1; digits < 17; digits++) {
        char text[WAVE_NUMBER_BYTES];
        snprintf(text, sizeof text, "%.*g", digits, v);
        double short_v = strtod(text, NULL);
        if (fabs(short_v - v) <= within * v)
            return short_v;
    }
    return v;
}

enum time_kind { TIME_NONE, TIME_REGULAR, TIME_NUMBERS };

/*
 * Times are t0 + i * dt, printed with few digits: a little, and half of the sixth digit, may be
 * off. What is farther off is a jump, from which on they are compared anew. Says how many
 * there are, and reports the first of them if asked to.
 */
static size_t count_jumps(const struct table *t, size_t first, size_t last, double dt,
                          bool want_report)
{
    size_t from = first, n = 0;
    for (size_t i = first; i < last; i++) {
        double off = t->times[i] - (t->times[from] + (double)(i - from) * dt);
        if (isnan(off) || fabs(off) <= 0.05 * dt + fmin(5e-6 * fabs(t->times[i]), 0.6 * dt))
            continue;
        if (want_report && n < MAX_JUMPS_TOLD)
            wave_repair(t->r, "data row %zu: the time jumps by %.4g s: taken to follow", i + 1,
                        off);
        from = i;
        n++;
    }
    if (want_report && n > MAX_JUMPS_TOLD)
        wave_repair(t->r, "the time jumps %zu times in all, of %zu rows", n, last - first);
    return n;
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

// The middle one of steps over k rows, at up to 101 places.
static double median_step(const struct table *t, size_t first, size_t last, size_t k)
{
    double steps[101];
    size_t n = 0, n_places = last - first - k;
    for (size_t i = 0; i < 101; i++) {
        size_t at = first + (size_t)((double)(n_places - 1) * (double)i / 100);
        double step = (t->times[at + k] - t->times[at]) / (double)k;
        if (isfinite(step))
            steps[n++] = step;
    }
    qsort(steps, n, sizeof *steps, compare_doubles);
    return n ? steps[n / 2] : 0;
}

/*
 * The step of the times, over as many rows at once as give the fewest jumps; when more than one
 * row in ten jumps there is none (PhysioNet's emgdb has one in twenty). Whole numbers one apart are numbers of rows, not seconds.
 */
static enum time_kind look_at_times(const struct table *t, double *step)
{
    size_t n = t->n_rows, first = 0, last = n, fewest = n;
    while (first < n && isnan(t->times[first]))
        first++;
    while (last > first && isnan(t->times[last - 1]))
        last--;
    if (last - first < 3)
        return TIME_NONE;
    double digits = pow(10, -t->first_decimals) + pow(10, -t->last_decimals);
    for (size_t k = last - first - 1; k > 0 && fewest; k /= 4) {
        double dt = median_step(t, first, last, k);
        if (!(dt > 0))
            continue;
        dt = 1 / shortest(1 / dt, fmin(digits / (dt * (double)k), 1e-3));
        size_t n_jumps = count_jumps(t, first, last, dt, false);
        if (n_jumps < fewest) {
            fewest = n_jumps;
            *step = dt;
        }
    }
    if (fewest > n / 10)
        return TIME_NONE;
    count_jumps(t, first, last, *step, true);
    return *step == 1 && t->last_decimals <= 0 ? TIME_NUMBERS : TIME_REGULAR;
}

// What is in brackets at the end of a name, "mV" of "EMG (mV)"; cut off. NULL: nothing.
static char *take_bracket(char *name)
{
    size_t n = strlen(name);
    char *open = NULL;
    if (n && name[n - 1] == ')')
        open = strrchr(name, '(');
    else if (n && name[n - 1] == ']')
        open = strrchr(name, '[');
    if (!open || open == name)
        return NULL;
    name[n - 1] = '\0';
    *open = '\0';
    text_trim(name);
    return text_trim(open + 1);
}

static bool is_name_of_time(const char *name)
{
    return contains(name, "time") || !text_compare_nocase(name, "t") ||
           !text_compare_nocase(name, "s") || !text_compare_nocase(name, "sec") ||
           contains(name, "seconds");
}

// Is the first column time, and which rate does it give? *first: the first column of signal.
static int take_time(struct table *t, size_t *first, double *rate,
                     const struct recording_hints *h, struct err *e)
{
    double dt = 0, scale = 1;
    *first = 0;
    *rate = t->rate_hz;
    if (t->d.n_columns < 2)
        return 0;
    char *name = t->has_names ? t->names[0] : NULL, *unit = name ? take_bracket(name) : NULL;
    enum time_kind kind = look_at_times(t, &dt);
    bool is_named = name && is_name_of_time(name);
    bool is_counter = kind == TIME_NUMBERS && (!name || !is_named);
    if (!is_named && (name || kind == TIME_NONE) && !is_counter)
        return 0;
    *first = 1;
    if (is_counter) {
        wave_repair(t->r, "the first column counts the rows: it gives no rate");
        return 0;
    }
    if (kind == TIME_NONE && t->n_rows >= 3 && *rate == 0 && h->rate_hz == 0)
        return err_set(e, ERR_FORMAT,
                       "%s: the times have no regular steps: give --rate to take rows as they "
                       "come",
                       t->r->store->path);
    if (kind == TIME_NONE || *rate != 0)
        return 0;
    if (unit)
        scale = !text_compare_nocase(unit, "ms") ? 1e-3 : contains(unit, "us") ? 1e-6 : 1;
    else
        wave_repair(t->r, "the first column is taken as seconds");
    *rate = shortest(1 / (dt * scale), 1e-12);
    return 0;
}

// The hint is for whoever has no header; a given rate overrides times that do not fit.
static int make_channels(struct table *t, size_t first, double rate,
                         const struct recording_hints *h, struct err *e)
{
    struct recording *r = t->r;
    double hint_uv = h->unit ? wave_microvolts_per(h->unit) : 0, rate_hz;
    int rc = wave_make_channels(r, t->d.n_columns - first, e);
    if (rc == 0)
        rc = wave_choose_rate(&rate_hz, r, rate, h, e);
    for (size_t i = 0; rc == 0 && i < r->n_channels; i++) {
        struct channel *c = &r->channels[i];
        char *name = t->has_names ? t->names[first + i] : NULL;
        char *unit = name ? take_bracket(name) : NULL;
        double uv = unit ? wave_microvolts_per(unit) : 0;
        uv = uv > 0 ? uv : t->unit_uv > 0 ? t->unit_uv : hint_uv;
        c->name = name && *name ? wave_text(r, name, strlen(name)) : c->name;
        c->rate_hz = rate_hz;
        c->n_samples = t->n_rows;
        c->unit = uv > 0 ? CHANNEL_UNIT_MICROVOLTS : CHANNEL_UNIT_COUNTS;
        if (uv == 0 && !h->unit)
            wave_repair(r, "column %zu: no unit is said: kept as numbers (see --unit)",
                        first + i + 1);
        interpolate(t->columns[first + i], t->n_rows);
        for (size_t k = 0; uv > 0 && k < t->n_rows; k++)
            t->columns[first + i][k] = (float)((double)t->columns[first + i][k] * uv);
    }
    return rc;
}

static int read_table(struct table *t, const char *text, const struct recording_hints *h,
                      struct err *e)
{
    const char *path = t->r->store->path;
    int rc = text_dialect_find(&t->d, text, t->end, h, path, e);
    if (rc < 0)
        return rc;
    t->columns = mem_array(t->d.n_columns + 1, sizeof *t->columns);
    if (!t->columns)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    t->r->store->state = t->columns;
    t->r->store->source = &wave_memory_source;
    read_header(t, text);
    rc = t->d.is_line ? read_line(t, e) : read_rows(t, e);
    if (rc == 0 && t->n_bad * 10 > t->n_rows)
        rc = err_set(e, ERR_FORMAT, "%s: %zu of %zu rows are no numbers", path, t->n_bad,
                     t->n_rows);
    return rc;
}

static int text_open(struct recording *r, const char *path, const struct recording_hints *h,
                     struct err *e)
{
    unsigned char *bytes;
    size_t n, first;
    double rate;
    int rc = file_read(&bytes, &n, path, TEXT_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    const char *text = (const char *)bytes;
    struct table t = {.r = r, .end = text + n};
    if (text_starts_with(text, "\xef\xbb\xbf")) // byte order mark
        text += 3;
    rc = read_table(&t, text, h, e);
    mem_free(bytes);
    if (rc == 0)
        rc = take_time(&t, &first, &rate, h, e);
    if (rc == 0)
        rc = make_channels(&t, first, rate, h, e);
    if (rc == 0 && first == 1) { // time is no channel
        mem_free(t.columns[0]);
        memmove(t.columns, t.columns + 1, t.d.n_columns * sizeof *t.columns);
    }
    mem_free(t.times);
    return rc;
}

const struct wave_format text_format = {"text", matches, text_open};
