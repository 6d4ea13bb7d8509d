/* test_net.c: what compiling promises: errors by name, plans that do not overlap, no leaks. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/plan.h"
#include "nn/variables.h"

static bool holds(const struct plan_buffer *b, size_t time)
{
    return (b->first <= time && time <= b->last) ||
           (b->again_last && b->again_first <= time && time <= b->again_last);
}

static void plans_do_not_overlap(void **state)
{
    (void)state;
    struct rng rng = rng_of(5, 0);
    struct plan_buffer b[200];
    struct err e;
    size_t total;
    for (size_t i = 0; i < 200; i++) {
        size_t first = rng_below(&rng, 100);
        b[i] = (struct plan_buffer){.bytes = rng_below(&rng, 5000),
                                    .first = first,
                                    .last = first + rng_below(&rng, 20)};
        if (i % 3 == 0) { // holds something twice
            b[i].again_first = b[i].last + 1 + rng_below(&rng, 30);
            b[i].again_last = b[i].again_first + rng_below(&rng, 20);
        }
    }
    assert_int_equal(plan_buffers(b, 200, &total, &e), 0);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(b[i].offset % 64, 0);
        assert_true(b[i].offset + b[i].bytes <= total);
        for (size_t k = 0; k < i; k++) {
            bool together = false;
            for (size_t time = 0; time < 200; time++)
                together |= holds(&b[i], time) && holds(&b[k], time);
            int apart = b[i].offset + b[i].bytes <= b[k].offset ||
                        b[k].offset + b[k].bytes <= b[i].offset;
            assert_true(!together || apart);
        }
    }
    assert_true((double)total <= 1.2 * (double)plan_lower_bound(b, 200));
}

static void builders_remember_their_first_failure(void **state)
{
    (void)state;
    struct graph *g;
    struct err e;
    assert_int_equal(graph_new(&g, &graph_names_slim, &e), 0);
    int x = graph_input(g, "x", 4, 4, 3);
    struct conv_params p = {.c_out = 8, .kh = 7, .kw = 7, .stride = 1};
    int y = graph_conv(g, "first", x, p);
    assert_int_equal(y, -1);
    assert_int_equal(graph_relu(g, "second", y), -1);
    assert_int_equal(graph_check(g, &e), ERR_USAGE);
    assert_string_equal(e.text,
                        "network: first: input 4 x 4 is too small for a window of 7 x 7");
    graph_free(g);
}

static struct graph *small_graph(int *x, int *y)
{
    struct graph *g;
    struct err e;
    if (graph_new(&g, &graph_names_slim, &e) < 0)
        return NULL;
    struct conv_params p = {.c_out = 8, .kh = 3, .kw = 3, .stride = 1, .is_same = true};
    *x = graph_input(g, "x", 6, 6, 3);
    int a = graph_conv(g, "conv", *x, p);
    a = graph_bnorm(g, "norm", a, (struct bnorm_params){0.001F, 0.9F, false});
    *y = graph_relu(g, "relu", a);
    if (graph_check(g, &e) == 0)
        return g;
    graph_free(g);
    return NULL;
}

static void what_is_not_fed_is_named(void **state)
{
    (void)state;
    int x, y;
    struct graph *g = small_graph(&x, &y);
    struct variables *v;
    struct err e;
    struct net *net;
    struct net_options o = net_options_defaults();
    assert_int_equal(variables_new(&v, g, &e), 0);
    int none;
    o.feeds = &none;
    o.n_feeds = 0;
    assert_int_equal(net_compile(&net, g, v, &o, &e), ERR_USAGE);
    assert_string_equal(e.text, "conv needs x, which is not fed");
    o = net_options_defaults();
    o.backend = "abacus";
    assert_int_equal(net_compile(&net, g, v, &o, &e), ERR_USAGE);
    variables_free(v);
    graph_free(g);
}

// Two convolutions, of which the second is computed in 8 bits.
static struct graph *deeper_graph(float *ranges)
{
    int x, y;
    struct err e;
    struct graph *g = small_graph(&x, &y);
    if (!g)
        return NULL;
    struct conv_params p = {.c_out = 8, .kh = 3, .kw = 3, .stride = 1, .is_same = true};
    int z = graph_conv(g, "second", y, p);
    z = graph_relu(g, "second/relu", z);
    if (graph_check(g, &e) < 0) {
        graph_free(g);
        return NULL;
    }
    for (size_t i = 0; i < graph_n_tensors(g); i++)
        ranges[i] = -1;
    ranges[y] = ranges[z] = 3;
    return g;
}

static void narrow_numbers_want_ranges_and_no_gradients(void **state)
{
    (void)state;
    float ranges[16];
    struct graph *g = deeper_graph(ranges);
    struct variables *v;
    struct err e;
    struct net *net;
    struct net_options o = net_options_defaults();
    assert_int_equal(variables_new(&v, g, &e), 0);
    o.dtype = DTYPE_U8;
    assert_int_equal(net_compile(&net, g, v, &o, &e), ERR_USAGE);
    assert_string_equal(e.text, "relu: its range of values is not known, which 8 bits need");
    o.ranges = ranges;
    assert_int_equal(net_compile(&net, g, v, &o, &e), 0);
    net_free(net);
    o.mode = NET_TRAINING;
    assert_int_equal(net_compile(&net, g, v, &o, &e), ERR_UNSUPPORTED);
    o.mode = NET_GRADIENTS;
    o.dtype = DTYPE_BF16;
    assert_int_equal(net_compile(&net, g, v, &o, &e), ERR_UNSUPPORTED);
    variables_free(v);
    graph_free(g);
}

// Fetched in the middle, a tensor is float32, and what reads it is not disturbed.
static void what_is_fetched_is_float32(void **state)
{
    (void)state;
    float ranges[16];
    double sum[2] = {0};
    struct graph *g = deeper_graph(ranges);
    struct variables *v;
    struct err e;
    int fetches[] = {graph_find(g, "second/relu"), graph_find(g, "relu")};
    assert_int_equal(variables_new(&v, g, &e), 0);
    variables_init(v, g, 1);
    for (size_t n = 1; n <= 2; n++) {
        struct net *net;
        struct net_options o = net_options_defaults();
        o.dtype = DTYPE_U8;
        o.ranges = ranges;
        o.fetches = fetches;
        o.n_fetches = n;
        assert_int_equal(net_compile(&net, g, v, &o, &e), 0);
        struct tensor in = net_feed(net, graph_find(g, "x"));
        for (size_t i = 0; i < tensor_elements(&in); i++)
            in.data[i] = (float)(i % 17) / 8 - 1;
        assert_int_equal(net_forward(net, &e), 0);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(net_fetch(net, fetches[k]).dtype, DTYPE_F32);
        struct tensor out = net_fetch(net, fetches[0]);
        for (size_t i = 0; i < tensor_elements(&out); i++)
            sum[n - 1] += (double)out.data[i];
        net_free(net);
    }
    assert_true(sum[0] > 0 && sum[0] == sum[1]);
    variables_free(v);
    graph_free(g);
}

static void compile_in_8_bits(struct net **net, struct variables **v, struct graph **g, int *rc)
{
    float ranges[16];
    struct err e;
    *g = deeper_graph(ranges);
    if (*g && variables_new(v, *g, &e) == 0) {
        struct net_options o = net_options_defaults();
        o.dtype = DTYPE_U8;
        o.ranges = ranges;
        *rc = net_compile(net, *g, *v, &o, &e);
        assert_true(*rc == 0 || *rc == ERR_MEMORY);
    }
}

static void try_training(struct net **net, struct variables **v, struct graph **g,
                         enum dtype dtype, int *rc)
{
    int x, y;
    struct err e;
    *g = small_graph(&x, &y);
    if (*g && variables_new(v, *g, &e) == 0) {
        struct net_options o = net_options_defaults();
        o.mode = NET_TRAINING;
        o.dtype = dtype;
        *rc = net_compile(net, *g, *v, &o, &e);
        assert_true(*rc == 0 || *rc == ERR_MEMORY);
    }
}

static void compile_for_training(struct net **net, struct variables **v, struct graph **g,
                                 int *rc)
{
    try_training(net, v, g, DTYPE_F32, rc);
}

static void compile_for_training_in_bfloat16(struct net **net, struct variables **v,
                                             struct graph **g, int *rc)
{
    try_training(net, v, g, DTYPE_BF16, rc);
}

// Each allocation fails once: an error each time, and nothing is left behind.
static void fail_each(void (*compile)(struct net **, struct variables **, struct graph **,
                                      int *))
{
    for (long n = 0; n < 1000; n++) {
        struct graph *g = NULL;
        struct variables *v = NULL;
        struct net *net = NULL;
        int rc = -1;
        mem_fail_at(n);
        compile(&net, &v, &g, &rc);
        mem_fail_at(-1);
        net_free(net);
        variables_free(v);
        graph_free(g);
        assert_int_equal(mem_live_blocks(), 0);
        if (rc == 0)
            return;
    }
    fail_msg("compiling never succeeded");
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    fail_each(compile_for_training);
    fail_each(compile_for_training_in_bfloat16);
    fail_each(compile_in_8_bits);
}

// A step neither allocates nor frees, and gives the same bits each time. (On another number of
// threads oneDNN adds up the gradients of weights in another order.)
static void a_step_allocates_nothing(void **state)
{
    (void)state;
    int x, y;
    struct graph *g = small_graph(&x, &y);
    struct variables *v;
    struct err e;
    float seen[2][8];
    assert_int_equal(variables_new(&v, g, &e), 0);
    variables_init(v, g, 1);
    for (int turn = 0; turn < 2; turn++) {
        struct net *net;
        struct net_options o = net_options_defaults();
        o.mode = NET_TRAINING;
        o.batch = 3;
        o.seeds = &y;
        o.n_seeds = 1;
        o.n_threads = 2;
        o.statistics = NET_STATISTICS_BATCH_NO_UPDATE;
        assert_int_equal(net_compile(&net, g, v, &o, &e), 0);
        struct tensor in = net_feed(net, x), d = net_tensor_gradient(net, y);
        for (size_t i = 0; i < tensor_elements(&in); i++)
            in.data[i] = (float)(i % 17) - 8;
        mem_fail_at(0); // whatever is allocated now fails
        assert_int_equal(net_forward(net, &e), 0);
        for (size_t i = 0; i < tensor_elements(&d); i++)
            d.data[i] = (float)(i % 5) - 2;
        assert_int_equal(net_backward(net, NULL, &e), 0);
        mem_fail_at(-1);
        memcpy(seen[turn], net_gradient(net, 0), sizeof seen[0]);
        net_free(net);
    }
    assert_memory_equal(seen[0], seen[1], sizeof seen[0]);
    variables_free(v);
    graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_do_not_overlap),
        cmocka_unit_test(builders_remember_their_first_failure),
        cmocka_unit_test(what_is_not_fed_is_named),
        cmocka_unit_test(narrow_numbers_want_ranges_and_no_gradients),
        cmocka_unit_test(what_is_fetched_is_float32),
        cmocka_unit_test(failing_allocations_leave_nothing),
        cmocka_unit_test(a_step_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
