/* test_base.c: the ground floor. */
#include "support.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/workers.h"

#include <fcntl.h>

static void errors_name_file_and_place(void **state)
{
    (void)state;
    struct err e;
    assert_int_equal(err_set(&e, ERR_FORMAT, "record %d is short", 3), ERR_FORMAT);
    assert_int_equal(err_prefix(&e, "a.tfrecord"), ERR_FORMAT);
    assert_string_equal(e.text, "a.tfrecord: record 3 is short");
}

static void products_that_overflow_fail(void **state)
{
    (void)state;
    assert_null(mem_array(SIZE_MAX / 2, 3));
    assert_null(mem_resize(NULL, SIZE_MAX / 2, 3));
    mem_fail_at(1);
    void *a = mem_alloc(1), *b = mem_alloc(1), *c = mem_alloc(1);
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    mem_free(a);
    mem_free(c);
}

static void arena_keeps_what_it_gave(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char *first = arena_strdup(&a, "first");
    char *large = arena_alloc(&a, 100000);
    assert_non_null(large);
    for (int i = 0; i < 3000; i++)
        assert_non_null(arena_printf(&a, "%d", i));
    assert_string_equal(first, "first");
    arena_release(&a);
    assert_int_equal(mem_live_blocks(), 0);
}

static void cursor_never_reads_past_its_end(void **state)
{
    (void)state;
    const unsigned char bytes[] = {1, 2, 3, 4, 5};
    struct cursor c = cursor_of(bytes, sizeof bytes);
    assert_int_equal(cursor_u32le(&c), 0x04030201);
    assert_int_equal(cursor_u16le(&c), 0);
    assert_true(c.failed);
    assert_int_equal(cursor_u8(&c), 0); // once failed, always failed
}

static void numbers_are_strict(void **state)
{
    (void)state;
    int64_t i = 7;
    size_t n = 7;
    double d = 7;
    assert_true(text_to_i64(&i, "-12") && i == -12);
    assert_false(text_to_i64(&i, "12x") || text_to_i64(&i, "") || text_to_i64(&i, " 1"));
    assert_false(text_to_i64(&i, "99999999999999999999"));
    assert_true(text_to_size(&n, "18446744073709551615") && n == SIZE_MAX);
    assert_false(text_to_size(&n, "-1") || text_to_size(&n, "+1"));
    assert_true(text_to_double(&d, "1e-3") && d == 1e-3);
    assert_false(text_to_double(&d, "nan") || text_to_double(&d, "1e999"));
    assert_true(text_is_utf8("신경병증") && !text_is_utf8("\xc0\x80"));
}

static void text_is_cut_in_place(void **state)
{
    (void)state;
    char s[] = " a, b ,c", *part[3];
    assert_int_equal(text_split(s, ',', part, 3), 3);
    assert_string_equal(part[1], "b");
    char t[] = "a,b,c";
    assert_int_equal(text_split(t, ',', part, 2), 3);
}

static void files_are_replaced_whole(void **state)
{
    (void)state;
    struct err e;
    char *folder = scratch_folder();
    char *path = path_join(folder, "a/b/file");
    char *parent = path_join(folder, "a/b");
    unsigned char *data;
    size_t n;
    assert_int_equal(file_make_folders(parent, &e), 0);
    assert_int_equal(file_write(path, "old", 3, &e), 0);
    struct file_draft d;
    assert_int_equal(file_draft_open(&d, path, &e), 0);
    fputs("new", d.f);
    file_draft_abandon(&d);
    assert_int_equal(file_read(&data, &n, path, 100, &e), 0);
    assert_string_equal((char *)data, "old");
    mem_free(data);
    assert_int_equal(file_read(&data, &n, path, 2, &e), ERR_LIMIT);
    assert_int_equal(file_read(&data, &n, parent, 2, &e), ERR_IO);
    struct file_list l;
    assert_int_equal(file_list_folder(&l, parent, &e), 0);
    assert_int_equal(l.n, 1); // the abandoned draft left nothing
    file_list_release(&l);
    mem_free(path);
    mem_free(parent);
    scratch_remove(folder);
}

