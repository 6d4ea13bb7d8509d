/*
 * test_saliency.c: maps of networks whose weights are set by hand, so that the answer is known: a
 * matched filter, ReLU, the mean, and one dense layer.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "job/explain.h"
#include "job/saliency.h"
#include "model/modelfolder.h"
#include "nn/graph.h"
#include "nn/variables.h"
#include "wave/recording.h"
#include "wave/recording_write.h"

#include <math.h>

enum { N = 256, SIDE = 32, AT = 150 };

static char *labels[] = {(char[]){"wave"}, (char[]){"nothing"}};

// Adds the head, and makes it a model; channel 0 of the map speaks for "wave", channel 1 against it.
static void model_of(struct model *m, struct input input, int map, struct graph *g)
{
    struct err e;
    *m = (struct model){.labels = labels, .n_classes = 2, .input = input};
    static char name[] = "by hand";
    m->name = name;
    m->calibration.temperature = 1;
    m->network.graph = g;
    m->network.spec = (struct model_spec){
        .network = "resnet1d", .shape = input_shape(&input), .n_classes = 2};
    m->network.input = graph_find(g, "x");
    m->network.last_map = map;
    m->network.features = graph_global_average(g, "average", map);
    m->network.logits =
        graph_dense(g, "logits", graph_dropout(g, "dropout", m->network.features, 0.5F), 2);
    m->network.weights_of_logits = "logits/weights";
    assert_int_equal(graph_check(g, &e), 0);
    assert_int_equal(variables_new(&m->variables, g, &e), 0);
    for (size_t i = 0; i < m->variables->n; i++) // biases: so that nothing is not for sure
        memset(m->variables->value[i], 0, graph_variable(g, i)->n_elements * sizeof(float));
    float *w = m->variables->value[graph_find_variable(g, "logits/weights")];
    w[0] = 8; // [channels][classes]
    w[1] = -8;
    w[2] = -4;
    w[3] = 4;
}

static void model_end(struct model *m)
{
    variables_free(m->variables);
    graph_free(m->network.graph);
}

// Signals: channel 0 is what lies above zero, channel 1 what lies below.
static void signal_model(struct model *m)
{
    struct graph *g;
    struct err e;
    assert_int_equal(graph_new(&g, &graph_names_slim, &e), 0);
    int x = graph_input(g, "x", 1, N, 1);
    struct conv_params p = {.c_out = 2, .kh = 1, .kw = 3, .stride = 2, .is_same = true};
    x = graph_relu(g, "map", graph_conv(g, "conv", x, p));
    model_of(m, input_of_signals(INPUT_SIGNAL, 10000, N, SCALING_UV), x, g);
    float *w = m->variables->value[graph_find_variable(g, "conv/weights")]; // [1][3][1][2]
    for (int k = 0; k < 3; k++) {
        w[2 * k] = 1.0F / 3;
        w[2 * k + 1] = -1.0F / 3;
    }
}

// 5 ms of 100 uV around AT, and a smaller one of the other sign far from it.
static void plant(float *window)
{
    for (size_t i = 0; i < N; i++)
        window[i] = i + 25 >= AT && i < AT + 25 ? 100 : i >= 30 && i < 50 ? -50 : 0;
}

struct peak {
    double at, value, least;
};

static struct peak find_peak(const struct saliency_map *m)
{
    struct peak p = {.value = -HUGE_VAL, .least = HUGE_VAL};
    for (size_t i = 0; i < m->columns; i++) {
        p.least = fmin(p.least, (double)m->values[i]);
        if ((double)m->values[i] > p.value) {
            p.value = (double)m->values[i];
            p.at = m->first_x + (double)i * m->step_x;
        }
    }
    return p;
}

struct trial {
    struct model m;
    struct saliency *s;
    float window[N], input[N];
    struct saliency_subject subject;
};

static void trial_begin(struct trial *t, enum saliency_method method)
{
    struct err e;
    struct saliency_options o = {.method = method, .n_threads = 1};
    signal_model(&t->m);
    plant(t->window);
    assert_int_equal(input_read_window(t->input, &t->m.input, t->window, true, &e), 0);
    t->subject = (struct saliency_subject){t->input, t->window, true};
    assert_int_equal(saliency_new(&t->s, &t->m, &o, &e), 0);
}

static void trial_end(struct trial *t)
{
    saliency_free(t->s);
    model_end(&t->m);
}

static void every_method_finds_what_was_planted(void **state)
{
    (void)state;
    for (int k = 0; saliency_methods[k]; k++) {
        struct trial t;
        struct saliency_map map;
        struct err e;
        float p[2];
        trial_begin(&t, (enum saliency_method)k);
        assert_int_equal(saliency_answer(t.s, &t.subject, p, &e), 0);
        assert_true(p[0] > 0.5F && fabsf(p[0] + p[1] - 1) < 1e-6F);
        assert_int_equal(saliency_run(&map, t.s, &t.subject, 0, &e), 0);
        struct peak peak = find_peak(&map);
        assert_true(peak.value > 0 && fabs(peak.at - AT) <= 25);
        // what speaks against it: below zero, or for gradcam nothing
        assert_true(k == SALIENCY_GRADCAM ? peak.least == 0 : peak.least < 0);
        assert_int_equal(saliency_run(&map, t.s, &t.subject, 1, &e), 0);
        assert_true(fabs(find_peak(&map).at - 40) <= 20); // the other class: the other place
        trial_end(&t);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

/*
 * Here all is known: the map's place i sees samples 2i - 1 to 2i + 1, whose mean is asinh(100 / 20)
 * within the wave; the weight is 8, and the gradient of the logit at each of the 128 places 8 / 128.
 * Sums of three and products of float32: 1e-5.
 */
