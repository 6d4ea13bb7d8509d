/*
 * electrode.c: see electrode.h.
 *
 * Further than FAR_MM along the fibre the active surface is one point: its extent changes the
 * distance by less than 1 % there.
 */
#include "sim/electrode.h"

#include <assert.h>
#include <math.h>

const char *const electrode_kinds[] = {"point", "concentric", "monopolar", NULL};

enum { ALONG = 7, ACROSS = 3, RINGS = 6, AROUND = 4, SHAFT = 9 };

static const double anisotropy = 0.33 / 0.063; // [2]
static const double core_long_mm = 0.58;       // [1]
static const double core_short_mm = 0.15;      // [1]
static const double shaft_radius_mm = 0.23;    // of a 26-gauge needle, 0.46 mm (textbook)
static const double cone_length_mm = 0.5;      // monopolar, with the radius below 0.25 mm2
static const double cone_radius_mm = 0.16;     // (textbook: 0.2 to 0.3 mm2)
static const double far_mm = 4;

static void add(struct electrode *el, double x, double y, double z, double weight)
{
    assert(el->n < ELECTRODE_MAX_POINTS);
    el->points[el->n++] = (struct electrode_point){x, y, z, weight};
}

// The weights of points [first, n) are made to sum to `sum`.
static void normalise(struct electrode *el, size_t first, double sum)
{
    double total = 0;
    for (size_t i = first; i < el->n; i++)
        total += el->points[i].weight;
    for (size_t i = first; i < el->n; i++)
        el->points[i].weight *= sum / total;
}

// Chords across the ellipse, each with points at its Gauss nodes.
static void add_core(struct electrode *el)
{
    static const double node[ACROSS] = {-0.774597, 0, 0.774597}, share[ACROSS] = {5, 8, 5};
    for (int i = 0; i < ALONG; i++) {
        double u = (2 * i + 1.0) / ALONG - 1, half = core_short_mm / 2 * sqrt(1 - u * u);
        for (int j = 0; j < ACROSS; j++)
            add(el, 0, u * core_long_mm / 2, node[j] * half, half * share[j]);
    }
    normalise(el, 0, 1);
    el->n_active = el->n;
}

// The bare shaft behind the core, 0.5 to 20 mm, closer points where the field is steep.
static void add_cannula(struct electrode *el)
{
    double at = 0.5, width = 0.4;
    for (int i = 0; i < SHAFT; i++) {
        add(el, -shaft_radius_mm, -at, 0, width);
        at += 1.4 * width;
        width *= 1.5;
    }
    normalise(el, el->n_active, -1);
}

static void add_cone(struct electrode *el)
{
    for (int i = 0; i < RINGS; i++) {
        double along = (i + 0.5) / RINGS, radius = cone_radius_mm * along;
        for (int j = 0; j < AROUND; j++) {
            double turn = (j + 0.5 * (i % 2)) * 1.5707963267948966;
            add(el, radius * cos(turn), cone_length_mm * (0.5 - along), radius * sin(turn),
                radius);
        }
    }
    normalise(el, 0, 1);
    el->n_active = el->n;
}

void electrode_init(struct electrode *el, enum electrode_kind kind)
{
    *el = (struct electrode){.kind = kind};
    if (kind == ELECTRODE_CONCENTRIC) {
        add_core(el);
        add_cannula(el);
    } else if (kind == ELECTRODE_MONOPOLAR) {
        add_cone(el);
    } else {
        add(el, 0, 0, 0, 1);
        el->n_active = 1;
    }
}

bool electrode_hides(const struct electrode *el, double x_mm, double y_mm)
{
    if (el->kind == ELECTRODE_CONCENTRIC) // the bevel of 15 degrees, and the shaft behind it
        return x_mm < 0 && x_mm > -2 * shaft_radius_mm && y_mm < core_long_mm / 2;
    return el->kind == ELECTRODE_MONOPOLAR && y_mm < cone_length_mm / 2 &&
           fabs(x_mm) < cone_radius_mm;
}

// Adds one point's part to all z.
static void add_point(double *out, size_t n, double first_mm, double step_mm, double across2,
                      double weight)
{
    for (size_t i = 0; i < n; i++) {
        double z = first_mm + (double)i * step_mm;
        out[i] += weight / sqrt(across2 + z * z);
    }
}

static double distance2(const struct electrode_point *p, double x_mm, double y_mm)
{
    double dx = x_mm - p->x_mm, dy = y_mm - p->y_mm;
    return anisotropy * fmax(dx * dx + dy * dy, 1e-4); // no closer than 10 um
}

// How many of n places from first_mm on, step_mm apart, lie before limit_mm.
static size_t places_before(double limit_mm, double first_mm, double step_mm, size_t n)
{
    double k = ceil((limit_mm - first_mm) / step_mm);
    return k <= 0 ? 0 : k >= (double)n ? n : (size_t)k;
}

void electrode_weights(double *out, size_t n, double first_mm, double step_mm,
                       const struct electrode *el, double x_mm, double y_mm)
{
    assert(step_mm > 0);
    size_t near = places_before(-far_mm, first_mm, step_mm, n);
    size_t beyond = places_before(far_mm, first_mm, step_mm, n);
    const struct electrode_point middle = {0, 0, 0, 1};
    for (size_t i = 0; i < n; i++)
        out[i] = 0;
    double near_mm = first_mm + (double)near * step_mm;
    for (size_t i = 0; i < el->n_active; i++) {
        const struct electrode_point *p = &el->points[i];
        add_point(out + near, beyond - near, near_mm - p->z_mm, step_mm,
                  distance2(p, x_mm, y_mm), p->weight);
    }
    double far2 = distance2(&middle, x_mm, y_mm);
    add_point(out, near, first_mm, step_mm, far2, 1);
    add_point(out + beyond, n - beyond, first_mm + (double)beyond * step_mm, step_mm, far2, 1);
    for (size_t i = el->n_active; i < el->n; i++)
        add_point(out, n, first_mm, step_mm, distance2(&el->points[i], x_mm, y_mm),
                  el->points[i].weight);
}
