/*
 * test_narrow.c: networks of numbers of 8 bits and of bfloat16: the backends against each other, and
 * against the same network in float32.
 *
 * SEED=n in the environment chooses the networks.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/op/number.h"
#include "nn/variables.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRIALS = 40, MAX_TENSORS = 64 };

// Weights are rounded to 1 / 127 of the largest of their channel at the worst (two neighbours being as large),
// activations to 1 / 510: four layers of errors that point all the same way would come to
// 4 (1 / 127 + 1 / 510) = 0.04 of what is added up, which can be twice what is left of it.
#define LOSS_OF_8_BITS 0.08

struct trial {
    struct graph *g;
    struct variables *v;
    struct rng rng;
    size_t batch;
    int input, output;
    bool is_extreme; // inputs and weights are as large as they can be
    float ranges[MAX_TENSORS];
};

static size_t pick(struct trial *t, size_t least, size_t most)
{
    return least + (size_t)rng_below(&t->rng, (uint32_t)(most - least + 1));
}

static int conv(struct trial *t, const char *name, int in, size_t stride)
{
    char norm[32], relu[32];
    struct conv_params p = {.c_out = pick(t, 1, 40), .stride = stride};
    p.kh = pick(t, 0, 1) ? 3 : 1;
    p.kw = pick(t, 0, 1) ? 3 : 1;
    p.is_same = true;
    p.has_bias = pick(t, 0, 1);
    snprintf(norm, sizeof norm, "%s/norm", name);
    snprintf(relu, sizeof relu, "%s/relu", name);
    int x = graph_conv(t->g, name, in, p);
    if (pick(t, 0, 3))
        x = graph_bnorm(t->g, norm, x, (struct bnorm_params){0.001F, 0.9F, pick(t, 0, 1)});
    return graph_relu(t->g, relu, x);
}

/*
 * Blocks like Inception's, on what a ReLU gives: the first conversion is then of the same numbers whatever
 * the backend, and all behind it is of 8 bits. A pool that is fetched shows these numbers as they are.
 */
static void build_block(struct trial *t)
{
    struct pool_params same = {POOL_AVERAGE, 3, 3, 1, 1, 1}, down = {POOL_MAX, 3, 3, 2, 1, 1};
    int x = graph_relu(t->g, "first", t->input);
    int a = conv(t, "a", x, 1);
    int b = conv(t, "b2", conv(t, "b1", x, 1), 1);
    int c = conv(t, "c", graph_pool(t->g, "average", x, same), 1);
    int all[] = {a, b, c};
    x = graph_concat(t->g, "all", all, 3);
    int last[] = {graph_pool(t->g, "max", x, down), conv(t, "d", x, 2)};
    x = graph_concat(t->g, "last", last, 2);
    t->output = graph_pool(t->g, "shown", x, (struct pool_params){POOL_MAX, 1, 1, 1, 0, 0});
}

// Convolutions alone, whose products add up to the largest sums that 8 bits give.
static void build_convolutions(struct trial *t)
{
    int x = conv(t, "a", graph_relu(t->g, "first", t->input), 1);
    t->output = graph_pool(t->g, "shown", conv(t, "b", x, 1),
                           (struct pool_params){POOL_MAX, 1, 1, 1, 0, 0});
}

// A residual block: what is added is float32.
static void build_residual(struct trial *t)
{
    struct conv_params p = {.c_out = 16, .kh = 3, .kw = 3, .stride = 1, .is_same = true};
    int x = conv(t, "a", t->input, 1);
    int b = graph_bnorm(t->g, "b/norm", graph_conv(t->g, "b", x, p),
                        (struct bnorm_params){0.001F, 0.9F, true});
    int shortcut = graph_conv(t->g, "shortcut", x, p);
    x = graph_relu(t->g, "sum/relu", graph_add(t->g, "sum", b, shortcut));
    x = conv(t, "c", x, 1);
    x = graph_global_average(t->g, "average", x);
    t->output = graph_dense(t->g, "logits", x, 3);
}

static void trial_begin(struct trial *t, void (*build)(struct trial *), uint64_t seed)
{
    struct err e;
    *t = (struct trial){.rng = rng_of(seed, 8)};
    assert_int_equal(graph_new(&t->g, &graph_names_slim, &e), 0);
    t->batch = pick(t, 1, 3);
    size_t h = pick(t, 0, 3) ? pick(t, 5, 12) : 1; // 1: a signal
    t->input = graph_input(t->g, "input", h, pick(t, 5, 30), pick(t, 1, 40));
    build(t);
    if (graph_check(t->g, &e) < 0)
        fail_msg("%s", e.text);
    assert_true(graph_n_tensors(t->g) <= MAX_TENSORS);
    assert_int_equal(variables_new(&t->v, t->g, &e), 0);
    for (size_t i = 0; i < t->v->n; i++) {
        const struct variable *d = graph_variable(t->g, i);
        for (size_t j = 0; j < d->n_elements; j++)
            t->v->value[i][j] =
                (float)(d->role == VARIABLE_MOVING_VARIANCE || d->role == VARIABLE_GAMMA
                            ? rng_between(&t->rng, 0.5, 1.5)
                            : rng_between(&t->rng, -0.3, 0.3));
    }
}

