/* test_edf.c: EDF and BDF: small sins of real files, gaps, damage. */
#include "wave_support.h"

#include "base/bytes.h"

enum { MOST = 8192 };

// An EDF+ file in the making: two signals of 2 and 1 samples, and annotations of 32 bytes.
struct edf {
    unsigned char bytes[MOST];
    size_t n;
    size_t n_signals;
};

static void field(struct edf *x, size_t at, size_t n, const char *s)
{
    memset(x->bytes + at, ' ', n);
    memcpy(x->bytes + at, s, strlen(s) < n ? strlen(s) : n);
}

// The k-th of ten fields of signal i.
static void signal_field(struct edf *x, int k, size_t i, const char *s)
{
    static const size_t n[] = {16, 80, 8, 8, 8, 8, 8, 80, 8, 32};
    size_t at = 256;
    for (int j = 0; j < k; j++)
        at += n[j] * x->n_signals;
    field(x, at + n[k] * i, n[k], s);
}

static void make(struct edf *x, const char *kind)
{
    static const char *const rows[3][10] = {
        {"EMG", "needle", "uV", "-3276.8", "3276.7", "-32768", "32767", "HP:10Hz", "2", ""},
        {"slow", "", "mV", "-1", "1", "-100", "100", "", "1", ""},
        {"EDF Annotations", "", "", "-1", "1", "-32768", "32767", "", "16", ""}};
    *x = (struct edf){.n_signals = 3, .n = 256 * 4};
    field(x, 0, 8, "0");
    field(x, 8, 80, "P1 F 02-MAY-1951 Jane_Doe");
    field(x, 88, 80, "Startdate 30-APR-2019 N7 Dr_Who box muscle:tibialis_anterior site:2");
    field(x, 168, 8, "30.04.19");
    field(x, 176, 8, "12.34.56");
    field(x, 184, 8, "1024");
    field(x, 192, 44, kind);
    field(x, 236, 8, "0");
    field(x, 244, 8, "0.002");
    field(x, 252, 4, "3");
    for (size_t i = 0; i < 3; i++)
        for (int k = 0; k < 10; k++)
            signal_field(x, k, i, rows[i][k]);
}

// One record of samples a, b; c; and a list of annotations.
static void add(struct edf *x, int a, int b, int c, const char *lists, size_t n)
{
    const int v[3] = {a, b, c};
    char count[12];
    for (int i = 0; i < 3; i++) {
        x->bytes[x->n++] = (unsigned char)(v[i] & 0xff);
        x->bytes[x->n++] = (unsigned char)(v[i] >> 8 & 0xff);
    }
    memset(x->bytes + x->n, 0, 32);
    memcpy(x->bytes + x->n, lists, n < 32 ? n : 32);
    x->n += 32;
    snprintf(count, sizeof count, "%zu", (x->n - 1024) / 38);
    field(x, 236, 8, count);
}
#define ADD(x, a, b, c, lists) add(x, a, b, c, lists, sizeof lists)

static void make_two(struct edf *x)
{
    make(x, "EDF+C");
    ADD(x, 10, 20, 50,
        "+0.5\x14\x14\0+0.501\x15"
        "0.25\x14"
        "fib: a@@EMG\x14");
    ADD(x, 30, -40, -50, "+0.502\x14\x14\0+0.503\x14one\x14two\x14");
}

static struct recording *opened_edf(const struct edf *x)
{
    return opened(put("x.edf", x->bytes, x->n));
}

static void an_edf_plus_is_read(void **state)
{
    (void)state;
    struct edf x;
    make_two(&x);
    struct recording *r = opened_edf(&x);
    for (size_t i = 0; i < r->n_repairs; i++)
        print_message("%s\n", r->repairs[i]);
    assert_int_equal(r->n_repairs, 0);
    assert_int_equal(r->n_channels, 2);
    assert_float_equal(r->channels[0].rate_hz, 1000, 1e-9);
    assert_int_equal(r->channels[0].bits, 16);
    assert_float_equal(r->channels[0].counts_per_uv, 10, 1e-9);
    expect_samples(r, 0, (const float[]){1, 2, 3, -4}, 4);
    expect_samples(r, 1, (const float[]){500, -500}, 2);
    assert_string_equal(r->patient, "P1");
    assert_string_equal(r->muscle, "tibialis anterior");
    assert_string_equal(r->site, "2");
    assert_string_equal(r->start_time, "2019-04-30T12:34:56");
    assert_string_equal(r->notes[0], "sex: F");
    assert_int_equal(r->n_annotations, 3);
    const struct annotation *a = r->annotations; // times from the first sample on
    assert_float_equal(a[0].onset_s, 0.001, 1e-12);
    assert_float_equal(a[0].duration_s, 0.25, 0);
    assert_string_equal(a[0].label, "fib");
    assert_string_equal(a[0].text, "a");
    assert_int_equal(a[0].channel, 0);
    assert_string_equal(a[1].label, "one");
    assert_string_equal(a[2].label, "two");
    recording_close(r);
}

static void expect_one_repair(struct edf *x, const char *says)
{
    struct recording *r = opened_edf(x);
    expect_repair(r, 0, says);
    if (r->n_repairs > 1)
        fail_msg("another repair: %s", r->repairs[1]);
    assert_float_equal(r->channels[0].counts_per_uv, 10, 1e-9);
    expect_samples(r, 0, (const float[]){1, 2, 3, -4}, 4);
    recording_close(r);
}

