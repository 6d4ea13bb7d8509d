/* test_modelfolder.c: weights by TF-Slim's rules, and the folder one can take away. */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "model/modelfolder.h"
#include "model/weights.h"
#include "nn/variables.h"
#include "tf/checkpoint.h"
#include "tf/labels.h"

#include <stdbool.h>

static const struct model_spec small = {"inception_v4", {107, 107, 3}, 0.05, 3, 0, 0};
static char *const labels[] = {(char[]){"Fibs"}, (char[]){"Others"}, (char[]){"PSW"}};

static char *in(const char *folder, const char *name)
{
    static char path[4][300];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

struct rig {
    struct network n;
    struct variables *v;
    char *folder;
};

static int setup(void **state)
{
    static struct rig r;
    struct err e;
    r.folder = scratch_folder();
    if (zoo_build(&r.n, &small, &e) < 0 || variables_new(&r.v, r.n.graph, &e) < 0)
        return -1;
    variables_init(r.v, r.n.graph, 7);
    *state = &r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    scratch_remove(r->folder);
    variables_free(r->v);
    network_release(&r->n);
    return mem_live_blocks() == 0 ? 0 : -1;
}

static void what_else_lies_in_a_model_stays(void **state)
{
    struct rig *r = *state;
    struct err e;
    struct input p = input_of_pictures(107);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            model_save(in(r->folder, "kept"), &r->n, r->v, labels, &p, NULL, NULL, &e), 0);
        if (i == 0)
            assert_int_equal(file_write(in(r->folder, "kept/notes.txt"), "mine", 4, &e), 0);
        assert_true(file_exists(in(r->folder, "kept/notes.txt")));
        assert_false(file_exists(in(r->folder, "kept.old")));
        assert_false(file_exists(in(r->folder, "kept.new")));
    }
    // as a run that was killed left it
    assert_int_equal(file_make_folders(in(r->folder, "kept.old"), &e), 0);
    assert_int_equal(file_write(in(r->folder, "kept.old/plan.txt"), "too", 3, &e), 0);
    assert_int_equal(model_save(in(r->folder, "kept"), &r->n, r->v, labels, &p, NULL, NULL, &e),
                     0);
    assert_true(file_exists(in(r->folder, "kept/plan.txt")));
    assert_true(file_exists(in(r->folder, "kept/notes.txt")));
}

static void a_model_survives_the_round_trip(void **state)
{
    struct rig *r = *state;
    struct model m;
    struct err e;
    struct input p = input_of_pictures(107);
    json_t *training = json_pack("{s:i}", "steps", 12);
    for (int turn = 0; turn < 2; turn++) // the second replaces the first
        assert_int_equal(
            model_save(in(r->folder, "model"), &r->n, r->v, labels, &p, training, NULL, &e), 0);
    json_decref(training);
    if (model_open(&m, in(r->folder, "model"), &e) < 0)
        fail_msg("%s", e.text);
    assert_int_equal(m.n_classes, 3);
    assert_string_equal(m.labels[2], "PSW");
    assert_int_equal(m.input.picture.height, 107);
    assert_int_equal(json_integer_value(json_object_get(m.training, "steps")), 12);
    int i = graph_find_variable(m.network.graph, "InceptionV4/Logits/Logits/weights");
    assert_memory_equal(m.variables->value[i], r->v->value[i], 64);
    model_close(&m);
    struct file_list l;
    assert_int_equal(file_list_folder(&l, r->folder, &e), 0);
    assert_int_equal(l.n, 1); // no drafts are left
    file_list_release(&l);
    assert_int_equal(model_open(&m, r->folder, &e), ERR_IO);
    assert_int_equal(file_write(in(r->folder, "model/model.json"), "{}", 2, &e), 0);
    assert_int_equal(model_open(&m, in(r->folder, "model"), &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "schema"));
}

// The ranges of 8 bits come back exactly, by tensor; one that is missing is an error.
static void ranges_survive_the_round_trip(void **state)
{
    struct rig *r = *state;
    struct model m;
    struct err e;
    struct input p = input_of_pictures(107);
    size_t n, n_all = graph_n_tensors(r->n.graph);
    int *relus = mem_array(n_all, sizeof *relus);
    json_t *ranges = json_object(), *quantization = json_pack("{s:O}", "ranges", ranges);
    assert_int_equal(network_relus(relus, &n, &r->n, &e), 0);
    for (size_t i = 0; i < n; i++)
        json_object_set_new(ranges, graph_tensor_name(r->n.graph, relus[i]),
                            json_real((double)((float)i / 3)));
    assert_int_equal(
        model_save(in(r->folder, "narrow"), &r->n, r->v, labels, &p, NULL, quantization, &e),
        0);
    if (model_open(&m, in(r->folder, "narrow"), &e) < 0)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < n; i++)
        assert_true(m.ranges[relus[i]] == (float)i / 3);
    model_close(&m);
    json_object_del(ranges, graph_tensor_name(r->n.graph, relus[n / 2]));
    assert_int_equal(
        model_save(in(r->folder, "narrow"), &r->n, r->v, labels, &p, NULL, quantization, &e),
        0);
    assert_int_equal(model_open(&m, in(r->folder, "narrow"), &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "has no range of InceptionV4/"));
    json_decref(quantization);
    json_decref(ranges);
    mem_free(relus);
    scratch_remove(in(r->folder, "narrow"));
}

