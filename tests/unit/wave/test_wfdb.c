/* test_wfdb.c: WFDB records: each format, headers of all kinds, damage, and real records. */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "wave/recording.h"

#include <math.h>

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = scratch_folder();
    return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return mem_live_blocks() ? -1 : 0;
}

static const char *put(const char *name, const void *bytes, size_t n)
{
    static char path[256];
    struct err e;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_write(path, bytes, n, &e), 0);
    return path;
}

static const char *put_text(const char *name, const char *text)
{
    return put(name, text, strlen(text));
}

static struct recording *opened(const char *path)
{
    struct recording *r;
    struct err e;
    int rc = recording_open(&r, path, NULL, &e);
    if (rc < 0)
        fail_msg("%s", e.text);
    return r;
}

static void expect_error(const char *path, const struct recording_hints *h, int code,
                         const char *says)
{
    struct recording *r;
    struct err e;
    assert_int_equal(recording_open(&r, path, h, &e), code);
    assert_null(r);
    if (!strstr(e.text, says))
        fail_msg("\"%s\" does not say \"%s\"", e.text, says);
}

static void expect_samples(struct recording *r, size_t channel, const float *wanted, size_t n)
{
    float got[64];
    struct err e;
    assert_int_equal(r->channels[channel].n_samples, n);
    assert_int_equal(recording_read(r, channel, 0, n, got, &e), 0);
    for (size_t i = 0; i < n; i++)
        assert_float_equal(got[i], wanted[i], 1e-6);
    for (size_t i = 0; i < n; i++) { // and each one by itself
        assert_int_equal(recording_read(r, channel, i, 1, got, &e), 0);
        assert_float_equal(got[0], wanted[i], 1e-6);
    }
}

// Gain 1/uV, so that counts are microvolts.
static void each_format_gives_its_numbers(void **state)
{
    (void)state;
    static const struct {
        int format;
        size_t n_bytes;
        unsigned char bytes[12];
        float wanted[3];
    } rows[] = {
        {8, 3, {1, 0xff, 0x80}, {8, 7, -121}}, // differences from 7
        {16, 6, {1, 0, 0xff, 0xff, 0, 0x80}, {1, -1, -32768}},
        {24, 9, {1, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0x80}, {1, -1, -8388608}},
        {32, 12, {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0}, {1, -1, 65536}},
        {61, 6, {0, 1, 0xff, 0xff, 0x80, 0}, {1, -1, -32768}},
        {80, 3, {129, 127, 0}, {1, -1, -128}},
        {160, 6, {1, 0x80, 0xff, 0x7f, 0, 0}, {1, -1, -32768}},
        {212, 5, {1, 0xf0, 0xff, 0, 8}, {1, -1, -2048}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char header[128];
        put("x.dat", rows[i].bytes, rows[i].n_bytes);
        snprintf(header, sizeof header, "x 1 1000 3\nx.dat %d 1/uV 0 0 7\n", rows[i].format);
        struct recording *r = opened(put_text("x.hea", header));
        assert_int_equal(r->n_repairs, 0);
        expect_samples(r, 0, rows[i].wanted, 3);
        recording_close(r);
    }
}

static void signals_take_turns_in_a_file(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0};
    static const float fast[] = {1, 2, 4, 5, 7, 8}, slow[] = {30, 60, 90}, other[] = {1, 2};
    put("a.dat", bytes, sizeof bytes);
    put("b.dat", bytes, 4);
    struct recording *r = opened(put_text("x.hea", "x 3 11718.75\n"
                                                   "a.dat 16x2 1/uV 12 0 0 27 0 fast one\n"
                                                   "a.dat 16 100/mV 12 0 0 18 0 slow\n"
                                                   "b.dat 16 1000 12 0 0 4 0 \xb5\n"));
    assert_float_equal(r->channels[0].rate_hz, 23437.5, 0);
    assert_float_equal(r->channels[1].rate_hz, 11718.75, 0);
    assert_string_equal(r->channels[0].name, "fast one");
    assert_string_equal(r->channels[2].name, "\xc2\xb5"); // Latin-1 became UTF-8
    assert_int_equal(r->channels[0].bits, 12);
    expect_samples(r, 0, fast, 6);
    expect_samples(r, 1, slow, 3);
    expect_samples(r, 2, other, 2);
    assert_int_equal(r->n_repairs, 1); // a wrong checksum
    assert_non_null(strstr(r->repairs[0], "checksum 3"));
    recording_close(r);
}

