/* test_imagecache.c: what is kept comes back as it was, and no more is kept than there is room for. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/workers.h"
#include "image/imagecache.h"

enum { N = 40, WIDTH = 64, HEIGHT = 48, N_BYTES = WIDTH * HEIGHT * 3 };

// Picture i: stripes that differ by i; of odd i also noise, which does not get smaller.
static struct image picture(size_t i)
{
    struct image im = {WIDTH, HEIGHT, mem_alloc(N_BYTES)};
    assert_non_null(im.rgb);
    uint32_t noise = (uint32_t)i;
    for (size_t k = 0; k < N_BYTES; k++) {
        noise = noise * 1664525 + 1013904223; // [Numerical Recipes, ranqd1]
        im.rgb[k] = i % 2 ? (uint8_t)(noise >> 24) : (uint8_t)(i + k / 700);
    }
    return im;
}

static void assert_is(const struct image *im, size_t i)
{
    struct image wanted = picture(i);
    assert_int_equal(im->width, WIDTH);
    assert_int_equal(im->height, HEIGHT);
    assert_memory_equal(im->rgb, wanted.rgb, N_BYTES);
    image_release(&wanted);
}

static void pictures_come_back_as_they_were(void **state)
{
    (void)state;
    struct imagecache *c;
    struct image im = {0};
    struct err e;
    assert_int_equal(imagecache_new(&c, N, (size_t)N * 2 * N_BYTES, &e), 0);
    for (size_t i = 0; i < N; i++) {
        struct image one = picture(i), other = picture(i + 1);
        assert_false(imagecache_get(&im, c, i));
        imagecache_put(c, i, &one);
        imagecache_put(c, i, &other); // the first one stays
        image_release(&one);
        image_release(&other);
    }
    assert_null(im.rgb);
    assert_true(imagecache_get(&im, c, 0));
    const uint8_t *memory = im.rgb;
    for (size_t i = 0; i < N; i++) {
        assert_true(imagecache_get(&im, c, i));
        assert_ptr_equal(im.rgb, memory); // of the same size: nothing is allocated
        assert_is(&im, i);
    }
    image_release(&im);
    im = (struct image){2, 2, mem_alloc(12)};
    assert_true(imagecache_get(&im, c, 5));
    assert_is(&im, 5);
    image_release(&im);
    imagecache_free(c);
    imagecache_free(NULL);
    assert_int_equal(mem_live_blocks(), 0);
}

static void no_more_is_kept_than_there_is_room_for(void **state)
{
    (void)state;
    struct imagecache *c;
    struct image im = {0};
    struct err e;
    size_t n_kept = 0, max_bytes = N_BYTES * 7 / 2; // three of those with noise
    assert_int_equal(imagecache_new(&c, N, max_bytes, &e), 0);
    assert_int_equal(imagecache_room(c), max_bytes);
    for (size_t i = 1; i < N; i += 2) {
        struct image one = picture(i);
        imagecache_put(c, i, &one);
        image_release(&one);
        n_kept += imagecache_get(&im, c, i);
    }
    assert_int_equal(n_kept, 3);
    assert_int_equal(imagecache_room(c), 0);
    assert_true(imagecache_get(&im, c, 1)); // those that came first
    assert_is(&im, 1);
    image_release(&im);
    imagecache_free(c);
    assert_int_equal(mem_live_blocks(), 0);
}

static void without_memory_nothing_is_kept(void **state)
{
    (void)state;
    struct imagecache *c;
    struct image im = {0}, one = picture(1);
    struct err e;
    assert_int_equal(imagecache_new(&c, N, (size_t)N_BYTES * 2, &e), 0);
    for (long i = 0; i < 2; i++) { // the scratch, the copy
        mem_fail_at(i);
        imagecache_put(c, 1, &one);
        assert_false(imagecache_get(&im, c, 1));
    }
    imagecache_put(c, 1, &one);
    mem_fail_at(0);
    assert_false(imagecache_get(&im, c, 1));
    assert_null(im.rgb);
    assert_true(imagecache_get(&im, c, 1));
    assert_is(&im, 1);
    image_release(&im);
    image_release(&one);
    imagecache_free(c);
    for (long i = 0; i < 2; i++) {
        mem_fail_at(i);
        assert_int_equal(imagecache_new(&c, N, 1, &e), ERR_MEMORY);
        assert_null(c);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

// Item i: picture i % N put and taken, by several threads at the same time.
static int make(void *context, uint64_t i, void **item, struct err *e)
{
    struct imagecache *c = context;
    struct image *im = mem_zalloc(sizeof *im);
    (void)e;
    if (!imagecache_get(im, c, i % N)) {
        *im = picture(i % N);
        imagecache_put(c, i % N, im);
    }
    *item = im;
    return 0;
}

static void free_item(void *context, void *item)
{
    (void)context;
    image_release(item);
    mem_free(item);
}

static void threads_may_share_one(void **state)
{
    (void)state;
    struct imagecache *c;
    struct workers *w;
    struct err e;
    void *item;
    assert_int_equal(imagecache_new(&c, N, N * N_BYTES / 3, &e), 0);
    struct workers_spec spec = {4, 8, 0, UINT64_C(4) * N, c, make, free_item};
    assert_int_equal(workers_open(&w, &spec, &e), 0);
    for (size_t i = 0; workers_next(w, &item, &e) == 1; i++) {
        assert_is(item, i % N);
        free_item(NULL, item);
    }
    workers_close(w);
    imagecache_free(c);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_come_back_as_they_were),
        cmocka_unit_test(no_more_is_kept_than_there_is_room_for),
        cmocka_unit_test(without_memory_nothing_is_kept),
        cmocka_unit_test(threads_may_share_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
