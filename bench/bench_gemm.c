/*
 * bench_gemm.c: how fast matrices are multiplied here: the ceiling of every network.
 *
 * usage: bench_gemm DTYPE THREADS SECONDS     DTYPE: float32, bfloat16 or int8
 *
 * A JSON line per shape: C [m][n] = A [m][k] times B [k][n] by oneDNN's matrix product, with B in
 * the layout that oneDNN likes best, as a network's weights are. int8 is u8 times s8 into s32.
 * Some shapes stay in the caches, some do not, and two are convolutions of 1 x 1 in Inception v4.
 * gflop_per_s is of the median product, gflop_per_s_most of the fastest; a product counts 2 m n k.
 *
 * Nothing is printed for a number type that oneDNN does not compute here or only emulates:
 * bfloat16 without avx512_bf16 or AMX, and whatever falls back to oneDNN's reference loops.
 */
#include "base/clock.h"
#include "base/rng.h"
#include "nn/net.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum { MOST_RUNS = 100000, A = 0, B = 1, C = 2 };

static const struct shape_mnk {
    dnnl_dim_t m, n, k;
} shapes[] = {
    {256, 256, 256},    // 0.75 MB in float32
    {512, 512, 512},    // 3 MB
    {1024, 1024, 1024}, // 12 MB
    {2048, 2048, 2048}, // 48 MB
    {2312, 384, 1024},  // Mixed_6b to 6h, Branch_0, of 8 pictures: 17 x 17 px
    {9800, 96, 384},    // Mixed_5b to 5e, Branch_0, of 8 pictures: 35 x 35 px
};

static const struct number_type {
    const char *name;
    dnnl_data_type_t a, b, c;
    unsigned isa_bits; // without them oneDNN emulates
} number_types[] = {
    {"float32", dnnl_f32, dnnl_f32, dnnl_f32, 0},
    {"bfloat16", dnnl_bf16, dnnl_bf16, dnnl_f32, dnnl_cpu_isa_avx512_core_bf16},
    {"int8", dnnl_u8, dnnl_s8, dnnl_s32, 0},
};

struct product {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[3];
    const char *implementation;
};

// The first status that is no success ends the rest, as in a chain of && does.
#define TRY(s, call) ((s) = (s) == dnnl_success ? (call) : (s))

#if DNNL_VERSION_MAJOR >= 3
static dnnl_status_t describe(struct product *p, const struct number_type *t,
                              const dnnl_dims_t dims[3])
{
    dnnl_memory_desc_t md[3] = {NULL};
    const dnnl_data_type_t types[] = {t->a, t->b, t->c};
    dnnl_status_t s = dnnl_success;
    for (int i = A; i <= C; i++)
        TRY(s, dnnl_memory_desc_create_with_tag(&md[i], 2, dims[i], types[i],
                                                i == B ? dnnl_format_tag_any : dnnl_ab));
    TRY(s,
        dnnl_matmul_primitive_desc_create(&p->pd, p->engine, md[A], md[B], NULL, md[C], NULL));
    for (int i = A; i <= C; i++)
        if (md[i])
            dnnl_memory_desc_destroy(md[i]);
    return s;
}
#else
static dnnl_status_t describe(struct product *p, const struct number_type *t,
                              const dnnl_dims_t dims[3])
{
    dnnl_memory_desc_t md[3];
    dnnl_matmul_desc_t d;
    const dnnl_data_type_t types[] = {t->a, t->b, t->c};
    dnnl_status_t s = dnnl_success;
    for (int i = A; i <= C; i++)
        TRY(s, dnnl_memory_desc_init_by_tag(&md[i], 2, dims[i], types[i],
                                            i == B ? dnnl_format_tag_any : dnnl_ab));
    TRY(s, dnnl_matmul_desc_init(&d, &md[A], &md[B], NULL, &md[C]));
    TRY(s, dnnl_primitive_desc_create(&p->pd, &d, NULL, p->engine, NULL));
    return s;
}
#endif

// Small numbers, none of them 0, so that no processor saves power on them.
static dnnl_status_t fill(dnnl_memory_t memory, dnnl_data_type_t type, size_t n)
{
    void *data;
    struct rng r = rng_of(1, 0);
    dnnl_status_t s = dnnl_memory_get_data_handle(memory, &data);
    for (size_t i = 0; s == dnnl_success && i < n; i++) {
        float x = (float)rng_between(&r, 0.5, 1);
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        if (type == dnnl_f32)
            ((float *)data)[i] = x;
        else if (type == dnnl_bf16)
            ((uint16_t *)data)[i] = (uint16_t)(bits >> 16);
        else
            ((uint8_t *)data)[i] = (uint8_t)(1 + rng_below(&r, 63));
    }
    return s;
}

