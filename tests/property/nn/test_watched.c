/*
 * test_watched.c: gradients at tensors inside a network, as explaining wants them: equal to
 * differences of five points on ref, the same on onednn, with the moving statistics and without dropout;
 * and where the places of a map lie. The seed is printed; SEED=n in the environment replays it.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/receptive.h"
#include "nn/variables.h"

#include <math.h>

enum { N_CLASSES = 3, TRIALS = 12 };

// Two branches, a map behind their concatenation, and a head with dropout.
struct subject {
    struct graph *g;
    struct variables *v;
    uint64_t seed;
    int input, branch, map, last, logits; // branch: a fused ReLU; map: the concatenation
};

static int unit(struct graph *g, const char *name, int in, size_t c, size_t k, size_t stride)
{
    char text[32];
    struct conv_params p = {.c_out = c, .kh = k, .kw = k, .stride = stride, .is_same = true};
    snprintf(text, sizeof text, "%s_conv", name);
    int x = graph_conv(g, text, in, p);
    snprintf(text, sizeof text, "%s_norm", name);
    x = graph_bnorm(g, text, x, (struct bnorm_params){0.001F, 0.9F, true});
    return graph_relu(g, name, x);
}

static void subject_begin(struct subject *s, uint64_t seed)
{
    struct rng rng = rng_of(seed, 1);
    struct err e;
    s->seed = seed;
    assert_int_equal(graph_new(&s->g, &graph_names_slim, &e), 0);
    s->input = graph_input(s->g, "x", 9 + rng_below(&rng, 5), 11 + rng_below(&rng, 5), 2);
    int a = s->branch = unit(s->g, "a", s->input, 5, 3, 2);
    int b = unit(s->g, "b", s->input, 4, 1, 2);
    int both[] = {a, b};
    s->map = graph_concat(s->g, "map", both, 2);
    s->last = unit(s->g, "c", s->map, 6, 3, 1);
    int x = graph_global_average(s->g, "average", s->last);
    x = graph_dropout(s->g, "dropout", x, 0.5F);
    s->logits = graph_dense(s->g, "logits", x, N_CLASSES);
    assert_int_equal(graph_check(s->g, &e), 0);
    assert_int_equal(variables_new(&s->v, s->g, &e), 0);
    for (size_t i = 0; i < s->v->n; i++) {
        const struct variable *d = graph_variable(s->g, i);
        bool is_variance = d->role == VARIABLE_MOVING_VARIANCE;
        for (size_t k = 0; k < d->n_elements; k++)
            s->v->value[i][k] =
                (float)rng_between(&rng, is_variance ? 0.5 : -1, is_variance ? 1.5 : 1);
    }
}

static void subject_end(struct subject *s)
{
    variables_free(s->v);
    graph_free(s->g);
}

static void fill(struct tensor x, uint64_t seed, uint64_t stream)
{
    struct rng rng = rng_of(seed, stream);
    for (size_t i = 0; i < tensor_elements(&x); i++)
        x.data[i] = (float)rng_between(&rng, -1, 1);
}

static struct net *compile(struct subject *s, const char *backend, enum net_mode mode,
                           int watched)
{
    struct err e;
    struct net *net;
    struct net_options o = net_options_defaults();
    int fetches[] = {s->logits, watched};
    o.mode = mode;
    o.backend = backend;
    o.fetches = fetches;
    o.n_fetches = watched < 0 ? 1 : 2;
    o.seeds = &s->logits;
    o.n_seeds = 1;
    o.watches = &watched;
    o.n_watches = watched >= 0;
    o.n_threads = 1;
    if (net_compile(&net, s->g, s->v, &o, &e) < 0)
        fail_msg("%s: %s", backend, e.text);
    return net;
}

// The gradient of one logit at a tensor.
static struct tensor gradient(struct net *net, const struct subject *s, int watched, size_t k)
{
    struct err e;
    fill(net_feed(net, s->input), s->seed, 2);
    assert_int_equal(net_forward(net, &e), 0);
    struct tensor d = net_tensor_gradient(net, s->logits);
    for (size_t i = 0; i < N_CLASSES; i++)
        d.data[i] = i == k;
    assert_int_equal(net_backward(net, NULL, &e), 0);
    return net_tensor_gradient(net, watched);
}

// logits[k] as a function of the watched tensor, which is fed.
static double head(struct net *net, const struct subject *s, int watched, size_t k,
                   const float *at, size_t n)
{
    struct err e;
    fill(net_feed(net, s->input), s->seed, 2);
    memcpy(net_feed(net, watched).data, at, n * sizeof *at);
    assert_int_equal(net_forward(net, &e), 0);
    return (double)net_fetch(net, s->logits).data[k];
}

/*
 * What follows a tensor is straight between the kinks of ReLU: where the slopes between five points at a
 * distance of 2^-6 differ, a kink lies between, and there is no gradient. A logit is a sum of some
 * hundred float32 products of about its own size: wrong by 8 roundings of it at the worst.
 */
