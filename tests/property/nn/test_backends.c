/*
 * test_backends.c: every operation on every backend against the reference, and the reference's
 * gradients against five-point differences, on random small networks. The seed is printed;
 * SEED=n in the environment replays it.
 *
 * A case is a graph of one operation (with what it is fused with around it), random input,
 * random variables and a random cotangent. Tolerances: backends sum the same products in
 * another order; with at most a few thousand terms of size one the float32 error of a sum stays
 * below 1e-5 * sqrt(terms) relative to the largest value; 2e-4 leaves room for batch norm's
 * division. Of bfloat16 further down.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/variables.h"

#include <math.h>

struct trial {
    struct rng rng;
    struct graph *g;
    struct variables *v;
    size_t batch;
    int input, output;
    bool is_moving;   // batch norm by the moving statistics
    bool in_eights;   // channels, as blocks of channels want them
    enum dtype dtype; // what is compiled next
};

static size_t pick(struct trial *t, size_t from, size_t to)
{
    return from + rng_below(&t->rng, (uint32_t)(to - from + 1));
}

static size_t pick_channels(struct trial *t, size_t most)
{
    size_t c = pick(t, 1, most);
    return t->in_eights ? (c + 7) / 8 * 8 : c;
}

static void build_conv(struct trial *t)
{
    struct conv_params p = {
        .c_out = pick_channels(t, 40), .kh = pick(t, 1, 5), .kw = pick(t, 1, 5)};
    p.stride = pick(t, 1, 3);
    p.is_same = pick(t, 0, 1);
    if (!p.is_same) {
        p.pad_h = pick(t, 0, p.kh / 2);
        p.pad_w = pick(t, 0, p.kw / 2);
    }
    p.has_bias = pick(t, 0, 1);
    t->output = graph_conv(t->g, "conv", t->input, p);
}

static void build_conv_relu(struct trial *t)
{
    build_conv(t);
    t->output = graph_relu(t->g, "relu", t->output);
}

static void build_block(struct trial *t)
{
    struct conv_params p = {.c_out = pick_channels(t, 40),
                            .kh = 3,
                            .kw = 3,
                            .stride = pick(t, 1, 2),
                            .is_same = true};
    struct bnorm_params b = {0.001F, 0.9F, pick(t, 0, 1)};
    int x = graph_conv(t->g, "conv", t->input, p);
    x = graph_bnorm(t->g, "norm", x, b);
    t->output = graph_relu(t->g, "relu", x);
    t->is_moving = pick(t, 0, 1);
}

static void build_bnorm(struct trial *t)
{
    struct bnorm_params b = {0.001F, 0.9F, pick(t, 0, 1)};
    t->output = graph_bnorm(t->g, "norm", t->input, b);
    t->is_moving = pick(t, 0, 1);
}

static void build_relu(struct trial *t)
{
    t->output = graph_relu(t->g, "relu", t->input);
}

// Windows that need not be square, on maps that need not be either.
static struct pool_params random_pool(struct trial *t, enum pool_kind kind)
{
    struct pool_params p = {.kind = kind, .kh = pick(t, 1, 5), .kw = pick(t, 1, 5)};
    p.stride = pick(t, 1, 3);
    p.pad_h = pick(t, 0, p.kh / 2);
    p.pad_w = pick(t, 0, p.kw / 2);
    return p;
}

static void build_max(struct trial *t)
{
    t->output = graph_pool(t->g, "max", t->input, random_pool(t, POOL_MAX));
}

static void build_average(struct trial *t)
{
    t->output = graph_pool(t->g, "average", t->input, random_pool(t, POOL_AVERAGE));
}

static void build_max_1d(struct trial *t)
{
    struct pool_params p = random_pool(t, POOL_MAX);
    p.kh = 1;
    p.pad_h = 0;
    t->output = graph_pool(t->g, "max", t->input, p);
}

static void build_average_1d(struct trial *t)
{
    struct pool_params p = random_pool(t, POOL_AVERAGE);
    p.kh = 1;
    p.pad_h = 0;
    t->output = graph_pool(t->g, "average", t->input, p);
}

static void build_conv_1d(struct trial *t)
{
    struct conv_params p = {.c_out = pick_channels(t, 40), .kh = 1, .kw = pick(t, 1, 17)};
    p.stride = pick(t, 1, 3);
    p.is_same = pick(t, 0, 1);
    p.pad_w = p.is_same ? 0 : pick(t, p.kw / 2, p.kw - 1); // 9 samples and more are enough
    p.has_bias = pick(t, 0, 1);
    t->output = graph_conv(t->g, "conv", t->input, p);
}

// A signal's block: H = 1, wide windows, stride 2, the shortcut averaged.
static void build_signal(struct trial *t)
{
    struct bnorm_params b = {0.001F, 0.9F, true};
    size_t k = 1 + 2 * pick(t, 1, 4), c = pick_channels(t, 24);
    struct conv_params wide = {.c_out = c, .kh = 1, .kw = k, .stride = 2, .pad_w = (k - 1) / 2};
    struct conv_params flat = {.c_out = c, .kh = 1, .kw = 1, .stride = 1};
    struct pool_params half = {POOL_AVERAGE, 1, 3, 2, 0, 1}, most = {POOL_MAX, 1, 3, 2, 0, 1};
    int x = graph_conv(t->g, "wide", t->input, wide);
    x = graph_relu(t->g, "relu", graph_bnorm(t->g, "norm", x, b));
    int shortcut = graph_conv(t->g, "flat", graph_pool(t->g, "half", t->input, half), flat);
    x = graph_add(t->g, "add", x, shortcut);
    t->output = graph_pool(t->g, "max", x, most);
    t->is_moving = pick(t, 0, 1);
}

static void build_global(struct trial *t)
{
    t->output = graph_global_average(t->g, "global", t->input);
}

static void build_dense(struct trial *t)
{
    t->output = graph_dense(t->g, "dense", t->input, pick(t, 1, 20));
}

static void build_dropout(struct trial *t)
{
    t->output = graph_dropout(t->g, "dropout", t->input, 0.8F);
}

static void build_add(struct trial *t)
{
    struct bnorm_params b = {0.001F, 0.9F, true};
    int a = graph_bnorm(t->g, "norm", t->input, b);
    int sum = graph_add(t->g, "add", a, t->input);
    t->output = graph_relu(t->g, "relu", sum);
}

// Like a block of Inception: views into a concatenation, nested, beside a copied one.
static void build_concat(struct trial *t)
{
    struct bnorm_params b = {0.001F, 0.9F, false};
    struct conv_params p = {
        .c_out = pick_channels(t, 20), .kh = 1, .kw = 3, .stride = 1, .is_same = true};
    struct pool_params average = {POOL_AVERAGE, 3, 3, 1, 1, 1};
    int x = graph_conv(t->g, "a", t->input, p);
    int left = graph_bnorm(t->g, "a/norm", x, b);
    int pool = graph_pool(t->g, "pool", t->input, average);
    int conv = graph_conv(t->g, "b", pool, p);
    int inner[] = {left, conv};
    int both = graph_concat(t->g, "inner", inner, 2);
    int outer[] = {t->input, both, graph_bnorm(t->g, "c", t->input, b)};
    t->output = graph_concat(t->g, "outer", outer, 3);
    t->output = graph_pool(t->g, "after", t->output, average);
}

// All of it views, and fetched: in another type than the network's each view is a conversion.
static void build_fetched_concat(struct trial *t)
{
    struct conv_params a = {.c_out = pick_channels(t, 20), .kh = 3, .kw = 1, .stride = 1};
    struct conv_params b = a;
    b.c_out = pick_channels(t, 20);
    int both[] = {graph_relu(t->g, "a/relu", graph_conv(t->g, "a", t->input, a)),
                  graph_relu(t->g, "b/relu", graph_conv(t->g, "b", t->input, b))};
    t->output = graph_concat(t->g, "fetched", both, 2);
}

static void build_loss(struct trial *t)
{
    int logits = graph_dense(t->g, "logits", t->input, 4);
    static const float weights[] = {1, 2, 0.5F, 1};
    struct loss_params p = {pick(t, 0, 1) ? 0.1F : 0, pick(t, 0, 1) ? weights : NULL};
    t->output = graph_softmax_loss(t->g, "loss", logits, p);
}

struct kind {
    const char *name;
    void (*build)(struct trial *t);
    bool is_signal; // the map is [1][L][C]
    bool has_kinks; // of numbers that were rounded before
};

static const struct kind kinds[] = {
    {"conv", build_conv, false, false},
    {"conv, norm, relu", build_block, false, true},
    {"bnorm", build_bnorm, false, false},
    {"relu", build_relu, false, false},
    {"max", build_max, false, true},
    {"average", build_average, false, false},
    {"max along a signal", build_max_1d, true, true},
    {"average along a signal", build_average_1d, true, false},
    {"conv along a signal", build_conv_1d, true, false},
    {"a signal's block", build_signal, true, true},
    {"global average", build_global, false, false},
    {"dense", build_dense, false, false},
    {"dropout", build_dropout, false, false},
    {"add, relu", build_add, false, true},
    {"concat", build_concat, false, false},
    {"loss", build_loss, false, false},
    {"conv, relu", build_conv_relu, false, true},
    {"concat that is fetched", build_fetched_concat, false, true},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0], TRIALS = 25 };

// What is fetched is float32, and so is what makes it: a maximum over one pixel, which changes nothing. What
// stands before it may be narrower.
static void show_through_a_maximum(struct trial *t)
{
    struct pool_params one = {POOL_MAX, 1, 1, 1, 0, 0};
    if (t->output != graph_find(t->g, "loss") && t->output != graph_find(t->g, "fetched"))
        t->output = graph_pool(t->g, "shown", t->output, one);
}

static void trial_begin(struct trial *t, const struct kind *k, uint64_t seed)
{
    struct err e;
    *t = (struct trial){.rng = rng_of(seed, (uint64_t)(k - kinds))};
    assert_int_equal(graph_new(&t->g, &graph_names_slim, &e), 0);
    t->batch = pick(t, 1, 4);
    t->in_eights = pick(t, 0, 1);
    size_t h = k->is_signal ? 1 : pick(t, 5, 12);
    size_t w = k->is_signal ? pick(t, 9, 200) : pick(t, 5, 12);
    t->input = graph_input(t->g, "input", h, w, pick_channels(t, 40));
    k->build(t);
    show_through_a_maximum(t);
    if (graph_check(t->g, &e) < 0)
        fail_msg("%s: %s", k->name, e.text);
    assert_int_equal(variables_new(&t->v, t->g, &e), 0);
    for (size_t i = 0; i < t->v->n; i++) {
        const struct variable *d = graph_variable(t->g, i);
        for (size_t j = 0; j < d->n_elements; j++)
            t->v->value[i][j] =
                (float)(d->role == VARIABLE_MOVING_VARIANCE ? rng_between(&t->rng, 0.5, 1.5)
                                                            : rng_between(&t->rng, -1, 1));
    }
}

static void trial_end(struct trial *t)
{
    variables_free(t->v);
    graph_free(t->g);
}

static struct net *compile(struct trial *t, const char *backend, enum net_mode mode)
{
    struct err e;
    struct net *net;
    struct net_options o = net_options_defaults();
    o.mode = mode;
    o.batch = t->batch;
    o.backend = backend;
    o.dtype = t->dtype;
    o.n_threads = 2;
    o.fetches = &t->output;
    o.n_fetches = 1;
    o.statistics = t->is_moving ? NET_STATISTICS_MOVING : NET_STATISTICS_BATCH_NO_UPDATE;
    o.seeds = &t->output;
    o.n_seeds = 1;
    o.want_feed_gradients = true;
    o.seed = 7;
    if (net_compile(&net, t->g, t->v, &o, &e) < 0)
        fail_msg("%s: %s", backend, e.text);
    net_set_step(net, 3);
    for (size_t i = 0; i < t->batch; i++)
        net_labels(net)[i] = (int32_t)(i % 4);
    return net;
}

// Values in [-1, 1) that depend on the seed and a name only; for maxima and kinks no two are
// close.
static void fill(struct tensor x, uint64_t seed, uint64_t stream)
{
    struct rng rng = rng_of(seed, stream);
    for (size_t i = 0; i < tensor_elements(&x); i++)
        x.data[i] = (float)rng_between(&rng, -1, 1);
}

static double largest(const float *x, size_t n)
{
    double m = 0;
    for (size_t i = 0; i < n; i++)
        m = fmax(m, fabs((double)x[i]));
    return m;
}

static void expect_close(const float *got, const float *wanted, size_t n, const char *what,
                         uint64_t seed)
{
    double scale = fmax(largest(wanted, n), 1e-3);
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)wanted[i]) <= 2e-4 * scale))
            fail_msg("%s, SEED=%llu: [%zu] is %.9g, reference %.9g (largest %.3g)", what,
                     (unsigned long long)seed, i, (double)got[i], (double)wanted[i], scale);
}

static void expect_same_tensor(struct tensor a, struct tensor b, const char *what,
                               uint64_t seed)
{
    assert_int_equal(tensor_elements(&a), tensor_elements(&b));
    assert_true(tensor_is_dense(&a) && tensor_is_dense(&b));
    expect_close(a.data, b.data, tensor_elements(&a), what, seed);
}

static void run(struct net *net, struct trial *t, uint64_t seed, bool is_training)
{
    struct err e;
    fill(net_feed(net, t->input), seed, 1000);
    assert_int_equal(net_forward(net, &e), 0);
    if (!is_training)
        return;
    struct tensor d = net_tensor_gradient(net, t->output);
    if (d.data && t->output != graph_find(t->g, "loss"))
        fill(d, seed, 2000);
    assert_int_equal(net_backward(net, NULL, &e), 0);
}

static void compare(const struct kind *k, uint64_t seed, enum net_mode mode)
{
    struct trial t;
    trial_begin(&t, k, seed);
    struct net *judge = compile(&t, "ref", mode), *net = compile(&t, "onednn", mode);
    bool is_training = mode == NET_TRAINING;
    run(judge, &t, seed, is_training);
    run(net, &t, seed, is_training);
    char what[128];
    snprintf(what, sizeof what, "%s, %s, output", k->name,
             is_training ? "training" : "inference");
    expect_same_tensor(net_fetch(net, t.output), net_fetch(judge, t.output), what, seed);
    if (is_training) {
        snprintf(what, sizeof what, "%s, gradient of the input", k->name);
        expect_same_tensor(net_tensor_gradient(net, t.input),
                           net_tensor_gradient(judge, t.input), what, seed);
        for (size_t i = 0; i < t.v->n; i++) {
            const struct variable *d = graph_variable(t.g, i);
            if (!variable_is_trainable(d))
                continue;
            snprintf(what, sizeof what, "%s, gradient of %s", k->name, d->name);
            expect_close(net_gradient(net, i), net_gradient(judge, i), d->n_elements, what,
                         seed);
        }
    }
    net_free(net);
    net_free(judge);
    trial_end(&t);
}

static void backends_agree_with_the_reference(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    printf("SEED=%llu\n", (unsigned long long)seed);
    for (size_t k = 0; k < N_KINDS; k++)
        for (uint64_t i = 0; i < TRIALS; i++) {
            compare(&kinds[k], seed + i, NET_TRAINING);
            compare(&kinds[k], seed + i, NET_INFERENCE);
        }
    assert_int_equal(mem_live_blocks(), 0);
}

/*
 * bfloat16: distances between outputs, and between gradients, are held by their norms. What an operation reads
 * is rounded, what it gives, the gradient that it reads and the one it gives: each time by 2^-8 of a number at
 * the worst, by half of that in the mean, and in cases of several operations twice: 8 2^-9.
 *
 * Behind a ReLU or a maximum a rounding may also turn over where a gradient goes. The share of values that near
 * to the kink is some 2^-8 for each rounding; two gradients are then wrong (where it went, where it should
 * have gone), so a share p comes to sqrt(2 p) of the norm: 2^-3 for two roundings. That holds in the mean over
 * trials, of which the smallest have a dozen values.
 *
 * Between backends sums differ in the last of 24 bits, so that few numbers are rounded the other way: of a
 * small tensor one, which then differs by 2^-7, and of what a batch norm makes of it another.
 */
