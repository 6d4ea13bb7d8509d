/* test_data.c: from class folders to batches. */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/jsonfile.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/dataset.h"
#include "data/dataset_build.h"
#include "data/items.h"
#include "data/loader.h"
#include "data/manifest.h"
#include "data/mersenne.h"
#include "data/pictures.h"
#include "image/image.h"
#include "image/imagecache.h"

#include <stdbool.h>

static char *in(const char *folder, const char *name)
{
    static char path[4][400];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

// CPython 3.11: random.seed(0) and its shuffles.
static void the_shuffle_is_pythons(void **state)
{
    (void)state;
    static struct mersenne m;
    static size_t order[8567];
    mersenne_seed(&m, 0);
    assert_int_equal(mersenne_next(&m), 3626764237u);
    assert_int_equal(mersenne_next(&m), 1654615998u);
    assert_int_equal(mersenne_next(&m), 3255389356u);
    const size_t ten[] = {7, 8, 1, 5, 3, 4, 2, 0, 9, 6};
    mersenne_seed(&m, 0);
    mersenne_shuffle(&m, order, 10);
    assert_memory_equal(order, ten, sizeof ten);
    const size_t flowers[] = {1843, 2215, 1614, 547}, paper[] = {7922, 394, 2288, 6623, 142};
    mersenne_seed(&m, 0);
    mersenne_shuffle(&m, order, 3670);
    assert_memory_equal(order, flowers, sizeof flowers);
    mersenne_seed(&m, 0);
    mersenne_shuffle(&m, order, 8567);
    assert_memory_equal(order, paper, sizeof paper);
}

// A list of pictures as a scan would give it, with random patients and some twins.
static struct items invented(struct rng *rng, size_t n, size_t n_patients)
{
    struct items p = {.noun = "picture", .n_classes = 3, .has_patients = true};
    arena_init(&p.arena);
    static const char *const names[] = {"Fibs", "Others", "PSW"};
    p.classes = mem_array(3, sizeof *p.classes);
    for (size_t k = 0; k < 3; k++)
        p.classes[k] = arena_strdup(&p.arena, names[k]);
    p.items = mem_array(n, sizeof *p.items);
    for (size_t i = 0; i < n; i++) {
        struct item *x = &p.items[i];
        x->label = i * 3 / n;
        x->file = arena_printf(&p.arena, "%s/%05zu.png", names[x->label], i);
        x->patient = arena_printf(&p.arena, "P%u", rng_below(rng, (uint32_t)n_patients));
        size_t twin = rng_below(rng, 20) ? i : rng_below(rng, (uint32_t)n);
        snprintf(x->sha256, sizeof x->sha256, "%064zx", twin);
    }
    p.n = n;
    return p;
}

static bool crosses(const struct items *p, const enum split_side *side, bool by_patient)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < i; k++) {
            const struct item *a = &p->items[i], *b = &p->items[k];
            bool same =
                by_patient ? !strcmp(a->patient, b->patient) : !strcmp(a->sha256, b->sha256);
            if (same && side[i] != side[k])
                return true;
        }
    return false;
}

