/* test_tfrecord.c: checksums, wire format, records, examples and events: known answers and
 * damage. */
#include "support.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/crc32c.h"
#include "tf/eventfile.h"
#include "tf/example.h"
#include "tf/ordered_code.h"
#include "tf/tfrecord.h"
#include "tf/wire.h"

#include <math.h>

static void checksums_give_their_known_answers(void **state)
{
    (void)state;
    assert_int_equal(crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(crc32c_masked("123456789", 9), 0xc78ab0e5);
    assert_int_equal(crc32c_masked("", 0), 0xa282ead8);
    unsigned char length[8] = {24};
    assert_int_equal(crc32c_masked(length, 8), 0x224b7fa3);
    assert_int_equal(crc32c_extend(crc32c("12345", 5), "6789", 4), 0xe3069283);
}

static void expect_code(void (*put)(struct buffer *, int64_t), int64_t v, const char *hex)
{
    struct buffer b = {0};
    char text[64] = "";
    put(&b, v);
    for (size_t i = 0; i < b.n; i++)
        snprintf(text + 2 * i, 3, "%02x", b.data[i]);
    assert_string_equal(text, hex);
    buffer_release(&b);
}

static void put_unsigned(struct buffer *b, int64_t v)
{
    ordered_code_unsigned(b, (uint64_t)v);
}

// The examples of ordered_code's own documentation.
static void ordered_codes_give_their_known_answers(void **state)
{
    (void)state;
    expect_code(put_unsigned, 0, "00");
    expect_code(put_unsigned, 2, "0102");
    const struct {
        int64_t v;
        const char *hex;
    } rows[] = {{0, "80"},       {-1, "7f"},  {1, "81"},     {63, "bf"},
                {64, "c040"},    {-64, "40"}, {-65, "3fbf"}, {0x424242, "f0424242"},
                {-0x800, "3800"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_code(ordered_code_signed, rows[i].v, rows[i].hex);
}

static char *path_in(const char *folder, const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_three(const char *path, enum tfrecord_compression compression)
{
    struct tfrecord_writer *w;
    struct err e;
    unlink(path);
    assert_int_equal(tfrecord_writer_open(&w, path, compression, &e), 0);
    assert_int_equal(tfrecord_writer_append(w, "one", 3, &e), 0);
    assert_int_equal(tfrecord_writer_append(w, "", 0, &e), 0);
    assert_int_equal(tfrecord_writer_append(w, "three", 5, &e), 0);
    assert_false(file_exists(path)); // not before it is finished
    assert_int_equal(tfrecord_writer_finish(w, &e), 0);
    tfrecord_writer_close(w);
}

// Reads to the end; returns how many records were good and how many errors there were.
static void read_all(const char *path, int *n_good, int *n_bad)
{
    struct tfrecord_reader *r;
    struct err e;
    const unsigned char *data;
    size_t n;
    int rc;
    *n_good = *n_bad = 0;
    assert_int_equal(tfrecord_reader_open(&r, path, &e), 0);
    while ((rc = tfrecord_reader_next(r, &data, &n, &e)) != 0) {
        *n_good += rc > 0;
        *n_bad += rc < 0;
        assert_true(rc > 0 || (rc == ERR_FORMAT && strstr(e.text, "record")));
        assert_true(*n_good + *n_bad < 10);
    }
    tfrecord_reader_close(r);
}

static void records_survive_the_round_trip(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tfrecord_reader *r;
        struct err e;
        const unsigned char *data;
        size_t n;
        write_three(path_in(folder, "a"), gzip ? TFRECORD_GZIP : TFRECORD_PLAIN);
        assert_int_equal(tfrecord_reader_open(&r, path_in(folder, "a"), &e), 0);
        assert_int_equal(tfrecord_reader_next(r, &data, &n, &e), 1);
        assert_memory_equal(data, "one", 3);
        assert_int_equal(tfrecord_reader_next(r, &data, &n, &e), 1);
        assert_int_equal(n, 0);
        assert_int_equal(tfrecord_reader_next(r, &data, &n, &e), 1);
        assert_int_equal(tfrecord_reader_offset(r), 19 + 16);
        assert_int_equal(tfrecord_reader_next(r, &data, &n, &e), 0);
        assert_int_equal(tfrecord_reader_seek(r, 19 + 16, &e), gzip ? ERR_UNSUPPORTED : 0);
        if (!gzip) {
            assert_int_equal(tfrecord_reader_next(r, &data, &n, &e), 1);
            assert_memory_equal(data, "three", 5);
        }
        tfrecord_reader_close(r);
    }
    struct err e;
    struct tfrecord_reader *none;
    assert_int_equal(tfrecord_reader_open(&none, path_in(folder, "nothing"), &e), ERR_IO);
    assert_int_equal(tfrecord_reader_open(&none, folder, &e), ERR_IO);
    scratch_remove(folder);
}

// Every truncation and every flipped byte: an error that names the record, and nothing else
// lost.
static void damage_is_named_and_contained(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    unsigned char *whole;
    size_t n;
    struct err e;
    int n_good, n_bad;
    write_three(path_in(folder, "a"), TFRECORD_PLAIN);
    assert_int_equal(file_read(&whole, &n, path_in(folder, "a"), 1000, &e), 0);
    for (size_t cut = 0; cut < n; cut++) {
        assert_int_equal(file_write(path_in(folder, "cut"), whole, cut, &e), 0);
        read_all(path_in(folder, "cut"), &n_good, &n_bad);
        bool is_whole_record = cut == 0 || cut == 19 || cut == 35;
        assert_int_equal(n_bad, is_whole_record ? 0 : 1);
        assert_int_equal(n_good, (cut >= 19) + (cut >= 35));
    }
    for (size_t at = 0; at < n; at++) {
        whole[at] ^= 0x40;
        assert_int_equal(file_write(path_in(folder, "flip"), whole, n, &e), 0);
        whole[at] ^= 0x40;
        read_all(path_in(folder, "flip"), &n_good, &n_bad);
        assert_int_equal(n_bad, 1);
        size_t in_record = at < 19 ? at : at < 35 ? at - 19 : at - 35;
        if (in_record >= 12) // its length was good: only this record is lost
            assert_int_equal(n_good, 2);
    }
    mem_free(whole);
    scratch_remove(folder);
}

static void examples_survive_the_round_trip(void **state)
{
    (void)state;
    struct buffer b = {0};
    struct err e;
    struct example x = {.label = 2, .height = 270, .width = 360}, y;
    x.encoded = (struct example_bytes){(const unsigned char *)"\xff\xd8", 2};
    x.format = (struct example_bytes){(const unsigned char *)"jpeg", 4};
    x.patient = (struct example_bytes){(const unsigned char *)"P7", 2};
    example_append(&b, &x);
    assert_int_equal(example_parse(&y, b.data, b.n, &e), 0);
    assert_int_equal(y.label, 2);
    assert_int_equal(y.width, 360);
    assert_int_equal(y.patient.n, 2);
    assert_memory_equal(y.patient.data, "P7", 2);
    assert_null(y.recording.data);
    for (size_t cut = 1; cut < b.n; cut++) // never a crash; mostly an error
        example_parse(&y, b.data, cut, &e);
    assert_int_equal(example_parse(&y, b.data, b.n - 1, &e), ERR_FORMAT);
    for (size_t at = 0; at < b.n; at++) {
        b.data[at] ^= 0xff;
        example_parse(&y, b.data, b.n, &e);
        b.data[at] ^= 0xff;
    }
    buffer_release(&b);
}

static void signals_are_examples_too(void **state)
{
    (void)state;
    struct buffer b = {0};
    struct err e;
    float values[300], back[298];
    for (int i = 0; i < 300; i++)
        values[i] = 0.1F * (float)i - 7;
    struct example x = {.label = 1, .rate_hz = 23437.5F, .onset_us = 12345678}, y;
    x.signal = (struct example_floats){(const unsigned char *)values, 300};
    x.unit = (struct example_bytes){(const unsigned char *)"uV", 2};
    example_append(&b, &x);
    assert_int_equal(example_parse(&y, b.data, b.n, &e), 0);
    assert_int_equal(y.signal.n, 300);
    example_floats_read(back, y.signal, 2, 298);
    assert_memory_equal(back, values + 2, sizeof back);
    assert_true(y.rate_hz == 23437.5F && y.onset_us == 12345678 && y.label == 1);
    assert_true(y.height == 0 && !y.encoded.data);
    for (size_t cut = 1; cut < b.n; cut++)
        example_parse(&y, b.data, cut, &e);
    // one float outside of a packed list, as other writers may have it
    buffer_clear(&b);
    size_t features = wire_begin(&b, 1), entry = wire_begin(&b, 1);
    wire_put_string(&b, 1, "emg/rate_hz");
    size_t feature = wire_begin(&b, 2), list = wire_begin(&b, 2);
    wire_put_float(&b, 1, 4000);
    wire_end(&b, list);
    wire_end(&b, feature);
    wire_end(&b, entry);
    wire_end(&b, features);
    assert_int_equal(example_parse(&y, b.data, b.n, &e), 0);
    assert_true(y.rate_hz == 4000);
    buffer_release(&b);
}

static void real_records_are_read_and_framed_the_same(void **state)
{
    (void)state;
    const char *names[] = {"cifar10_train.tfrecord", "pets_examples.record",
                           "tiny_speech_dataset.tfrecord"};
    const int n_records[] = {1, 10, 4};
    char *folder = scratch_folder();
    for (int i = 0; i < 3; i++) {
        char what[128];
        snprintf(what, sizeof what, "data/tf-fixtures/tfrecord/%s", names[i]);
        const char *path = shared_path(what);
        if (!path) {
            scratch_remove(folder);
            skip();
        }
        struct tfrecord_reader *r;
        struct tfrecord_writer *w;
        struct err e;
        const unsigned char *data;
        unsigned char *before, *after;
        size_t n, n_before, n_after;
        int count = 0;
        assert_int_equal(tfrecord_reader_open(&r, path, &e), 0);
        assert_int_equal(tfrecord_writer_open(&w, path_in(folder, "again"), TFRECORD_PLAIN, &e),
                         0);
        while (tfrecord_reader_next(r, &data, &n, &e) == 1) {
            struct example x;
            count++;
            assert_int_equal(tfrecord_writer_append(w, data, n, &e), 0);
            if (i == 0) {
                assert_int_equal(example_parse(&x, data, n, &e), 0);
                assert_int_equal(x.label, 3);
                assert_int_equal(x.encoded.n, 2492);
                assert_int_equal(x.height, 32);
            }
        }
        assert_int_equal(count, n_records[i]);
        tfrecord_reader_close(r);
        assert_int_equal(tfrecord_writer_finish(w, &e), 0);
        tfrecord_writer_close(w);
        assert_int_equal(file_read(&before, &n_before, path, 1 << 24, &e), 0);
        assert_int_equal(file_read(&after, &n_after, path_in(folder, "again"), 1 << 24, &e), 0);
        assert_int_equal(n_before, n_after);
        assert_memory_equal(before, after, n_before);
        mem_free(before);
        mem_free(after);
    }
    scratch_remove(folder);
}

static void events_survive_the_round_trip(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    struct eventfile *f;
    struct eventfile_reader *r;
    struct event_scalar s;
    struct err e;
    const float values[] = {-1, 0, 1e-30F, 2, 2, NAN};
    assert_int_equal(eventfile_open(&f, folder, &e), 0);
    assert_int_equal(eventfile_scalar(f, "losses/total", 0, 0.5F, &e), 0);
    assert_int_equal(eventfile_image(f, "picture", 3, 1, 1, "png", 3, &e), 0);
    assert_int_equal(eventfile_histogram(f, "weights", 3, values, 6, &e), 0);
    assert_int_equal(eventfile_scalar(f, "accuracy", 7, 0.25F, &e), 0);
    char path[512];
    snprintf(path, sizeof path, "%s", eventfile_path(f));
    assert_int_equal(eventfile_close(f, &e), 0);
    // the framing of the first record is known: 24 bytes, their checksum, Event{1, 3}
    unsigned char *bytes;
    size_t n;
    assert_int_equal(file_read(&bytes, &n, path, 1 << 20, &e), 0);
    const unsigned char start[] = {0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 0x09};
    assert_memory_equal(bytes, start, sizeof start);
    assert_memory_equal(bytes + 21,
                        "\x1a\x0d"
                        "brain.Event:2",
                        15);
    mem_free(bytes);
    assert_int_equal(eventfile_reader_open(&r, path, &e), 0);
    assert_int_equal(eventfile_reader_next(r, &s, &e), 1);
    assert_string_equal(s.tag, "losses/total");
    assert_true(s.value == 0.5F && s.step == 0 && s.wall_s > 1.7e9);
    assert_int_equal(eventfile_reader_next(r, &s, &e), 1);
    assert_string_equal(s.tag, "accuracy");
    assert_int_equal(s.step, 7);
    assert_int_equal(eventfile_reader_next(r, &s, &e), 0);
    eventfile_reader_close(r);
    scratch_remove(folder);
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    size_t before = mem_live_blocks();
    int rc = -1;
    for (long n = 0; rc < 0 && n < 200; n++) {
        struct tfrecord_writer *w = NULL;
        struct tfrecord_reader *r = NULL;
        const unsigned char *data;
        size_t n_data;
        struct err e;
        mem_fail_at(n);
        rc = tfrecord_writer_open(&w, path_in(folder, "a"), TFRECORD_PLAIN, &e);
        if (rc == 0)
            rc = tfrecord_writer_append(w, "x", 1, &e);
        if (rc == 0)
            rc = tfrecord_writer_finish(w, &e);
        if (rc == 0)
            rc = tfrecord_reader_open(&r, path_in(folder, "a"), &e);
        if (rc == 0)
            rc = tfrecord_reader_next(r, &data, &n_data, &e) == 1 ? 0 : -1;
        mem_fail_at(-1);
        tfrecord_writer_close(w);
        tfrecord_reader_close(r);
        assert_int_equal(mem_live_blocks(), before);
    }
    assert_int_equal(rc, 0);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_give_their_known_answers),
        cmocka_unit_test(ordered_codes_give_their_known_answers),
        cmocka_unit_test(records_survive_the_round_trip),
        cmocka_unit_test(damage_is_named_and_contained),
        cmocka_unit_test(examples_survive_the_round_trip),
        cmocka_unit_test(signals_are_examples_too),
        cmocka_unit_test(real_records_are_read_and_framed_the_same),
        cmocka_unit_test(events_survive_the_round_trip),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