static const double between_backends = 0x1p-6, to_float32 = 0x1p-6,
                    to_float32_at_kinks = 0x1p-3;

static double distance(const float *got, const float *wanted, size_t n)
{
    double error = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        error += ((double)got[i] - (double)wanted[i]) * ((double)got[i] - (double)wanted[i]);
        norm += (double)wanted[i] * (double)wanted[i];
    }
    return sqrt(error) / fmax(sqrt(norm), 0.1 * sqrt((double)n));
}

// The largest distance of all that two nets of one trial computed.
static double distance_of_nets(struct trial *t, struct net *got, struct net *wanted)
{
    struct tensor a = net_fetch(got, t->output), b = net_fetch(wanted, t->output);
    double most = distance(a.data, b.data, tensor_elements(&a));
    a = net_tensor_gradient(got, t->input);
    b = net_tensor_gradient(wanted, t->input);
    most = fmax(most, distance(a.data, b.data, tensor_elements(&a)));
    for (size_t i = 0; i < t->v->n; i++) {
        const struct variable *d = graph_variable(t->g, i);
        if (variable_is_trainable(d))
            most = fmax(most,
                        distance(net_gradient(got, i), net_gradient(wanted, i), d->n_elements));
    }
    return most;
}

// Adds the share of a trial to what is lost in the mean.
static void train_in_bfloat16(const struct kind *k, uint64_t seed, double *loss)
{
    struct trial t;
    trial_begin(&t, k, seed);
    struct net *exact = compile(&t, "ref", NET_TRAINING);
    t.dtype = DTYPE_BF16;
    struct net *judge = compile(&t, "ref", NET_TRAINING);
    struct net *net = compile(&t, "onednn", NET_TRAINING);
    run(exact, &t, seed, true);
    run(judge, &t, seed, true);
    run(net, &t, seed, true);
    *loss += distance_of_nets(&t, judge, exact) / TRIALS;
    double d = distance_of_nets(&t, net, judge);
    if (!(d <= between_backends))
        fail_msg("%s, SEED=%llu: onednn in bfloat16 is %.3g of the norm from ref", k->name,
                 (unsigned long long)seed, d);
    net_free(net);
    net_free(judge);
    net_free(exact);
    trial_end(&t);
}

