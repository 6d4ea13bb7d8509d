/* test_recording_write.c: round trips: from memory to each format and back. */
#include "wave_support.h"

#include "wave/recording_write.h"

#include <unistd.h>

enum { N = 5000 };

static float wave[N], fine[2 * N];

static int make_waves(void **state)
{
    for (size_t i = 0; i < N; i++)
        wave[i] = 0.1f * rintf(9000 * sinf(0.07f * (float)i) * expf(-0.001f * (float)i));
    for (size_t i = 0; i < 2 * N; i++)
        fine[i] = 3e-3f * cosf(0.01f * (float)i);
    return make_folder(state);
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
static void expect_close(struct recording *r, size_t channel, const float *wanted, size_t n)
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
    expect_close(r, 0, wave, N);
    expect_close(r, 1, fine, 2 * N);
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

static void edf_and_bdf_give_everything_back(void **state)
{
    static const char *const names[] = {"x.edf", "x.bdf"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct recording *from = example(2), *r = round_trip(from, names[k]);
        assert_string_equal(r->format, k ? "bdf" : "edf");
        for (size_t i = 0; i < r->n_repairs; i++)
            print_message("%s\n", r->repairs[i]);
        assert_int_equal(r->n_repairs, 0);
        assert_int_equal(r->channels[0].n_samples, N);
        assert_int_equal(r->channels[1].n_samples, 2 * N);
        expect_close(r, 0, wave, N);
        expect_close(r, 1, fine, 2 * N);
        assert_float_equal(r->channels[0].counts_per_uv, 10, 1e-12); // its own
        assert_float_equal(r->channels[0].rate_hz, 23437.5, 1e-9);
        assert_string_equal(r->channels[0].name, "EMG biceps");
        assert_string_equal(r->channels[0].prefilter, "HP:10Hz");
        expect_annotations(r, from, 0);
        expect_facts(r);
        assert_int_equal(r->n_notes, 1);
        assert_string_equal(r->notes[0], "sex: F");
        recording_close(r);
        recording_close(from);
    }
}

// Whole numbers of a known gain are the same numbers in 16 and 24 bits, whatever the gain.
static void edf_and_bdf_lose_nothing_of_known_gains(void **state)
{
    static const double gains[] = {0.5, 1.28, 10, 2.5, 3, 500, 0.001, 1 / 0.78125};
    static const char *const names[] = {"g.edf", "g.bdf", "g.hea"};
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        float v[200], got[200];
        for (int k = 0; k < 200; k++)
            v[k] = (float)((k * 37 % 401 - 200) / gains[i]);
        const struct channel c = {"x", CHANNEL_UNIT_MICROVOLTS, 1000, 200, gains[i], 0, 12,
                                  NULL};
        const float *const samples[] = {v};
        const struct recording_facts f = {.channels = &c, .n_channels = 1};
        struct recording *from, *r;
        struct err e;
        assert_int_equal(recording_new(&from, &f, samples, &e), 0);
        for (int j = 0; j < 3; j++) {
            r = round_trip(from, names[j]);
            assert_int_equal(recording_read(r, 0, 0, 200, got, &e), 0);
            for (int k = 0; k < 200; k++)
                if (fabs((double)got[k] - (double)v[k]) > 0.01 / gains[i])
                    fail_msg("%s, gain %g: %g, wanted %g", names[j], gains[i], (double)got[k],
                             (double)v[k]);
            recording_close(r);
        }
        recording_close(from);
    }
}

// What a header of ASCII makes of a name must not part a channel from its annotations.
static void edf_keeps_channels_of_awkward_names(void **state)
{
    (void)state;
    struct recording *from = example(1), *r;
    from->channels[0].name = "Biz\xc3\xa9ps links, sehr langer Name";
    r = round_trip(from, "n.edf");
    assert_string_equal(r->channels[0].name, "Biz?ps links, se");
    expect_annotations(r, from, 0);
    recording_close(r);
    recording_close(from);
}

