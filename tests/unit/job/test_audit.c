/* test_audit.c: hum that was planted in one class is found; where none is, nothing is. */
#include "support.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "job/audit.h"
#include "tf/example.h"
#include "tf/tfrecord.h"

#include <math.h>

enum { N_SAMPLES = 1000, N_PATIENTS = 10, N_EXAMPLES = 6 };

static char folder[64];

static struct example_bytes bytes_of(const char *s)
{
    return (struct example_bytes){(const unsigned char *)s, strlen(s)};
}

// Noise of 10 uV; class 0 has hum of hum_uv beside it.
static void write_split(const char *split, double hum_uv, uint64_t seed, size_t n_classes)
{
    static float x[N_SAMPLES];
    char *path = mem_printf("%s/emg_%s_00000-of-00001.tfrecord", folder, split);
    struct tfrecord_writer *w;
    struct buffer message = {0};
    struct err e;
    assert_int_equal(tfrecord_writer_open(&w, path, TFRECORD_PLAIN, &e), 0);
    for (size_t i = 0; i < n_classes * N_PATIENTS * N_EXAMPLES; i++) {
        struct rng r = rng_of(seed, i);
        size_t label = i % n_classes;
        double phase = rng_between(&r, 0, 6);
        for (size_t k = 0; k < N_SAMPLES; k++)
            x[k] = (float)(10 * rng_normal(&r) +
                           (label ? 0 : hum_uv) *
                               sin(2 * acos(-1) * 50 * (double)k / 10000 + phase));
        char *patient = mem_printf("%s%zu", split, i / N_EXAMPLES);
        struct example example = {.filename = bytes_of("x"),
                                  .patient = bytes_of(patient),
                                  .unit = bytes_of("uV"),
                                  .signal = {(const unsigned char *)x, N_SAMPLES},
                                  .rate_hz = 10000,
                                  .label = (int64_t)label};
        buffer_clear(&message);
        example_append(&message, &example);
        assert_int_equal(tfrecord_writer_append(w, message.data, message.n, &e), 0);
        mem_free(patient);
    }
    assert_int_equal(tfrecord_writer_finish(w, &e), 0);
    tfrecord_writer_close(w);
    buffer_release(&message);
    mem_free(path);
}

static void write_set(double hum_uv, size_t n_classes_of_test)
{
    struct err e;
    char *labels = path_join(folder, "labels.txt");
    assert_int_equal(file_write(labels, "0:hum\n1:clean\n", 14, &e), 0);
    mem_free(labels);
    write_split("train", hum_uv, 1, 2);
    write_split("validation", hum_uv, 2, 2);
    write_split("test", hum_uv, 3, n_classes_of_test);
}

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(json_object_get(o, key), "value"));
}

static void planted_hum_is_found(void **state)
{
    (void)state;
    struct audit_options o = audit_defaults();
    struct err e;
    json_t *report;
    o.dataset = folder;
    write_set(4, 2); // 8 uV^2 of 108: a share of 0.07
    assert_int_equal(audit(&report, &o, NULL, &e), 0);
    const json_t *shows = json_object_get(report, "shows");
    assert_string_equal(json_string_value(json_array_get(shows, 0)), "mains_50");
    for (size_t i = 1; i < json_array_size(shows); i++) // hum makes a signal larger, too
        assert_non_null(
            strstr("noise peak_to_peak", json_string_value(json_array_get(shows, i))));
    const json_t *mains = json_array_get(json_object_get(report, "features"), 0);
    const json_t *hum = json_object_get(json_object_get(mains, "per_class"), "hum");
    const json_t *clean = json_object_get(json_object_get(mains, "per_class"), "clean");
    assert_true(number(hum, "auc") > 0.95);
    assert_within(number(hum, "auc") + number(clean, "auc"), 1, 1e-9); // of two classes
    assert_true(number(mains, "balanced_accuracy") > 0.9);
    assert_true(number(json_object_get(report, "together"), "balanced_accuracy") > 0.9);
    assert_int_equal(json_integer_value(json_object_get(report, "n_units")), 60);
    json_decref(report);
}

static void where_nothing_is_planted_nothing_is_found(void **state)
{
    (void)state;
    struct audit_options o = audit_defaults();
    struct err e;
    json_t *report;
    o.dataset = folder;
    write_set(0, 2);
    assert_int_equal(audit(&report, &o, NULL, &e), 0);
    assert_int_equal(json_array_size(json_object_get(report, "shows")), 0);
    const json_t *rate = json_array_get(json_object_get(report, "features"), 6);
    assert_true(json_is_true(json_object_get(rate, "constant")));
    json_decref(report);
}

static void a_split_without_a_class_is_refused(void **state)
{
    (void)state;
    struct audit_options o = audit_defaults();
    struct err e;
    json_t *report;
    o.dataset = folder;
    o.split = "test";
    write_set(0, 1);
    assert_int_equal(audit(&report, &o, NULL, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "no example of class clean in split test"));
    assert_null(report);
    assert_int_equal(mem_live_blocks(), 0);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/nemg-audit-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    struct file_list l;
    struct err e;
    if (file_list_folder(&l, folder, &e) < 0)
        return -1;
    for (size_t i = 0; i < l.n; i++) {
        char *path = path_join(folder, l.names[i]);
        remove(path);
        mem_free(path);
    }
    file_list_release(&l);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_hum_is_found),
        cmocka_unit_test(where_nothing_is_planted_nothing_is_found),
        cmocka_unit_test(a_split_without_a_class_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