static void bfloat16_trains_like_float32(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    for (size_t k = 0; k < N_KINDS; k++) {
        double loss = 0;
        for (uint64_t i = 0; i < TRIALS; i++)
            train_in_bfloat16(&kinds[k], seed + i, &loss);
        printf("%s in bfloat16: %.2g of the norm from float32\n", kinds[k].name, loss);
        assert_true(loss <= (kinds[k].has_kinks ? to_float32_at_kinks : to_float32));
    }
    assert_int_equal(mem_live_blocks(), 0);
}

// What a numeric gradient needs: the net, its input (whose memory the net may reuse after each
// forward), the cotangent.
struct probe {
    struct trial *t;
    struct net *net;
    float *input, *cotangent;
    size_t n_input, n_output;
    size_t n_kinks, n_probes;
};

// L = sum of cotangent * output, added up in double.
static double objective(struct probe *p)
{
    struct err e;
    double sum = 0;
    memcpy(net_feed(p->net, p->t->input).data, p->input, p->n_input * sizeof *p->input);
    assert_int_equal(net_forward(p->net, &e), 0);
    struct tensor out = net_fetch(p->net, p->t->output);
    for (size_t i = 0; i < p->n_output; i++)
        sum += (double)out.data[i] * (double)p->cotangent[i];
    return sum;
}