// Weights of one size and any sign, inputs all at the top of their range.
static void make_extreme(struct trial *t)
{
    t->is_extreme = true;
    for (size_t i = 0; i < t->v->n; i++)
        for (size_t j = 0; graph_variable(t->g, i)->role == VARIABLE_WEIGHTS &&
                           j < graph_variable(t->g, i)->n_elements;
             j++)
            t->v->value[i][j] = pick(t, 0, 2) ? 1 : -1;
}

static void trial_end(struct trial *t)
{
    variables_free(t->v);
    graph_free(t->g);
}

static void fill(struct tensor x, uint64_t seed, bool is_extreme)
{
    struct rng rng = rng_of(seed, 1000);
    for (size_t i = 0; i < tensor_elements(&x); i++)
        x.data[i] = is_extreme ? 1 : (float)rng_between(&rng, -1, 1);
}

// All that is ours in bfloat16, without what oneDNN computes. Sums of values of a ReLU and others.
static void build_without_products(struct trial *t)
{
    struct pool_params same = {POOL_AVERAGE, 3, 3, 1, 1, 1}, down = {POOL_MAX, 3, 3, 2, 1, 1};
    int x = graph_relu(t->g, "first", t->input);
    int sum = graph_add(t->g, "sum", graph_pool(t->g, "average", t->input, same), x);
    int all[] = {graph_relu(t->g, "sum/relu", sum), t->input, x};
    t->output = graph_pool(t->g, "max", graph_concat(t->g, "all", all, 3), down);
}

static struct net *compile(struct trial *t, const char *backend, enum dtype dtype,
                           const int *fetches, size_t n_fetches)
{
    struct err e;
    struct net *net;
    struct net_options o = net_options_defaults();
    o.batch = t->batch;
    o.backend = backend;
    o.n_threads = 2;
    o.dtype = dtype;
    o.ranges = t->ranges;
    o.fetches = fetches;
    o.n_fetches = n_fetches;
    if (net_compile(&net, t->g, t->v, &o, &e) < 0)
        fail_msg("%s: %s", backend, e.text);
    return net;
}

static void run(struct trial *t, struct net *net, uint64_t seed)
{
    struct err e;
    fill(net_feed(net, t->input), seed, t->is_extreme);
    assert_int_equal(net_forward(net, &e), 0);
}

// The largest value of each ReLU's output on what the trial is run on.
static void find_ranges(struct trial *t, uint64_t seed)
{
    int relus[MAX_TENSORS];
    size_t n = 0;
    for (size_t i = 0; i < graph_n_nodes(t->g); i++) {
        struct graph_node_info info = graph_node_info(t->g, i);
        if (!strcmp(info.op, "relu"))
            relus[n++] = info.out;
    }
    struct net *net = compile(t, "ref", DTYPE_F32, relus, n);
    run(t, net, seed);
    for (size_t i = 0; i < n; i++) {
        struct tensor x = net_fetch(net, relus[i]);
        t->ranges[relus[i]] = 0;
        for (size_t k = 0; k < tensor_elements(&x); k++)
            t->ranges[relus[i]] = fmaxf(t->ranges[relus[i]], x.data[k]);
    }
    net_free(net);
}

static double largest(struct tensor x)
{
    double m = 0;
    for (size_t i = 0; i < tensor_elements(&x); i++)
        m = fmax(m, fabs((double)x.data[i]));
    return m;
}

// The largest difference, in units of the largest value.
static double difference(struct tensor a, struct tensor b)
{
    double most = 0, scale = fmax(largest(b), 1e-6);
    assert_int_equal(tensor_elements(&a), tensor_elements(&b));
    for (size_t i = 0; i < tensor_elements(&a); i++)
        most = fmax(most, fabs((double)a.data[i] - (double)b.data[i]) / scale);
    return most;
}

struct bounds {
    double between_backends, to_float32; // shares of the largest value
};