static bool agrees(struct net *net, const struct subject *s, int watched, size_t k, float *at,
                   size_t n, size_t i, double analytic)
{
    const double h = 0x1p-6;
    double f[5];
    float before = at[i];
    for (int p = 0; p < 5; p++) {
        at[i] = before + (float)((p - 2) * h);
        f[p] = head(net, s, watched, k, at, n);
    }
    at[i] = before;
    double rounding = 8 * 0x1p-24 * (1 + fabs(f[2])) / h, slope = (f[4] - f[0]) / (4 * h);
    for (int p = 0; p < 4; p++)
        if (fabs((f[p + 1] - f[p]) / h - slope) > 2e-4 * (1 + fabs(slope)) + 2 * rounding)
            return false;
    if (!(fabs(slope - analytic) <= 1e-3 * (1 + fabs(slope)) + rounding / 2))
        fail_msg("place %zu: gradient %.6g, differences say %.6g", i, analytic, slope);
    return true;
}

static size_t compare_with_differences(struct subject *s, int watched, uint64_t seed)
{
    struct err e;
    struct net *head_net, *net = compile(s, "ref", NET_GRADIENTS, watched);
    struct net_options o = net_options_defaults();
    struct rng rng = rng_of(seed, 3);
    size_t n_smooth = 0;
    o.backend = "ref";
    const int feeds[] = {watched, s->input}; // the other branch wants the input
    o.feeds = feeds;
    o.n_feeds = 2;
    o.fetches = &s->logits;
    o.n_fetches = 1;
    assert_int_equal(net_compile(&head_net, s->g, s->v, &o, &e), 0);
    for (size_t k = 0; k < N_CLASSES; k++) {
        struct tensor d = gradient(net, s, watched, k), value = net_fetch(net, watched);
        size_t n = tensor_elements(&value);
        float *at = mem_array(n, sizeof *at);
        assert_non_null(at);
        memcpy(at, value.data, n * sizeof *at);
        for (int probe = 0; probe < 8; probe++) {
            size_t i = rng_below(&rng, (uint32_t)n);
            n_smooth += agrees(head_net, s, watched, k, at, n, i, (double)d.data[i]);
        }
        mem_free(at);
    }
    net_free(head_net);
    net_free(net);
    return n_smooth;
}

static void gradients_inside_agree_with_differences(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    printf("SEED=%llu\n", (unsigned long long)seed);
    size_t n_smooth = 0;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct subject s;
        subject_begin(&s, seed + i);
        const int watched[] = {s.branch, s.map, s.last};
        for (int k = 0; k < 3; k++)
            n_smooth += compare_with_differences(&s, watched[k], seed + i);
        subject_end(&s);
    }
    assert_true(n_smooth >= (size_t)TRIALS * 3 * N_CLASSES * 8 / 2); // most are no kinks
    assert_int_equal(mem_live_blocks(), 0);
}

// Sums of some hundred products of size one, added in another order: 2e-4, as in test_backends.c.
static void expect_close(struct tensor a, struct tensor b, const char *what)
{
    assert_int_equal(tensor_elements(&a), tensor_elements(&b));
    double scale = 1e-3;
    for (size_t i = 0; i < tensor_elements(&b); i++)
        scale = fmax(scale, fabs((double)b.data[i]));
    for (size_t i = 0; i < tensor_elements(&a); i++)
        if (!(fabs((double)a.data[i] - (double)b.data[i]) <= 2e-4 * scale))
            fail_msg("%s: [%zu] is %.9g, wanted %.9g", what, i, (double)a.data[i],
                     (double)b.data[i]);
}