// Folders of schema 1, from before there were signals, are still models.
static void older_folders_open(void **state)
{
    struct rig *r = *state;
    struct err e;
    struct model m;
    json_t *root;
    struct input p = input_of_pictures(107);
    assert_int_equal(
        model_save(in(r->folder, "older"), &r->n, r->v, labels, &p, NULL, NULL, &e), 0);
    assert_int_equal(jsonfile_read(&root, in(r->folder, "older/model.json"), &e), 0);
    json_object_del(root, "input");
    json_object_set_new(root, "schema", json_integer(1));
    json_object_set_new(root, "image_size", json_integer(107));
    json_object_set_new(
        root, "preprocess",
        json_pack("{s:i, s:i, s:f}", "height", 107, "width", 107, "central_fraction", 0.875));
    assert_int_equal(jsonfile_write(in(r->folder, "older/model.json"), root, &e), 0);
    if (model_open(&m, in(r->folder, "older"), &e) < 0)
        fail_msg("%s", e.text);
    assert_int_equal(m.input.kind, INPUT_PICTURE);
    assert_int_equal(m.input.picture.width, 107);
    model_close(&m);
    json_object_set_new(root, "image_size", json_integer(75));
    assert_int_equal(jsonfile_write(in(r->folder, "older/model.json"), root, &e), 0);
    assert_int_equal(model_open(&m, in(r->folder, "older"), &e), ERR_FORMAT);
    json_decref(root);
    scratch_remove(in(r->folder, "older"));
}

static void a_model_of_signals_survives_the_round_trip(void **state)
{
    struct rig *r = *state;
    struct err e;
    struct model m;
    struct network n;
    struct variables *v;
    struct input p = input_of_signals(INPUT_SIGNAL, 23437.5, 500, SCALING_ROBUST);
    struct model_spec spec = {"resnet1d", input_shape(&p), 0.25, 3, 0, 0};
    assert_int_equal(zoo_build(&n, &spec, &e), 0);
    assert_int_equal(variables_new(&v, n.graph, &e), 0);
    variables_init(v, n.graph, 1);
    assert_int_equal(model_save(in(r->folder, "signals"), &n, v, labels, &p, NULL, NULL, &e),
                     0);
    if (model_open(&m, in(r->folder, "signals"), &e) < 0)
        fail_msg("%s", e.text);
    assert_int_equal(m.input.kind, INPUT_SIGNAL);
    assert_true(m.input.signal.rate_hz == 23437.5 && m.input.signal.n_samples == 500);
    assert_int_equal(m.input.signal.scaling, SCALING_ROBUST);
    model_close(&m);
    variables_free(v);
    network_release(&n);
    scratch_remove(in(r->folder, "signals"));
}

static int restore(struct rig *r, const struct network *n, struct variables *v,
                   const char *prefix, struct restore_options o, struct restore_report *report,
                   struct err *e)
{
    struct checkpoint_reader *reader;
    assert_int_equal(checkpoint_reader_open(&reader, in(r->folder, prefix), e), 0);
    int rc = weights_restore(report, n, v, reader, &o, e);
    checkpoint_reader_close(reader);
    return rc;
}

static void slims_rules_of_restoring(void **state)
{
    struct rig *r = *state;
    struct err e;
    struct restore_report report;
    struct network other;
    struct variables *v;
    struct weights_extra step = {.name = (char[]){"global_step"}, .integer = 9};
    assert_int_equal(weights_save(in(r->folder, "c"), &r->n, r->v, &step, 1, &e), 0);
    // other classes: the head's shape is wrong, whatever is ignored
    struct model_spec five = small;
    five.n_classes = 5;
    assert_int_equal(zoo_build(&other, &five, &e), 0);
    assert_int_equal(variables_new(&v, other.graph, &e), 0);
    struct restore_options o = {.ignore_missing = true};
    assert_int_equal(restore(r, &other, v, "c", o, &report, &e), ERR_FORMAT);
    o.exclude_scopes = "InceptionV4/Logits,InceptionV4/AuxLogits";
    assert_int_equal(restore(r, &other, v, "c", o, &report, &e), 0);
    assert_true(report.n_excluded == 12 && report.n_missing == 0);
    assert_int_equal(report.n_restored + report.n_excluded, graph_n_variables(other.graph));
    variables_free(v);
    network_release(&other);
    // another network
    assert_int_equal(
        zoo_build(&other, &(struct model_spec){"resnet18", {64, 64, 3}, 0.1, 3, 0, 0}, &e), 0);
    assert_int_equal(variables_new(&v, other.graph, &e), 0);
    assert_int_equal(restore(r, &other, v, "c", o, &report, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "another network"));
    variables_free(v);
    network_release(&other);
}