static void compare(void (*build)(struct trial *), enum dtype dtype, uint64_t seed,
                    struct bounds b, double *worst)
{
    struct trial t;
    trial_begin(&t, build, seed);
    if (build == build_convolutions)
        make_extreme(&t);
    find_ranges(&t, seed);
    struct net *exact = compile(&t, "ref", DTYPE_F32, &t.output, 1);
    struct net *judge = compile(&t, "ref", dtype, &t.output, 1);
    run(&t, exact, seed);
    run(&t, judge, seed);
    double d = difference(net_fetch(judge, t.output), net_fetch(exact, t.output));
    *worst = fmax(*worst, d);
    if (!(d <= b.to_float32))
        fail_msg("SEED=%llu: differs from float32 by %.3g of the largest value",
                 (unsigned long long)seed, d);
    struct net *net = compile(&t, "onednn", dtype, &t.output, 1);
    run(&t, net, seed);
    d = difference(net_fetch(net, t.output), net_fetch(judge, t.output));
    if (!(d <= b.between_backends))
        fail_msg("SEED=%llu: onednn differs from ref by %.3g of the largest value",
                 (unsigned long long)seed, d);
    net_free(exact);
    net_free(judge);
    net_free(net);
    trial_end(&t);
}

static void compare_all(const char *what, void (*build)(struct trial *), enum dtype dtype,
                        struct bounds b)
{
    double worst = 0;
    for (uint64_t i = 0; i < TRIALS; i++)
        compare(build, dtype, seed_of_run() + i, b, &worst);
    printf("%s: differs from float32 by at most %.3g\n", what, worst);
    assert_int_equal(mem_live_blocks(), 0);
}

// All sums are exact, and what follows them is rounded alike, so no number differs by a step.
static void a_block_of_8_bits_is_the_same_everywhere(void **state)
{
    (void)state;
    compare_all("block, 8 bits", build_block, DTYPE_U8, (struct bounds){1e-6, LOSS_OF_8_BITS});
}

// Kernels without VNNI add products in 16 bits, which would saturate here (inference.h).
static void the_largest_products_do_not_saturate(void **state)
{
    (void)state;
    compare_all("largest, 8 bits", build_convolutions, DTYPE_U8,
                (struct bounds){1e-6, LOSS_OF_8_BITS});
}

// The first convolution is float32, whose sums differ in their last bits: where one is at a half, a number
// differs by a step of 1 / 255, of the hundred and more that each result is made of.
static void a_residual_block_of_8_bits_nearly(void **state)
{
    (void)state;
    compare_all("residual, 8 bits", build_residual, DTYPE_U8,
                (struct bounds){1.0 / 255, LOSS_OF_8_BITS});
}

/*
 * bfloat16 has 8 bits: a rounding errs by 2^-8 at the worst and by half of that in the mean. Weights and
 * activations of four layers that err all the same way: 8 2^-9 of what is added up, which can be twice what is
 * left of it: 2^-5. Between backends sums differ in their last bits, which turns single roundings: a step
 * of 2^-7 in few numbers.
 */
static const struct bounds of_bf16 = {0x1p-7, 0x1p-5};

static void blocks_of_bfloat16(void **state)
{
    (void)state;
    compare_all("block, bfloat16", build_block, DTYPE_BF16, of_bf16);
    compare_all("residual, bfloat16", build_residual, DTYPE_BF16, of_bf16);
}

static void our_own_kernels_of_bfloat16(void **state)
{
    (void)state;
    double worst = 0;
    for (uint64_t i = 0; i < TRIALS; i++)
        compare(build_without_products, DTYPE_BF16, seed_of_run() + i,
                (struct bounds){0x1p-8, 0x1p-7}, &worst);
}

static void numbers_round_to_the_nearest_even(void **state)
{
    (void)state;
    assert_int_equal(number_to_bf16(1), 0x3f80);
    assert_int_equal(number_to_bf16(1 + 0x1p-8F), 0x3f80); // a tie: down to even
    assert_int_equal(number_to_bf16(1 + 0x3p-8F), 0x3f82); // a tie: up to even
    assert_int_equal(number_to_bf16(1 + 0x1p-8F + 0x1p-20F), 0x3f81);
    assert_int_equal(number_to_bf16(-FLT_MAX), 0xff80);
    assert_true(isinf(number_from_bf16(0x7f80)));
    assert_true(isnan(number_from_bf16(number_to_bf16(NAN))));
    const uint32_t bits = 0x7f800001; // a NaN whose upper half alone would be infinity
    float signalling;
    memcpy(&signalling, &bits, sizeof bits);
    assert_true(isnan(number_from_bf16(number_to_bf16(signalling))));
    const float values[] = {-1, 0, 0.5F, 1.5F, 2.5F, 254.6F, 300, NAN};
    const uint8_t wanted[] = {0, 0, 0, 2, 2, 255, 255, 0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_int_equal(number_to_u8(values[i]), wanted[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_round_to_the_nearest_even),
        cmocka_unit_test(a_block_of_8_bits_is_the_same_everywhere),
        cmocka_unit_test(the_largest_products_do_not_saturate),
        cmocka_unit_test(a_residual_block_of_8_bits_nearly),
        cmocka_unit_test(blocks_of_bfloat16),
        cmocka_unit_test(our_own_kernels_of_bfloat16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
