/* test_zoo.c: the networks' counts, as published. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/zoo.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inception_v4_has_its_published_size),
        cmocka_unit_test(resnet18_has_its_published_size),
        cmocka_unit_test(end_points_have_slims_shapes),
        cmocka_unit_test(small_networks_come_from_the_same_table),
        cmocka_unit_test(signals_have_a_network_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
