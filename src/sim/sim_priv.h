/* sim_priv.h: what the generators of discharges share. */
#pragma once

#include "sim/discharge.h"
#include "sim/fibre.h"
#include "sim/potential.h"
#include "sim/rhythm.h"
#include "sim/timeline.h"

struct motor_unit_spec;

// Numbers from [least, most), even or even over the logarithm; signed: of either sign. Two draws
// never stand in one expression, nor in one list of initialisers: C leaves their order open.
double draw_log(struct rng *rng, double least, double most);
double draw_signed(struct rng *rng, double least, double most);
double draw_log_signed(struct rng *rng, double least, double most);

// One run of a source: where its time 0s fall. A run may begin before the recording.
struct run {
    struct rhythm rhythm;
    double from_s, to_s;
    double swell; // waxing and waning: sizes follow 1 - swell .. 1 over the run
    double decay; // share of the size that is lost over the run
    enum discharge_kind kind;
    uint32_t source;
    uint32_t firing; // so far
};

// Adds shapes[i] along the run, i growing from 0 to n_shapes - 1 with time if `morphs`, drawn at
// random otherwise; kinds[i] names what shape i is; NULL: all are run->kind.
int run_add(struct timeline *t, struct run *run, const struct timeline_shape *shapes,
            const enum discharge_kind *kinds, size_t n_shapes, bool morphs, struct rng *rng,
            struct err *e);

// A fibre of the body, and how far from the electrode it is so that its potential, with or
// without a block, has the amplitude (of a blocked one: of the positive peak); p is initialised.
struct fibre_draw {
    struct fibre f;
    bool is_blocked;
    struct fibre_block block;
    double negative_share; // of a blocked one, of its positive peak; 0: as the block makes it
};
int fibre_draw_fit(struct potential *p, struct fibre_draw *d, double amplitude_uv,
                   const struct electrode *el, struct rng *rng, struct err *e);
struct fibre_draw draw_passing_fibre(const struct discharge_body *b, struct rng *rng);
struct fibre_draw draw_crushed_fibre(const struct discharge_body *b, struct rng *rng);
struct fibre_draw draw_end_plate_fibre(const struct discharge_body *b, struct rng *rng);

// Motor units of three kinds, calibrated to the measures of 34 subjects (docs/simulator.md).
enum unit_kind { UNIT_NORMAL, UNIT_NEUROGENIC, UNIT_MYOPATHIC };
struct motor_unit_spec draw_unit(enum unit_kind kind, const struct discharge_body *b,
                                 struct rng *rng);

// discharge_fibre.c
int generate_fibrillation(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_sharp_wave(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_endplate_noise(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_endplate_spike(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_insertional(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_complex_repetitive(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_myotonic(struct discharge_scene *s, struct rng *rng, struct err *e);

// discharge_unit.c
int generate_fasciculation(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_neuromyotonic(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_myokymic(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_cramp(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_normal_units(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_neurogenic_units(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_myopathic_units(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_single_unit(struct discharge_scene *s, struct rng *rng, struct err *e);
int add_distant_unit(struct discharge_scene *s, struct rng *rng, struct err *e); // no notes

// artefact.c
int generate_mains(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_pacemaker(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_stimulator(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_radio(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_movement(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_saturation(struct discharge_scene *s, struct rng *rng, struct err *e);
int generate_silence(struct discharge_scene *s, struct rng *rng, struct err *e);
