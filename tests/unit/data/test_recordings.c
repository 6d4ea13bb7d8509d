/* test_recordings.c: from annotated recordings to excerpts: class maps, places, values. */
#include "support.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/classmap.h"
#include "data/excerpts.h"
#include "data/items.h"
#include "data/recordings.h"
#include "wave/recording.h"
#include "wave/recording_write.h"

#include <math.h>

enum { RATE_HZ = 10000, SECONDS = 4, N = RATE_HZ * SECONDS };

static void maps_say_what_becomes_of_a_label(void **state)
{
    struct classmap m;
    struct err e;
    (void)state;
    assert_int_equal(classmap_of_paper(&m, &e), 0);
    assert_string_equal(classmap_find(&m, "fibs"), "Fibs");
    assert_string_equal(classmap_find(&m, "endplate_spike"), "Others");
    classmap_release(&m);

    char *folder = scratch_folder(), *path = path_join(folder, "map");
    const char text[] = "# comment\n Fibs = a b \r\ninsertional = -\n* = *\n";
    assert_int_equal(file_write(path, text, sizeof text - 1, &e), 0);
    assert_int_equal(classmap_read(&m, path, &e), 0);
    assert_string_equal(classmap_find(&m, "FIBS"), "a b");
    assert_null(classmap_find(&m, "insertional"));
    assert_string_equal(classmap_find(&m, "muap"), "muap");
    classmap_release(&m);

    static const struct {
        const char *text, *says;
    } bad[] = {{"Fibs\n", "line 1"},
               {"\nFibs = a\nfibs = b\n", "line 3"},
               {"= a\n", "line 1"},
               {"# nothing\n", "no line"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(file_write(path, bad[i].text, strlen(bad[i].text), &e), 0);
        assert_int_equal(classmap_read(&m, path, &e), ERR_FORMAT);
        assert_non_null(strstr(e.text, bad[i].says));
    }
    mem_free(path);
    scratch_remove(folder);
    assert_int_equal(mem_live_blocks(), 0);
}

// A ramp of one count per sample, so that a value tells where it was read; a Fib at 1 s, a motor
// unit that begins 30 ms behind a PSW at 2 s, and silence from 3 s on.
static void write_recording(const char *path)
{
    static float samples[N];
    const float *channels[] = {samples};
    for (size_t i = 0; i < N; i++)
        samples[i] = (float)i;
    struct channel c = {
        .name = "EMG", .rate_hz = RATE_HZ, .n_samples = N, .counts_per_uv = 0.5};
    struct annotation a[] = {{1.0, 0.004, -1, "Fibs", NULL},
                             {2.0, 0.02, -1, "PSW", NULL},
                             {2.03, 0.01, -1, "muap", NULL},
                             {3.0, 0.8, -1, "silence", NULL}};
    struct recording_facts f = {
        .channels = &c, .n_channels = 1, .annotations = a, .n_annotations = 4, .patient = "p1"};
    struct recording *r;
    struct err e;
    assert_int_equal(recording_new(&r, &f, channels, &e), 0);
    if (recording_write(path, "wfdb", r, &e) < 0)
        fail_msg("%s", e.text);
    recording_close(r);
}

static const struct excerpt *find(const struct items *x, const char *event, size_t *n)
{
    const struct excerpt *found = NULL;
    *n = 0;
    for (size_t i = 0; i < x->n; i++)
        if (!strcmp(x->items[i].excerpt->event, event)) {
            found = *n ? found : x->items[i].excerpt;
            (*n)++;
        }
    return found;
}

static void excerpts_lie_around_their_events(void **state)
{
    struct items recordings, x;
    struct excerpts_counts counts;
    struct excerpts_options o = excerpts_defaults();
    struct classmap map;
    struct err e;
    size_t n;
    (void)state;
    char *folder = scratch_folder(), *path = path_join(folder, "r1.hea");
    write_recording(path);
    o.negatives = 0;
    assert_int_equal(classmap_of_paper(&map, &e), 0);
    assert_int_equal(recordings_scan(&recordings, folder, NULL, &e), 0);
    assert_int_equal(recordings.n, 1);
    assert_string_equal(recordings.items[0].patient, "p1");
    if (excerpts_cut(&x, &counts, &recordings, folder, &map, &o, NULL, &e) < 0)
        fail_msg("%s", e.text);

    const struct excerpt *fib = find(&x, "Fibs", &n);
    assert_int_equal(n, 1);
    assert_int_equal(fib->n, 1400); // 100 ms and 20 ms on both sides
    assert_true(fib->is_uv && fib->rate_hz == RATE_HZ);
    // the onset is in the middle; WFDB keeps half counts of 2 uV
    assert_true(fabsf(fib->values[700] - RATE_HZ) <= 1);

    // a unit far away does not spoil a positive sharp wave, but the other way round
    find(&x, "PSW", &n);
    assert_int_equal(n, 1);
    find(&x, "muap", &n);
    assert_int_equal(n, 0);
    assert_int_equal(counts.n_mixed, 1);
    find(&x, "silence", &n); // 0.8 s side by side
    assert_int_equal(n, 8);
    excerpts_release(&x);

    // one window longer than the recording
    o.window_ms = 50000;
    assert_int_equal(excerpts_cut(&x, &counts, &recordings, folder, &map, &o, NULL, &e),
                     ERR_USAGE);
    excerpts_release(&x);
    o.window_ms = -1;
    assert_int_equal(excerpts_cut(&x, &counts, &recordings, folder, &map, &o, NULL, &e),
                     ERR_USAGE);
    excerpts_release(&x);
    items_release(&recordings);
    classmap_release(&map);
    mem_free(path);
    scratch_remove(folder);
    assert_int_equal(mem_live_blocks(), 0);
}

static void failing_allocations_leave_nothing(void **state)
{
    struct excerpts_options o = excerpts_defaults();
    (void)state;
    char *folder = scratch_folder(), *path = path_join(folder, "r1.hea");
    write_recording(path);
    mem_free(path);
    o.n_threads = 0;
    int rc = -1;
    for (long i = 0; rc < 0 && i < 10000; i++) {
        struct items recordings, x = {0};
        struct excerpts_counts counts;
        struct classmap map;
        struct err e;
        mem_fail_at(i);
        rc = classmap_of_paper(&map, &e);
        if (rc == 0) {
            rc = recordings_scan(&recordings, folder, NULL, &e);
            if (rc == 0)
                rc = excerpts_cut(&x, &counts, &recordings, folder, &map, &o, NULL, &e);
            // one that could not be opened for lack of memory is listed, not lost in silence
            if (rc == 0 && (x.n_left_out || recordings.n_left_out))
                rc = -1;
            excerpts_release(&x);
            items_release(&recordings);
            classmap_release(&map);
        }
        mem_fail_at(-1);
        assert_int_equal(mem_live_blocks(), 0);
    }
    assert_int_equal(rc, 0);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_say_what_becomes_of_a_label),
        cmocka_unit_test(excerpts_lie_around_their_events),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