/*
 * The five-point difference of the objective by *x. Returns false where the slopes to both
 * sides differ: a kink of a ReLU or a maximum lies between the points, and there is no
 * gradient.
 */
static bool difference(struct probe *p, float *x, double *slope)
{
    const double h = 0x1p-8;
    double f[5];
    float before = *x;
    for (int i = 0; i < 5; i++) {
        *x = before + (float)((i - 2) * h);
        f[i] = objective(p);
    }
    *x = before;
    *slope = (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * h);
    double left = (f[2] - f[0]) / (2 * h), right = (f[4] - f[2]) / (2 * h);
    p->n_probes++;
    bool is_smooth = fabs(left - right) <= 4e-3 * (1 + fabs(*slope));
    p->n_kinks += !is_smooth;
    return is_smooth;
}

/*
 * Outputs are float32 of size one to ten, up to 10^4 of them change: their rounding adds up to
 * 1e-6 sqrt(1e4) = 1e-4 at the worst, divided by 12 h / 10 that is 2e-3. Gradients are of size
 * one to a hundred.
 */
static void expect_slope(struct probe *p, float *x, double analytic, const char *what,
                         uint64_t seed)
{
    double slope;
    if (difference(p, x, &slope) && !(fabs(slope - analytic) <= 4e-3 * (1 + fabs(slope))))
        fail_msg("%s, SEED=%llu: gradient %.6g, differences say %.6g", what,
                 (unsigned long long)seed, analytic, slope);
}