static void facts_come_from_the_header(void **state)
{
    (void)state;
    put("x.dat", "\1\0\2\0", 4);
    struct recording *r = opened(put_text("x.hea", "# before\r"
                                                   "x 1 1000/7 2 12:34:56 30/04/2019\r"
                                                   "x.dat 16 2(1)/mv\r"
                                                   "#Muscle: tibialis anterior\r"
                                                   "# side: left\r# patient: P 7\r# site: 3\r"
                                                   "# polarity: positive-up\r# age: 25\r"));
    assert_string_equal(r->start_time, "2019-04-30T12:34:56");
    assert_string_equal(r->patient, "P 7");
    assert_string_equal(r->muscle, "tibialis anterior");
    assert_string_equal(r->side, "left");
    assert_string_equal(r->site, "3");
    assert_int_equal(r->polarity, POLARITY_POSITIVE_UP);
    assert_int_equal(r->n_notes, 2);
    assert_string_equal(r->notes[1], "age: 25");
    expect_samples(r, 0, (const float[]){0, 500}, 2);
    recording_close(r);
}

static void an_unknown_gain_stays_counts(void **state)
{
    (void)state;
    static const struct recording_hints given = {.counts_per_uv = 2};
    put("x.dat", "\1\0\2\0", 4);
    const char *path = put_text("x.hea", "x 1 1000\nx.dat 16 0\n");
    struct recording *r = opened(path);
    struct err e;
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_COUNTS);
    expect_samples(r, 0, (const float[]){1, 2}, 2);
    recording_close(r);
    assert_int_equal(recording_open(&r, path, &given, &e), 0);
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_MICROVOLTS);
    expect_samples(r, 0, (const float[]){0.5f, 1}, 2);
    recording_close(r);
}

static void lengths_that_lie_are_repaired(void **state)
{
    (void)state;
    put("x.dat", "\1\0\2\0\3", 5);
    struct recording *r = opened(put_text("x.hea", "x 1 1000 3\nx.dat 16 1/uV 16 0 0 9\n"));
    expect_samples(r, 0, (const float[]){1, 2}, 2);
    assert_int_equal(r->n_repairs, 1);
    assert_non_null(strstr(r->repairs[0], "holds 2 samples of the 3"));
    recording_close(r);
    r = opened(put_text("x.hea", "x 1 1000 1\nx.dat 16 1/uV 16 0 0 1\n"));
    expect_samples(r, 0, (const float[]){1}, 1);
    assert_non_null(strstr(r->repairs[0], "holds 2 samples, the header says 1"));
    recording_close(r);
}

static void wrong_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int code;
        const char *says;
    } rows[] = {
        {"\n", ERR_FORMAT, "no record line"},
        {"x\n", ERR_FORMAT, "line 1: wanted a record's name"},
        {"x 1\nx.dat 16\n", ERR_USAGE, "give --rate"},
        {"x 1 0\nx.dat 16\n", ERR_FORMAT, "wanted a rate above 0 Hz, found \"0\""},
        {"x 1 nan\nx.dat 16\n", ERR_FORMAT, "wanted a rate in Hz, found \"nan\""},
        {"x 1 1e30\nx.dat 16\n", ERR_FORMAT, "rate of 1e+30 Hz"},
        {"x 0 10\n", ERR_FORMAT, "no signals"},
        {"x 99999999 10\n", ERR_LIMIT, "99999999 channels"},
        {"x/3 1 10\n", ERR_UNSUPPORTED, "several segments"},
        {"x 1 10 -1\nx.dat 16\n", ERR_FORMAT, "number of samples, found \"-1\""},
        {"x 2 10\nx.dat 16\n", ERR_FORMAT, "describes 1 signals, 2 declared"},
        {"x 1 10\nx.dat 310\n", ERR_UNSUPPORTED, "format 310"},
        {"x 1 10\nx.dat x\n", ERR_FORMAT, "line 2: wanted a format"},
        {"x 1 10\nx.dat 16x0\n", ERR_FORMAT, "wanted a format"},
        {"x 1 10\nx.dat 16 1e300/mV\n", ERR_FORMAT, "absurd gain"},
        {"x 1 10\nx.dat 16 abc\n", ERR_FORMAT, "wanted a gain"},
        {"x 1 10\nx.dat 16 1(2/mV\n", ERR_FORMAT, "baseline in brackets"},
        {"x 1 10\n/etc/passwd 8\n", ERR_FORMAT, "a file beside the header"},
        {"x 1 10\ngone.dat 16\n", ERR_IO, "gone.dat"},
        {"x 2 10\nx.dat 16\nx.dat 8\n", ERR_FORMAT, "different formats"},
        {"x 1 10\nx.dat 16:3\n", ERR_FORMAT, "a skew of 3"},
    };
    put("x.dat", "\1\0\2\0", 4);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_error(put_text("x.hea", rows[i].header), NULL, rows[i].code, rows[i].says);
    expect_error(folder, NULL, ERR_IO, "is a folder");
    expect_error(put_text("x.hea", ""), NULL, ERR_FORMAT, "empty");
    expect_error("/nowhere/x.hea", NULL, ERR_IO, "No such file");
}

