/* test_recording_write.c: round trips: from memory to each format and back. */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "wave/recording.h"
#include "wave/recording_write.h"

#include <math.h>

enum { N = 5000 };

static char *folder;
static float wave[N], fine[2 * N];

static int make_folder(void **state)
{
    (void)state;
    folder = scratch_folder();
    for (size_t i = 0; i < N; i++)
        wave[i] = 0.1f * rintf(9000 * sinf(0.07f * (float)i) * expf(-0.001f * (float)i));
    for (size_t i = 0; i < 2 * N; i++)
        fine[i] = 3e-3f * cosf(0.01f * (float)i);
    return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return mem_live_blocks() ? -1 : 0;
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

// Two channels, one with its gain, and annotations of all kinds.
static struct recording *example(size_t n_channels)
{
    static const struct channel channels[] = {
        {"EMG biceps", CHANNEL_UNIT_MICROVOLTS, 23437.5, N, 10, 0, 12, "HP:10Hz"},
        {"fine", CHANNEL_UNIT_MICROVOLTS, 46875, 2 * N, 0, 0, 0, NULL},
    };
    static const struct annotation annotations[] = {
        {0.0123456789, 0.0031, 0, "fibrillation", "unit 3, index 12"},
        {0.1, 0, -1, "needle moved", NULL},
        {0.1 + 1 / 23437.5, 1.0 / 3, 0, "positive sharp wave", NULL},
        {0.2, 0, -1, "\xc2\xb5-label", NULL},
    };
    static const char *const notes[] = {"electrode: concentric needle", "sex: F"};
    static const float *const samples[] = {wave, fine};
    const struct recording_facts facts = {
        .channels = channels,
        .n_channels = n_channels,
        .annotations = annotations,
        .n_annotations = 4,
        .patient = "P001",
        .muscle = "biceps brachii",
        .side = "left",
        .site = "2",
        .start_time = "2019-04-30T12:34:56",
        .polarity = POLARITY_NEGATIVE_UP,
        .notes = notes,
        .n_notes = 2,
    };
    struct recording *r;
    struct err e;
    assert_int_equal(recording_new(&r, &facts, samples, &e), 0);
    return r;
}

static struct recording *round_trip(struct recording *from, const char *name)
{
    struct recording *r = NULL;
    struct err e;
    if (recording_write(path_of(name), NULL, from, &e) < 0 ||
        recording_open(&r, path_of(name), NULL, &e) < 0)
        fail_msg("%s", e.text);
    return r;
}

// Within half a step of what it came back with.
static void expect_samples(struct recording *r, size_t channel, const float *wanted, size_t n)
{
    static float got[2 * N];
    struct err e;
    assert_true(r->channels[channel].n_samples >= n);
    assert_int_equal(recording_read(r, channel, 0, n, got, &e), 0);
    double step = r->channels[channel].counts_per_uv != 0
                      ? fabs(1 / r->channels[channel].counts_per_uv)
                      : 0;
    for (size_t i = 0; i < n; i++)
        if (fabs((double)got[i] - (double)wanted[i]) >
            step / 2 * 1.0001 + 1e-6 * fabs((double)wanted[i]))
            fail_msg("channel %zu, sample %zu: %g, wanted %g within %g / 2", channel, i,
                     (double)got[i], (double)wanted[i], step);
}

static void expect_annotations(const struct recording *r, const struct recording *wanted,
                               double within_s)
{
    assert_int_equal(r->n_annotations, wanted->n_annotations);
    for (size_t i = 0; i < r->n_annotations; i++) {
        const struct annotation *a = &r->annotations[i], *b = &wanted->annotations[i];
        assert_string_equal(a->label, b->label);
        assert_true(fabs(a->onset_s - b->onset_s) <= within_s);
        assert_true(fabs(a->duration_s - b->duration_s) <= within_s);
        assert_int_equal(a->channel, b->channel);
        assert_int_equal(!a->text, !b->text);
        if (a->text)
            assert_string_equal(a->text, b->text);
    }
}

static void expect_facts(const struct recording *r)
{
    assert_string_equal(r->patient, "P001");
    assert_string_equal(r->muscle, "biceps brachii");
    assert_string_equal(r->side, "left");
    assert_string_equal(r->site, "2");
    assert_string_equal(r->start_time, "2019-04-30T12:34:56");
    assert_int_equal(r->polarity, POLARITY_NEGATIVE_UP);
}

static void wfdb_gives_everything_back(void **state)
{
    (void)state;
    struct recording *from = example(2), *r = round_trip(from, "x.hea");
    assert_string_equal(r->format, "wfdb");
    assert_int_equal(r->n_repairs, 0);
    expect_samples(r, 0, wave, N);
    expect_samples(r, 1, fine, 2 * N);
    assert_float_equal(r->channels[0].counts_per_uv, 10, 1e-12); // its own
    assert_float_equal(r->channels[0].rate_hz, 23437.5, 0);
    assert_string_equal(r->channels[0].name, "EMG biceps");
    assert_int_equal(r->channels[0].bits, 12);
    expect_annotations(r, from, 0);
    expect_facts(r);
    assert_int_equal(r->n_notes, 2);
    assert_string_equal(r->notes[0], "electrode: concentric needle");
    recording_close(r);
    recording_close(from);
}

static void a_slice_moves_its_annotations(void **state)
{
    (void)state;
    struct recording *from = example(2), *r;
    struct err e;
    float got[2], wanted[2];
    assert_int_equal(recording_slice(&r, from, 0.11, 0.15, 1, &e), 0);
    assert_int_equal(r->n_channels, 1);
    assert_int_equal(r->channels[0].n_samples, 1875);
    assert_int_equal(recording_read(r, 0, 10, 2, got, &e), 0);
    assert_int_equal(recording_read(from, 1, 5156 + 10, 2, wanted, &e), 0);
    assert_memory_equal(got, wanted, sizeof got);
    assert_int_equal(r->n_annotations, 0); // all are of the other channel, or elsewhere
    recording_close(r);
    assert_int_equal(recording_slice(&r, from, 0.11, 0.15, 0, &e), 0);
    assert_int_equal(r->n_annotations, 1);
    assert_float_equal(r->annotations[0].onset_s, 0, 0);
    assert_float_equal(r->annotations[0].duration_s, 0.04, 1e-12);
    recording_close(r);
    assert_int_equal(recording_slice(&r, from, 5, 6, -1, &e), ERR_USAGE);
    assert_null(r);
    assert_int_equal(recording_slice(&r, from, 0, 6, 2, &e), ERR_USAGE);
    recording_close(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wfdb_gives_everything_back),
        cmocka_unit_test(a_slice_moves_its_annotations),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
