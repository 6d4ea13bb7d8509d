/*
 * resnet.c: residual networks of basic blocks [1] with PyTorch's (torchvision's) names:
 * conv1.weight, bn1.weight, layer1.0.conv1.weight, layer2.0.downsample.0.weight, fc.weight.
 * Variables stay in our layouts. A network is a row of numbers:
 *
 *   resnet18  [1], table 1
 *   resnet1d  for signals: windows along time, one block a layer. At 10 kHz its last map sees
 *             50 ms at a time in steps of 3.2 ms: longer than a positive sharp wave's spike and
 *             the beginning of its tail, shorter than the interval between two.
 *
 * [1] He, Zhang, Ren, Sun 2016, Deep residual learning for image recognition.
 */
#include "model/model_priv.h"

#include <stdio.h>

enum { NAME_BYTES = 64 };

// epsilon 1e-5 and momentum 0.1 (here: decay 0.9) are PyTorch's defaults
static const struct bnorm_params torch = {.epsilon = 1e-5F, .decay = 0.9F, .has_gamma = true};

static int conv(struct network *n, const char *prefix, const char *conv_name,
                const char *norm_name, int in, struct conv_params p)
{
    char name[NAME_BYTES];
    p.c_out = zoo_channels(n->spec.width, p.c_out);
    snprintf(name, sizeof name, "%s%s", prefix, conv_name);
    int x = graph_conv(n->graph, name, in, p);
    snprintf(name, sizeof name, "%s%s", prefix, norm_name);
    struct bnorm_params norm = torch;
    if (n->spec.bnorm_decay > 0)
        norm.decay = (float)n->spec.bnorm_decay;
    return graph_bnorm(n->graph, name, x, norm);
}

static int relu(struct network *n, const char *prefix, const char *what, int in)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s%s", prefix, what);
    return graph_relu(n->graph, name, in);
}

enum { N_LAYERS = 4 };

// Windows are k[0] x k[1].
struct plan {
    size_t stem[2], pool[2], block[2];
    size_t stem_channels, channels[N_LAYERS];
    size_t n_blocks; // of each layer
};

static struct conv_params same(const size_t k[2], size_t c_out, size_t stride)
{
    return (struct conv_params){
        .c_out = c_out, .kh = k[0], .kw = k[1], .stride = stride, .is_same = true};
}

static int basic_block(struct network *n, const char *prefix, const size_t k[2], int in,
                       size_t c_out, size_t stride, bool has_downsample)
{
    char name[NAME_BYTES];
    int x = conv(n, prefix, "conv1", "bn1", in, same(k, c_out, stride));
    x = relu(n, prefix, "relu1", x);
    x = conv(n, prefix, "conv2", "bn2", x, same(k, c_out, 1));
    int shortcut = in;
    if (has_downsample)
        shortcut =
            conv(n, prefix, "downsample.0", "downsample.1", in,
                 (struct conv_params){.c_out = c_out, .kh = 1, .kw = 1, .stride = stride});
    snprintf(name, sizeof name, "%sadd", prefix);
    x = graph_add(n->graph, name, x, shortcut);
    return relu(n, prefix, "relu2", x);
}

static void build(struct network *n, const struct model_spec *spec, const struct plan *p)
{
    struct shape s = spec->shape;
    int x = n->input = graph_input(n->graph, "input", s.h, s.w, s.c);
    x = conv(n, "", "conv1", "bn1", x, same(p->stem, p->stem_channels, 2));
    x = relu(n, "", "relu", x);
    x = graph_pool(n->graph, "maxpool", x,
                   (struct pool_params){POOL_MAX, p->pool[0], p->pool[1], 2,
                                        (p->pool[0] - 1) / 2, (p->pool[1] - 1) / 2});
    for (size_t layer = 0; layer < N_LAYERS; layer++)
        for (size_t i = 0; i < p->n_blocks; i++) {
            char prefix[NAME_BYTES / 2];
            bool is_first = layer > 0 && i == 0;
            snprintf(prefix, sizeof prefix, "layer%zu.%zu.", layer + 1, i);
            x = basic_block(n, prefix, p->block, x, p->channels[layer], is_first ? 2 : 1,
                            is_first);
        }
    n->last_map = x;
    n->features = graph_global_average(n->graph, "avgpool", x);
    n->frontier[n->n_frontier++] = n->features;
    n->logits = graph_dense(n->graph, "fc", n->features, spec->n_classes);
    n->head_scopes = "fc";
    n->weights_of_logits = "fc.weight";
}

static void build18(struct network *n, const struct model_spec *spec)
{
    build(n, spec,
          &(struct plan){.stem = {7, 7},
                         .pool = {3, 3},
                         .block = {3, 3},
                         .stem_channels = 64,
                         .channels = {64, 128, 256, 512},
                         .n_blocks = 2});
}

static void build1d(struct network *n, const struct model_spec *spec)
{
    build(n, spec,
          &(struct plan){.stem = {1, 15},
                         .pool = {1, 3},
                         .block = {1, 5},
                         .stem_channels = 32,
                         .channels = {32, 64, 96, 128},
                         .n_blocks = 1});
}

const struct zoo_entry resnet18_entry = {
    .name = "resnet18",
    .summary = "ResNet-18 with PyTorch's names, 11.2 million parameters with 3 classes",
    .shape = {224, 224, 3},
    .shape_min = {32, 32, 1},
    .shape_max = {4096, 4096, 4096},
    .build = build18,
    .names = &graph_names_torch,
};

const struct zoo_entry resnet1d_entry = {
    .name = "resnet1d",
    .summary = "a residual network along time, for signals",
    .shape = {1, 1000, 1},
    .shape_min = {1, 32, 1},
    .shape_max = {1, 1 << 20, 4096},
    .build = build1d,
    .names = &graph_names_torch,
};
