/*
 * motor_unit.c: see motor_unit.h.
 *
 * A fibre's potential is computed once and added to each variant at its own delay: the way of
 * the nerve's twig from the zone's middle to the end-plate at 5 m/s and up to 1 mm of bare
 * terminal at 2 m/s [1], and the jitter.
 *
 * [1] iemg_simulator (Konstantin et al. 2020, IEEE TBME): terminal velocities 5 and 2 m/s.
 */
#include "sim/motor_unit.h"

#include "base/err.h"
#include "base/rng.h"
#include "sim/electrode.h"
#include "sim/fibre.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

enum { MAX_GROUPS = 12 };

static const double twig_mm_ms = 5, terminal_mm_ms = 2; // [1]
static const double thinnest_um = 18, thickest_um = 110;
static const double window_ms = 60;         // longer than any fibre of the lengths we use
static const double level_uv = 0.2;         // below it a potential is cut off
static const double group_radius_mm = 0.35; // of fibres taken over by one sprout (textbook)

static double clamp(double x, double least, double most)
{
    return fmin(fmax(x, least), most);
}

// A place even over a disc.
static void disc(double *x_mm, double *y_mm, double radius_mm, struct rng *rng)
{
    double r = radius_mm * sqrt(rng_uniform(rng)),
           turn = rng_between(rng, 0, 6.283185307179586);
    *x_mm = r * cos(turn);
    *y_mm = r * sin(turn);
}

struct groups {
    double x_mm[MAX_GROUPS], y_mm[MAX_GROUPS];
};

static void place(struct fibre *f, const struct motor_unit_spec *s, const struct groups *groups,
                  struct rng *rng)
{
    double dx, dy;
    if (rng_uniform(rng) < s->grouping) {
        uint32_t g = rng_below(rng, MAX_GROUPS);
        disc(&dx, &dy, group_radius_mm, rng);
        f->x_mm = s->x_mm + groups->x_mm[g] + dx;
        f->y_mm = s->y_mm + groups->y_mm[g] + dy;
        return;
    }
    disc(&dx, &dy, s->territory_mm / 2, rng);
    f->x_mm = s->x_mm + dx;
    f->y_mm = s->y_mm + dy;
}

static void draw_fibre(struct fibre *f, double *delay_ms, const struct motor_unit_spec *s,
                       const struct groups *groups, struct rng *rng)
{
    place(f, s, groups, rng);
    f->diameter_um =
        clamp(s->diameter_um + s->diameter_sd_um * rng_normal(rng), thinnest_um, thickest_um);
    f->stretch = fibre_stretch(s->stretch, f->diameter_um);
    double off = s->end_plate_sd_mm * clamp(rng_normal(rng), -2.5, 2.5);
    f->end_plate_mm = s->end_plate_mm + off;
    f->left_mm =
        fmin(s->end_plate_mm - s->half_length_mm + 2 * rng_normal(rng), f->end_plate_mm - 1);
    f->right_mm =
        fmax(s->end_plate_mm + s->half_length_mm + 2 * rng_normal(rng), f->end_plate_mm + 1);
    *delay_ms = fabs(off) / twig_mm_ms + rng_uniform(rng) / terminal_mm_ms;
}

// Adds a fibre to all variants.
static void add_fibre(struct motor_unit *u, const struct potential *p, double delay_ms,
                      const struct motor_unit_spec *s, struct rng *rng)
{
    for (int v = 0; v < MOTOR_UNIT_VARIANTS; v++) {
        double at_ms = delay_ms + s->jitter_ms * rng_normal(rng);
        bool is_blocked = rng_uniform(rng) < s->blocking;
        struct potential *sum = &u->variants[v];
        if (!is_blocked)
            potential_add(sum->uv, sum->n, POTENTIAL_RATE_HZ, p, fmax(0, at_ms) / 1e3, 1);
    }
}

int motor_unit_init(struct motor_unit *u, const struct motor_unit_spec *s,
                    const struct electrode *el, struct rng *rng, struct err *e)
{
    assert(s->n_fibres > 0 && s->n_fibres <= MOTOR_UNIT_MAX_FIBRES);
    struct groups groups;
    int rc = 0;
    *u = (struct motor_unit){0};
    for (int v = 0; rc == 0 && v < MOTOR_UNIT_VARIANTS; v++)
        rc = potential_init(&u->variants[v], (size_t)(window_ms * POTENTIAL_RATE_HZ / 1e3), e);
    for (int g = 0; g < MAX_GROUPS; g++)
        disc(&groups.x_mm[g], &groups.y_mm[g], s->territory_mm / 2, rng);
    for (size_t i = 0; rc == 0 && i < s->n_fibres; i++) {
        struct fibre f;
        struct potential p;
        double delay_ms;
        draw_fibre(&f, &delay_ms, s, &groups, rng);
        if (electrode_hides(el, f.x_mm, f.y_mm))
            continue;
        rc = fibre_potential(&p, &f, el, e);
        if (rc == 0) {
            potential_trim(&p, level_uv / 20);
            add_fibre(u, &p, delay_ms, s, rng);
        }
        potential_release(&p);
    }
    for (int v = 0; rc == 0 && v < MOTOR_UNIT_VARIANTS; v++)
        potential_trim(&u->variants[v], level_uv);
    if (rc < 0)
        motor_unit_release(u);
    return rc;
}

void motor_unit_release(struct motor_unit *u)
{
    for (int v = 0; v < MOTOR_UNIT_VARIANTS; v++)
        potential_release(&u->variants[v]);
}
