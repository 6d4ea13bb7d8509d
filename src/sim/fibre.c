/*
 * fibre.c: see fibre.h.
 *
 * With places z_k = k dz along the fibre, V_k the membrane potential there and W_k the
 * electrode's weight (electrode.h), axial currents I = -dV/dz that are 0 at sealed ends, and
 * sources im = -dI, summation by parts gives
 *
 *   phi = C / dz * sum_k V_k D_k,   D_k = (W_{k+1} - W_k) - (W_k - W_{k-1}),
 *   C = sigma_i a^2 / (4 sigma_r)
 *
 * where a difference over an end counts as 0. So the charge balances exactly, whatever the
 * step, and nothing special happens at end-plate, tendon or block. dz is what the wave runs in
 * one sample: then V_k at sample n is V(s = (n - k) dz), phi is a convolution of D with V, and
 * as V's samples j^3 a^j have a rational z-transform,
 *
 *   sum_j j^3 a^j q^j = a q (1 + 4 a q + a^2 q^2) / (1 - a q)^4,
 *
 * the convolution is a recursive filter of four equal poles: a fibre costs some microseconds.
 *
 * [1] Andreassen & Rosenfalck 1981: sigma_i 1.01, sigma_r 0.063 S/m.
 */
#include "sim/fibre.h"

#include "base/err.h"
#include "base/mem.h"
#include "sim/electrode.h"
#include "sim/potential.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double sigma_i = 1.01, sigma_r = 0.063; // S/m [1]
static const double peak_mv_mm3 = 768, decay_mm = 2; // fibre.h [1]
static const double peak_at_mm = 1.5;                // of s^3 exp(-2 s)
static const double usual_um = 55;                   // fibre.h [1]
static const double tail_mm = 9;                     // V is below 0.1 % of its peak behind it

static const double space_mm = 1.5; // space constant of a fibre (textbook)
static const double tail_taus = 7;  // exp(-7) is below 0.1 %

double fibre_velocity_mm_ms(double diameter_um)
{
    return fmax(0.9, 2.2 + 0.05 * (diameter_um - 25));
}

double fibre_stretch(double stretch, double diameter_um)
{
    return stretch * fibre_velocity_mm_ms(diameter_um) / fibre_velocity_mm_ms(usual_um);
}

// One step dz, in mm.
static double step_mm(const struct fibre *f)
{
    return fibre_velocity_mm_ms(f->diameter_um) * 1e3 / POTENTIAL_RATE_HZ;
}

static double scale_uv(const struct fibre *f, double dz)
{
    double radius_mm = f->diameter_um / 2e3;
    return 1e3 * sigma_i * radius_mm * radius_mm / (4 * sigma_r) / dz;
}

// Second differences of w [n] with nothing beyond the ends, in place.
static void differ_sealed(double *w, size_t n)
{
    double before = 0;
    for (size_t k = 0; k < n; k++) {
        double after = k + 1 < n ? w[k + 1] - w[k] : 0;
        w[k] = after - before;
        before = after;
    }
}

// x [n] convolved with V(j dz), j >= 0, in place; dz in units of the wave's stretch.
static void convolve_wave(double *x, size_t n, double dz)
{
    double a = exp(-decay_mm * dz), c = peak_mv_mm3 * dz * dz * dz;
    double p = 0, q = 0, r = 0, s = 0, s1 = 0, s2 = 0, s3 = 0;
    for (size_t i = 0; i < n; i++) {
        p = x[i] + a * p;
        q = p + a * q;
        r = q + a * r;
        s = r + a * s;
        x[i] = c * a * (s1 + 4 * a * s2 + a * a * s3);
        s3 = s2;
        s2 = s1;
        s1 = s;
    }
}

static double wave_mv(double s_mm)
{
    return peak_mv_mm3 * s_mm * s_mm * s_mm * exp(-decay_mm * s_mm);
}

// out [n] += x convolved with the wave whose fall from the peak is exp(-t / tau_ms).
static void add_slow_wave(double *out, const double *x, size_t n, double dz, double tau_ms)
{
    size_t n_rise = (size_t)(peak_at_mm / dz);
    double keep = exp(-1e3 / POTENTIAL_RATE_HZ / tau_ms), tail = 0;
    double peak = wave_mv((double)n_rise * dz);
    for (size_t j = 1; j <= n_rise; j++) {
        double v = wave_mv((double)j * dz);
        for (size_t i = j; i < n; i++)
            out[i] += v * x[i - j];
    }
    for (size_t i = n_rise + 1; i < n; i++) {
        tail = keep * (tail + x[i - n_rise - 1]);
        out[i] += peak * tail;
    }
}

