/*
 * fibre.h: the potential of one muscle fibre at an electrode.
 *
 * A fibre is a thin line of current sources in an anisotropic volume conductor. Along it runs
 * the intracellular action potential, V(s) = 768 s^3 exp(-2 s) mV above rest, s in mm behind
 * the front [1], at a speed that grows with the fibre's diameter. Two waves leave the end-plate
 * and end at the tendons; a third kind of fibre ends where the needle has crushed it.
 *
 * [1] Nandedkar & Stalberg 1983, Simulation of single muscle fibre action potentials (after
 *     Rosenfalck 1969, whose V = 96 s^3 exp(-s) is half as fast).
 *     A wave may be stretched: V(s / stretch).
 * [2] Dumitru & Martinez 2006, Propagated insertional activity, Muscle & Nerve 34: positive
 *     sharp waves begin or end beside the inserted needle.
 * [3] Hodgkin 1954, A note on conduction velocity, J Physiol 125: of fibres with the same membrane
 *     the action potential takes the same time at a place, whatever the diameter.
 */
#pragma once

struct electrode;
struct err;
struct potential;

struct fibre {
    double diameter_um;
    double stretch;           // of its action potential along the fibre; 1: as in [1]; > 0
    double x_mm, y_mm;        // where it passes the electrode (see electrode.h)
    double end_plate_mm;      // along the fibre; the electrode is at 0
    double left_mm, right_mm; // tendons, left <= end-plate <= right
};

// Speed of the action potential: 2.2 m/s at 25 um and 0.05 m/s for each um more (textbook);
// at least 0.9.
double fibre_velocity_mm_ms(double diameter_um);

// How far the wave of a fibre is stretched along it when its membrane is like that of a fibre of
// 55 um (the mean of [1]) with that stretch: as much as it is faster [3].
double fibre_stretch(double stretch, double diameter_um);

// What a discharge of the fibre gives; time 0 is when its end-plate fires. p is initialised
// here. ERR_MEMORY.
int fibre_potential(struct potential *p, const struct fibre *f, const struct electrode *el,
                    struct err *e);

/*
 * A crush zone: the wave comes from origin_mm and stops at block_mm. Over the last ramp_mm its
 * size falls to nothing; near the block the membrane cannot repolarise quickly any more: a part
 * mix * exp(-distance / slow_mm) of it falls from its peak by exp(-t / tau_ms).
 */
struct fibre_block {
    double origin_mm; // begins to run here, origin < block
    double block_mm;  // stops here; the electrode is at 0
    double ramp_mm;   // > 0
    double slow_mm;   // > 0
    double tau_ms;    // > 0
    double mix;       // 0 to 1
};

// The same for a fibre with a crush zone: diameter, x and y are taken from f. Time 0 is when
// the wave begins at its origin. ERR_MEMORY.
int fibre_blocked_potential(struct potential *p, const struct fibre *f,
                            const struct fibre_block *b, const struct electrode *el,
                            struct err *e);

// A miniature end-plate potential: some acetylcholine lifts the membrane at the end-plate by
// peak_mv for a moment; nothing runs along the fibre, the depolarisation falls by exp(-|z| /
// 1.5 mm). An electrode at the end-plate sees a negative potential. Time 0 is its beginning.
int fibre_miniature_potential(struct potential *p, const struct fibre *f, double peak_mv,
                              double rise_ms, const struct electrode *el, struct err *e);
