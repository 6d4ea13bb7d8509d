/* test_textfile.c: numbers as text: dialects, headers, corrupt rows, times, and real files. */
#include "wave_support.h"

static const struct recording_hints at_1000_hz = {.rate_hz = 1000, .unit = "uV"};

static void dialects_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n_channels;
        float first[3];
    } rows[] = {
        {"1.5\n2\n-3e1\n", 1, {1.5f, 2, -30}},
        {"1.5\r\n2\r\n-3\r\n", 1, {1.5f, 2, -3}},
        {"1.5\r2\r-3\r", 1, {1.5f, 2, -3}},
        {"\xef\xbb\xbf"
         "1.5\n2\n3",
         1,
         {1.5f, 2, 3}},
        {"1.5,7\n2,8\n-3,9\n", 2, {1.5f, 2, -3}},
        {"1,5,7\n2,5,8\n9,5,9\n", 3, {1, 2, 9}},
        {"1, 5\n2, 5\n4, 5\n", 2, {1, 2, 4}},
        {"1,5;7\n2;8,0\n-3;9\n", 2, {1.5f, 2, -3}},
        {"1,5\t7\n2\t8\n-3\t9\n", 2, {1.5f, 2, -3}},
        {"  1.5   7\n  2     8\n -3     9\n", 2, {1.5f, 2, -3}},
        {"1,5 7\n2,0 8\n-3,0 9\n", 2, {1.5f, 2, -3}},
        {"1.5;7;\n2;8;\n-3;9;\n", 2, {1.5f, 2, -3}},
        {"1.5 2 -3", 1, {1.5f, 2, -3}}, // all in one line
        {"   1.50   2.00  -3.00", 1, {1.5f, 2, -3}},
        {"1.50-2.00-3.00", 1, {1.5f, -2, -3}}, // of fixed width
        {"# a comment\n1.5\n\n2\n% another\n3\n", 1, {1.5f, 2, 3}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct recording *r = opened_with(put_text("x.txt", rows[i].text), &at_1000_hz);
        assert_int_equal(r->n_repairs, 0);
        assert_int_equal(r->n_channels, rows[i].n_channels);
        expect_samples(r, 0, rows[i].first, 3);
        recording_close(r);
    }
}

static void what_may_be_two_things_is_asked(void **state)
{
    (void)state;
    struct recording_hints h = at_1000_hz;
    const char *path = put_text("x.csv", "1,5\n2,6\n9,7\n");
    expect_error(path, &h, ERR_USAGE, "give --delimiter or --decimal-comma");
    h.decimal_comma = true;
    struct recording *r = opened_with(path, &h);
    expect_samples(r, 0, (const float[]){1.5f, 2.6f, 9.7f}, 3);
    recording_close(r);
    h.decimal_comma = false;
    h.delimiter = ',';
    r = opened_with(path, &h);
    assert_int_equal(r->n_channels, 2);
    expect_samples(r, 1, (const float[]){5, 6, 7}, 3);
    recording_close(r);
}

static void headers_are_understood(void **state)
{
    (void)state;
    struct recording *r =
        opened(put_text("x.csv", "Muscle: biceps\nSampling rate: 23.4375 kHz\n"
                                 "Unit: mV\nside;left\nElectrode: needle\n"
                                 "0.5\n1\n-2\n"));
    assert_float_equal(r->channels[0].rate_hz, 23437.5, 1e-9);
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_MICROVOLTS);
    assert_string_equal(r->muscle, "biceps");
    assert_string_equal(r->side, "left");
    assert_int_equal(r->n_notes, 1);
    expect_samples(r, 0, (const float[]){500, 1000, -2000}, 3);
    recording_close(r);
    r = opened(put_text("x.csv", "Zeit time\tEMG (\xb5V)\n0\t1\n0,001\t2,5\n0,002\t3\n"));
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_MICROVOLTS); // the sign of Latin-1
    assert_string_equal(r->channels[0].name, "EMG");
    assert_float_equal(r->channels[0].rate_hz, 1000, 1e-9);
    recording_close(r);
    r = opened(put_text("x.csv", "Time (ms),\"EMG one (mV)\",Force (N)\n"
                                 "0.0,1.5,7\n0.5,2,8\n1.0,3,9\n1.5,4,0\n"));
    assert_int_equal(r->n_channels, 2);
    assert_float_equal(r->channels[0].rate_hz, 2000, 1e-9);
    assert_string_equal(r->channels[0].name, "EMG one");
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_MICROVOLTS);
    assert_int_equal(r->channels[1].unit, CHANNEL_UNIT_COUNTS);
    expect_samples(r, 0, (const float[]){1500, 2000, 3000, 4000}, 4);
    expect_samples(r, 1, (const float[]){7, 8, 9, 0}, 4);
    recording_close(r);
}

static void rates_are_not_guessed(void **state)
{
    (void)state;
    expect_error(put_text("x.txt", "1\n2\n3\n"), NULL, ERR_USAGE, "give --rate");
    expect_error(put_text("x.txt", "1 5\n2 6\n3 7\n4 8\n"), NULL, ERR_USAGE, "give --rate");
    struct recording *r = opened_with(put_text("x.txt", "1 5\n2 6\n3 7\n4 8\n"), &at_1000_hz);
    assert_int_equal(r->n_channels, 1); // the first column counts
    expect_repair(r, 0, "counts the rows");
    recording_close(r);
    r = opened(put_text("x.txt", "0.00025 5\n0.0005 6\n0.00075 7\n0.001 8\n"));
    assert_float_equal(r->channels[0].rate_hz, 4000, 1e-9);
    expect_repair(r, 0, "taken as seconds");
    expect_repair(r, 1, "no unit is said");
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_COUNTS);
    recording_close(r);
    expect_error(put_text("x.csv", "time,emg\n0,5\n1,6\n2,7\n9,8\n10,9\n"), NULL, ERR_FORMAT,
                 "no regular steps");
}