static void missing_variables_are_named(void **state)
{
    struct rig *r = *state;
    struct err e;
    struct restore_report report;
    struct network bare;
    struct variables *v;
    struct model_spec no_aux = small;
    no_aux.shape = (struct shape){75, 75, 3}; // too small for the auxiliary head
    assert_int_equal(zoo_build(&bare, &no_aux, &e), 0);
    assert_int_equal(variables_new(&v, bare.graph, &e), 0);
    assert_int_equal(weights_save(in(r->folder, "bare"), &bare, v, NULL, 0, &e), 0);
    struct restore_options o = {0};
    assert_int_equal(restore(r, &r->n, r->v, "bare", o, &report, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "10 variables of inception_v4 are not there"));
    o.ignore_missing = true;
    assert_int_equal(restore(r, &r->n, r->v, "bare", o, &report, &e), 0);
    assert_int_equal(report.n_missing, 10);
    variables_free(v);
    network_release(&bare);
}

static void scopes_choose_variables(void **state)
{
    struct rig *r = *state;
    struct err e;
    bool *is_in = mem_array(r->v->n, sizeof *is_in);
    size_t n = 0;
    assert_int_equal(
        weights_in_scopes(is_in, &r->n, "InceptionV4/Logits, InceptionV4/AuxLogits", &e), 0);
    for (size_t i = 0; i < r->v->n; i++)
        n += is_in[i];
    assert_int_equal(n, 12); // two dense layers, two convolutions with their norms
    assert_int_equal(weights_in_scopes(is_in, &r->n, "InceptionV3/Logits", &e), ERR_USAGE);
    mem_free(is_in);
}

static void a_bare_checkpoint_is_a_model(void **state)
{
    struct rig *r = *state;
    struct err e;
    struct model m;
    assert_int_equal(weights_save(in(r->folder, "d"), &r->n, r->v, NULL, 0, &e), 0);
    assert_int_equal(
        model_open_bare(&m, "inception_v4", in(r->folder, "d"), NULL, 107, 0.05, &e), 0);
    assert_string_equal(m.labels[1], "class 1");
    model_close(&m);
    assert_int_equal(labels_write(in(r->folder, "two.txt"), labels, 2, &e), 0);
    assert_int_equal(model_open_bare(&m, "inception_v4", in(r->folder, "d"),
                                     in(r->folder, "two.txt"), 107, 0.05, &e),
                     ERR_FORMAT);
    assert_non_null(strstr(e.text, "2 labels, the checkpoint has 3 classes"));
}

static void labels_are_strict(void **state)
{
    struct rig *r = *state;
    struct err e;
    char **l;
    size_t n;
    const char *bad[] = {"", "0:a\n2:b\n", "a\n", "0:a\n1:a\n", "0:\n", "0:a\n1:\xff\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(file_write(in(r->folder, "l.txt"), bad[i], strlen(bad[i]), &e), 0);
        assert_int_equal(labels_read(&l, &n, in(r->folder, "l.txt"), &e), ERR_FORMAT);
        assert_null(l);
    }
    const char *good = "0:a: b\r\n1:신경\n\n";
    assert_int_equal(file_write(in(r->folder, "l.txt"), good, strlen(good), &e), 0);
    assert_int_equal(labels_read(&l, &n, in(r->folder, "l.txt"), &e), 0);
    assert_int_equal(n, 2);
    assert_string_equal(l[0], "a: b");
    labels_free(l, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_survives_the_round_trip),
        cmocka_unit_test(ranges_survive_the_round_trip),
        cmocka_unit_test(older_folders_open),
        cmocka_unit_test(a_model_of_signals_survives_the_round_trip),
        cmocka_unit_test(slims_rules_of_restoring),
        cmocka_unit_test(missing_variables_are_named),
        cmocka_unit_test(scopes_choose_variables),
        cmocka_unit_test(a_bare_checkpoint_is_a_model),
        cmocka_unit_test(labels_are_strict),
        cmocka_unit_test(what_else_lies_in_a_model_stays),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