static dnnl_status_t prepare(struct product *p, const struct number_type *t,
                             const struct shape_mnk *x)
{
    const dnnl_dims_t dims[] = {{x->m, x->k}, {x->k, x->n}, {x->m, x->n}};
    const dnnl_query_t queries[] = {dnnl_query_src_md, dnnl_query_weights_md,
                                    dnnl_query_dst_md};
    const dnnl_data_type_t types[] = {t->a, t->b, t->c};
    dnnl_status_t s = describe(p, t, dims);
    TRY(s, dnnl_primitive_desc_query(p->pd, dnnl_query_impl_info_str, 0, &p->implementation));
    if (s == dnnl_success && !strncmp(p->implementation, "ref", 3))
        return dnnl_unimplemented;
    TRY(s, dnnl_primitive_create(&p->primitive, p->pd));
    for (int i = A; i <= C; i++) {
        TRY(s, dnnl_memory_create(&p->memory[i],
                                  dnnl_primitive_desc_query_md(p->pd, queries[i], 0), p->engine,
                                  DNNL_MEMORY_ALLOCATE));
        // B's layout may be padded; what lies beyond its numbers is not asked for.
        TRY(s, fill(p->memory[i], types[i], (size_t)(dims[i][0] * dims[i][1])));
    }
    return s;
}

static dnnl_status_t multiply(const struct product *p)
{
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->memory[A]},
                                    {DNNL_ARG_WEIGHTS, p->memory[B]},
                                    {DNNL_ARG_DST, p->memory[C]}};
    dnnl_status_t s = dnnl_primitive_execute(p->primitive, p->stream, 3, args);
    return s == dnnl_success ? dnnl_stream_wait(p->stream) : s;
}

static void release(struct product *p)
{
    for (int i = A; i <= C; i++)
        if (p->memory[i])
            dnnl_memory_destroy(p->memory[i]);
    if (p->primitive)
        dnnl_primitive_destroy(p->primitive);
    if (p->pd)
        dnnl_primitive_desc_destroy(p->pd);
    *p = (struct product){.engine = p->engine, .stream = p->stream};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static dnnl_status_t measure(struct product *p, const struct number_type *t,
                             const struct shape_mnk *x, size_t n_threads, double seconds)
{
    static double ms[MOST_RUNS];
    size_t n = 0;
    dnnl_status_t s = prepare(p, t, x);
    for (int i = 0; i < 3; i++)
        TRY(s, multiply(p));
    double end_s = clock_monotonic_s() + seconds;
    while (s == dnnl_success && n < MOST_RUNS && (n == 0 || clock_monotonic_s() < end_s)) {
        double start_s = clock_monotonic_s();
        s = multiply(p);
        ms[n++] = 1000 * (clock_monotonic_s() - start_s);
    }
    if (s != dnnl_success)
        return s;
    const dnnl_version_t *v = dnnl_version();
    qsort(ms, n, sizeof *ms, compare);
    double gflop = 2e-9 * (double)x->m * (double)x->n * (double)x->k;
    printf("{\"program\": \"nemg\", \"engine\": \"oneDNN %d.%d.%d\", \"what\": \"gemm\", "
           "\"dtype\": \"%s\", \"threads\": %zu, \"isa\": \"%s\", \"implementation\": \"%s\", "
           "\"m\": %lld, \"n\": %lld, \"k\": %lld, \"steps\": %zu, \"ms\": %.4f, "
           "\"ms_least\": %.4f, \"ms_most\": %.4f, \"gflop_per_s\": %.2f, "
           "\"gflop_per_s_most\": %.2f}\n",
           v->major, v->minor, v->patch, t->name, n_threads, net_kernels_isa(),
           p->implementation, (long long)x->m, (long long)x->n, (long long)x->k, n, ms[n / 2],
           ms[0], ms[n - 1], gflop / ms[n / 2] * 1000, gflop / ms[0] * 1000);
    return dnnl_success;
}

static const struct number_type *find_type(const char *name)
{
    for (size_t i = 0; i < sizeof number_types / sizeof *number_types; i++)
        if (!strcmp(number_types[i].name, name))
            return &number_types[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct number_type *t = argc == 4 ? find_type(argv[1]) : NULL;
    if (!t) {
        fprintf(stderr, "usage: bench_gemm float32|bfloat16|int8 THREADS SECONDS\n");
        return 2;
    }
    if (((unsigned)dnnl_get_effective_cpu_isa() & t->isa_bits) != t->isa_bits)
        return 0;
    size_t n_threads = strtoul(argv[2], NULL, 10), n = sizeof shapes / sizeof *shapes;
    double seconds = strtod(argv[3], NULL);
#ifdef _OPENMP
    omp_set_num_threads((int)n_threads);
#endif
    struct product p = {0};
    dnnl_status_t s = dnnl_engine_create(&p.engine, dnnl_cpu, 0);
    TRY(s, dnnl_stream_create(&p.stream, p.engine, dnnl_stream_default_flags));
    for (size_t i = 0; s == dnnl_success && i < n; i++) {
        s = measure(&p, t, &shapes[i], n_threads, seconds / (double)n);
        release(&p);
    }
    if (p.stream)
        dnnl_stream_destroy(p.stream);
    if (p.engine)
        dnnl_engine_destroy(p.engine);
    if (s != dnnl_success && s != dnnl_unimplemented)
        fprintf(stderr, "bench_gemm: oneDNN fails with status %d\n", (int)s);
    return s != dnnl_success && s != dnnl_unimplemented;
}
