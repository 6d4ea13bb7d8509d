/* net.c: runs what net_compile.c has made. See net.h. */
#include "nn/net.h"

#include "base/err.h"
#include "base/mem.h"
#include "nn/backend.h"
#include "nn/variables.h"

#include <assert.h>

struct net_options net_options_defaults(void)
{
    return (struct net_options){
        .mode = NET_INFERENCE,
        .batch = 1,
        .dtype = DTYPE_F32,
        .backend = "onednn",
        .statistics = NET_STATISTICS_BATCH,
    };
}

void net_free(struct net *net)
{
    if (!net)
        return;
    for (size_t i = 0; i < net->n_nodes; i++)
        if (net->nodes[i].impl && net->nodes[i].impl->release)
            net->nodes[i].impl->release(&net->backend, &net->nodes[i]);
    backend_close(&net->backend);
    mem_free(net->gradient_block);
    mem_free(net->block);
    mem_free(net->prepared_block);
    arena_release(&net->arena);
    mem_free(net);
}

size_t net_batch(const struct net *net)
{
    return net->batch;
}

struct tensor net_feed(struct net *net, int tensor)
{
    assert(tensor >= 0 && net->is_fed[tensor]);
    return net->value[tensor];
}

struct tensor net_fetch(struct net *net, int tensor)
{
    assert(tensor >= 0 && net->is_fetched[tensor]);
    return net->value[tensor];
}

int32_t *net_labels(struct net *net)
{
    return net->context.labels;
}

void net_set_step(struct net *net, uint64_t step)
{
    net->context.step = step;
}

int net_forward(struct net *net, struct err *e)
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        int rc = net->nodes[i].impl->forward(&net->backend, &net->nodes[i], e);
        if (rc < 0)
            return err_prefix(e, "%s", net->nodes[i].name);
    }
    return 0;
}

double net_loss(const struct net *net, int loss)
{
    double sum = 0;
    assert(net->is_fetched[loss]);
    for (size_t i = 0; i < net->batch; i++)
        sum += (double)*tensor_row(&net->value[loss], i);
    return sum / (double)net->batch;
}

int net_backward(struct net *net, const float *loss_weight, struct err *e)
{
    assert(net->mode != NET_INFERENCE);
    for (size_t k = 0; k < net->n_losses; k++) {
        struct tensor *d = &net->gradient[net->losses[k]];
        for (size_t i = 0; d->data && i < net->batch; i++)
            *tensor_row(d, i) = (loss_weight ? loss_weight[k] : 1) / (float)net->batch;
    }
    for (size_t i = net->n_nodes; i-- > 0;) {
        struct node *n = &net->nodes[i];
        int rc = 0;
        for (size_t k = 0; rc == 0 && k < n->n_repeats; k++) {
            struct node *maker = &net->nodes[n->repeats[k]];
            rc = maker->impl->repeat(&net->backend, maker, e);
        }
        if (rc == 0 && n->has_backward)
            rc = n->impl->backward(&net->backend, n, e);
        if (rc < 0)
            return err_prefix(e, "gradient of %s", n->name);
    }
    return 0;
}

float *net_gradient(struct net *net, size_t variable)
{
    return net->variable_gradient[variable];
}

struct tensor net_tensor_gradient(struct net *net, int tensor)
{
    return net->has_own_gradient[tensor] ? net->gradient[tensor] : (struct tensor){0};
}

int net_refresh(struct net *net, struct err *e)
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        struct node *n = &net->nodes[i];
        int rc = n->impl->refresh ? n->impl->refresh(&net->backend, n, e) : 0;
        if (rc < 0)
            return err_prefix(e, "%s", n->name);
    }
    return 0;
}

struct net_memory net_memory(const struct net *net)
{
    return net->memory;
}
