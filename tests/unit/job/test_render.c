/* test_render.c: pictures of a small record in every view and format, and what is refused. */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "draw/style.h"
#include "job/render.h"

#include <jansson.h>
#include <math.h>

static char *folder;
static char record[128], out[128];

// Two seconds at 10 kHz of 200 uV and 100 Hz about an offset of 50 uV.
static int make_record(void **state)
{
    (void)state;
    struct err e;
    char path[160];
    static unsigned char data[40000];
    folder = scratch_folder();
    for (int i = 0; i < 20000; i++) {
        int v = (int)lround(10 * (50 + 200 * sin(2 * acos(-1) * i / 100)));
        data[2 * i] = (unsigned char)(v & 255);
        data[2 * i + 1] = (unsigned char)(v >> 8 & 255);
    }
    snprintf(record, sizeof record, "%s/t.hea", folder);
    const char *header = "t 1 10000 20000\nt.dat 16 10/uV 16 0 0 0 0 EMG\n";
    snprintf(path, sizeof path, "%s/t.dat", folder);
    return file_write(record, header, strlen(header), &e) ||
           file_write(path, data, sizeof data, &e);
}

static int remove_record(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static struct render_options to(const char *name)
{
    snprintf(out, sizeof out, "%s/%s", folder, name);
    return (struct render_options){.path = record, .out = out};
}

static double number(const json_t *report, const char *key)
{
    return json_number_value(json_object_get(report, key));
}

static bool file_contains(const char *what)
{
    struct err e;
    unsigned char *data;
    size_t n;
    assert_int_equal(file_read(&data, &n, out, 1 << 24, &e), 0);
    char *text = mem_zalloc(n + 1);
    memcpy(text, data, n);
    bool is_there = strstr(text, what) != NULL;
    mem_free(text);
    mem_free(data);
    return is_there;
}

static void every_view_in_every_format(void **state)
{
    (void)state;
    struct err e;
    const char *const names[] = {"a.png", "a.SVG", "a.pdf"};
    for (int view = 0; render_view_names[view]; view++)
        for (int i = 0; i < 3; i++) {
            json_t *report;
            struct render_options o = to(names[i]);
            o.view = (enum render_view)view;
            o.highpass_hz = 20;
            o.lowpass_hz = 2000;
            o.notch_hz = 50;
            o.is_zero_phase = view % 2;
            assert_int_equal(render(&report, &o, &e), 0);
            assert_string_equal(json_string_value(json_object_get(report, "view")),
                                render_view_names[view]);
            assert_true(file_exists(out));
            json_decref(report);
        }
}

static void caption_tells_what_was_done(void **state)
{
    (void)state;
    struct err e;
    json_t *report;
    struct render_options o = to("b.svg");
    o.at_s = 0.5;
    assert_int_equal(render(&report, &o, &e), 0);
    assert_true(fabs(number(report, "offset_taken_off") - 50) < 0.5); // the last sample is one
                                                                      // more than whole periods
    assert_true(number(report, "per_div") == 100); // 200 uV in 3.6 divisions: 55.6, and up
    assert_true(number(report, "duration_s") == 0.1 && number(report, "at_s") == 0.5);
    assert_true(file_contains("10 ms/div \xC2\xB7 100 \xC2\xB5V/div \xC2\xB7 negative up"));
    assert_true(file_contains("no filter"));
    assert_true(file_contains("at 0.500 s"));
    json_decref(report);
    o.highpass_hz = 20;
    o.per_div = 50;
    o.is_positive_up = true;
    assert_int_equal(render(&report, &o, &e), 0);
    assert_true(number(report, "offset_taken_off") == 0 && number(report, "per_div") == 50);
    assert_true(file_contains("positive up") && file_contains("high-pass 20 Hz"));
    json_decref(report);
}

static void the_end_of_the_recording_is_told(void **state)
{
    (void)state;
    struct err e;
    json_t *report;
    for (int view = 0; render_view_names[view]; view++) {
        struct render_options o = to("c.png");
        o.view = (enum render_view)view;
        o.at_s = 1.95;
        assert_int_equal(render(&report, &o, &e), 0);
        assert_true(number(report, "drawn_s") < 0.051);
        json_decref(report);
    }
}

static void refused(struct render_options o, int code, const char *what)
{
    struct err e;
    json_t *report;
    file_remove(out, &e);
    assert_int_equal(render(&report, &o, &e), code);
    assert_null(report);
    assert_non_null(strstr(e.text, what));
    assert_false(file_exists(out));
}

static void wrong_wishes_are_refused(void **state)
{
    (void)state;
    struct render_options o = to("d.gif");
    refused(o, ERR_USAGE, "wanted .png, .svg or .pdf");
    o = to("d.png");
    o.at_s = 2;
    refused(o, ERR_USAGE, "outside the recording, which has 0 to 2.000 s");
    o.at_s = (double)NAN;
    refused(o, ERR_USAGE, "outside");
    o = to("d.png");
    o.channel = 1;
    refused(o, ERR_USAGE, "no channel 2, it has 1");
    o = to("d.png");
    o.style = "neon";
    refused(o, ERR_USAGE, "no style \"neon\"");
    o = to("d.png");
    o.lowpass_hz = 6000;
    refused(o, ERR_USAGE, "below 5000 Hz");
    o = to("d.png");
    o.view = RENDER_VIEW_SPECTROGRAM;
    o.max_hz = 6000;
    refused(o, ERR_USAGE, "up to 5000 Hz");
    o = to("d.png");
    o.ms_per_div = 1e9;
    refused(o, ERR_LIMIT, "too many for one picture");
    o = to("d.png");
    o.n_x = 101;
    refused(o, ERR_USAGE, "wanted 100 or fewer");
    o = to("d.png");
    o.n_x = 100;
    o.division_px = 400;
    refused(o, ERR_LIMIT, "40");
    o = to("d.png");
    o.path = "/no/such/file.hea";
    refused(o, ERR_IO, "/no/such/file.hea");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_view_in_every_format),
        cmocka_unit_test(caption_tells_what_was_done),
        cmocka_unit_test(the_end_of_the_recording_is_told),
        cmocka_unit_test(wrong_wishes_are_refused),
    };
    return cmocka_run_group_tests_name("render", tests, make_record, remove_record);
}
