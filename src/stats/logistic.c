/* logistic.c: see logistic.h. */
#include "stats/logistic.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { MAX_STEPS = 5000 };
static const double small_gradient = 1e-6; // its largest component, where the walk ends

struct fit {
    const double *x;     // [n][n_inputs]
    const size_t *truth; // [n]
    size_t n, n_inputs, n_classes;
    double ridge;
    double *share; // [n_classes] weight of an example of the class
    double *row;   // [n_classes]
};

void logistic_predict(double *out, const struct logistic *m, const double *x)
{
    double most = -HUGE_VAL, sum = 0;
    for (size_t k = 0; k < m->n_classes; k++) {
        const double *w = m->weights + k * (m->n_inputs + 1);
        out[k] = w[m->n_inputs];
        for (size_t i = 0; i < m->n_inputs; i++)
            out[k] += w[i] * x[i];
        most = fmax(most, out[k]);
    }
    for (size_t k = 0; k < m->n_classes; k++)
        sum += out[k] = exp(out[k] - most);
    for (size_t k = 0; k < m->n_classes; k++)
        out[k] /= sum;
}

// gradient [n_classes][n_inputs + 1] at the weights of m.
static void gradient_at(double *gradient, const struct fit *f, const struct logistic *m)
{
    size_t d = f->n_inputs + 1;
    for (size_t k = 0; k < f->n_classes * d; k++)
        gradient[k] = k % d == f->n_inputs ? 0 : f->ridge * m->weights[k];
    for (size_t i = 0; i < f->n; i++) {
        const double *x = f->x + i * f->n_inputs;
        logistic_predict(f->row, m, x);
        for (size_t k = 0; k < f->n_classes; k++) {
            double *g = gradient + k * d;
            double error = (f->row[k] - (f->truth[i] == k)) * f->share[f->truth[i]];
            for (size_t j = 0; j < f->n_inputs; j++)
                g[j] += error * x[j];
            g[f->n_inputs] += error;
        }
    }
}

static double curvature(const struct fit *f)
{
    double sum = 0; // the weighted mean of |x|^2 bounds the largest eigenvalue
    for (size_t i = 0; i < f->n; i++) {
        double square = 1;
        for (size_t j = 0; j < f->n_inputs; j++)
            square += f->x[i * f->n_inputs + j] * f->x[i * f->n_inputs + j];
        sum += square * f->share[f->truth[i]];
    }
    return sum / 2 + f->ridge;
}

// ahead: where the gradient is taken; work [3][n_classes * (n_inputs + 1)].
static void walk(struct logistic *m, const struct fit *f, double *work)
{
    size_t n = f->n_classes * (f->n_inputs + 1);
    double *ahead = work, *gradient = work + n, *before = work + 2 * n;
    double step = 1 / curvature(f), momentum = 1;
    struct logistic at = *m;
    at.weights = ahead;
    for (int i = 0; i < MAX_STEPS; i++) {
        gradient_at(gradient, f, &at);
        double largest = 0, uphill = 0;
        memcpy(before, m->weights, n * sizeof *before);
        for (size_t k = 0; k < n; k++) {
            largest = fmax(largest, fabs(gradient[k]));
            m->weights[k] = ahead[k] - step * gradient[k];
            uphill += gradient[k] * (m->weights[k] - before[k]);
        }
        if (largest < small_gradient)
            return;
        double next = uphill > 0 ? 1 : (1 + sqrt(1 + 4 * momentum * momentum)) / 2;
        double push = uphill > 0 ? 0 : (momentum - 1) / next;
        for (size_t k = 0; k < n; k++)
            ahead[k] = m->weights[k] + push * (m->weights[k] - before[k]);
        momentum = next;
    }
}

int logistic_fit(struct logistic *out, const double *x, const size_t *truth, size_t n,
                 size_t n_inputs, size_t n_classes, double ridge, struct err *e)
{
    size_t n_weights = mem_product(n_classes, n_inputs + 1);
    struct fit f = {x, truth, n, n_inputs, n_classes, ridge, NULL, NULL};
    assert(n && n_inputs && n_classes && ridge > 0);
    *out = (struct logistic){n_inputs, n_classes, mem_array(n_weights, sizeof(double))};
    f.share = mem_array(n_classes, 2 * sizeof *f.share);
    double *work = mem_array(n_weights, 3 * sizeof *work);
    int rc = out->weights && f.share && work
                 ? 0
                 : err_set(e, ERR_MEMORY, "no memory for a logistic regression");
    if (rc == 0) {
        f.row = f.share + n_classes;
        for (size_t i = 0; i < n; i++)
            f.share[truth[i]]++;
        for (size_t k = 0; k < n_classes; k++) {
            assert(f.share[k] > 0);
            f.share[k] = 1 / (f.share[k] * (double)n_classes);
        }
        walk(out, &f, work);
    }
    mem_free(f.share);
    mem_free(work);
    return rc;
}

void logistic_release(struct logistic *m)
{
    mem_free(m->weights);
    *m = (struct logistic){0};
}
