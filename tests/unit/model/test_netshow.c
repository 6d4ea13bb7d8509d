/* test_netshow.c: the table of a network, its sums as published. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/netshow.h"
#include "model/zoo.h"

static const struct netshow_row *find(const struct netshow *s, const char *name)
{
    for (size_t i = 0; i < s->n_rows; i++)
        if (!strcmp(s->rows[i].name, name))
            return &s->rows[i];
    fail_msg("no row %s", name);
    return NULL;
}

static void inception_v4_adds_up(void **state)
{
    (void)state;
    struct network n;
    struct netshow s;
    struct err e;
    assert_int_equal(zoo_build(&n, &(struct model_spec){"inception_v4", {0}, 1, 3, 0, 0}, &e),
                     0);
    assert_int_equal(netshow_init(&s, &n, &e), 0);
    assert_int_equal(s.all.n_parameters, 43707718);
    assert_int_equal(s.aux.n_parameters, 2591875);
    assert_int_equal(s.all.n_statistics, 63168 + 1792);
    assert_int_equal(s.aux.n_statistics, 1792);
    assert_int_equal(s.all.n_variables, 608);
    assert_int_equal(s.all.n_multiply_adds - s.aux.n_multiply_adds, 12252443232u);

    const struct netshow_row *r = find(&s, "InceptionV4/Mixed_6b/Branch_1/Conv2d_0b_1x7");
    assert_true(r->has_window && r->kh == 1 && r->kw == 7 && r->pad_h == 0 && r->pad_w == 3);
    assert_true(r->in.c == 192 && r->out.c == 224 && r->out.h == 17 && !r->is_aux);
    r = find(&s, "InceptionV4/Mixed_6a");
    assert_true(!r->has_window && r->in.c == 1024 && r->out.c == 1024);
    r = find(&s, "InceptionV4/AuxLogits/AvgPool_1a_5x5");
    assert_true(r->is_aux && r->kh == 5 && r->stride == 3 && r->pad_h == 0 && r->out.h == 5);
    netshow_release(&s);

    mem_fail_at(0);
    assert_int_equal(netshow_init(&s, &n, &e), ERR_MEMORY);
    network_release(&n);
    assert_int_equal(mem_live_blocks(), 0);
}

static void resnet18_has_padded_windows(void **state)
{
    (void)state;
    struct network n;
    struct netshow s;
    struct err e;
    assert_int_equal(zoo_build(&n, &(struct model_spec){"resnet18", {0}, 1, 1000, 0, 0}, &e),
                     0);
    assert_int_equal(netshow_init(&s, &n, &e), 0);
    assert_int_equal(s.all.n_parameters, 11689512);
    assert_int_equal(s.all.n_statistics, 9600); // 2 * 4800 channels of batch norm
    assert_int_equal(s.aux.n_nodes, 0);
    const struct netshow_row *r = find(&s, "conv1");
    assert_true(r->kh == 7 && r->pad_h == 3 && r->pad_w == 3 && r->stride == 2);
    netshow_release(&s);
    network_release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inception_v4_adds_up),
        cmocka_unit_test(resnet18_has_padded_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