static void foreign_annotations_are_read(void **state)
{
    (void)state;
    static const unsigned char atr[] = {
        10, 1 << 2,                          // N after 10 ticks
        0,  59 << 2, 1,   0,       0,   0,   // 65536 ticks
        5,  22 << 2, 1,   62 << 2,           // a note, signal 1
        3,  63 << 2, 'a', 'b',     'c', 0,   // its text
        0,  28 << 2, 2,   63 << 2, '(', 'N', // rhythm, with text
        0,  0};
    put("x.dat", "\1\0\2\0", 4);
    put("x.atr", atr, sizeof atr);
    const char *header = "x 2 1000\nx.dat 16 1/uV\nx.dat 16 1/uV\n";
    struct recording *r = opened(put_text("x.hea", header));
    assert_int_equal(r->n_annotations, 3);
    assert_string_equal(r->annotations[0].label, "N");
    assert_float_equal(r->annotations[0].onset_s, 0.01, 1e-12);
    assert_int_equal(r->annotations[0].channel, -1);
    assert_string_equal(r->annotations[1].label, "abc");
    assert_float_equal(r->annotations[1].onset_s, 65.551, 1e-12);
    assert_int_equal(r->annotations[1].channel, 1);
    assert_string_equal(r->annotations[2].label, "+");
    assert_string_equal(r->annotations[2].text, "(N");
    recording_close(r);
    for (size_t n = 0; n < sizeof atr; n++) { // cut anywhere
        put("x.atr", atr, n);
        r = opened(put_text("x.hea", header));
        assert_true(r->n_annotations <= 3);
        assert_int_equal(r->n_repairs, 1);
        recording_close(r);
    }
}

static void memory_that_ends_is_told(void **state)
{
    (void)state;
    put("x.dat", "\1\0\2\0\3\0", 6);
    put("x.atr", "\12\4\0\0", 4);
    const char *path = put_text("x.hea", "x 1 1000 4\nx.dat 8 1/uV 16 0 0 9\n# a: b\n");
    struct recording *r;
    struct err e;
    size_t before = mem_live_blocks();
    long n = 0;
    for (int rc = -1; rc < 0; n++) {
        mem_fail_at(n);
        rc = recording_open(&r, path, NULL, &e);
        mem_fail_at(-1);
        if (rc < 0) {
            assert_int_equal(rc, ERR_MEMORY);
            assert_int_equal(mem_live_blocks(), before);
        }
    }
    assert_true(n > 5);
    recording_close(r);
}

static void real_records_are_read(void **state)
{
    (void)state;
    float v[2];
    struct err e;
    const char *path = shared_path("data/emglab_R00108/R00108.hea");
    if (!path)
        skip();
    struct recording *r = opened(path);
    assert_float_equal(r->channels[0].rate_hz, 10000, 0);
    assert_int_equal(r->channels[0].n_samples, 100000);
    assert_float_equal(r->channels[0].counts_per_uv, 0.5, 1e-12);
    assert_string_equal(r->muscle, "brachial biceps");
    recording_close(r);
    path = shared_path("data/physionet_emgdb/emg_healthy.hea");
    if (!path)
        skip();
    r = opened(path);
    assert_int_equal(r->n_repairs, 0); // its checksum fits
    assert_int_equal(r->channels[0].n_samples, 50860);
    assert_int_equal(recording_read(r, 0, 0, 2, v, &e), 0);
    assert_float_equal(v[0], -33.3, 1e-4);
    recording_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_gives_its_numbers),
        cmocka_unit_test(signals_take_turns_in_a_file),
        cmocka_unit_test(facts_come_from_the_header),
        cmocka_unit_test(an_unknown_gain_stays_counts),
        cmocka_unit_test(lengths_that_lie_are_repaired),
        cmocka_unit_test(wrong_headers_are_refused),
        cmocka_unit_test(foreign_annotations_are_read),
        cmocka_unit_test(memory_that_ends_is_told),
        cmocka_unit_test(real_records_are_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