static void corrupt_rows_are_interpolated(void **state)
{
    (void)state;
    char text[2000] = "";
    size_t n = 0;
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              i == 20   ? "0.020 1+\\ED9\n"
                              : i == 30 ? "0.030\n"
                                        : "0.%03d %d\n",
                              i, i);
    struct recording *r = opened(put_text("x.txt", text));
    float got[40];
    struct err e;
    assert_float_equal(r->channels[0].rate_hz, 1000, 1e-9);
    assert_int_equal(recording_read(r, 0, 0, 40, got, &e), 0);
    for (int i = 0; i < 40; i++)
        assert_float_equal(got[i], i, 1e-5);
    expect_repair(r, 0, "line 21: \"0.020 1+\\ED9\" is not 2 numbers");
    expect_repair(r, 1, "line 31");
    recording_close(r);
    r = opened_with(put_text("x.txt", "1 2 3 x 5 6 7 8 9 10 11 12"), &at_1000_hz);
    expect_repair(r, 0, "value 4: \"x\" is no number");
    expect_samples(r, 0, (const float[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 12);
    recording_close(r);
    expect_error(put_text("x.txt", "1\nnan\n3\ninf\n"), &at_1000_hz, ERR_FORMAT,
                 "2 of 4 rows are no numbers");
}

static void what_is_no_table_is_refused(void **state)
{
    (void)state;
    expect_error(put_text("x.csv", ""), &at_1000_hz, ERR_FORMAT, "empty file");
    expect_error(put_text("x.csv", "hello\nworld\n"), &at_1000_hz, ERR_FORMAT,
                 "no line of numbers");
    expect_error(put("x.bin", "\1\2\3\0", 4), NULL, ERR_UNSUPPORTED, "not a recording");
    char wide[400] = "";
    for (int i = 0; i < 70; i++)
        memcpy(wide + 2 * i, "1 ", 2);
    memcpy(wide + 140, "\n1\n", 3);
    expect_error(put_text("x.csv", wide), &at_1000_hz, ERR_LIMIT, "over 64 columns");
    expect_no_leaks(put_text("x.csv", "Time (s),EMG (mV)\n0.1,1\n0.2,2\n0.3,3\n0.4,x\n0.5,1\n"
                                      "0.6,1\n0.7,1\n0.8,1\n0.9,1\n1.0,1\n1.1,1\n"),
                    NULL);
}

// 163,840 numbers of 11 characters in one line that does not end: 1.8 MB.
static void a_line_may_be_long(void **state)
{
    (void)state;
    enum { LONG_N = 163840, WIDTH = 11 };
    static char text[LONG_N * WIDTH];
    static float got[LONG_N];
    struct err e;
    const struct recording_hints h = {.rate_hz = 32768, .unit = "uV"};
    for (size_t i = 0; i < LONG_N; i++) {
        char number[WIDTH + 1];
        double v = 0.78125 * ((double)(i * 37 % 2001) - 1000);
        snprintf(number, sizeof number, "%11.5f", v);
        memcpy(text + i * WIDTH, number, WIDTH);
    }
    struct recording *r = opened_with(put("x.asc", text, sizeof text), &h);
    assert_int_equal(r->n_repairs, 0);
    assert_int_equal(r->n_channels, 1);
    assert_int_equal(r->channels[0].n_samples, LONG_N);
    assert_int_equal(recording_read(r, 0, 0, LONG_N, got, &e), 0);
    for (size_t i = 0; i < LONG_N; i++)
        assert_float_equal(got[i], 0.78125f * ((float)(i * 37 % 2001) - 1000), 1e-4f);
    recording_close(r);
}

// Real rows that a transfer has damaged.
static void real_tables_are_read(void **state)
{
    (void)state;
    static const struct recording_hints mv = {.unit = "mV"};
    static const struct {
        const char *name;
        size_t n;
        const char *says[2];
    } rows[] = {{"healthy", 50860, {"line 639:", "line 41464:"}},
                {"myopathy", 110337, {"line 64468:", "line 93751:"}},
                {"neuropathy", 147858, {"line 71194:", "line 84054:"}}};
    for (size_t i = 0; i < 3; i++) {
        char name[100];
        snprintf(name, sizeof name, "data/physionet_emgdb/emg_%s.txt", rows[i].name);
        const char *path = shared_path(name);
        if (!path)
            skip();
        struct recording *r = opened_with(path, &mv);
        assert_float_equal(r->channels[0].rate_hz, 4000, 0);
        assert_int_equal(r->channels[0].n_samples, rows[i].n);
        expect_repair(r, 0, rows[i].says[0]);
        expect_repair(r, 1, rows[i].says[1]);
        recording_close(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dialects_are_found),
        cmocka_unit_test(what_may_be_two_things_is_asked),
        cmocka_unit_test(headers_are_understood),
        cmocka_unit_test(rates_are_not_guessed),
        cmocka_unit_test(corrupt_rows_are_interpolated),
        cmocka_unit_test(what_is_no_table_is_refused),
        cmocka_unit_test(a_line_may_be_long),
        cmocka_unit_test(real_tables_are_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
