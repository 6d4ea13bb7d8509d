/* model_priv.h: what the networks of this folder share. */
#pragma once

#include "model/zoo.h"

struct zoo_entry {
    const char *name, *summary;
    struct shape shape, shape_min, shape_max; // of the input: its own, and the bounds
    // Builds the graph; failures stay in it (graph_check).
    void (*build)(struct network *n, const struct model_spec *spec);
    const struct graph_names *names;
};

extern const struct zoo_entry inception_v4_entry, resnet18_entry, resnet1d_entry;
