/* test_checkpoint.c: checkpoints of both versions: known bytes, real files re-made, damage. */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tf/checkpoint.h"

static char *path_in(const char *folder, const char *name)
{
    static char path[2][512];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

// TensorFlow Serving's half_plus_two: two scalars; all 169 bytes of the V1 file.
static const char *const half_plus_two =
    "00001c0a1a0a090a01611200180122000a090a01621200180122001202080100050f0061000100120d0a0161"
    "12001a062a040000003f01040f62000100120d0a016212001a062a0400000040000000000100000000169796"
    "66000000000100000000c0f2a1b00001020100540000000001000000000ce3965a5908660e00000000000000"
    "000000000000000000000000000000000000000000000000000000000057fb808b247547db";

static void a_v1_file_is_known_to_the_byte(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    struct checkpoint_writer *w;
    struct checkpoint_reader *r;
    struct err e;
    const float a = 0.5F, b = 2;
    unsigned char *bytes;
    size_t n;
    char hex[512] = "";
    assert_int_equal(checkpoint_writer_open_v1(&w, path_in(folder, "v1"), &e), 0);
    assert_int_equal(checkpoint_writer_add(w, "a", TF_FLOAT, NULL, 0, &a, &e), 0);
    assert_int_equal(checkpoint_writer_add(w, "b", TF_FLOAT, NULL, 0, &b, &e), 0);
    assert_int_equal(checkpoint_writer_finish(w, &e), 0);
    checkpoint_writer_close(w);
    assert_int_equal(file_read(&bytes, &n, path_in(folder, "v1"), 1000, &e), 0);
    for (size_t i = 0; i < n && i < 255; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(hex, half_plus_two);
    mem_free(bytes);
    assert_int_equal(checkpoint_reader_open(&r, path_in(folder, "v1"), &e), 0);
    assert_int_equal(checkpoint_reader_version(r), 1);
    float v = 0;
    const struct checkpoint_entry *x = checkpoint_reader_find(r, "b");
    assert_non_null(x);
    assert_int_equal(checkpoint_reader_floats(r, x, &v, &e), 0);
    assert_true(v == 2);
    assert_int_equal(checkpoint_reader_integers(r, x, &(int64_t){0}, &e), ERR_UNSUPPORTED);
    assert_null(checkpoint_reader_find(r, "c"));
    checkpoint_reader_close(r);
    scratch_remove(folder);
}

static void write_small(const char *prefix, int version)
{
    struct checkpoint_writer *w;
    struct err e;
    float values[60];
    int64_t step = 300;
    for (int i = 0; i < 60; i++)
        values[i] = (float)i / 8;
    assert_int_equal(version == 2 ? checkpoint_writer_open(&w, prefix, &e)
                                  : checkpoint_writer_open_v1(&w, prefix, &e),
                     0);
    assert_int_equal(
        checkpoint_writer_add(w, "a/weights", TF_FLOAT, (size_t[]){3, 4, 5}, 3, values, &e), 0);
    assert_int_equal(checkpoint_writer_add(w, "global_step", TF_INT64, NULL, 0, &step, &e), 0);
    assert_int_equal(checkpoint_writer_finish(w, &e), 0);
    checkpoint_writer_close(w);
}

// Opens and reads all; the first error, or 0.
static int read_everything(const char *prefix, struct err *e)
{
    struct checkpoint_reader *r;
    int rc = checkpoint_reader_open(&r, prefix, e);
    for (size_t i = 0; rc == 0 && i < checkpoint_reader_n(r); i++) {
        const struct checkpoint_entry *x = checkpoint_reader_entry(r, i);
        if (x->n_elements > 100000) {
            rc = err_set(e, ERR_LIMIT, "too large for this test");
            break;
        }
        float *f = mem_array(x->n_elements, sizeof *f);
        int64_t *k = mem_array(x->n_elements, sizeof *k);
        rc = !f || !k                ? err_set(e, ERR_MEMORY, "no memory")
             : x->dtype == TF_FLOAT  ? checkpoint_reader_floats(r, x, f, e)
             : x->dtype == TF_STRING ? 0
                                     : checkpoint_reader_integers(r, x, k, e);
        mem_free(f);
        mem_free(k);
    }
    checkpoint_reader_close(r);
    return rc;
}

static void both_versions_survive_the_round_trip(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    for (int version = 1; version <= 2; version++) {
        struct checkpoint_reader *r;
        struct err e;
        char prefix[256];
        snprintf(prefix, sizeof prefix, "%s/model.ckpt-%d", folder, version);
        write_small(prefix, version);
        assert_int_equal(checkpoint_reader_open(&r, prefix, &e), 0);
        assert_int_equal(checkpoint_reader_n(r), 2);
        const struct checkpoint_entry *x = checkpoint_reader_find(r, "a/weights");
        assert_int_equal(x->n_dims, 3);
        assert_int_equal(x->dims[2], 5);
        float values[60];
        assert_int_equal(checkpoint_reader_floats(r, x, values, &e), 0);
        assert_true(values[59] == 59.0F / 8);
        int64_t step;
        x = checkpoint_reader_find(r, "global_step");
        assert_int_equal(checkpoint_reader_integers(r, x, &step, &e), 0);
        assert_int_equal(step, 300);
        checkpoint_reader_close(r);
    }
    struct checkpoint_writer *w;
    struct err e;
    float v = 0;
    assert_int_equal(checkpoint_writer_open(&w, path_in(folder, "x"), &e), 0);
    assert_int_equal(checkpoint_writer_add(w, "b", TF_FLOAT, NULL, 0, &v, &e), 0);
    assert_int_equal(checkpoint_writer_add(w, "a", TF_FLOAT, NULL, 0, &v, &e), ERR_USAGE);
    checkpoint_writer_close(w);
    struct file_list l;
    assert_int_equal(file_list_folder(&l, folder, &e), 0);
    assert_int_equal(l.n, 3); // the writer that did not finish left nothing
    file_list_release(&l);
    scratch_remove(folder);
}

static void damage_is_an_error_not_a_crash(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    size_t before = mem_live_blocks();
    for (int version = 1; version <= 2; version++) {
        char prefix[256], path[300];
        struct err e;
        unsigned char *whole;
        size_t n;
        snprintf(prefix, sizeof prefix, "%s/c%d", folder, version);
        snprintf(path, sizeof path, "%s%s", prefix, version == 2 ? ".index" : "");
        write_small(prefix, version);
        assert_int_equal(read_everything(prefix, &e), 0);
        assert_int_equal(file_read(&whole, &n, path, 100000, &e), 0);
        for (size_t cut = 0; cut < n; cut++) {
            assert_int_equal(file_write(path, whole, cut, &e), 0);
            assert_true(read_everything(prefix, &e) < 0);
            assert_non_null(strstr(e.text, folder));
        }
        for (size_t at = 0; at < n; at++) {
            whole[at] ^= 0x11;
            assert_int_equal(file_write(path, whole, n, &e), 0);
            whole[at] ^= 0x11;
            // a flip in the footer's padding is nobody's; the rest is under checksums
            int rc = read_everything(prefix, &e);
            assert_true(rc < 0 || at >= n - 48);
        }
        mem_free(whole);
    }
    struct err e;
    write_small(path_in(folder, "d"), 2);
    assert_int_equal(file_write(path_in(folder, "d.data-00000-of-00001"), "short", 5, &e), 0);
    assert_int_equal(read_everything(path_in(folder, "d"), &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "a/weights: ends at 240, the file at 5"));
    assert_int_equal(read_everything(path_in(folder, "none"), &e), ERR_IO);
    assert_int_equal(mem_live_blocks(), before);
    scratch_remove(folder);
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    size_t before = mem_live_blocks();
    write_small(path_in(folder, "v1"), 1);
    write_small(path_in(folder, "v2"), 2);
    for (int version = 1; version <= 2; version++) {
        int rc = -1;
        for (long n = 0; rc < 0 && n < 500; n++) {
            struct err e;
            mem_fail_at(n);
            rc = read_everything(path_in(folder, version == 1 ? "v1" : "v2"), &e);
            mem_fail_at(-1);
            assert_int_equal(mem_live_blocks(), before);
        }
        assert_int_equal(rc, 0);
    }
    scratch_remove(folder);
}

static void the_state_file_names_the_latest(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    struct checkpoint_state s;
    struct checkpoint_reader *r;
    struct err e;
    assert_int_equal(checkpoint_state_read(&s, folder, &e), 0);
    assert_int_equal(s.n, 0);
    assert_int_equal(checkpoint_reader_open(&r, folder, &e), ERR_IO);
    const char *text = "model_checkpoint_path: \"C:\\\\tmp\\\\model.ckpt-20\"\n"
                       "all_model_checkpoint_paths: \"a\"\n"
                       "all_model_checkpoint_paths: \"C:\\\\tmp\\\\model.ckpt-20\"\n"
                       "all_model_checkpoint_timestamps: 1.5e9\n";
    assert_int_equal(file_write(path_in(folder, "checkpoint"), text, strlen(text), &e), 0);
    assert_int_equal(checkpoint_state_read(&s, folder, &e), 0);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.prefixes[1], "C:\\tmp\\model.ckpt-20");
    unsigned char *again;
    size_t n;
    assert_int_equal(checkpoint_state_write(folder, &s, &e), 0);
    checkpoint_state_release(&s);
    assert_int_equal(file_read(&again, &n, path_in(folder, "checkpoint"), 1000, &e), 0);
    assert_memory_equal(again, text, strlen("model_checkpoint_path: \"C:\\\\tmp\\\\model"));
    mem_free(again);
    // a folder that was moved: the absolute path is not there, the base name is
    const char *moved = "model_checkpoint_path: \"/elsewhere/model.ckpt-7\"\n";
    assert_int_equal(file_write(path_in(folder, "checkpoint"), moved, strlen(moved), &e), 0);
    write_small(path_in(folder, "model.ckpt-7"), 2);
    assert_int_equal(checkpoint_reader_open(&r, folder, &e), 0);
    checkpoint_reader_close(r);
    scratch_remove(folder);
}

static void compare_files(const char *a, const char *b)
{
    unsigned char *x, *y;
    size_t n_x, n_y;
    struct err e;
    assert_int_equal(file_read(&x, &n_x, a, 1 << 26, &e), 0);
    assert_int_equal(file_read(&y, &n_y, b, 1 << 26, &e), 0);
    assert_int_equal(n_x, n_y);
    assert_memory_equal(x, y, n_x);
    mem_free(x);
    mem_free(y);
}

// Reads a real checkpoint through the reader and writes it again.
static void remake(const char *prefix, const char *again, int version)
{
    struct checkpoint_reader *r;
    struct checkpoint_writer *w;
    struct err e;
    if (checkpoint_reader_open(&r, prefix, &e) < 0)
        fail_msg("%s", e.text);
    assert_int_equal(checkpoint_reader_version(r), version);
    assert_int_equal(version == 2 ? checkpoint_writer_open(&w, again, &e)
                                  : checkpoint_writer_open_v1(&w, again, &e),
                     0);
    for (size_t i = 0; i < checkpoint_reader_n(r); i++) {
        const struct checkpoint_entry *x = checkpoint_reader_entry(r, i);
        void *values = mem_array(x->n_elements, 8);
        int rc = x->dtype == TF_FLOAT ? checkpoint_reader_floats(r, x, values, &e)
                                      : checkpoint_reader_integers(r, x, values, &e);
        if (rc < 0)
            fail_msg("%s", e.text);
        int32_t *narrow = values;
        for (size_t k = 0; x->dtype == TF_INT32 && k < x->n_elements; k++)
            narrow[k] = (int32_t)((int64_t *)values)[k];
        assert_int_equal(
            checkpoint_writer_add(w, x->name, x->dtype, x->dims, x->n_dims, values, &e), 0);
        mem_free(values);
    }
    assert_int_equal(checkpoint_writer_finish(w, &e), 0);
    checkpoint_writer_close(w);
    checkpoint_reader_close(r);
}

static void real_checkpoints_are_remade_to_the_byte(void **state)
{
    (void)state;
    const char *blocks[] = {"bottleneck", "building"};
    char *folder = scratch_folder();
    int n_remade = 0;
    for (int i = 0; i < 11; i++) {
        char what[256], prefix[4096], a[4200], b[300];
        const char *rest[] = {"batch_norm", "dense", "uniform_random"};
        if (i < 8)
            snprintf(
                what, sizeof what,
                "data/tf-fixtures/ckpt_v2/batch-size-32_%s%s_version-%d_width-8_channels-4",
                blocks[i & 1], i & 2 ? "_projection" : "", i / 4 + 1);
        else
            snprintf(what, sizeof what, "data/tf-fixtures/ckpt_v2/%s", rest[i - 8]);
        const char *path = shared_path(what);
        if (!path)
            break;
        snprintf(prefix, sizeof prefix, "%s/model.ckpt", path);
        snprintf(a, sizeof a, "%s.index", prefix);
        remake(prefix, path_in(folder, "again"), 2);
        compare_files(a, path_in(folder, "again.index"));
        snprintf(a, sizeof a, "%s.data-00000-of-00001", prefix);
        snprintf(b, sizeof b, "%s/again.data-00000-of-00001", folder);
        compare_files(a, b);
        n_remade++;
    }
    const char *v1 = shared_path("data/tf-fixtures/ckpt_v1/export-00000-of-00001");
    if (v1) {
        remake(v1, path_in(folder, "v1"), 1);
        compare_files(v1, path_in(folder, "v1"));
    }
    scratch_remove(folder);
    if (n_remade < 11 || !v1)
        skip();
}

// TensorFlow Serving's two: Snappy in the index, string tensors, TF2's names.
static void compressed_indexes_are_read(void **state)
{
    (void)state;
    const char *names[] = {"half_plus_two_cpu", "half_plus_two_tf2"};
    for (int i = 0; i < 2; i++) {
        char what[128], prefix[4200];
        struct checkpoint_reader *r;
        struct err e;
        snprintf(what, sizeof what, "data/tf-fixtures/ckpt_v2/%s", names[i]);
        const char *path = shared_path(what);
        if (!path)
            skip();
        snprintf(prefix, sizeof prefix, "%s/variables", path);
        if (checkpoint_reader_open(&r, prefix, &e) < 0)
            fail_msg("%s", e.text);
        assert_true(checkpoint_reader_n(r) >= 2);
        float v = 0;
        const struct checkpoint_entry *x =
            checkpoint_reader_find(r, i ? "a/.ATTRIBUTES/VARIABLE_VALUE" : "a");
        assert_non_null(x);
        snprintf(prefix, sizeof prefix, "%s/variables.data-00000-of-00001", path);
        if (file_exists(prefix)) {
            assert_int_equal(checkpoint_reader_floats(r, x, &v, &e), 0);
            assert_true(v == 0.5F);
        }
        checkpoint_reader_close(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_v1_file_is_known_to_the_byte),
        cmocka_unit_test(both_versions_survive_the_round_trip),
        cmocka_unit_test(damage_is_an_error_not_a_crash),
        cmocka_unit_test(failing_allocations_leave_nothing),
        cmocka_unit_test(the_state_file_names_the_latest),
        cmocka_unit_test(real_checkpoints_are_remade_to_the_byte),
        cmocka_unit_test(compressed_indexes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
