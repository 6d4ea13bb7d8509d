/* test_chart.c: names and numbers are text, what is not finite is not drawn, no point is lost. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "draw/canvas.h"
#include "draw/chart.h"

#include <math.h>

static struct canvas *canvas_of(enum canvas_format format)
{
    struct canvas *c;
    struct err e;
    assert_int_equal(canvas_new_as(&c, format, 400, 300, CHART_GROUND, &e), 0);
    return c;
}

// The SVG as text; mem_free().
static char *text_of(struct canvas *c)
{
    unsigned char *file;
    size_t n;
    struct err e;
    assert_int_equal(canvas_file(&file, &n, c, &e), 0);
    canvas_free(c);
    char *text = mem_printf("%.*s", (int)n, (const char *)file);
    mem_free(file);
    return text;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

static const struct chart_box box = {0, 0, 400, 300};

static void curves_have_names_ticks_and_dashes(void **state)
{
    (void)state;
    const double x[] = {0, 0.5, 1}, y[] = {0, 0.9, 1};
    const struct chart_series series[] = {{"Fibs <1>", x, y, 3, true, false},
                                          {"PSW", x, x, 3, false, false}};
    const struct chart_curves chart = {
        {"recall", 0, 1, false}, {"precision", 0, 1, false}, series, 2, CHART_LOWER_RIGHT};
    struct canvas *c = canvas_of(CANVAS_FORMAT_SVG);
    chart_curves(c, box, &chart);
    char *text = text_of(c);
    assert_non_null(strstr(text, ">Fibs &lt;1&gt;</text>"));
    assert_non_null(strstr(text, ">recall</text>"));
    assert_non_null(strstr(text, ">0.4</text>"));
    assert_true(count(text, "stroke-dasharray") >=
                2);                               // of the second: the curve and its legend
    assert_true(count(text, "#0072B2") >= 2 + 3); // the curve, its legend, its dots
    mem_free(text);
}

// Every point of a long curve is in one of its pieces, and the pieces join.
static void no_point_is_lost(void **state)
{
    (void)state;
    enum { N = 1000 };
    static double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)i;
        y[i] = i % 2 ? 1 : 0;
    }
    const struct chart_series series[] = {{NULL, x, y, N, false, false}};
    const struct chart_curves chart = {
        {NULL, 0, N, false}, {NULL, 0, 1, false}, series, 1, CHART_LOWER_RIGHT};
    struct canvas *c = canvas_of(CANVAS_FORMAT_SVG);
    chart_curves(c, box, &chart);
    char *text = text_of(c);
    size_t n_points = 0, n_lines = 0;
    for (const char *at = strstr(text, "stroke=\"#0072B2\""); at;
         at = strstr(at + 1, "stroke=\"#0072B2\""), n_lines++)
        for (const char *p = strstr(at, "points=\""); *p != '>'; p++)
            n_points += *p == ',';
    assert_int_equal(n_points, N + n_lines - 1);
    mem_free(text);
}

static void what_is_not_finite_is_not_drawn(void **state)
{
    (void)state;
    const double nan = (double)NAN, x[] = {0, nan, 1}, y[] = {0, 1, HUGE_VAL};
    const struct chart_series series[] = {{"a", x, y, 3, true, false}};
    const struct chart_curves chart = {
        {"x", 0, 1, false}, {"y", 0.1, 10, true}, series, 1, CHART_UPPER_RIGHT};
    const struct chart_value values[] = {{"a", "none", nan, nan, nan, 0},
                                         {"b", "1", 1, nan, nan, 1}};
    const struct chart_values rows = {{"x", 0, 1, false}, nan, values, 2, 60, 60, false};
    for (int format = 0; canvas_extensions[format]; format++) {
        struct canvas *c = canvas_of((enum canvas_format)format);
        unsigned char *file;
        size_t n;
        struct err e;
        chart_curves(c, box, &chart);
        chart_values(c, box, &rows);
        assert_int_equal(canvas_file(&file, &n, c, &e), 0);
        for (size_t i = 0; format == CANVAS_FORMAT_SVG && i + 3 < n; i++)
            assert_true(memcmp(file + i, "\"nan", 4) != 0);
        mem_free(file);
        canvas_free(c);
    }
}

static void a_matrix_says_counts_and_shares(void **state)
{
    (void)state;
    const char *const names[] = {"Fibs", "PSW"};
    const double counts[] = {30, 10, 0, 0};
    const struct chart_matrix chart = {names, names, 2, 2, counts, "truth", "model"};
    struct canvas *c = canvas_of(CANVAS_FORMAT_SVG);
    chart_matrix(c, box, &chart);
    char *text = text_of(c);
    assert_non_null(strstr(text, ">30</text>"));
    assert_non_null(strstr(text, ">75 %</text>"));
    assert_int_equal(count(text, ">0 %</text>"), 2); // a class without examples
    assert_int_equal(count(text, ">PSW</text>"), 2);
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_have_names_ticks_and_dashes),
        cmocka_unit_test(no_point_is_lost),
        cmocka_unit_test(what_is_not_finite_is_not_drawn),
        cmocka_unit_test(a_matrix_says_counts_and_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
