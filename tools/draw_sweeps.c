/*
 * draw_sweeps.c: simple sweeps for tests and benches: drawn by formulas, in no time.
 *
 * usage: draw_sweeps FOLDER PATIENTS PICTURES_PER_CLASS_AND_PATIENT SEED
 *
 * Writes FOLDER/{Fibs,Others,PSW}/pNN_K.png and FOLDER/manifest.csv. The shapes are textbook
 * formulas, not physiology; a network that tells them apart has learnt nothing about patients:
 *   Fibs    spikes of 1 to 5 ms, 40 to 200 uV, positive first, biphasic or triphasic, regular
 *   PSW     a sharp positive deflection and a long shallow negative one, 10 to 30 ms
 *   Others  motor unit potentials of 6 to 14 ms and 200 to 800 uV, or nothing but noise
 * (Preston & Shapiro, Electromyography and Neuromuscular Disorders, chapters 14 and 15.) A sweep
 * is 100 ms; positive is down, as on an electromyograph; each patient has a noise level.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "draw/canvas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 320, HEIGHT = 240, POINTS = 1600, DIVISIONS = 10 };
static const double sweep_ms = 100;

static double bump(double t, double at, double width)
{
    double x = (t - at) / width;
    return exp(-x * x);
}

// A fibrillation of duration d at 0: positive, negative, and for triphasic ones positive again.
static double fibrillation(double t, double d, double third)
{
    return 0.6 * bump(t, 0.2 * d, 0.12 * d) - bump(t, 0.5 * d, 0.13 * d) +
           third * bump(t, 0.8 * d, 0.16 * d);
}

static double positive_sharp_wave(double t, double d)
{
    double x = t / d;
    if (x < 0 || x > 1)
        return 0;
    double down = x < 0.06 ? x / 0.06 : exp(-(x - 0.06) / 0.10);
    return down - 0.22 * sin(acos(-1) * fmax(0, x - 0.25) / 0.75);
}

static double motor_unit(double t, double d, double lead)
{
    return lead * bump(t, 0.25 * d, 0.10 * d) - bump(t, 0.45 * d, 0.11 * d) +
           0.45 * bump(t, 0.68 * d, 0.16 * d);
}

// One train of one kind into uv [POINTS], positive values.
static void add_train(double *uv, int kind, struct rng *rng)
{
    double amplitude = rng_between(rng, 40, 200), d = rng_between(rng, 1.5, 5);
    double interval = rng_between(rng, 30, 90), shape = rng_between(rng, 0.1, 0.5);
    if (kind == 2)
        d = rng_between(rng, 10, 28);
    if (kind == 1) {
        d = rng_between(rng, 6, 14);
        amplitude = rng_between(rng, 200, 800);
    }
    for (double at = rng_between(rng, 0, 0.6 * interval); at < sweep_ms;
         at += interval * rng_between(rng, 0.98, 1.02))
        for (int i = 0; i < POINTS; i++) {
            double t = sweep_ms * i / POINTS - at;
            double v = kind == 0   ? fibrillation(t, d, shape)
                       : kind == 2 ? positive_sharp_wave(t, d)
                                   : motor_unit(t, d, shape);
            uv[i] += amplitude * v;
        }
}

static void draw_grid(struct canvas *c)
{
    for (int i = 1; i < DIVISIONS; i++) {
        double x = (double)WIDTH * i / DIVISIONS, y = (double)HEIGHT * i / DIVISIONS;
        const double down[] = {x, 0, x, HEIGHT}, across[] = {0, y, WIDTH, y};
        canvas_line(c, down, 2, 1, 0xD8DEE3);
        canvas_line(c, across, 2, 1, 0xD8DEE3);
    }
}

static int draw_sweep(const char *path, int kind, double noise_uv, struct rng *rng,
                      struct err *e)
{
    double uv[POINTS] = {0}, xy[2 * POINTS], largest = 60;
    struct canvas *c;
    unsigned char *png = NULL;
    size_t n = 0;
    if (kind != 1 || rng_uniform(rng) < 0.7)
        add_train(uv, kind, rng);
    for (int i = 0; i < POINTS; i++) {
        uv[i] += noise_uv * rng_normal(rng);
        largest = fmax(largest, fabs(uv[i]));
    }
    double gain = 0.42 * HEIGHT / largest * rng_between(rng, 0.7, 1);
    for (int i = 0; i < POINTS; i++) {
        xy[2 * i] = (double)WIDTH * i / POINTS;
        xy[2 * i + 1] = HEIGHT / 2.0 + gain * uv[i];
    }
    int rc = canvas_new(&c, WIDTH, HEIGHT, 0xFFFFFF, e);
    if (rc < 0)
        return rc;
    draw_grid(c);
    canvas_line(c, xy, POINTS, 1.6, 0x16324F);
    rc = canvas_file(&png, &n, c, e);
    if (rc == 0)
        rc = file_write(path, png, n, e);
    mem_free(png);
    canvas_free(c);
    return rc;
}

static int draw_patient(const char *folder, long patient, long n, struct rng *rng,
                        FILE *manifest, struct err *e)
{
    static const char *const classes[] = {"Fibs", "Others", "PSW"};
    double noise_uv = rng_between(rng, 1.5, 8);
    int rc = 0;
    for (int kind = 0; rc == 0 && kind < 3; kind++)
        for (long i = 0; rc == 0 && i < n; i++) {
            char *path = mem_printf("%s/%s/p%02ld_%ld.png", folder, classes[kind], patient, i);
            if (!path)
                return err_set(e, ERR_MEMORY, "no memory for a path");
            rc = draw_sweep(path, kind, noise_uv, rng, e);
            fprintf(manifest, "%s/p%02ld_%ld.png,p%02ld\n", classes[kind], patient, i, patient);
            mem_free(path);
        }
    return rc;
}

int main(int argc, char **argv)
{
    static const char *const folders[] = {"", "Fibs", "Others", "PSW", NULL};
    struct err e;
    struct file_draft d;
    if (argc != 5) {
        fprintf(stderr,
                "usage: draw_sweeps FOLDER PATIENTS PICTURES_PER_CLASS_AND_PATIENT SEED\n");
        return 2;
    }
    long n_patients = strtol(argv[2], NULL, 10), n = strtol(argv[3], NULL, 10);
    struct rng rng = rng_of(strtoull(argv[4], NULL, 10), 0);
    int rc = 0;
    for (const char *const *f = folders; rc == 0 && *f; f++) {
        char *path = mem_printf("%s/%s", argv[1], *f);
        rc = path ? file_make_folders(path, &e) : err_set(&e, ERR_MEMORY, "no memory");
        mem_free(path);
    }
    char *manifest = mem_printf("%s/manifest.csv", argv[1]);
    if (rc == 0)
        rc =
            manifest ? file_draft_open(&d, manifest, &e) : err_set(&e, ERR_MEMORY, "no memory");
    if (rc == 0) {
        fprintf(d.f, "image,patient\n");
        for (long p = 1; rc == 0 && p <= n_patients; p++)
            rc = draw_patient(argv[1], p, n, &rng, d.f, &e);
        if (rc == 0)
            rc = file_draft_commit(&d, &e);
        else
            file_draft_abandon(&d);
    }
    mem_free(manifest);
    if (rc < 0)
        fprintf(stderr, "draw_sweeps: %s\n", e.text);
    return rc < 0;
}
