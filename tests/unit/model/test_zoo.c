/* test_zoo.c: the networks' counts, as published. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/zoo.h"
#include "nn/net.h"
#include "nn/variables.h"

#include <stdbool.h>

struct counts {
    size_t main, aux, variables;
    uint64_t conv_macs, dense_macs, aux_macs;
    size_t n_convs, conv_outputs;
};

static struct counts count(const char *network, size_t n_classes)
{
    struct counts c = {0};
    struct network n;
    struct err e;
    struct model_spec spec = {network, {0}, 1, n_classes, 0, 0};
    if (zoo_build(&n, &spec, &e) < 0)
        fail_msg("%s", e.text);
    c.variables = graph_n_variables(n.graph);
    for (size_t i = 0; i < graph_n_nodes(n.graph); i++) {
        struct graph_node_info info = graph_node_info(n.graph, i);
        bool is_aux = strstr(info.name, "AuxLogits");
        bool is_conv = !strcmp(info.op, "conv");
        struct shape s = graph_tensor_shape(n.graph, info.out);
        *(is_aux ? &c.aux : &c.main) += info.n_parameters;
        *(is_aux    ? &c.aux_macs
          : is_conv ? &c.conv_macs
                    : &c.dense_macs) += info.n_multiply_adds;
        c.n_convs += is_conv && !is_aux;
        c.conv_outputs += is_conv && !is_aux ? s.h * s.w * s.c : 0;
    }
    network_release(&n);
    return c;
}

// By script from TF-Slim's table; 15.09 M activations are also timm's number.
static void inception_v4_has_its_published_size(void **state)
{
    (void)state;
    struct counts c = count("inception_v4", 3);
    assert_int_equal(c.main, 41115843);
    assert_int_equal(c.aux, 2591875);
    assert_int_equal(c.variables, 608);
    assert_int_equal(c.n_convs, 149);
    assert_int_equal(c.conv_macs, 12252438624u);
    assert_int_equal(c.conv_macs + c.dense_macs, 12252443232u);
    assert_int_equal(c.conv_outputs, 15089184);
    c = count("inception_v4", 1001);
    assert_int_equal(c.main, 42649769);
    assert_int_equal(c.aux, 3359337);
    assert_int_equal(c.aux_macs, 6503168);
    assert_int_equal(c.conv_macs + c.dense_macs, 12253976160u);
}

// torchvision's numbers for resnet18: 11,689,512 parameters, 1.814 G multiply-adds.
static void resnet18_has_its_published_size(void **state)
{
    (void)state;
    struct counts c = count("resnet18", 1000);
    assert_int_equal(c.main, 11689512);
    assert_int_equal(c.conv_macs + c.dense_macs, 1814073344u);
}

static void end_points_have_slims_shapes(void **state)
{
    (void)state;
    // inception_v4_test.py's shapes at 299 pixels
    const struct {
        const char *name;
        size_t size, channels;
    } rows[] = {
        {"Conv2d_1a_3x3", 149, 32}, {"Conv2d_2a_3x3", 147, 32}, {"Conv2d_2b_3x3", 147, 64},
        {"Mixed_3a", 73, 160},      {"Mixed_4a", 71, 192},      {"Mixed_5a", 35, 384},
        {"Mixed_5e", 35, 384},      {"Mixed_6a", 17, 1024},     {"Mixed_6h", 17, 1024},
        {"Mixed_7a", 8, 1536},      {"Mixed_7d", 8, 1536},      {"PreLogitsFlatten", 1, 1536},
        {"Logits", 1, 1001},        {"AuxLogits", 1, 1001}};
    struct network n;
    struct err e;
    assert_int_equal(
        zoo_build(&n, &(struct model_spec){"inception_v4", {0}, 1, 1001, 0, 0}, &e), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int t = network_end_point(&n, rows[i].name);
        assert_true(t >= 0);
        struct shape s = graph_tensor_shape(n.graph, t);
        assert_int_equal(s.h, rows[i].size);
        assert_int_equal(s.c, rows[i].channels);
    }
    assert_true(graph_find_variable(n.graph, "InceptionV4/AuxLogits/Conv2d_2a/weights") >= 0);
    network_release(&n);
}

static void small_networks_come_from_the_same_table(void **state)
{
    (void)state;
    struct network n;
    struct err e;
    for (size_t size = 75; size < 200; size += 13) {
        assert_int_equal(
            zoo_build(&n, &(struct model_spec){"inception_v4", {size, size, 3}, 0.25, 3, 0, 0},
                      &e),
            0);
        assert_int_equal(n.aux_logits >= 0, size >= 107); // Mixed_6h has 5 pixels from there on
        network_release(&n);
    }
    assert_int_equal(
        zoo_build(&n, &(struct model_spec){"inception_v4", {74, 74, 3}, 1, 3, 0, 0}, &e),
        ERR_USAGE);
    assert_int_equal(zoo_build(&n, &(struct model_spec){"vgg", {0}, 1, 3, 0, 0}, &e),
                     ERR_USAGE);
    assert_int_equal(zoo_build(&n, &(struct model_spec){"resnet18", {0}, 0, 3, 0, 0}, &e),
                     ERR_USAGE);
    assert_int_equal(zoo_build(&n, &(struct model_spec){"resnet18", {0}, 1, 0, 0, 0}, &e),
                     ERR_USAGE);
    assert_int_equal(zoo_channels(0.25, 96), 24);
    assert_int_equal(zoo_channels(0.01, 96), 8);
    assert_int_equal(mem_live_blocks(), 0);
}

static void signals_have_a_network_of_their_own(void **state)
{
    (void)state;
    struct network n;
    struct err e;
    struct model_spec spec = {zoo_for(INPUT_SIGNAL), {1, 1000, 1}, 1, 3, 0, 0};
    assert_int_equal(zoo_build(&n, &spec, &e), 0);
    struct shape s = graph_tensor_shape(n.graph, n.last_map);
    assert_true(s.h == 1 && s.w == 32 && s.c == 128);
    network_release(&n);
    spec.shape = (struct shape){299, 299, 3};
    assert_int_equal(zoo_build(&n, &spec, &e), ERR_USAGE);
    spec = (struct model_spec){"resnet18", {1, 1000, 1}, 1, 3, 0, 0};
    assert_int_equal(zoo_build(&n, &spec, &e), ERR_USAGE);
    assert_string_equal(zoo_for(INPUT_PICTURE), "inception_v4");
    struct input mel = input_of_signals(INPUT_MEL, 10000, 1000, SCALING_UV);
    spec = (struct model_spec){zoo_for(INPUT_MEL), input_shape(&mel), 0.25, 3, 0, 0};
    assert_int_equal(zoo_build(&n, &spec, &e), 0);
    network_release(&n);
    assert_int_equal(mem_live_blocks(), 0);
}

// One step on noise: all gradients, one after the other.
static float *gradients(const struct network *n, struct variables *v, enum dtype dtype,
                        size_t limit, struct net_memory *memory)
{
    struct net *net;
    struct err e;
    struct net_options o = net_options_defaults();
    o.mode = NET_TRAINING;
    o.batch = 3;
    o.n_threads = 1;
    o.dtype = dtype;
    o.memory_limit = limit;
    o.fetches = o.seeds = &n->logits;
    o.n_fetches = o.n_seeds = 1;
    o.statistics = NET_STATISTICS_BATCH_NO_UPDATE;
    if (net_compile(&net, n->graph, v, &o, &e) < 0)
        fail_msg("%s", e.text);
    *memory = net_memory(net);
    struct tensor in = net_feed(net, n->input), d = net_tensor_gradient(net, n->logits);
    struct rng rng = rng_of(3, 0);
    for (size_t i = 0; i < tensor_elements(&in); i++)
        in.data[i] = (float)rng_between(&rng, -1, 1);
    assert_int_equal(net_forward(net, &e), 0);
    for (size_t i = 0; i < tensor_elements(&d); i++)
        d.data[i] = (float)i - 4;
    assert_int_equal(net_backward(net, NULL, &e), 0);
    float *out = mem_zalloc(v->n_floats * sizeof *out), *to = out;
    for (size_t i = 0; i < v->n; i++) {
        const float *g = net_gradient(net, i);
        size_t n_elements = graph_variable(n->graph, i)->n_elements;
        for (size_t k = 0; k < n_elements; k++)
            *to++ = g ? g[k] : 0;
    }
    net_free(net);
    return out;
}

static void less_memory_gives_the_same_bits(void **state)
{
    (void)state;
    static const struct model_spec specs[] = {{"inception_v4", {139, 139, 3}, 0.25, 3, 0, 0},
                                              {"resnet18", {75, 75, 3}, 0.25, 3, 0, 0},
                                              {"resnet1d", {1, 1000, 1}, 0.5, 3, 0, 0}};
    static const double at_most[] = {0.7, 0.95, 0.95};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct network n;
        struct variables *v;
        struct err e;
        struct net_memory all, less;
        assert_int_equal(zoo_build(&n, &specs[i], &e), 0);
        assert_int_equal(variables_new(&v, n.graph, &e), 0);
        variables_init(v, n.graph, 1);
        for (enum dtype t = DTYPE_F32; t <= DTYPE_BF16; t++) {
            float *wanted = gradients(&n, v, t, 0, &all);
            float *got =
                gradients(&n, v, t, all.gradients + all.prepared + all.activations - 1, &less);
            assert_true(all.n_repeated == 0 && less.n_repeated > 3);
            // of Inception half of what is kept; of ResNet one map of four, beside scratch, which
            // is more where bfloat16 is emulated
            assert_true(t != DTYPE_F32 ||
                        (double)less.activations < at_most[i] * (double)all.activations);
            assert_memory_equal(wanted, got, v->n_floats * sizeof *wanted);
            mem_free(wanted);
            mem_free(got);
        }
        struct net *net;
        struct net_options o = net_options_defaults();
        o.mode = NET_TRAINING;
        o.fetches = &n.logits;
        o.n_fetches = 1;
        o.memory_limit = 1;
        assert_int_equal(net_compile(&net, n.graph, v, &o, &e), ERR_LIMIT);
        assert_non_null(strstr(e.text, "wanted at most 0 MB"));
        variables_free(v);
        network_release(&n);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inception_v4_has_its_published_size),
        cmocka_unit_test(resnet18_has_its_published_size),
        cmocka_unit_test(end_points_have_slims_shapes),
        cmocka_unit_test(small_networks_come_from_the_same_table),
        cmocka_unit_test(signals_have_a_network_of_their_own),
        cmocka_unit_test(less_memory_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
