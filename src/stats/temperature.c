/* temperature.c: see temperature.h. */
#include "stats/temperature.h"

#include <math.h>

void temperature_softmax(float *probabilities, const float *logits, size_t n_classes,
                         double temperature)
{
    double largest = (double)logits[0], sum = 0;
    for (size_t k = 1; k < n_classes; k++)
        largest = fmax(largest, (double)logits[k]);
    for (size_t k = 0; k < n_classes; k++)
        sum += exp(((double)logits[k] - largest) / temperature);
    for (size_t k = 0; k < n_classes; k++)
        probabilities[k] = (float)(exp(((double)logits[k] - largest) / temperature) / sum);
}

// f'(b), and f''(b) in *curvature.
static double slope(double *curvature, const float *logits, const size_t *truth, size_t n,
                    size_t n_classes, double b)
{
    double first = 0;
    *curvature = 0;
    for (size_t i = 0; i < n; i++) {
        const float *z = logits + i * n_classes;
        double largest = (double)z[0], sum = 0, mean = 0, square = 0;
        for (size_t k = 1; k < n_classes; k++)
            largest = fmax(largest, (double)z[k]);
        for (size_t k = 0; k < n_classes; k++) {
            double d = (double)z[k] - largest, w = exp(b * d);
            sum += w;
            mean += w * d;
            square += w * d * d;
        }
        mean /= sum;
        first += mean - ((double)z[truth[i]] - largest);
        *curvature += square / sum - mean * mean;
    }
    return first;
}

struct estimate temperature_fit(const float *logits, const size_t *truth, size_t n,
                                size_t n_classes)
{
    double low = 1 / TEMPERATURE_MAX, high = 1 / TEMPERATURE_MIN, b = 1, curvature;
    if (!n)
        return estimate_none("there is no example");
    if (slope(&curvature, logits, truth, n, n_classes, high) <= 0)
        return estimate_none("the examples are all right, or nearly: they set no temperature");
    if (slope(&curvature, logits, truth, n, n_classes, low) >= 0)
        return estimate_none("the network is no better than guessing on these examples");
    // 200 halvings leave nothing of the bracket; Newton needs about six
    for (int step = 0; step < 200 && high - low > 1e-12 * high; step++) {
        double first = slope(&curvature, logits, truth, n, n_classes, b);
        *(first > 0 ? &high : &low) = b;
        double next = curvature > 0 ? b - first / curvature : low;
        next = next > low && next < high ? next : (low + high) / 2;
        if (fabs(next - b) <= 1e-12 * b)
            break;
        b = next;
    }
    return estimate_point(1 / b, "a temperature is fitted, not measured");
}
