/* kappa.c: see kappa.h. */
#include "stats/kappa.h"

#include "stats/confusion.h"

#include <math.h>

static const double z95 = 1.959963984540054; // the 97.5 % point of the normal distribution

static uint64_t row_sum(const struct confusion *c, size_t i)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < c->n_classes; k++)
        sum += confusion_count(c, i, k);
    return sum;
}

static uint64_t column_sum(const struct confusion *c, size_t i)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < c->n_classes; k++)
        sum += confusion_count(c, k, i);
    return sum;
}

struct estimate kappa_of(const struct confusion *c)
{
    double n = (double)c->n, po = 0, pe = 0, on = 0, off = 0;
    if (!c->n)
        return estimate_none("there is no example that both judged");
    for (size_t i = 0; i < c->n_classes; i++) {
        po += (double)confusion_count(c, i, i) / n;
        pe += (double)row_sum(c, i) / n * ((double)column_sum(c, i) / n);
    }
    if (pe > 1 - 1e-12)
        return estimate_none("both give one and the same class to everything");
    double kappa = (po - pe) / (1 - pe);
    for (size_t i = 0; i < c->n_classes; i++) {
        double row = (double)row_sum(c, i) / n;
        for (size_t k = 0; k < c->n_classes; k++) {
            double p = (double)confusion_count(c, i, k) / n;
            double column = (double)column_sum(c, i) / n, other = (double)row_sum(c, k) / n;
            // on the diagonal by the class's own two shares; off it crosswise
            double d = i == k ? 1 - (row + column) * (1 - kappa) : column + other;
            *(i == k ? &on : &off) += p * d * d;
        }
    }
    double chance = kappa - pe * (1 - kappa);
    double variance =
        (on + (1 - kappa) * (1 - kappa) * off - chance * chance) / (n * (1 - pe) * (1 - pe));
    if (!(variance > 1e-15))
        return estimate_point(kappa, "they agree throughout: the large-sample error is 0");
    double half = z95 * sqrt(variance);
    return estimate_of(kappa, fmax(-1, kappa - half), fmin(1, kappa + half));
}