static float *copy_of(struct tensor x)
{
    float *copy = mem_array(tensor_elements(&x), sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, x.data, tensor_elements(&x) * sizeof *copy);
    return copy;
}

static void numeric(const struct kind *k, uint64_t seed, size_t *n_probes, size_t *n_kinks)
{
    struct trial t;
    char what[128];
    trial_begin(&t, k, seed);
    struct net *net = compile(&t, "ref", NET_TRAINING);
    struct probe p = {.t = &t, .net = net};
    struct tensor in = net_feed(net, t.input), out = net_fetch(net, t.output);
    p.n_input = tensor_elements(&in);
    p.n_output = tensor_elements(&out);
    fill(in, seed, 1000);
    p.input = copy_of(in);
    p.cotangent = mem_array(p.n_output, sizeof *p.cotangent);
    run(net, &t, seed, true);
    struct tensor d = net_tensor_gradient(net, t.output);
    d.data = p.cotangent;
    if (p.n_output == t.batch && strcmp(k->name, "loss") == 0) // a loss seeds itself with 1 / N
        for (size_t i = 0; i < t.batch; i++)
            p.cotangent[i] = 1 / (float)t.batch;
    else
        fill(d, seed, 2000);
    float *din = copy_of(net_tensor_gradient(net, t.input));
    snprintf(what, sizeof what, "%s, input", k->name);
    for (int probe = 0; probe < 6; probe++) {
        size_t i = pick(&t, 0, p.n_input - 1);
        expect_slope(&p, &p.input[i], (double)din[i], what, seed);
    }
    for (size_t v = 0; v < t.v->n; v++) {
        const struct variable *dv = graph_variable(t.g, v);
        snprintf(what, sizeof what, "%s, %s", k->name, dv->name);
        for (int probe = 0; variable_is_trainable(dv) && probe < 4; probe++) {
            size_t i = pick(&t, 0, dv->n_elements - 1);
            expect_slope(&p, &t.v->value[v][i], (double)net_gradient(net, v)[i], what, seed);
        }
    }
    *n_probes += p.n_probes;
    *n_kinks += p.n_kinks;
    mem_free(din);
    mem_free(p.input);
    mem_free(p.cotangent);
    net_free(net);
    trial_end(&t);
}

static void gradients_agree_with_differences(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    for (size_t k = 0; k < N_KINDS; k++) {
        size_t n_probes = 0, n_kinks = 0;
        for (uint64_t i = 0; i < 6; i++)
            numeric(&kinds[k], seed + i, &n_probes, &n_kinks);
        printf("%s: %zu probes, %zu at kinks\n", kinds[k].name, n_probes, n_kinks);
        assert_true(n_probes - n_kinks >= n_probes / 5);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backends_agree_with_the_reference),
        cmocka_unit_test(gradients_agree_with_differences),
        cmocka_unit_test(bfloat16_trains_like_float32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
