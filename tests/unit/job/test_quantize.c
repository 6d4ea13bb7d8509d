/*
 * test_quantize.c: a model of 8 bits answers as the one it was made from; with ranges that were found
 * on other signals than it is judged on it does not, and is not written.
 *
 * The network has random weights; its own answers in float32 are the truth, so in float32 it is always
 * right. Its biases are set so that it gives each answer to half of the examples.
 */
#include "support.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "job/predict.h"
#include "job/quantize.h"
#include "model/modelfolder.h"
#include "nn/variables.h"
#include "tf/example.h"
#include "tf/tfrecord.h"

#include <math.h>
#include <stdlib.h>

enum { N_SAMPLES = 500, N_EXAMPLES = 60 };

static char *folder;
static char low[] = "low", high[] = "high", *const labels[] = {low, high};

static const char *in(const char *name)
{
    static char path[4][160];
    static size_t i;
    i = (i + 1) % 4;
    snprintf(path[i], sizeof path[i], "%s/%s", folder, name);
    return path[i];
}

static struct input input_of_test(void)
{
    return input_of_signals(INPUT_SIGNAL, 10000, N_SAMPLES, SCALING_UV);
}

// A tone in noise; its frequency and size depend on i.
static void make_signal(float *x, size_t i, double largest_uv)
{
    struct rng r = rng_of(3, i);
    double hz = rng_between(&r, 50, 2000), uv = rng_between(&r, 0.2, 1) * largest_uv;
    for (size_t k = 0; k < N_SAMPLES; k++)
        x[k] = (float)(uv * sin(2 * acos(-1) * hz * (double)k / 10000) +
                       0.1 * uv * rng_normal(&r));
}

static struct example_bytes bytes_of(const char *s)
{
    return (struct example_bytes){(const unsigned char *)s, strlen(s)};
}

static void write_split(const char *split, double largest_uv, const int64_t *label)
{
    static float x[N_SAMPLES];
    char *path = mem_printf("%s/emg_%s_00000-of-00001.tfrecord", folder, split);
    struct tfrecord_writer *w;
    struct buffer message = {0};
    struct err e;
    assert_int_equal(tfrecord_writer_open(&w, path, TFRECORD_PLAIN, &e), 0);
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        make_signal(x, i, largest_uv);
        struct example example = {.filename = bytes_of("x"),
                                  .unit = bytes_of("uV"),
                                  .signal = {(const unsigned char *)x, N_SAMPLES},
                                  .rate_hz = 10000,
                                  .label = label[i]};
        buffer_clear(&message);
        example_append(&message, &example);
        assert_int_equal(tfrecord_writer_append(w, message.data, message.n, &e), 0);
    }
    assert_int_equal(tfrecord_writer_finish(w, &e), 0);
    tfrecord_writer_close(w);
    buffer_release(&message);
    mem_free(path);
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// The margin of answer 1 over answer 0 for each example; `bias` moves half of them above 0.
static void find_margins(float *margin, const struct network *n, struct variables *v,
                         float *bias)
{
    static float x[N_SAMPLES];
    struct input input = input_of_test();
    struct predictor *p;
    struct err e;
    float sorted[N_EXAMPLES], *values = mem_array(input_floats(&input), sizeof *values);
    assert_int_equal(predictor_open(&p, n, v, 1, 1, &e), 0);
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        float logits[2];
        make_signal(x, i, 500);
        assert_int_equal(input_read_window(values, &input, x, true, &e), 0);
        assert_int_equal(predictor_run(p, values, 1, logits, NULL, &e), 0);
        margin[i] = logits[1] - logits[0];
    }
    memcpy(sorted, margin, sizeof sorted);
    qsort(sorted, N_EXAMPLES, sizeof *sorted, compare);
    *bias = (sorted[N_EXAMPLES / 2 - 1] + sorted[N_EXAMPLES / 2]) / 2;
    predictor_close(p);
    mem_free(values);
}

// A model, and a data set whose truth it gives; ranges come from signals of this size.
static void prepare(double largest_uv_of_training)
{
    struct input input = input_of_test();
    struct model_spec spec = {"resnet1d", input_shape(&input), 0.25, 2, 0, 0};
    struct network n;
    struct variables *v;
    struct err e;
    float margin[N_EXAMPLES], bias;
    int64_t label[N_EXAMPLES];
    assert_int_equal(zoo_build(&n, &spec, &e), 0);
    assert_int_equal(variables_new(&v, n.graph, &e), 0);
    variables_init(v, n.graph, 1);
    find_margins(margin, &n, v, &bias);
    v->value[graph_find_variable(n.graph, "fc.bias")][0] = bias;
    for (size_t i = 0; i < N_EXAMPLES; i++)
        label[i] = margin[i] > bias;
    assert_int_equal(model_save(in("model"), &n, v, labels, &input, NULL, NULL, &e), 0);
    assert_int_equal(file_write(in("labels.txt"), "0:low\n1:high\n", 13, &e), 0);
    write_split("train", largest_uv_of_training, label);
    write_split("validation", 500, label);
    variables_free(v);
    network_release(&n);
}

static struct quantize_options options(const char *out)
{
    struct quantize_options o = quantize_defaults();
    o.model = in("model");
    o.dataset = folder;
    o.out = out;
    o.n_threads = 1;
    return o;
}

static double of(const json_t *report, const char *measure, const char *side)
{
    const json_t *q = json_object_get(report, "quantization");
    return json_number_value(json_object_get(json_object_get(q, measure), side));
}

static void with_ranges_of_its_signals_it_answers_alike(void **state)
{
    (void)state;
    struct err e;
    struct model m;
    json_t *report;
    char out[160];
    snprintf(out, sizeof out, "%s", in("model8"));
    struct quantize_options o = options(out);
    prepare(500);
    o.max_loss = 10; // margins are spread evenly around 0: some are as small as a rounding
    if (quantize(&report, &o, NULL, &e) < 0)
        fail_msg("%s", e.text);
    assert_true(of(report, "macro_f1", "float32") == 1);
    assert_true(of(report, "macro_f1", "int8") >= 0.9);
    json_decref(report);
    assert_int_equal(model_open(&m, out, &e), 0);
    assert_non_null(m.ranges);
    assert_true(m.ranges[graph_find(m.network.graph, "relu")] > 0);
    assert_string_equal(predictor_number_type(&m, NUMBERS_AUTO), "int8");
    assert_string_equal(predictor_number_type(&m, NUMBERS_FLOAT32), "float32");
    model_close(&m);
    assert_int_equal(quantize(&report, &o, NULL, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "is there already"));
    o.model = out;
    o.out = in("model9");
    assert_int_equal(quantize(&report, &o, NULL, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "computes in 8 bits already"));
    assert_int_equal(mem_live_blocks(), 0);
}

static void with_ranges_of_others_it_is_not_written(void **state)
{
    (void)state;
    struct err e;
    json_t *report;
    char out[160];
    snprintf(out, sizeof out, "%s", in("model10"));
    struct quantize_options o = options(out);
    prepare(0.05);
    assert_int_equal(quantize(&report, &o, NULL, &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "nothing is written"));
    assert_null(report);
    assert_false(file_exists(out));
    assert_int_equal(mem_live_blocks(), 0);
}

static int make_folder(void **state)
{
    (void)state;
    folder = scratch_folder();
    return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_ranges_of_its_signals_it_answers_alike),
        cmocka_unit_test(with_ranges_of_others_it_is_not_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
