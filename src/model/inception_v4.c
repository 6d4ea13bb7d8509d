/*
 * inception_v4.c: Inception v4 [1] as TF-Slim builds it [2]: a table of rows with its scope
 * names, walked by one builder. A convolution "S" is three tensors: S (variable S/weights),
 * S/BatchNorm (beta, moving statistics; no gamma) and S/Relu.
 *
 * [1] Szegedy, Ioffe, Vanhoucke, Alemi 2017, Inception-v4, Inception-ResNet and the impact of
 *     residual connections on learning.
 * [2] tensorflow/models, research/slim/nets/inception_v4.py and inception_utils.py.
 */
#include "model/model_priv.h"

#include <stdio.h>

// What a row reads: the input of its block, or what the row one or two above made.
enum source { BLOCK, LAST, BEFORE };

enum kind { CONV, MAX, AVERAGE, JOIN }; // JOIN: concatenates the two rows above

struct row {
    const char *scope;
    enum kind kind;
    size_t kh, kw, stride;
    bool is_same;
    size_t c_out;
    enum source from;
    bool is_end; // of a branch: goes into the block's concatenation, in this order
};

enum { VALID = 0, SAME = 1 };

static const struct row mixed_3a[] = {
    {"Branch_0/MaxPool_0a_3x3", MAX, 3, 3, 2, VALID, 0, BLOCK, true},
    {"Branch_1/Conv2d_0a_3x3", CONV, 3, 3, 2, VALID, 96, BLOCK, true},
    {0},
};
static const struct row mixed_4a[] = {
    {"Branch_0/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 64, BLOCK, false},
    {"Branch_0/Conv2d_1a_3x3", CONV, 3, 3, 1, VALID, 96, LAST, true},
    {"Branch_1/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 64, BLOCK, false},
    {"Branch_1/Conv2d_0b_1x7", CONV, 1, 7, 1, SAME, 64, LAST, false},
    {"Branch_1/Conv2d_0c_7x1", CONV, 7, 1, 1, SAME, 64, LAST, false},
    {"Branch_1/Conv2d_1a_3x3", CONV, 3, 3, 1, VALID, 96, LAST, true},
    {0},
};
static const struct row mixed_5a[] = {
    {"Branch_0/Conv2d_1a_3x3", CONV, 3, 3, 2, VALID, 192, BLOCK, true},
    {"Branch_1/MaxPool_1a_3x3", MAX, 3, 3, 2, VALID, 0, BLOCK, true},
    {0},
};
static const struct row inception_a[] = {
    {"Branch_0/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 96, BLOCK, true},
    {"Branch_1/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 64, BLOCK, false},
    {"Branch_1/Conv2d_0b_3x3", CONV, 3, 3, 1, SAME, 96, LAST, true},
    {"Branch_2/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 64, BLOCK, false},
    {"Branch_2/Conv2d_0b_3x3", CONV, 3, 3, 1, SAME, 96, LAST, false},
    {"Branch_2/Conv2d_0c_3x3", CONV, 3, 3, 1, SAME, 96, LAST, true},
    {"Branch_3/AvgPool_0a_3x3", AVERAGE, 3, 3, 1, SAME, 0, BLOCK, false},
    {"Branch_3/Conv2d_0b_1x1", CONV, 1, 1, 1, SAME, 96, LAST, true},
    {0},
};
static const struct row reduction_a[] = {
    {"Branch_0/Conv2d_1a_3x3", CONV, 3, 3, 2, VALID, 384, BLOCK, true},
    {"Branch_1/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 192, BLOCK, false},
    {"Branch_1/Conv2d_0b_3x3", CONV, 3, 3, 1, SAME, 224, LAST, false},
    {"Branch_1/Conv2d_1a_3x3", CONV, 3, 3, 2, VALID, 256, LAST, true},
    {"Branch_2/MaxPool_1a_3x3", MAX, 3, 3, 2, VALID, 0, BLOCK, true},
    {0},
};
static const struct row inception_b[] = {
    {"Branch_0/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 384, BLOCK, true},
    {"Branch_1/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 192, BLOCK, false},
    {"Branch_1/Conv2d_0b_1x7", CONV, 1, 7, 1, SAME, 224, LAST, false},
    {"Branch_1/Conv2d_0c_7x1", CONV, 7, 1, 1, SAME, 256, LAST, true},
    {"Branch_2/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 192, BLOCK, false},
    {"Branch_2/Conv2d_0b_7x1", CONV, 7, 1, 1, SAME, 192, LAST, false},
    {"Branch_2/Conv2d_0c_1x7", CONV, 1, 7, 1, SAME, 224, LAST, false},
    {"Branch_2/Conv2d_0d_7x1", CONV, 7, 1, 1, SAME, 224, LAST, false},
    {"Branch_2/Conv2d_0e_1x7", CONV, 1, 7, 1, SAME, 256, LAST, true},
    {"Branch_3/AvgPool_0a_3x3", AVERAGE, 3, 3, 1, SAME, 0, BLOCK, false},
    {"Branch_3/Conv2d_0b_1x1", CONV, 1, 1, 1, SAME, 128, LAST, true},
    {0},
};
static const struct row reduction_b[] = {
    {"Branch_0/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 192, BLOCK, false},
    {"Branch_0/Conv2d_1a_3x3", CONV, 3, 3, 2, VALID, 192, LAST, true},
    {"Branch_1/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 256, BLOCK, false},
    {"Branch_1/Conv2d_0b_1x7", CONV, 1, 7, 1, SAME, 256, LAST, false},
    {"Branch_1/Conv2d_0c_7x1", CONV, 7, 1, 1, SAME, 320, LAST, false},
    {"Branch_1/Conv2d_1a_3x3", CONV, 3, 3, 2, VALID, 320, LAST, true},
    {"Branch_2/MaxPool_1a_3x3", MAX, 3, 3, 2, VALID, 0, BLOCK, true},
    {0},
};
static const struct row inception_c[] = {
    {"Branch_0/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 256, BLOCK, true},
    {"Branch_1/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 384, BLOCK, false},
    {"Branch_1/Conv2d_0b_1x3", CONV, 1, 3, 1, SAME, 256, LAST, false},
    {"Branch_1/Conv2d_0c_3x1", CONV, 3, 1, 1, SAME, 256, BEFORE, false},
    {"Branch_1", JOIN, 0, 0, 0, SAME, 0, LAST, true},
    {"Branch_2/Conv2d_0a_1x1", CONV, 1, 1, 1, SAME, 384, BLOCK, false},
    {"Branch_2/Conv2d_0b_3x1", CONV, 3, 1, 1, SAME, 448, LAST, false},
    {"Branch_2/Conv2d_0c_1x3", CONV, 1, 3, 1, SAME, 512, LAST, false},
    {"Branch_2/Conv2d_0d_1x3", CONV, 1, 3, 1, SAME, 256, LAST, false},
    {"Branch_2/Conv2d_0e_3x1", CONV, 3, 1, 1, SAME, 256, BEFORE, false},
    {"Branch_2", JOIN, 0, 0, 0, SAME, 0, LAST, true},
    {"Branch_3/AvgPool_0a_3x3", AVERAGE, 3, 3, 1, SAME, 0, BLOCK, false},
    {"Branch_3/Conv2d_0b_1x1", CONV, 1, 1, 1, SAME, 256, LAST, true},
    {0},
};

struct block {
    const char *name;
    const struct row *rows;
};

static const struct block blocks[] = {
    {"Mixed_3a", mixed_3a},    {"Mixed_4a", mixed_4a},
    {"Mixed_5a", mixed_5a},    {"Mixed_5b", inception_a},
    {"Mixed_5c", inception_a}, {"Mixed_5d", inception_a},
    {"Mixed_5e", inception_a}, {"Mixed_6a", reduction_a},
    {"Mixed_6b", inception_b}, {"Mixed_6c", inception_b},
    {"Mixed_6d", inception_b}, {"Mixed_6e", inception_b},
    {"Mixed_6f", inception_b}, {"Mixed_6g", inception_b},
    {"Mixed_6h", inception_b}, {"Mixed_7a", reduction_b},
    {"Mixed_7b", inception_c}, {"Mixed_7c", inception_c},
    {"Mixed_7d", inception_c}, {0},
};

enum { NAME_BYTES = 128 };
static const double slim_keep = 0.8;

static int conv(struct network *n, const char *scope, int in, struct conv_params p)
{
    struct bnorm_params norm = {.epsilon = 0.001F, .decay = 0.9997F};
    if (n->spec.bnorm_decay > 0)
        norm.decay = (float)n->spec.bnorm_decay;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "InceptionV4/%s", scope);
    int x = graph_conv(n->graph, name, in, p);
    snprintf(name, sizeof name, "InceptionV4/%s/BatchNorm", scope);
    x = graph_bnorm(n->graph, name, x, norm);
    snprintf(name, sizeof name, "InceptionV4/%s/Relu", scope);
    return graph_relu(n->graph, name, x);
}

static int build_row(struct network *n, const char *block, const struct row *r, int block_in,
                     const int *made, size_t i)
{
    char scope[NAME_BYTES / 2], name[NAME_BYTES];
    snprintf(scope, sizeof scope, "%s/%s", block, r->scope);
    snprintf(name, sizeof name, "InceptionV4/%s", scope);
    int in = r->from == BLOCK ? block_in : r->from == LAST ? made[i - 1] : made[i - 2];
    if (r->kind == JOIN)
        return graph_concat(n->graph, name, &made[i - 2], 2);
    if (r->kind == CONV)
        return conv(n, scope, in,
                    (struct conv_params){.c_out = zoo_channels(n->spec.width, r->c_out),
                                         .kh = r->kh,
                                         .kw = r->kw,
                                         .stride = r->stride,
                                         .is_same = r->is_same});
    struct pool_params p = {.kind = r->kind == MAX ? POOL_MAX : POOL_AVERAGE,
                            .kh = r->kh,
                            .kw = r->kw,
                            .stride = r->stride,
                            .pad_h = r->is_same ? (r->kh - 1) / 2 : 0,
                            .pad_w = r->is_same ? (r->kw - 1) / 2 : 0};
    return graph_pool(n->graph, name, in, p);
}

static int build_block(struct network *n, const struct block *b, int in)
{
    int made[16] = {0}, ends[GRAPH_MAX_INPUTS];
    size_t n_ends = 0;
    char name[NAME_BYTES];
    for (size_t i = 0; b->rows[i].scope; i++) {
        made[i] = build_row(n, b->name, &b->rows[i], in, made, i);
        if (b->rows[i].is_end)
            ends[n_ends++] = made[i];
    }
    snprintf(name, sizeof name, "InceptionV4/%s", b->name);
    return graph_concat(n->graph, name, ends, n_ends);
}

// The auxiliary head reads Mixed_6h. Its second kernel is as large as its map: 5 x 5 at 299
// pixels.
static void build_aux(struct network *n, int mixed_6h)
{
    struct shape map =
        mixed_6h < 0 ? (struct shape){0} : graph_tensor_shape(n->graph, mixed_6h);
    if (map.h < 5 || map.w < 5)
        return; // a small picture: nothing left to pool
    int x = graph_pool(n->graph, "InceptionV4/AuxLogits/AvgPool_1a_5x5", mixed_6h,
                       (struct pool_params){POOL_AVERAGE, 5, 5, 3, 0, 0});
    n->frontier[n->n_frontier++] = x;
    x = conv(n, "AuxLogits/Conv2d_1b_1x1", x,
             (struct conv_params){.c_out = zoo_channels(n->spec.width, 128),
                                  .kh = 1,
                                  .kw = 1,
                                  .stride = 1,
                                  .is_same = true});
    struct shape k = x < 0 ? (struct shape){1, 1, 1} : graph_tensor_shape(n->graph, x);
    x = conv(n, "AuxLogits/Conv2d_2a", x,
             (struct conv_params){
                 .c_out = zoo_channels(n->spec.width, 768), .kh = k.h, .kw = k.w, .stride = 1});
    n->aux_logits =
        graph_dense(n->graph, "InceptionV4/AuxLogits/Aux_logits", x, n->spec.n_classes);
}

static void build(struct network *n, const struct model_spec *spec)
{
    static const struct row stem[] = {
        {"Conv2d_1a_3x3", CONV, 3, 3, 2, VALID, 32, LAST, false},
        {"Conv2d_2a_3x3", CONV, 3, 3, 1, VALID, 32, LAST, false},
        {"Conv2d_2b_3x3", CONV, 3, 3, 1, SAME, 64, LAST, false},
        {0},
    };
    struct shape s = spec->shape;
    int x = n->input = graph_input(n->graph, "input", s.h, s.w, s.c);
    for (const struct row *r = stem; r->scope; r++)
        x = conv(n, r->scope, x,
                 (struct conv_params){.c_out = zoo_channels(spec->width, r->c_out),
                                      .kh = r->kh,
                                      .kw = r->kw,
                                      .stride = r->stride,
                                      .is_same = r->is_same});
    int mixed_6h = -1;
    for (const struct block *b = blocks; b->name; b++) {
        x = build_block(n, b, x);
        if (b->rows == inception_b)
            mixed_6h = x; // the last of them
    }
    n->last_map = x;
    n->features = graph_global_average(n->graph, "InceptionV4/Logits/AvgPool_1a", x);
    n->frontier[n->n_frontier++] = n->features;
    build_aux(n, mixed_6h);
    x = graph_dropout(n->graph, "InceptionV4/Logits/Dropout_1b", n->features,
                      (float)(spec->dropout_keep > 0 ? spec->dropout_keep : slim_keep));
    n->logits = graph_dense(n->graph, "InceptionV4/Logits/Logits", x, spec->n_classes);
    n->head_scopes = "InceptionV4/Logits,InceptionV4/AuxLogits";
    n->weights_of_logits = "InceptionV4/Logits/Logits/weights";
}

const struct zoo_entry inception_v4_entry = {
    .name = "inception_v4",
    .summary = "Inception v4 with TF-Slim's names, 41.1 million parameters with 3 classes",
    .shape = {299, 299, 3},
    .shape_min = {75, 75, 1}, // the last reduction then makes 1 x 1
    .shape_max = {4096, 4096, 4096},
    .build = build,
    .names = &graph_names_slim,
};