static void backends_agree_and_compute_what_inference_computes(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    struct err e;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct subject s;
        subject_begin(&s, seed + i);
        struct net *inference = compile(&s, "onednn", NET_INFERENCE, -1);
        fill(net_feed(inference, s.input), seed + i, 2);
        assert_int_equal(net_forward(inference, &e), 0);
        const int watched[] = {s.branch, s.map, s.last};
        for (int k = 0; k < 3; k++) {
            struct net *judge = compile(&s, "ref", NET_GRADIENTS, watched[k]);
            struct net *net = compile(&s, "onednn", NET_GRADIENTS, watched[k]);
            struct tensor wanted = gradient(judge, &s, watched[k], 1);
            expect_close(gradient(net, &s, watched[k], 1), wanted, "gradient");
            expect_close(net_fetch(net, watched[k]), net_fetch(judge, watched[k]), "map");
            expect_close(net_fetch(net, s.logits), net_fetch(inference, s.logits), "logits");
            for (size_t v = 0; v < s.v->n; v++)
                assert_null(net_gradient(net, v));
            net_free(judge);
            net_free(net);
        }
        net_free(inference);
        subject_end(&s);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

/*
 * A place of a map depends on the input around its middle and nowhere else: the gradient of one place
 * with regard to the input vanishes outside of the extent, and not at its rim.
 */
static void places_lie_where_they_see(void **state)
{
    (void)state;
    struct subject s;
    struct err e;
    struct receptive r;
    subject_begin(&s, 5);
    assert_int_equal(receptive_of(&r, s.g, s.input, s.input, &e), 0);
    assert_true(r.x.first == 0 && r.x.step == 1 && r.x.extent == 1);
    assert_int_equal(receptive_of(&r, s.g, s.input, s.logits, &e), ERR_UNSUPPORTED);
    assert_string_equal(e.text, "logits has no places in x");
    assert_int_equal(receptive_of(&r, s.g, s.input, s.last, &e), 0);
    // 3 wide at stride 2, then 3 wide at stride 1: 3 + 2 * 2 input places, 2 apart
    assert_true(r.x.first == 0 && r.x.step == 2 && r.x.extent == 7);
    struct net *net;
    struct net_options o = net_options_defaults();
    o.mode = NET_GRADIENTS;
    o.backend = "ref";
    o.fetches = o.seeds = &s.last;
    o.n_fetches = o.n_seeds = 1;
    o.want_feed_gradients = true;
    assert_int_equal(net_compile(&net, s.g, s.v, &o, &e), 0);
    fill(net_feed(net, s.input), 5, 2);
    assert_int_equal(net_forward(net, &e), 0);
    struct tensor seed = net_tensor_gradient(net, s.last);
    size_t y = seed.h / 2, x = seed.w / 2;
    for (size_t i = 0; i < tensor_elements(&seed); i++)
        seed.data[i] = i / seed.c == y * seed.w + x ? 1 : 0;
    assert_int_equal(net_backward(net, NULL, &e), 0);
    struct tensor d = net_tensor_gradient(net, s.input);
    double middle = r.x.first + r.x.step * (double)x, furthest = 0;
    for (size_t i = 0; i < tensor_elements(&d); i++)
        if (d.data[i] != 0)
            furthest = fmax(furthest, fabs((double)(i / d.c % d.w) - middle));
    assert_true(furthest == (r.x.extent - 1) / 2);
    net_free(net);
    subject_end(&s);
}

static void a_watch_that_is_no_tensor_is_refused(void **state)
{
    (void)state;
    struct subject s;
    struct err e;
    struct net *net;
    int none = 1000;
    subject_begin(&s, 5);
    struct net_options o = net_options_defaults();
    o.mode = NET_GRADIENTS;
    o.watches = &none;
    o.n_watches = 1;
    assert_int_equal(net_compile(&net, s.g, s.v, &o, &e), ERR_USAGE);
    assert_string_equal(e.text, "watch 0 is no tensor of the network");
    subject_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_inside_agree_with_differences),
        cmocka_unit_test(backends_agree_and_compute_what_inference_computes),
        cmocka_unit_test(places_lie_where_they_see),
        cmocka_unit_test(a_watch_that_is_no_tensor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
