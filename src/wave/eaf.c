/*
 * eaf.c: the spike times of EMGLAB, beside a recording of the same name.
 *
 *   <emglab_spike_header> <time></time> <unit></unit> <chan></chan> </emglab_spike_header>
 *   <emglab_spike_events> 0.00451 8 1   0.00624 1 1 ... </emglab_spike_events>
 *
 * The header says what the numbers of one event are, in their order; time is in seconds,
 * channels count from 1. We look for these tags and for numbers between them; it is no XML
 * parser: entities and what else XML has are not looked at.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wave/wave_priv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EAF_MAX_BYTES = 256 << 20, MAX_COLUMNS = 16 };

enum column { TIME, UNIT, CHAN, OTHER };

// The text between <tag> and </tag>, cut out in place; NULL: it is not there.
static char *between(char *text, const char *open, const char *close, char **behind)
{
    char *from = strstr(text, open), *to = from ? strstr(from, close) : NULL;
    if (!to)
        return NULL;
    *to = '\0';
    *behind = to + strlen(close);
    return from + strlen(open);
}

static size_t read_columns(enum column *columns, char *header)
{
    static const char *const names[] = {"<time>", "<unit>", "<chan>"};
    size_t n = 0;
    for (char *at = strchr(header, '<'); at && n < MAX_COLUMNS; at = strchr(at + 1, '<')) {
        if (at[1] == '/' || at[1] == '!')
            continue;
        columns[n] = OTHER;
        for (int k = 0; k < 3; k++)
            if (text_starts_with(at, names[k]))
                columns[n] = (enum column)k;
        n++;
    }
    return n;
}

// One number; *at moves behind it. False: there is none.
static bool take(double *out, char **at)
{
    char *end;
    *out = strtod(*at, &end);
    if (end == *at || !isfinite(*out))
        return false;
    *at = end;
    return true;
}

static void read_events(struct recording *r, const char *name, char *at,
                        const enum column *columns, size_t n)
{
    for (size_t i_event = 1;; i_event++) {
        double v[4] = {0, 0, 0, 0};
        for (size_t i = 0; i < n; i++) {
            at += strspn(at, " \t\r\n,");
            if (!*at && i == 0)
                return;
            if (!take(&v[columns[i]], &at)) {
                wave_repair(r, "%s: event %zu is damaged: it and what follows are left out",
                            name, i_event);
                return;
            }
        }
        if (!(fabs(v[UNIT]) < 1e9) || v[TIME] < 0 || v[TIME] > 1e10) {
            wave_repair(r, "%s: event %zu: unit %g at %g s: left out", name, i_event, v[UNIT],
                        v[TIME]);
            continue;
        }
        bool is_there = v[CHAN] >= 1 && v[CHAN] <= (double)r->n_channels;
        struct annotation a = {v[TIME], 0, is_there ? (int)v[CHAN] - 1 : -1,
                               arena_printf(&r->store->arena, "unit %.10g", v[UNIT]), NULL};
        if (!a.label)
            r->store->failed = true;
        wave_annotate(r, &a);
        if (r->store->failed || r->store->is_over)
            return;
    }
}

int eaf_read_beside(struct recording *r, const char *path, struct err *e)
{
    enum column columns[MAX_COLUMNS] = {TIME, UNIT, CHAN};
    size_t n_columns = 3, n, n_extension = strlen(path_extension(path));
    int n_stem = (int)(strlen(path) - n_extension - (n_extension > 0));
    char *name = arena_printf(&r->store->arena, "%.*s.eaf", n_stem, path);
    unsigned char *bytes;
    if (!name)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    if (!file_exists(name))
        return 0;
    wave_reads(r, name);
    int rc = file_check_regular(name, e);
    if (rc < 0)
        return rc;
    rc = file_read(&bytes, &n, name, EAF_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    char *text = (char *)bytes, *behind = text, *part;
    part = between(text, "<emglab_spike_header>", "</emglab_spike_header>", &behind);
    if (part) {
        size_t k = read_columns(columns, part);
        n_columns = k ? k : n_columns;
    }
    part = between(behind, "<emglab_spike_events>", "</emglab_spike_events>", &behind);
    if (part)
        read_events(r, path_base(name), part, columns, n_columns);
    else
        wave_repair(r, "%s: no spike events in it", path_base(name));
    mem_free(bytes);
    return 0;
}
