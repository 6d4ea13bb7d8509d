/*
 * backend_onednn.c: the CPU backend: oneDNN's convolutions and matrix products, our own passes
 * over memory beside them, on one OpenMP team.
 */
#include "nn/op/api_onednn.h"
#include "nn/op/cpu.h"
#include "nn/op/onednn.h"
#include "nn/op/ref.h"

#include "nn/backend.h"

#ifdef _OPENMP
#include <omp.h>
#endif

// Dropout and the loss touch a few kilobytes: their definition is fast enough.
static const struct op_impl *const impls[] = {
    &conv_onednn,  &conv_blocks_onednn, &conv_bf16_onednn, &conv_u8_onednn,
    &dense_onednn, &dropout_ref,        &softmax_loss_ref, NULL,
};

// Whether oneDNN finds all of it here, and ONEDNN_MAX_CPU_ISA leaves it; bits as dnnl_cpu_isa_t counts them.
static bool has_isa(unsigned bits)
{
    return ((unsigned)dnnl_get_effective_cpu_isa() & bits) == bits;
}

static const struct cpu_kernels *kernels(void)
{
    const struct cpu_kernels *const *k = cpu_kernels_all;
    while (!has_isa((*k)->isa_bits))
        k++; // the last one wants nothing
    return *k;
}

// With AVX2 alone, oneDNN's convolutions are up to twice as fast on blocks of 8 channels as on NHWC
// (docs/performance.md); with AVX-512 NHWC is the faster.
static bool prefers_blocks(void)
{
    return has_isa(dnnl_cpu_isa_avx2) && !has_isa(dnnl_cpu_isa_avx512_core);
}

static void close(struct backend *b)
{
    struct onednn *o = b->state;
    if (!o)
        return;
    if (o->stream)
        dnnl_stream_destroy(o->stream);
    if (o->engine)
        dnnl_engine_destroy(o->engine);
    mem_free(o);
    b->state = NULL;
}

size_t net_threads(size_t wanted)
{
#ifdef _OPENMP
    return wanted ? wanted : (size_t)omp_get_num_procs();
#else
    return wanted ? wanted : 1;
#endif
}

static int open(struct backend *b, struct err *e)
{
#ifdef _OPENMP
    omp_set_num_threads((int)net_threads(b->n_threads));
#endif
    struct onednn *o = b->state = mem_zalloc(sizeof *o);
    if (!o)
        return err_set(e, ERR_MEMORY, "no memory for oneDNN");
    o->cpu = kernels();
    b->more = o->cpu->impls;
    b->prefers_blocks = prefers_blocks();
    int rc = onednn_check(dnnl_engine_create(&o->engine, dnnl_cpu, 0), "engine", e);
    if (rc == 0)
        rc = onednn_check(dnnl_stream_create(&o->stream, o->engine, dnnl_stream_default_flags),
                          "stream", e);
    if (rc < 0)
        close(b);
    return rc;
}

const struct backend_kind backend_onednn = {
    .name = "onednn",
    .impls = impls,
    .open = open,
    .close = close,
};

void net_onednn_version(int *major, int *minor, int *patch)
{
    const dnnl_version_t *v = dnnl_version();
    *major = v->major;
    *minor = v->minor;
    *patch = v->patch;
}

bool net_bfloat16_pays(void)
{
    return has_isa(dnnl_cpu_isa_avx512_core_bf16);
}

const char *net_kernels_isa(void)
{
    return kernels()->isa;
}
