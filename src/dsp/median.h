/* median.h: the middle value. */
#pragma once

#include <stddef.h>

// The (n / 2)-th smallest of x [n], from 0, which it reorders; n > 0, no NaN. Linear in n.
float median_of(float *x, size_t n);