static void a_replaced_file_keeps_what_it_was(void **state)
{
    (void)state;
    struct err e;
    struct stat st;
    char *folder = scratch_folder();
    char *path = path_join(folder, "file"), *link = path_join(folder, "link");
    char *pipe = path_join(folder, "pipe");
    assert_int_equal(file_write(path, "old", 3, &e), 0);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(symlink("file", link), 0);
    assert_int_equal(file_write(link, "newer", 5, &e), 0); // replaces what is behind the link
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_size, 5);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(file_is_same(path, link));
    assert_false(file_is_same(path, folder));
    if (geteuid() != 0) { // root may write everything
        assert_int_equal(chmod(path, 0400), 0);
        assert_int_equal(file_write(path, "x", 1, &e), ERR_IO);
    }
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int fd = open(pipe, O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(file_write(pipe, "through", 7, &e), 0);
    char got[8] = "";
    assert_int_equal(read(fd, got, 7), 7);
    assert_string_equal(got, "through");
    close(fd);
    assert_int_equal(lstat(pipe, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(file_write(folder, "x", 1, &e), ERR_IO);
    mem_free(path);
    mem_free(link);
    mem_free(pipe);
    scratch_remove(folder);
}

static void philox_gives_its_known_answer(void **state)
{
    (void)state;
    uint32_t v[4]; // Random123's kat_vectors: philox4x32-10 of all zeros
    rng_at(v, 0, 0, 0);
    assert_int_equal(v[0], 0x6627e8d5);
    assert_int_equal(v[3], 0x9b00dbd8);
    struct rng a = rng_of(1, 2), b = rng_of(1, 2);
    for (int i = 0; i < 9; i++)
        rng_u32(&a);
    b.position = 9;
    assert_int_equal(rng_u32(&a), rng_u32(&b));
    double sum = 0, sum2 = 0;
    for (int i = 0; i < 100000; i++) {
        double x = rng_normal(&a);
        sum += x;
        sum2 += x * x;
    }
    assert_true(sum / 1e5 < 0.02 && sum / 1e5 > -0.02); // 6 standard errors
    assert_true(sum2 / 1e5 < 1.03 && sum2 / 1e5 > 0.97);
}

static void sha256_gives_its_known_answer(void **state)
{
    (void)state;
    char hex[SHA256_HEX_BYTES]; // FIPS 180-4's example "abc"
    sha256_hex(hex, "abc", 3);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void json_names_line_and_key(void **state)
{
    (void)state;
    struct err e;
    json_t *j;
    assert_int_equal(jsonfile_parse(&j, "{\"a\":1,\n\"a\":2}", 14, "x.json", &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "x.json: line 2"));
    assert_int_equal(jsonfile_parse(&j, "{\"a\":1}", 7, "x.json", &e), 0);
    const char *s;
    assert_int_equal(jsonfile_get_string(&s, j, "a", "x.json", &e), ERR_FORMAT);
    assert_string_equal(e.text, "x.json: \"a\" is not a string");
    json_decref(j);
}

static int make_square(void *context, uint64_t i, void **item, struct err *e)
{
    (void)context;
    if (i == 13)
        return err_set(e, ERR_FORMAT, "item 13");
    size_t *square = mem_alloc(sizeof *square);
    if (!square)
        return err_set(e, ERR_MEMORY, "no memory");
    *square = i * i;
    *item = square;
    return 0;
}

static void free_square(void *context, void *item)
{
    (void)context;
    mem_free(item);
}

static void workers_deliver_in_order(void **state)
{
    (void)state;
    for (size_t n_threads = 0; n_threads < 4; n_threads++) {
        struct workers_spec spec = {n_threads, 5, 3, 40, NULL, make_square, free_square};
        struct workers *w;
        struct err e;
        void *item;
        assert_int_equal(workers_open(&w, &spec, &e), 0);
        for (uint64_t i = 3; i < 35; i++) { // the last eight are left to workers_close()
            int rc = workers_next(w, &item, &e);
            assert_int_equal(rc, i == 13 ? ERR_FORMAT : 1);
            if (rc == 1)
                assert_int_equal(*(size_t *)item, i * i);
            mem_free(item);
        }
        workers_close(w);
        assert_int_equal(mem_live_blocks(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_file_and_place),
        cmocka_unit_test(products_that_overflow_fail),
        cmocka_unit_test(arena_keeps_what_it_gave),
        cmocka_unit_test(cursor_never_reads_past_its_end),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(text_is_cut_in_place),
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(a_replaced_file_keeps_what_it_was),
        cmocka_unit_test(philox_gives_its_known_answer),
        cmocka_unit_test(sha256_gives_its_known_answer),
        cmocka_unit_test(json_names_line_and_key),
        cmocka_unit_test(workers_deliver_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