static void maps_are_what_the_formulas_say(void **state)
{
    (void)state;
    struct trial t;
    struct saliency_map map;
    struct err e;
    double wanted = 8 * asinh(100.0 / 20);
    trial_begin(&t, SALIENCY_CAM);
    assert_int_equal(saliency_run(&map, t.s, &t.subject, 0, &e), 0);
    assert_true(map.rows == 1 && map.columns == N / 2 && map.first_x == 0 && map.step_x == 2 &&
                map.extent_x == 3);
    assert_true(fabs(saliency_at(&map, 0, AT) - wanted) < 1e-5 * wanted);
    assert_true(fabs(saliency_at(&map, 0, 40) + 4 * asinh(50.0 / 20)) < 1e-5 * wanted);
    assert_true(saliency_at(&map, 0, 100) == 0);
    trial_end(&t);
    trial_begin(&t, SALIENCY_GRADCAM);
    assert_int_equal(saliency_run(&map, t.s, &t.subject, 0, &e), 0);
    assert_true(fabs(saliency_at(&map, 0, AT) - wanted / 128) < 1e-5 * wanted);
    assert_string_equal(saliency_settings(t.s)->layer, "map");
    trial_end(&t);
    assert_int_equal(mem_live_blocks(), 0);
}

// Between places linear, beyond the ends as there.
static void places_between_are_linear(void **state)
{
    (void)state;
    float values[] = {1, 3, 5, 9};
    struct saliency_map m = {2, 2, values, 10, 4, 100, 20, 1};
    assert_true(saliency_at(&m, 10, 100) == 1 && saliency_at(&m, 12, 110) == 4.5);
    assert_true(saliency_at(&m, 0, 0) == 1 && saliency_at(&m, 99, 999) == 9);
}

static void pictures_are_covered_in_their_own_background(void **state)
{
    (void)state;
    struct model m;
    struct graph *g;
    struct err e;
    struct saliency *s;
    struct saliency_map map;
    struct saliency_options o = {.method = SALIENCY_OCCLUSION, .n_threads = 1};
    static float picture[SIDE * SIDE * 3];
    assert_int_equal(graph_new(&g, &graph_names_slim, &e), 0);
    struct conv_params p = {.c_out = 2, .kh = 1, .kw = 1, .stride = 1};
    int x = graph_conv(g, "conv", graph_input(g, "x", SIDE, SIDE, 3), p);
    x = graph_relu(g, "map", x);
    model_of(&m, input_of_pictures(SIDE), x, g);
    float *w = m.variables->value[graph_find_variable(g, "conv/weights")]; // [1][1][3][2]
    w[0] = -1; // what is dark in red
    for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++)
        picture[i] = 0.9F;
    for (size_t y = 20; y < 24; y++)
        for (size_t k = 6; k < 10; k++)
            picture[3 * (y * SIDE + k)] = -1;
    struct saliency_subject subject = {.input = picture};
    assert_int_equal(saliency_new(&s, &m, &o, &e), 0);
    assert_int_equal(saliency_run(&map, s, &subject, 0, &e), 0);
    assert_true(saliency_at(&map, 22, 8) > 0.01);
    assert_true(saliency_at(&map, 8, 22) == 0); // covering background changes nothing at all
    saliency_free(s);
    model_end(&m);
    assert_int_equal(mem_live_blocks(), 0);
}

