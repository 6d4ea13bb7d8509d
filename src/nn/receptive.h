/*
 * receptive.h: where the places of a map lie in a network's input, and how far each one sees.
 *
 * Along one axis, place i of a tensor has its middle at input place first + i * step and depends
 * on no more than `extent` input places around it. Through a window of k, stride s and padding p
 * before it [1]:
 *
 *   first' = first + ((k - 1) / 2 - p) step      step' = s step      extent' = extent + (k - 1) step
 *
 * Where branches meet, the widest extent counts, and its middle.
 *
 * [1] Araujo, Norris, Sim 2019, Computing receptive fields of convolutional neural networks, Distill.
 */
#pragma once

struct err;
struct graph;

struct receptive_axis {
    double first, step, extent; // in places of the input
};

struct receptive {
    struct receptive_axis y, x;
};

// Of `tensor` with regard to `input`. ERR_UNSUPPORTED: it does not depend on it, or no longer has
// places (behind a global average or a dense layer). ERR_MEMORY.
int receptive_of(struct receptive *out, const struct graph *g, int input, int tensor,
                 struct err *e);