static void wav_and_csv_give_samples_back(void **state)
{
    static const char *const names[] = {"x.wav", "x.csv"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct recording *from = example(1), *r;
        from->channels[0].rate_hz = k ? 23437.5 : 24000; // of sound: a whole number
        r = round_trip(from, names[k]);
        assert_int_equal(r->n_repairs, 0);
        assert_int_equal(r->channels[0].n_samples, N);
        assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_MICROVOLTS);
        assert_float_equal(r->channels[0].rate_hz, from->channels[0].rate_hz, 0);
        expect_close(r, 0, wave, N);
        recording_close(r);
        from->channels[0].counts_per_uv = 0; // as floating point
        r = round_trip(from, names[k]);
        expect_close(r, 0, wave, N);
        recording_close(r);
        recording_close(from);
    }
}

// Of a converter whose gain nobody knows: -32768, which is no sample in WFDB, is one of them.
static void counts_stay_whole_numbers(void **state)
{
    static const char *const names[] = {"n.hea", "n.edf", "n.bdf", "n.csv"};
    const struct recording_hints hints = {.dtype = "int16", .rate_hz = 1000, .unit = "counts"};
    static const unsigned char bytes[] = {0x00, 0x80, 0x01, 0x80, 0x07, 0x00, 0x64, 0x00};
    static const float wanted[] = {-32768, -32767, 7, 100};
    struct recording *from, *r;
    struct err e;
    float got[4];
    (void)state;
    assert_int_equal(file_write(path_of("n.bin"), bytes, sizeof bytes, &e), 0);
    for (int k = 0; k < 4; k++) {
        assert_int_equal(recording_open(&from, path_of("n.bin"), &hints, &e), 0);
        r = round_trip(from, names[k]);
        assert_true(r->channels[0].n_samples >= 4); // EDF fills up a record
        assert_int_equal(recording_read(r, 0, 0, 4, got, &e), 0);
        for (int i = 0; i < 4; i++)
            assert_true(got[i] == wanted[i]);
        recording_close(r);
        recording_close(from);
    }
}

static void formats_say_what_they_cannot(void **state)
{
    (void)state;
    struct recording *from = example(2);
    struct err e;
    assert_int_equal(recording_write(path_of("x.mp3"), NULL, from, &e), ERR_USAGE);
    assert_int_equal(recording_write(path_of("x.edf"), "flac", from, &e), ERR_USAGE);
    assert_int_equal(recording_write(path_of("x.wav"), NULL, from, &e), ERR_UNSUPPORTED);
    assert_int_equal(recording_write(path_of("x.csv"), NULL, from, &e), ERR_UNSUPPORTED);
    assert_int_equal(recording_write(path_of("x y.hea"), NULL, from, &e), ERR_USAGE);
    assert_int_equal(recording_write("/nowhere/x.edf", NULL, from, &e), ERR_IO);
    from->channels[1].rate_hz = 30000;
    assert_int_equal(recording_write(path_of("x.hea"), NULL, from, &e), ERR_UNSUPPORTED);
    from->channels[1].rate_hz = 46875;
    char text[400];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    from->annotations[0].text = text;
    assert_int_equal(recording_write(path_of("x.hea"), NULL, from, &e), ERR_LIMIT);
    recording_close(from);
    assert_non_null(recording_write_format("a.wav", NULL)->leaves_out);
    assert_null(recording_write_format("a.xyz", "wfdb")->leaves_out);
}

static void writing_survives_failing_memory(void **state)
{
    static const char *const names[] = {"m.hea", "m.edf", "m.wav", "m.csv"};
    (void)state;
    for (int k = 0; k < 4; k++) {
        struct recording *from = example(1);
        struct err e;
        from->channels[0].rate_hz = 24000;
        size_t before = mem_live_blocks();
        long n = 0;
        for (int rc = -1; rc < 0; n++) {
            mem_fail_at(n);
            rc = recording_write(path_of(names[k]), NULL, from, &e);
            mem_fail_at(-1);
            if (rc != 0 && rc != ERR_MEMORY)
                fail_msg("%s", e.text);
            assert_int_equal(mem_live_blocks(), before);
        }
        assert_true(n > 2);
        recording_close(from);
    }
}

