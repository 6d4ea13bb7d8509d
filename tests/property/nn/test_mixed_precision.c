/*
 * test_mixed_precision.c: a small network that is trained in bfloat16, with float32 variables, learns
 * what it learns in float32: to tell horizontal stripes in noise from vertical ones.
 *
 * SEED=n in the environment chooses pictures and weights.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/optim.h"
#include "nn/variables.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 12, BATCH = 16, STEPS = 80, JUDGED = 20 };

// A residual block between two convolutions: every operation that has a gradient in bfloat16.
static struct graph *small_network(int *input, int *logits, int *loss)
{
    struct err e;
    struct graph *g;
    struct conv_params conv = {.c_out = 8, .kh = 3, .kw = 3, .stride = 1, .is_same = true};
    struct bnorm_params norm = {0.001F, 0.9F, true};
    struct pool_params most = {POOL_MAX, 3, 3, 2, 1, 1}, mean = {POOL_AVERAGE, 3, 3, 2, 1, 1};
    assert_int_equal(graph_new(&g, &graph_names_slim, &e), 0);
    *input = graph_input(g, "input", SIDE, SIDE, 1);
    int x = graph_relu(g, "a/relu",
                       graph_bnorm(g, "a/norm", graph_conv(g, "a", *input, conv), norm));
    int side = graph_bnorm(g, "b/norm", graph_conv(g, "b", x, conv), norm);
    x = graph_relu(g, "sum/relu", graph_add(g, "sum", side, x));
    int both[] = {graph_pool(g, "most", x, most), graph_pool(g, "mean", x, mean)};
    x = graph_concat(g, "both", both, 2);
    x = graph_relu(g, "c/relu", graph_bnorm(g, "c/norm", graph_conv(g, "c", x, conv), norm));
    *logits = graph_dense(g, "logits", graph_global_average(g, "average", x), 2);
    *loss = graph_softmax_loss(g, "loss", *logits, (struct loss_params){0, NULL});
    assert_int_equal(graph_check(g, &e), 0);
    return g;
}

static void draw(struct net *net, int input, uint64_t seed, uint64_t step)
{
    struct tensor in = net_feed(net, input);
    struct rng rng = rng_of(seed, step);
    for (size_t i = 0; i < BATCH; i++) {
        bool is_vertical = rng_below(&rng, 2);
        double phase = rng_between(&rng, 0, 6.28);
        net_labels(net)[i] = is_vertical;
        for (size_t p = 0; p < SIDE * SIDE; p++) {
            double along = (double)(is_vertical ? p % SIDE : p / SIDE);
            in.data[i * SIDE * SIDE + p] =
                (float)(sin(2 * along + phase) + 0.5 * rng_normal(&rng));
        }
    }
}

struct learnt {
    double first, last, accuracy; // loss of the first step; mean of the last ones
};

static struct learnt learn(const char *backend, enum dtype dtype, uint64_t seed)
{
    struct err e;
    struct net *net;
    struct optim *optim;
    struct variables *v;
    struct learnt l = {0};
    int input, logits, loss;
    struct graph *g = small_network(&input, &logits, &loss);
    struct net_options o = net_options_defaults();
    struct optim_options oo = optim_options_slim();
    oo.kind = OPTIM_ADAM;
    oo.epsilon = 1e-7F;
    o.mode = NET_TRAINING;
    o.dtype = dtype;
    o.batch = BATCH;
    o.backend = backend;
    o.fetches = &logits;
    o.n_fetches = 1;
    assert_int_equal(variables_new(&v, g, &e), 0);
    variables_init(v, g, seed);
    if (net_compile(&net, g, v, &o, &e) < 0)
        fail_msg("%s: %s", backend, e.text);
    assert_int_equal(optim_new(&optim, g, net, &oo, &e), 0);
    for (uint64_t step = 0; step < STEPS; step++) {
        draw(net, input, seed, step);
        assert_int_equal(net_forward(net, &e), 0);
        l.first = step ? l.first : net_loss(net, loss);
        l.last += step + JUDGED < STEPS ? 0 : net_loss(net, loss) / JUDGED;
        struct tensor t = net_fetch(net, logits);
        for (size_t i = 0; step + JUDGED >= STEPS && i < BATCH; i++)
            l.accuracy += (t.data[2 * i + 1] > t.data[2 * i]) == net_labels(net)[i];
        assert_int_equal(net_backward(net, NULL, &e), 0);
        optim_step(optim, v, 0.01F);
    }
    l.accuracy /= JUDGED * BATCH;
    optim_free(optim);
    net_free(net);
    variables_free(v);
    graph_free(g);
    printf("%s in %s: loss %.4f, then %.4f; %.1f %% right\n", backend,
           dtype == DTYPE_F32 ? "float32" : "bfloat16", l.first, l.last, 100 * l.accuracy);
    return l;
}

/*
 * The first loss is of the same weights: four layers whose weights and activations are rounded by half of 2^-8 in
 * the mean leave 8 2^-9 of the logits, which are of size one. Then two runs part, as two seeds would; what
 * both come to is told by the task: one in a hundred wrong at the most, and a loss of that order, where
 * guessing has ln 2 = 0.69.
 */
static void bfloat16_learns_what_float32_learns(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    struct learnt wanted = learn("ref", DTYPE_F32, seed);
    struct learnt got[] = {learn("ref", DTYPE_BF16, seed), learn("onednn", DTYPE_BF16, seed)};
    assert_true(wanted.last < 0.05 && wanted.accuracy >= 0.99);
    for (size_t i = 0; i < 2; i++) {
        assert_true(fabs(got[i].first - wanted.first) <= 0x1p-6);
        assert_true(got[i].last < 0.05 && got[i].accuracy >= 0.99);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bfloat16_learns_what_float32_learns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
