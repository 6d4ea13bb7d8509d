/* wave_support.h: what the tests of the readers share: files in a scratch folder, and opening. */
#pragma once

#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "wave/recording.h"

#include <math.h>

static char *folder;

static inline int make_folder(void **state)
{
    (void)state;
    folder = scratch_folder();
    return folder ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return mem_live_blocks() ? -1 : 0;
}

// Writes a file of the scratch folder; its path is good until the next call.
static inline const char *put(const char *name, const void *bytes, size_t n)
{
    static char path[256];
    struct err e;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_write(path, bytes, n, &e), 0);
    return path;
}

static inline const char *put_text(const char *name, const char *text)
{
    return put(name, text, strlen(text));
}

static inline struct recording *opened_with(const char *path, const struct recording_hints *h)
{
    struct recording *r = NULL;
    struct err e;
    if (recording_open(&r, path, h, &e) < 0)
        fail_msg("%s", e.text);
    return r;
}

static inline struct recording *opened(const char *path)
{
    return opened_with(path, NULL);
}

static inline void expect_error(const char *path, const struct recording_hints *h, int code,
                                const char *says)
{
    struct recording *r = NULL;
    struct err e = {0};
    int rc = recording_open(&r, path, h, &e);
    if (rc != code || r || !strstr(e.text, says))
        fail_msg("%d \"%s\", wanted %d \"%s\"", rc, e.text, code, says);
    recording_close(r);
}

// All samples of a channel, and each one by itself.
static inline void expect_samples(struct recording *r, size_t channel, const float *wanted,
                                  size_t n)
{
    float got[64];
    struct err e;
    assert_int_equal(r->channels[channel].n_samples, n);
    assert_int_equal(recording_read(r, channel, 0, n, got, &e), 0);
    for (size_t i = 0; i < n; i++)
        assert_float_equal(got[i], wanted[i], 1e-6);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(recording_read(r, channel, i, 1, got, &e), 0);
        assert_float_equal(got[0], wanted[i], 1e-6);
    }
}

static inline void expect_repair(const struct recording *r, size_t i, const char *says)
{
    if (i >= r->n_repairs || !strstr(r->repairs[i], says))
        fail_msg("repair %zu of %zu: \"%s\", wanted \"%s\"", i, r->n_repairs,
                 i < r->n_repairs ? r->repairs[i] : "", says);
}

// Opens a file while the n-th allocation fails, for all n: ERR_MEMORY, and nothing is left.
static inline void expect_no_leaks(const char *path, const struct recording_hints *h)
{
    struct recording *r = NULL;
    struct err e;
    size_t before = mem_live_blocks();
    long n = 0;
    for (int rc = -1; rc < 0; n++) {
        mem_fail_at(n);
        rc = recording_open(&r, path, h, &e);
        mem_fail_at(-1);
        if (rc < 0) {
            if (rc != ERR_MEMORY)
                fail_msg("allocation %ld: %s", n, e.text);
            assert_null(r);
            assert_int_equal(mem_live_blocks(), before);
        }
    }
    assert_true(n > 4);
    recording_close(r);
}