// Random lengths, rates and values, with everything that may be cut or rounded.
static void any_length_comes_back(void **state)
{
    static const double rates[] = {4000,  10000, 23437.5, 32768,
                                   44100, 48000, 50000,   1000 / 7.0};
    static const char *const names[] = {"r.hea", "r.edf", "r.bdf"};
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        for (size_t n = 1; n < N; n = n * 3 + i) {
            struct channel c = {"x", CHANNEL_UNIT_MICROVOLTS, rates[i], n, 0, 0, 0, NULL};
            const float *const samples[] = {i % 2 ? wave : fine};
            const struct recording_facts f = {.channels = &c, .n_channels = 1};
            struct recording *from, *r;
            struct err e;
            assert_int_equal(recording_new(&from, &f, samples, &e), 0);
            for (int k = 0; k < (i == 7 ? 1 : 3); k++) {
                r = round_trip(from, names[k]);
                assert_int_equal(r->channels[0].n_samples, n);
                assert_true(fabs(r->channels[0].rate_hz - rates[i]) < 1e-9 * rates[i]);
                expect_close(r, 0, samples[0], n);
                recording_close(r);
            }
            recording_close(from);
        }
    }
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

static void expect_refused(const char *name, struct recording *r)
{
    struct err e = {0};
    int rc = recording_write(path_of(name), NULL, r, &e);
    if (rc != ERR_USAGE || !strstr(e.text, "name another file"))
        fail_msg("%s: %d \"%s\"", name, rc, e.text);
}

// What is being read stays, by whatever name it would be replaced.
static void a_recording_does_not_replace_itself(void **state)
{
    static const char *const names[] = {"s.hea", "s.edf", "s.bdf", "s.wav", "s.csv"};
    (void)state;
    for (int k = 0; k < 5; k++) {
        struct recording *from = example(1), *r, *part;
        struct err e;
        char other[64], source[256];
        from->channels[0].rate_hz = 24000; // of WAV: a whole number
        r = round_trip(from, names[k]);
        assert_int_equal(recording_slice(&part, r, 0, 0.1, -1, &e), 0);
        snprintf(source, sizeof source, "%s", path_of(names[k]));
        expect_refused(names[k], r);
        snprintf(other, sizeof other, "./%s", names[k]);
        expect_refused(other, part);
        snprintf(other, sizeof other, "hard.%s", path_extension(names[k]));
        assert_int_equal(link(source, path_of(other)), 0);
        expect_refused(other, r);
        snprintf(other, sizeof other, "soft.%s", path_extension(names[k]));
        assert_int_equal(symlink(source, path_of(other)), 0);
        expect_refused(other, r);
        expect_close(r, 0, wave, N); // and can still be read
        recording_close(part);
        recording_close(r);
        recording_close(from);
    }
}

static void a_recording_does_not_replace_its_samples(void **state)
{
    static const struct recording_hints raw = {
        .dtype = "int16", .rate_hz = 1000, .unit = "counts"};
    struct err e;
    (void)state;
    put("w.dat", "\1\0\2\0", 4);
    struct recording *r = opened_with(path_of("w.dat"), &raw);
    expect_refused("w.hea", r); // whose samples would be w.dat
    recording_close(r);
    r = opened(put_text("v.hea", "v 1 10\nw.dat 16 1/uV\n")); // of another name
    expect_refused("w.hea", r);
    recording_close(r);
    put("w.atr", "\0\0", 2);
    r = opened(put_text("w.hea", "w 1 10\nw.dat 16 1/uV\n"));
    assert_int_equal(recording_write(path_of("w.atr"), "csv", r, &e), ERR_USAGE);
    assert_int_equal(recording_write(path_of("w.csv"), NULL, r, &e), 0);
    recording_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wfdb_gives_everything_back),
        cmocka_unit_test(edf_and_bdf_give_everything_back),
        cmocka_unit_test(edf_and_bdf_lose_nothing_of_known_gains),
        cmocka_unit_test(edf_keeps_channels_of_awkward_names),
        cmocka_unit_test(wav_and_csv_give_samples_back),
        cmocka_unit_test(counts_stay_whole_numbers),
        cmocka_unit_test(formats_say_what_they_cannot),
        cmocka_unit_test(writing_survives_failing_memory),
        cmocka_unit_test(any_length_comes_back),
        cmocka_unit_test(a_slice_moves_its_annotations),
        cmocka_unit_test(a_recording_does_not_replace_itself),
        cmocka_unit_test(a_recording_does_not_replace_its_samples),
    };
    return cmocka_run_group_tests(tests, make_waves, remove_folder);
}
