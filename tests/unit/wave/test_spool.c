/* test_spool.c: a recording through a spool is the same; a damaged spool is an error. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "wave/recording.h"
#include "wave/spool.h"

#include <fcntl.h>
#include <math.h>

static int new_file(void)
{
    char path[] = "/tmp/nemg-spool-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static struct recording *example(void)
{
    static const float a[] = {1.25f, -3, 5e6f}, b[] = {0, 1};
    const struct channel channels[] = {
        {.name = "EMG", .rate_hz = 23437.5, .n_samples = 3, .counts_per_uv = 3.5, .bits = 16},
        {.name = "µ",
         .rate_hz = 1000,
         .n_samples = 2,
         .unit = CHANNEL_UNIT_COUNTS,
         .prefilter = "HP:10Hz"}};
    const struct annotation annotations[] = {{0.1, 0.0123456789012345, 0, "Fibs", "first"},
                                             {0.2, 0, -1, "PSW", NULL}};
    const char *const notes[] = {"electrode: concentric"};
    const struct recording_facts f = {channels, 2,      annotations, 2,    "p1",
                                      "biceps", "left", NULL,        NULL, POLARITY_NEGATIVE_UP,
                                      notes,    1};
    struct recording *r;
    struct err e;
    assert_int_equal(recording_new(&r, &f, (const float *const[]){a, b}, &e), 0);
    return r;
}

static int spool(struct recording *r)
{
    struct err e;
    int fd = new_file();
    assert_int_equal(spool_write(fd, r, &e), 0);
    return fd;
}

static void test_identity(void **state)
{
    (void)state;
    struct recording *r = example(), *s;
    struct err e;
    float x[3];
    assert_int_equal(spool_open(&s, spool(r), &e), 0);
    assert_int_equal(s->n_channels, 2);
    assert_string_equal(s->channels[1].name, "µ");
    assert_true(s->channels[0].rate_hz == 23437.5 && s->channels[0].counts_per_uv == 3.5);
    assert_int_equal(s->channels[1].unit, CHANNEL_UNIT_COUNTS);
    assert_string_equal(s->channels[1].prefilter, "HP:10Hz");
    assert_int_equal(s->n_annotations, 2);
    assert_true(s->annotations[0].duration_s == 0.0123456789012345);
    assert_string_equal(s->annotations[0].text, "first");
    assert_int_equal(s->annotations[1].channel, -1);
    assert_string_equal(s->muscle, "biceps");
    assert_null(s->site);
    assert_int_equal(s->polarity, POLARITY_NEGATIVE_UP);
    assert_string_equal(s->notes[0], "electrode: concentric");
    assert_int_equal(recording_read(s, 0, 0, 3, x, &e), 0);
    assert_true(x[0] == 1.25f && x[1] == -3 && x[2] == 5e6f);
    assert_int_equal(recording_read(s, 1, 1, 1, x, &e), 0);
    assert_true(x[0] == 1);
    recording_close(s);
    recording_close(r);
}

// Cut at every place: an error, or, where only zeros are missing, nothing worse.
static void test_cut(void **state)
{
    (void)state;
    struct recording *r = example(), *s;
    struct err e;
    int whole = spool(r);
    off_t n = lseek(whole, 0, SEEK_END);
    unsigned char *bytes = mem_alloc((size_t)n);
    assert_int_equal(pread(whole, bytes, (size_t)n, 0), n);
    for (off_t k = 0; k < n; k += 1 + k / 40) {
        int fd = new_file();
        assert_int_equal(write(fd, bytes, (size_t)k), k);
        assert_true(spool_open(&s, fd, &e) < 0);
        assert_null(s);
    }
    mem_free(bytes);
    close(whole);
    recording_close(r);
}

// What a child that was taken over could write.
static void test_hostile(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{}",
        "{\"channels\": []}",
        "{\"channels\": [{\"rate_hz\": 1000, \"n_samples\": 99999999999999}]}",
        "{\"channels\": [{\"rate_hz\": 1000, \"n_samples\": -1}]}",
        "{\"channels\": [{\"rate_hz\": 0, \"n_samples\": 0}]}",
        "{\"channels\": [{\"rate_hz\": \"x\", \"n_samples\": 0}]}",
        "[1]",
        NULL,
    };
    struct recording *s;
    struct err e;
    for (const char *const *h = headers; *h; h++) {
        char head[SPOOL_ALIGNMENT] = "NEMGSPL1";
        head[8] = (char)strlen(*h);
        memcpy(head + 16, *h, strlen(*h));
        int fd = new_file();
        assert_int_equal(write(fd, head, sizeof head), sizeof head);
        assert_true(spool_open(&s, fd, &e) < 0);
    }
    // values that are no numbers are 0
    const char *good = "{\"channels\": [{\"rate_hz\": 1000, \"n_samples\": 1}]}";
    char head[SPOOL_ALIGNMENT] = "NEMGSPL1";
    float x = NAN;
    head[8] = (char)strlen(good);
    memcpy(head + 16, good, strlen(good));
    int fd = new_file();
    assert_int_equal(write(fd, head, sizeof head), sizeof head);
    assert_int_equal(write(fd, &x, sizeof x), sizeof x);
    assert_int_equal(spool_open(&s, fd, &e), 0);
    assert_int_equal(recording_read(s, 0, 0, 1, &x, &e), 0);
    assert_true(x == 0);
    recording_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
