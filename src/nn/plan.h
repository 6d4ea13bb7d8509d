/*
 * plan.h: where buffers that live for a while go in one block.
 *
 * Each buffer has a size and a first and last time at which it holds something, or two such
 * times; two buffers may share bytes when their times do not overlap. Finding the smallest block is NP-hard; largest first,
 * each into the lowest gap that fits, comes within a few percent of the lower bound on our
 * networks (Pisarchyk & Lee 2020, "Efficient memory management for deep neural net inference").
 */
#pragma once

#include <stddef.h>

struct err;

struct plan_buffer {
    size_t bytes;
    size_t first, last;             // times, first <= last
    size_t again_first, again_last; // a second time at which it holds something; both 0: none
    size_t offset;                  // the answer, a multiple of 64
};

// Fills the offsets; *total is the size of the block.
int plan_buffers(struct plan_buffer *buffers, size_t n, size_t *total, struct err *e);

// The most bytes that live at one time: no plan can be smaller.
size_t plan_lower_bound(const struct plan_buffer *buffers, size_t n);