static void nobody_is_on_both_sides(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct rng rng = rng_of(seed, 0);
        size_t n = 300 + rng_below(&rng, 300), order[600], n_validation = 0;
        struct items p = invented(&rng, n, 60);
        enum split_side side[600];
        struct err e;
        bool seen[600] = {false};
        for (int method = SPLIT_PATIENT; method <= SPLIT_SLIM; method++) {
            struct split_options o = {(enum split_method)method, 0.2, 0, seed};
            if (split_items(side, order, &p, &o, &e) < 0)
                fail_msg("seed %d: %s", (int)seed, e.text);
            assert_false(method == SPLIT_PATIENT && crosses(&p, side, true));
            assert_false(method != SPLIT_SLIM && crosses(&p, side, false));
            n_validation = 0;
            memset(seen, 0, sizeof seen);
            for (size_t i = 0; i < n; i++) {
                n_validation += side[i] == SPLIT_VALIDATION;
                assert_false(seen[order[i]]);
                seen[order[i]] = true;
            }
            double share =
                (double)n_validation / (double)n; // twins join patients to large groups
            assert_true(share > 0.12 && share < 0.28);
        }
        items_release(&p);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

static void impossible_splits_are_refused(void **state)
{
    (void)state;
    struct rng rng = rng_of(1, 1);
    struct items p = invented(&rng, 30, 1); // one patient only
    enum split_side side[30];
    size_t order[30];
    struct err e;
    struct split_options o = {SPLIT_PATIENT, 0.2, 0, 0};
    assert_int_equal(split_items(side, order, &p, &o, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "too few patients"));
    o.validation = 1.0 / 30 * 40;
    o.method = SPLIT_SLIM;
    o.validation = 30;
    assert_int_equal(split_items(side, order, &p, &o, &e), ERR_USAGE);
    p.has_patients = false;
    o = (struct split_options){SPLIT_PATIENT, 0.2, 0, 0};
    assert_int_equal(split_items(side, order, &p, &o, &e), ERR_USAGE);
    o = (struct split_options){SPLIT_FILE, 0.6, 0.4, 0};
    assert_int_equal(split_items(side, order, &p, &o, &e), ERR_USAGE);
    items_release(&p);
}

// Class folders a and b with n pictures each, of 8 x 6 pixels; a stray file, a hidden one, a
// broken one.
static void draw_folders(const char *path, size_t n)
{
    char folder[400]; // in() gives its strings to others after a while
    snprintf(folder, sizeof folder, "%s", path);
    struct err e;
    uint8_t rgb[8 * 6 * 3];
    struct image im = {8, 6, rgb};
    for (size_t k = 0; k < 2; k++) {
        assert_int_equal(file_make_folders(in(folder, k ? "b" : "a"), &e), 0);
        for (size_t i = 0; i < n; i++) {
            unsigned char *png;
            size_t n_png;
            char name[64];
            for (size_t j = 0; j < sizeof rgb; j++)
                rgb[j] = (uint8_t)(k * 128 + i * 7 + j);
            assert_int_equal(image_encode_png(&png, &n_png, &im, &e), 0);
            snprintf(name, sizeof name, "%c/P%zu_%03zu.png", k ? 'b' : 'a', i % 5, i);
            assert_int_equal(file_write(in(folder, name), png, n_png, &e), 0);
            mem_free(png);
        }
    }
    assert_int_equal(file_write(in(folder, "notes.txt"), "x", 1, &e), 0);
    assert_int_equal(file_write(in(folder, "a/.hidden"), "x", 1, &e), 0);
    assert_int_equal(file_write(in(folder, "a/Thumbs.db"), "x", 1, &e), 0);
    assert_int_equal(file_write(in(folder, "b/broken.jpg"), "\xff\xd8\xff", 3, &e), 0);
}

static json_t *build(const char *images, const char *out, struct dataset_build_options o)
{
    struct err e;
    json_t *report;
    o.images = images;
    o.out = out;
    if (dataset_build(&report, &o, NULL, &e) < 0)
        fail_msg("%s", e.text);
    return report;
}

static json_int_t count(const json_t *report, const char *split)
{
    return json_integer_value(
        json_object_get(json_object_get(json_object_get(report, "splits"), split), "n"));
}

static void folders_become_a_data_set(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    struct err e;
    draw_folders(in(folder, "images"), 20);
    struct dataset_build_options o = dataset_build_defaults();
    o.patient_pattern = "^(P[0-9]+)_";
    json_t *report = build(in(folder, "images"), in(folder, "set"), o), *again;
    assert_int_equal(count(report, "train"), 32);
    assert_int_equal(count(report, "validation"), 8);
    assert_string_equal(json_string_value(json_object_get(report, "split")), "patient");
    assert_int_equal(json_array_size(json_object_get(report, "rejected")), 1);
    assert_int_equal(json_array_size(json_object_get(report, "skipped")), 3);
    assert_true(file_exists(in(folder, "set/emg_train_00000-of-00005.tfrecord")));
    // the same again: the same bytes
    again = build(in(folder, "images"), in(folder, "again"), o);
    assert_string_equal(json_string_value(json_object_get(report, "hash")),
                        json_string_value(json_object_get(again, "hash")));
    json_decref(report);
    json_decref(again);
    // over an existing one only when asked
    o.images = in(folder, "images");
    o.out = in(folder, "set");
    assert_int_equal(dataset_build(&report, &o, NULL, &e), ERR_USAGE);
    o.want_overwrite = true;
    assert_int_equal(dataset_build(&report, &o, NULL, &e), 0);
    json_decref(report);
    scratch_remove(folder);
}

static struct loader *open_loader(const struct examples *x, enum loader_order order,
                                  uint64_t first, size_t n_threads)
{
    struct loader *l;
    struct err e;
    struct loader_options o = {.order = order, .batch = 7, .seed = 3, .first_batch = first};
    o.augment = order == LOADER_ONCE ? AUGMENT_NONE : AUGMENT_SLIM;
    o.input = input_of_pictures(12);
    o.n_threads = n_threads;
    assert_int_equal(loader_open(&l, x, &o, &e), 0);
    return l;
}

static void batches_depend_on_the_seed_alone(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    struct err e;
    struct dataset d;
    struct examples x;
    draw_folders(in(folder, "images"), 20);
    json_decref(build(in(folder, "images"), in(folder, "set"), dataset_build_defaults()));
    assert_int_equal(dataset_open(&d, in(folder, "set"), &e), 0);
    assert_int_equal(examples_load(&x, &d, "nowhere", &e), ERR_USAGE);
    assert_int_equal(examples_load(&x, &d, "train", &e), 0);
    assert_int_equal(x.n, 32);
    struct examples kept =
        x; // the same, and what was decoded stays, but there is no room for all
    assert_int_equal(examples_keep_decoded(&kept, 2000, &e), 0);
    for (int order = LOADER_EPOCHS; order <= LOADER_QUEUE; order++) {
        int times[32] = {0};
        struct loader *a = open_loader(&x, (enum loader_order)order, 0, 0);
        struct loader *b = open_loader(&kept, (enum loader_order)order, 0, 3);
        struct loader *c = open_loader(&kept, (enum loader_order)order, 9, 2); // resumed at 9
        for (int i = 0; i < 16; i++) {
            struct batch *p, *q, *r = NULL;
            assert_int_equal(loader_next(a, &p, &e), 1);
            assert_int_equal(loader_next(b, &q, &e), 1);
            assert_memory_equal(p->inputs, q->inputs, 7 * 12 * 12 * 3 * sizeof(float));
            assert_memory_equal(p->labels, q->labels, 7 * sizeof(int32_t));
            if (i >= 9) {
                assert_int_equal(loader_next(c, &r, &e), 1);
                assert_memory_equal(p->inputs, r->inputs, 7 * 12 * 12 * 3 * sizeof(float));
            }
            for (size_t k = 0; k < 7; k++)
                times[p->example[k]]++;
            batch_free(p);
            batch_free(q);
            batch_free(r);
        }
        for (int k = 0; order == LOADER_EPOCHS && k < 32; k++) // 112 draws: 3.5 epochs
            assert_true(times[k] == 3 || times[k] == 4);
        loader_close(a);
        loader_close(b);
        loader_close(c);
    }
    imagecache_free(kept.decoded);
    struct loader *once = open_loader(&x, LOADER_ONCE, 0, 2);
    struct batch *b;
    size_t n = 0;
    while (loader_next(once, &b, &e) == 1) {
        for (size_t k = 0; k < b->n; k++)
            assert_int_equal(b->example[k], n++);
        batch_free(b);
    }
    assert_int_equal(n, 32);
    loader_close(once);
    examples_release(&x);
    // a shard that was cut is named with its record
    char *shard = in(folder, "set/emg_train_00001-of-00005.tfrecord");
    unsigned char *bytes;
    size_t n_bytes;
    assert_int_equal(file_read(&bytes, &n_bytes, shard, 1 << 20, &e), 0);
    assert_int_equal(file_write(shard, bytes, n_bytes - 3, &e), 0);
    mem_free(bytes);
    assert_int_equal(examples_load(&x, &d, "train", &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "emg_train_00001-of-00005.tfrecord: record 6"));
    dataset_close(&d);
    scratch_remove(folder);
    assert_int_equal(mem_live_blocks(), 0);
}

static int try_manifest(const char *folder, const char *text, struct err *e)
{
    struct items p;
    assert_int_equal(pictures_scan(&p, in(folder, "images"), 0, NULL, e), 0);
    assert_int_equal(file_write(in(folder, "m.csv"), text, strlen(text), e), 0);
    int rc = manifest_read(&p, in(folder, "m.csv"), e);
    items_release(&p);
    return rc;
}

static void manifests_are_read_strictly(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    struct err e;
    draw_folders(in(folder, "images"), 1);
    const char *good =
        "\xef\xbb\xbfimage,class,Patient\r\n\"a/P0_000.png\",a,\"Kim, \"\"J\"\"\"\r\n"
        "b/P0_000.png,b,x\r\nb/broken.jpg,b,y\r\n";
    if (try_manifest(folder, good, &e) < 0)
        fail_msg("%s", e.text);
    const struct {
        const char *text, *why;
    } bad[] = {{"", "empty"},
               {"picture,age\n", "no column \"patient\""},
               {"image,patient\na/P0_000.png,x\n", "no line for b/P0_000.png"},
               {"image,patient\nP0_000.png,x\n", "line 2: P0_000.png: several pictures"},
               {"image,patient\nc/x.png,x\n", "line 2: c/x.png: no such picture"},
               {"image,patient\na/P0_000.png,\n", "has no patient"},
               {"image,patient,class\na/P0_000.png,x,b\n", "of class b, but in folder a"},
               {"image,patient\n\"a/P0_000.png,x\n", "a quote that does not end"},
               {"image,patient\na/P0_000.png,x\na/P0_000.png,y\n", "line 3"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(try_manifest(folder, bad[i].text, &e), ERR_FORMAT);
        if (!strstr(e.text, bad[i].why) || !strstr(e.text, "m.csv"))
            fail_msg("%s; wanted: %s", e.text, bad[i].why);
    }
    scratch_remove(folder);
}

static void bad_folders_are_refused(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    struct err e;
    struct items p;
    assert_int_equal(pictures_scan(&p, in(folder, "none"), 0, NULL, &e), ERR_IO);
    assert_int_equal(pictures_scan(&p, folder, 0, NULL, &e), ERR_USAGE);
    assert_int_equal(file_make_folders(in(folder, "a"), &e), 0);
    assert_int_equal(file_make_folders(in(folder, "b"), &e), 0);
    assert_int_equal(pictures_scan(&p, folder, 0, NULL, &e), ERR_FORMAT); // empty classes
    assert_int_equal(mem_live_blocks(), 0);
    scratch_remove(folder);
}

static void real_pictures_split_by_patient(void **state)
{
    (void)state;
    const char *images = shared_path("data/waveform-images");
    if (!images)
        skip();
    char *folder = scratch_folder(), manifest[4200];
    snprintf(manifest, sizeof manifest, "%s/manifest.csv", images);
    struct dataset_build_options o = dataset_build_defaults();
    o.manifest = manifest;
    json_t *report = build(images, in(folder, "set"), o);
    assert_int_equal(count(report, "train") + count(report, "validation"), 1704);
    assert_true(count(report, "validation") > 300 && count(report, "validation") < 380);
    json_decref(report);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shuffle_is_pythons),
        cmocka_unit_test(nobody_is_on_both_sides),
        cmocka_unit_test(impossible_splits_are_refused),
        cmocka_unit_test(folders_become_a_data_set),
        cmocka_unit_test(batches_depend_on_the_seed_alone),
        cmocka_unit_test(manifests_are_read_strictly),
        cmocka_unit_test(bad_folders_are_refused),
        cmocka_unit_test(real_pictures_split_by_patient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