static void what_cannot_be_explained_is_refused(void **state)
{
    (void)state;
    struct model m;
    struct err e;
    struct saliency *s;
    signal_model(&m);
    struct saliency_options o = {
        .method = SALIENCY_GRADCAM, .layer = "nowhere", .n_threads = 1};
    assert_int_equal(saliency_new(&s, &m, &o, &e), ERR_USAGE);
    assert_string_equal(
        e.text, "by hand: no layer \"nowhere\" in resnet1d; nemg net show resnet1d lists them");
    o.layer = "average";
    assert_int_equal(saliency_new(&s, &m, &o, &e), ERR_UNSUPPORTED);
    assert_string_equal(e.text, "by hand: average has no places in x");
    o = (struct saliency_options){.method = SALIENCY_OCCLUSION, .layer = "map"};
    assert_int_equal(saliency_new(&s, &m, &o, &e), ERR_USAGE);
    o = (struct saliency_options){.method = SALIENCY_OCCLUSION, .occluder = (double)NAN};
    assert_int_equal(saliency_new(&s, &m, &o, &e), ERR_USAGE);
    m.network.last_map = graph_find(m.network.graph, "conv"); // the average is not of this one
    o = (struct saliency_options){.method = SALIENCY_CAM};
    assert_int_equal(saliency_new(&s, &m, &o, &e), ERR_UNSUPPORTED);
    assert_non_null(strstr(e.text, "does not end in a global average and one dense layer"));
    model_end(&m);
    assert_int_equal(mem_live_blocks(), 0);
}

static void damage_is_told(void **state)
{
    (void)state;
    struct trial t;
    struct saliency_map map;
    struct err e;
    trial_begin(&t, SALIENCY_CAM);
    t.m.variables->value[graph_find_variable(t.m.network.graph, "logits/weights")][0] = NAN;
    assert_int_equal(saliency_run(&map, t.s, &t.subject, 0, &e), ERR_FORMAT);
    t.window[7] = NAN; // nor is a window with a hole in it read
    assert_int_equal(input_read_window(t.input, &t.m.input, t.window, true, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "sample 7 is not a finite number"));
    t.window[7] = 0;
    assert_int_equal(input_read_window(t.input, &t.m.input, t.window, false, &e), ERR_FORMAT);
    trial_end(&t);
    assert_int_equal(mem_live_blocks(), 0);
}

// ---- Files ----

static void write_recording(const char *path, float *samples)
{
    struct channel c = {
        .name = "EMG", .rate_hz = 10000, .n_samples = 2 * N, .counts_per_uv = 10};
    struct recording_facts facts = {
        .channels = &c, .n_channels = 1, .polarity = POLARITY_POSITIVE_UP};
    const float *all = samples;
    struct recording *r;
    struct err e;
    assert_int_equal(recording_new(&r, &facts, &all, &e), 0);
    assert_int_equal(recording_write(path, "wfdb", r, &e), 0);
    recording_close(r);
}

static void windows_of_recordings_are_explained(void **state)
{
    (void)state;
    struct trial t;
    struct err e;
    struct explanation x;
    float samples[2 * N] = {0};
    char path[128];
    const char *folder = scratch_folder();
    trial_begin(&t, SALIENCY_CAM);
    plant(samples + N);
    snprintf(path, sizeof path, "%s/r.hea", folder);
    write_recording(path, samples);
    struct explain_options o = {.path = path, .at_s = N / 10000.0};
    assert_int_equal(explain(&x, t.s, &o, &e), 0);
    assert_true(x.n == N && x.i_class == 0 && x.knows_polarity && x.is_uv);
    assert_true(x.share[AT] > 0.99F && x.share[100] == 0 && x.share[40] == 0);
    json_t *j = explanation_json(&x);
    assert_string_equal(json_string_value(json_object_get(j, "class")), "wave");
    assert_int_equal(json_array_size(json_object_get(json_object_get(j, "map"), "values")), 1);
    json_decref(j);
    for (int f = 0; canvas_extensions[f]; f++) {
        unsigned char *file;
        size_t n;
        assert_int_equal(explanation_draw(&file, &n, &x, (enum canvas_format)f, &e), 0);
        assert_true(n > 1000);
        if (f == CANVAS_FORMAT_SVG)
            assert_non_null(strstr((char *)file, "research use only"));
        mem_free(file);
    }
    explanation_release(&x);
    o.at_s = 0.03;
    assert_int_equal(explain(&x, t.s, &o, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "is not within the recording, which has 0 to 0.051 s"));
    o.at_s = 0;
    o.channel = 1;
    assert_int_equal(explain(&x, t.s, &o, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "no channel 2, it has 1"));
    o.channel = 0;
    o.class_name = "Fibs";
    assert_int_equal(explain(&x, t.s, &o, &e), ERR_USAGE);
    assert_string_equal(e.text, "by hand: no class \"Fibs\", wanted one of wave, nothing");
    o.class_name = NULL;
    o.path = NEMG_SOURCE_DIR "/docs/card.png";
    assert_true(explain(&x, t.s, &o, &e) < 0);
    assert_non_null(strstr(e.text, "by hand reads recordings"));
    trial_end(&t);
    scratch_remove(folder);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_finds_what_was_planted),
        cmocka_unit_test(maps_are_what_the_formulas_say),
        cmocka_unit_test(places_between_are_linear),
        cmocka_unit_test(pictures_are_covered_in_their_own_background),
        cmocka_unit_test(what_cannot_be_explained_is_refused),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(windows_of_recordings_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
