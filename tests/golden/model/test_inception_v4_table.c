/* test_inception_v4_table.c: every layer of the network against inception_v4_table.h. */
#include "support.h"

#include "base/err.h"
#include "model/netshow.h"
#include "model/zoo.h"

#include "inception_v4_table.h"

static const struct netshow_row *find(const struct netshow *s, const char *scope)
{
    char name[128];
    snprintf(name, sizeof name, "InceptionV4/%s", scope);
    for (size_t i = 0; i < s->n_rows; i++)
        if (!strcmp(s->rows[i].name, name))
            return &s->rows[i];
    fail_msg("no %s", name);
    return NULL;
}

static void expect(const char *scope, const char *what, size_t got, size_t wanted)
{
    if (got != wanted)
        fail_msg("%s: %s is %zu, wanted %zu", scope, what, got, wanted);
}

static void every_layer_is_slims(void **state)
{
    (void)state;
    struct network n;
    struct netshow s;
    struct err e;
    size_t n_convs = 0, n_pools = 0, n_concats = 0;
    assert_int_equal(
        zoo_build(&n, &(struct model_spec){"inception_v4", {299, 299, 3}, 1, 3, 0, 0}, &e), 0);
    assert_int_equal(netshow_init(&s, &n, &e), 0);
    for (const struct golden_row *g = golden_rows; g->scope; g++) {
        const struct netshow_row *r = find(&s, g->scope);
        if (strcmp(r->op, g->op) != 0)
            fail_msg("%s is %s, wanted %s", g->scope, r->op, g->op);
        expect(g->scope, "kernel height", r->kh, g->kh);
        expect(g->scope, "kernel width", r->kw, g->kw);
        expect(g->scope, "stride", r->stride, g->stride);
        expect(g->scope, "padding above", r->pad_h, g->is_same ? (g->kh - 1) / 2 : 0);
        expect(g->scope, "padding left", r->pad_w, g->is_same ? (g->kw - 1) / 2 : 0);
        expect(g->scope, "channels in", r->in.c, g->c_in);
        expect(g->scope, "channels out", r->out.c, g->c_out);
        expect(g->scope, "height in", r->in.h, g->hw_in);
        expect(g->scope, "height out", r->out.h, g->hw_out);
        expect(g->scope, "width out", r->out.w, g->hw_out);
        expect(g->scope, "weights", r->n_parameters, g->n_weights);
        expect(g->scope, "multiply-adds", r->n_multiply_adds, g->n_multiply_adds);
    }
    // and there is nothing that the table has not
    for (size_t i = 0; i < s.n_rows; i++) {
        n_convs += !strcmp(s.rows[i].op, "conv");
        n_pools += s.rows[i].has_window && strcmp(s.rows[i].op, "conv") != 0;
        n_concats += !strcmp(s.rows[i].op, "concat");
    }
    assert_int_equal(n_convs, 151);
    assert_int_equal(n_pools, 19);
    assert_int_equal(n_concats, 25);
    netshow_release(&s);
    network_release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_is_slims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