static void small_sins_are_forgiven(void **state)
{
    (void)state;
    struct edf x;
    make_two(&x);
    field(&x, 236, 8, "-1");
    expect_one_repair(&x, "-1 data records, the file holds 2");
    make_two(&x);
    field(&x, 236, 8, "7");
    expect_one_repair(&x, "7 data records, the file holds 2");
    make_two(&x);
    field(&x, 184, 8, "9999");
    expect_one_repair(&x, "9999 bytes of header");
    make_two(&x);
    signal_field(&x, 3, 0, "-3276,8");
    expect_one_repair(&x, "\"-3276,8\" read as -3276.8");
    make_two(&x);
    signal_field(&x, 4, 0, "3276.7uV");
    expect_one_repair(&x, "\"3276.7uV\" read as 3276.7");
    make_two(&x);
    x.bytes[100] = 0xe9;
    expect_one_repair(&x, "header byte 100: no ASCII letter");
    make_two(&x);
    memset(x.bytes + 8 + 30, 0, 50);
    expect_one_repair(&x, "a zero byte for a blank");
    make_two(&x);
    x.n += 5; // of a third record
    expect_one_repair(&x, "the last data record was cut");
    make_two(&x);
    x.bytes[1024 + 6] = 'x';
    expect_one_repair(&x, "data record 1: a damaged list of annotations");
}

static void gaps_are_filled_and_told(void **state)
{
    (void)state;
    struct edf x;
    make(&x, "EDF+D");
    ADD(&x, 10, 20, 50, "+1\x14\x14");
    ADD(&x, 30, 40, 50, "+1.002\x14\x14"); // no gap
    ADD(&x, 50, 60, 50, "+1.007\x14\x14");
    ADD(&x, 70, 80, 50, "+1.001\x14\x14"); // back in time
    struct recording *r = opened_edf(&x);
    expect_samples(r, 0, (const float[]){1, 2, 3, 4, 0, 0, 0, 5, 6, 7, 8}, 11);
    expect_repair(r, 0, "gap of 0.003 s at 0.004 s");
    expect_repair(r, 1, "data record 4 begins");
    assert_int_equal(r->n_annotations, 1);
    assert_string_equal(r->annotations[0].label, "gap");
    assert_float_equal(r->annotations[0].onset_s, 0.004, 1e-12);
    recording_close(r);
}

static void other_kinds_are_read(void **state)
{
    (void)state;
    struct edf x;
    make_two(&x);
    field(&x, 192, 44, ""); // plain EDF has a patient field of any kind
    field(&x, 8, 80, "Doe, Jane");
    struct recording *r = opened_edf(&x);
    assert_string_equal(r->patient, "Doe, Jane");
    assert_null(r->muscle);
    recording_close(r);
    make_two(&x);
    signal_field(&x, 2, 0, "N");
    r = opened_edf(&x);
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_COUNTS);
    expect_repair(r, 0, "unit \"N\" is no voltage");
    recording_close(r);
    make_two(&x);
    signal_field(&x, 4, 0, "-3276.8");
    r = opened_edf(&x);
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_COUNTS);
    expect_repair(r, 0, "no gain");
    expect_samples(r, 0, (const float[]){10, 20, 30, -40}, 4);
    recording_close(r);
    make_two(&x);
    field(&x, 244, 8, "0"); // a rate must then be given
    const struct recording_hints h = {.rate_hz = 500};
    expect_error(put("x.edf", x.bytes, x.n), NULL, ERR_USAGE, "give --rate");
    r = opened_with(put("x.edf", x.bytes, x.n), &h);
    assert_float_equal(r->channels[1].rate_hz, 500, 0);
    recording_close(r);
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    struct edf x;
    make_two(&x);
    expect_error(put("x.edf", x.bytes, 200), NULL, ERR_FORMAT, "ends within its header");
    expect_error(put("x.edf", x.bytes, 1000), NULL, ERR_FORMAT, "ends within its header");
    field(&x, 252, 4, "0");
    expect_error(put("x.edf", x.bytes, x.n), NULL, ERR_FORMAT, "a number of signals");
    field(&x, 252, 4, "9999");
    expect_error(put("x.edf", x.bytes, x.n), NULL, ERR_LIMIT, "9999 signals");
    make_two(&x);
    signal_field(&x, 8, 0, "0");
    expect_error(put("x.edf", x.bytes, x.n), NULL, ERR_FORMAT, "at least 1 sample");
    make_two(&x);
    signal_field(&x, 8, 0, "99999999");
    signal_field(&x, 8, 1, "99999999");
    field(&x, 244, 8, "1000000");
    struct recording *r = opened_edf(&x); // no whole record
    assert_int_equal(r->channels[0].n_samples, 0);
    recording_close(r);
    make_two(&x);
    field(&x, 244, 8, "nan");
    expect_error(put("x.edf", x.bytes, x.n), NULL, ERR_FORMAT, "seconds of a data record");
    make_two(&x);
    field(&x, 244, 8, "1e-9");
    expect_error(put("x.edf", x.bytes, x.n), NULL, ERR_FORMAT, "a rate of");
    make(&x, "EDF+D");
    ADD(&x, 1, 2, 3, "+0\x14\x14");
    ADD(&x, 1, 2, 3, "+9e9\x14\x14");
    expect_error(put("x.edf", x.bytes, x.n), NULL, ERR_LIMIT, "gaps up to");
    make_two(&x);
    expect_no_leaks(put("x.edf", x.bytes, x.n), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edf_plus_is_read),       cmocka_unit_test(small_sins_are_forgiven),
        cmocka_unit_test(gaps_are_filled_and_told),  cmocka_unit_test(other_kinds_are_read),
        cmocka_unit_test(damaged_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