static int finish(struct potential *p, const double *x, size_t n, double scale, struct err *e)
{
    int rc = potential_init(p, n, e);
    for (size_t i = 0; rc == 0 && i < n; i++)
        p->uv[i] = (float)(scale * x[i]);
    return rc;
}

int fibre_potential(struct potential *p, const struct fibre *f, const struct electrode *el,
                    struct err *e)
{
    assert(f->stretch > 0 && f->left_mm <= f->end_plate_mm && f->end_plate_mm <= f->right_mm);
    double dz = step_mm(f);
    size_t n_left = (size_t)lround((f->end_plate_mm - f->left_mm) / dz);
    size_t n_right = (size_t)lround((f->right_mm - f->end_plate_mm) / dz);
    size_t n_places = n_left + n_right + 1;
    size_t n = (n_left > n_right ? n_left : n_right) + 1 + (size_t)(tail_mm * f->stretch / dz);
    *p = (struct potential){0};
    double *w = mem_array(n_places, sizeof *w), *x = mem_array(n, sizeof *x);
    int rc = w && x ? 0 : err_set(e, ERR_MEMORY, "no memory for a muscle fibre");
    if (rc == 0) {
        electrode_weights(w, n_places, f->end_plate_mm - (double)n_left * dz, dz, el, f->x_mm,
                          f->y_mm);
        differ_sealed(w, n_places);
        for (size_t k = 0; k <= n_right; k++)
            x[k] += w[n_left + k];
        for (size_t k = 1; k <= n_left; k++)
            x[k] += w[n_left - k];
        convolve_wave(x, n, dz / f->stretch);
        rc = finish(p, x, n, scale_uv(f, dz), e);
    }
    mem_free(w);
    mem_free(x);
    return rc;
}

int fibre_blocked_potential(struct potential *p, const struct fibre *f,
                            const struct fibre_block *b, const struct electrode *el,
                            struct err *e)
{
    assert(f->stretch > 0 && b->origin_mm < b->block_mm && b->ramp_mm > 0 && b->slow_mm > 0 &&
           b->tau_ms > 0);
    double dz = step_mm(f);
    size_t n_places = (size_t)lround((b->block_mm - b->origin_mm) / dz) + 1;
    size_t n = n_places + (size_t)(tail_mm * f->stretch / dz) +
               (size_t)(tail_taus * b->tau_ms * POTENTIAL_RATE_HZ / 1e3);
    *p = (struct potential){0};
    double *fast = mem_array(n, sizeof *fast), *slow = mem_array(n, sizeof *slow);
    int rc = fast && slow ? 0 : err_set(e, ERR_MEMORY, "no memory for a muscle fibre");
    if (rc == 0) {
        electrode_weights(fast, n_places, b->block_mm - (double)(n_places - 1) * dz, dz, el,
                          f->x_mm, f->y_mm);
        differ_sealed(fast, n_places);
        for (size_t k = 0; k < n_places; k++) {
            double left_mm = (double)(n_places - 1 - k) * dz; // to the block
            double size = fmin(1, left_mm / b->ramp_mm),
                   q = b->mix * exp(-left_mm / b->slow_mm);
            slow[k] = fast[k] * size * q;
            fast[k] *= size * (1 - q);
        }
        convolve_wave(fast, n, dz / f->stretch);
        add_slow_wave(fast, slow, n, dz / f->stretch, b->tau_ms);
        rc = finish(p, fast, n, scale_uv(f, dz), e);
    }
    mem_free(fast);
    mem_free(slow);
    return rc;
}

// Its time course is (t / rise) exp(1 - t / rise); along the fibre it is exp(-|z| / space_mm).
int fibre_miniature_potential(struct potential *p, const struct fibre *f, double peak_mv,
                              double rise_ms, const struct electrode *el, struct err *e)
{
    enum { SIDE = 200, PLACES = 2 * SIDE + 1 };
    const double dz = 8 * space_mm / SIDE;
    double w[PLACES], sum = 0;
    assert(rise_ms > 0);
    electrode_weights(w, PLACES, f->end_plate_mm - SIDE * dz, dz, el, f->x_mm, f->y_mm);
    differ_sealed(w, PLACES);
    for (int k = 0; k < PLACES; k++)
        sum += w[k] * exp(-abs(k - SIDE) * dz / space_mm);
    size_t n = (size_t)(10 * rise_ms * POTENTIAL_RATE_HZ / 1e3);
    int rc = potential_init(p, n, e);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        double t = (double)i * 1e3 / POTENTIAL_RATE_HZ / rise_ms;
        p->uv[i] = (float)(scale_uv(f, dz) * peak_mv * t * exp(1 - t) * sum);
    }
    return rc;
}
