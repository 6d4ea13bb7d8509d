/* test_csv.c: tables as people and programs write them, and damaged ones. */
#include "support.h"

#include "base/bytes.h"
#include "base/csv.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

static char path[128];

static int open_text(struct csv *c, const char *text, size_t n, struct err *e)
{
    assert_int_equal(file_write(path, text, n, e), 0);
    return csv_open(c, path, e);
}

static void rows_come_as_written(void **state)
{
    (void)state;
    struct err e;
    struct csv c;
    static const char text[] =
        "\xef\xbb\xbfName, b ,\"c,\"\"d\"\"\"\r\n\n\"two\nlines\",,\n1\n";
    assert_int_equal(open_text(&c, text, sizeof text - 1, &e), 0);
    assert_false(c.is_cut);
    assert_int_equal(csv_next(&c, &e), 1);
    assert_int_equal(c.n, 3);
    assert_string_equal(csv_field(&c, 2), "c,\"d\"");
    assert_int_equal(csv_column(&c, "name"), 0);
    assert_int_equal(csv_column(&c, "B"), 1);
    assert_true(csv_column(&c, "x") == SIZE_MAX);
    assert_int_equal(csv_next(&c, &e), 1);
    assert_int_equal(c.line, 3);
    assert_string_equal(csv_field(&c, 0), "two\nlines");
    assert_string_equal(csv_field(&c, 2), "");
    assert_int_equal(csv_next(&c, &e), 1);
    assert_int_equal(c.line, 5);
    assert_string_equal(csv_field(&c, 7), "");
    assert_int_equal(csv_next(&c, &e), 0);
    csv_close(&c);
}

static void line_ends_of_all_systems_are_taken(void **state)
{
    (void)state;
    struct err e;
    struct csv c;
    static const char text[] = "a,b\r1,\"2\"\r\n3,\"4\"\r5,6\n7,8\r";
    assert_int_equal(open_text(&c, text, sizeof text - 1, &e), 0);
    assert_false(c.is_cut);
    for (size_t i = 1; i <= 5; i++) {
        assert_int_equal(csv_next(&c, &e), 1);
        assert_int_equal(c.n, 2);
        assert_int_equal(c.line, i);
        assert_int_equal(csv_field(&c, 1)[0], "b2468"[i - 1]);
        assert_int_equal(csv_field(&c, 1)[1], '\0');
    }
    assert_int_equal(csv_next(&c, &e), 0);
    csv_close(&c);
}

static void damage_is_named_with_its_line(void **state)
{
    (void)state;
    struct err e;
    struct csv c;
    size_t live = mem_live_blocks();
    assert_int_equal(open_text(&c, "a\n\"b", 4, &e), 0);
    assert_true(c.is_cut);
    assert_int_equal(csv_next(&c, &e), 1);
    assert_int_equal(csv_next(&c, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "line 2"));
    csv_close(&c);
    assert_int_equal(open_text(&c, "a\0b", 3, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "zero byte at 1"));
    assert_int_equal(open_text(&c, "\"a\"b\n", 5, &e), 0);
    assert_int_equal(csv_next(&c, &e), ERR_FORMAT);
    csv_close(&c);
    assert_int_equal(mem_live_blocks(), live);
}

static void what_is_put_is_read(void **state)
{
    (void)state;
    struct err e;
    struct csv c;
    struct buffer b = {0};
    static const char odd[] = "a \"quoted\", and\nbroken";
    csv_put(&b, odd, strlen(odd));
    buffer_printf(&b, "\n");
    assert_int_equal(open_text(&c, (char *)b.data, b.n, &e), 0);
    assert_int_equal(csv_next(&c, &e), 1);
    assert_int_equal(c.n, 1);
    assert_string_equal(csv_field(&c, 0), odd);
    csv_close(&c);
    buffer_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_as_written),
        cmocka_unit_test(line_ends_of_all_systems_are_taken),
        cmocka_unit_test(damage_is_named_with_its_line),
        cmocka_unit_test(what_is_put_is_read),
    };
    char *folder = scratch_folder();
    snprintf(path, sizeof path, "%s/t.csv", folder);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove(folder);
    return rc;
}
