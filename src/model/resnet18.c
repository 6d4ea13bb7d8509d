/*
 * resnet18.c: ResNet-18 [1] with PyTorch's (torchvision's) names: conv1.weight, bn1.weight,
 * layer1.0.conv1.weight, layer2.0.downsample.0.weight, fc.weight. Variables stay in our
 * layouts.
 *
 * [1] He, Zhang, Ren, Sun 2016, Deep residual learning for image recognition, table 1.
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

static struct conv_params three(size_t c_out, size_t stride)
{
    return (struct conv_params){
        .c_out = c_out, .kh = 3, .kw = 3, .stride = stride, .pad_h = 1, .pad_w = 1};
}

static int basic_block(struct network *n, const char *prefix, int in, size_t c_out,
                       size_t stride, bool has_downsample)
{
    char name[NAME_BYTES];
    int x = conv(n, prefix, "conv1", "bn1", in, three(c_out, stride));
    x = relu(n, prefix, "relu1", x);
    x = conv(n, prefix, "conv2", "bn2", x, three(c_out, 1));
    int shortcut = in;
    if (has_downsample)
        shortcut =
            conv(n, prefix, "downsample.0", "downsample.1", in,
                 (struct conv_params){.c_out = c_out, .kh = 1, .kw = 1, .stride = stride});
    snprintf(name, sizeof name, "%sadd", prefix);
    x = graph_add(n->graph, name, x, shortcut);
    return relu(n, prefix, "relu2", x);
}

static void build(struct network *n, const struct model_spec *spec)
{
    static const size_t channels[] = {64, 128, 256, 512};
    int x = n->input = graph_input(n->graph, "input", spec->image_size, spec->image_size, 3);
    x = conv(n, "", "conv1", "bn1", x,
             (struct conv_params){
                 .c_out = 64, .kh = 7, .kw = 7, .stride = 2, .pad_h = 3, .pad_w = 3});
    x = relu(n, "", "relu", x);
    x = graph_pool(n->graph, "maxpool", x, (struct pool_params){POOL_MAX, 3, 3, 2, 1, 1});
    for (size_t layer = 0; layer < 4; layer++)
        for (size_t i = 0; i < 2; i++) {
            char prefix[NAME_BYTES / 2];
            bool is_first = layer > 0 && i == 0;
            snprintf(prefix, sizeof prefix, "layer%zu.%zu.", layer + 1, i);
            x = basic_block(n, prefix, x, channels[layer], is_first ? 2 : 1, is_first);
        }
    n->last_map = x;
    n->features = graph_global_average(n->graph, "avgpool", x);
    n->frontier[n->n_frontier++] = n->features;
    n->logits = graph_dense(n->graph, "fc", n->features, spec->n_classes);
    n->head_scopes = "fc";
    n->weights_of_logits = "fc.weight";
}

const struct zoo_entry resnet18_entry = {
    .name = "resnet18",
    .summary = "ResNet-18 with PyTorch's names, 11.2 million parameters with 3 classes",
    .image_size = 224,
    .image_size_min = 32,
    .build = build,
    .names = &graph_names_torch,
};
